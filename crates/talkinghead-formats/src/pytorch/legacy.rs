//! Files of PyTorch before 1.6: a row of pickles (magic number, version, system, the state dict, storage keys), then each
//! storage as an element count and raw numbers.

use std::collections::HashMap;

use super::pickle::{Pickle, Value};
use super::storage::{element_size, state_dict};
use crate::StateDict;

/// 0x1950a86a20f9469cfc6c, little-endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const VERSION: i64 = 1001;

/// The state dict in an old file.
pub fn parse(bytes: &[u8]) -> Result<StateDict, String> {
    // Every pickle of protocol 2 and later starts so.
    if !bytes.starts_with(&[0x80]) {
        return Err("neither a zip file nor an old PyTorch file (it does not start with a pickle)".into());
    }
    let mut rest = bytes;
    let mut next = || -> Result<Pickle, String> {
        let pickle = Pickle::read(rest)?;
        rest = &rest[pickle.length..];
        Ok(pickle)
    };
    let magic = next()?;
    if *magic.value(magic.root) != Value::Long(MAGIC.to_vec()) {
        return Err("neither a zip file nor an old PyTorch file (its magic number is missing)".into());
    }
    let version = next()?;
    if *version.value(version.root) != Value::Integer(VERSION) {
        return Err(format!("unknown version of the old PyTorch format: wanted {VERSION}"));
    }
    let system = next()?;
    if let Value::Dictionary(pairs) = system.value(system.root) {
        let big = pairs.iter().any(|(key, value)| {
            matches!(system.value(*key), Value::Text(key) if key == "little_endian")
                && *system.value(*value) == Value::Boolean(false)
        });
        if big {
            return Err("the file's numbers are big-endian, which is not supported".into());
        }
    }
    let object = next()?;
    let keys = next()?;
    let sizes = element_sizes(&object);
    let Value::List(ids) = keys.value(keys.root) else {
        return Err("the list of storage keys is missing".into());
    };
    let mut storages: HashMap<&str, &[u8]> = HashMap::new();
    for id in ids {
        let Value::Text(key) = keys.value(*id) else { return Err("a storage key is no text".into()) };
        let truncated = || format!("the file is truncated: storage `{key}` is incomplete");
        let (count, data) = rest.split_at_checked(8).ok_or_else(truncated)?;
        let count = count.iter().rev().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        let size = sizes.get(key.as_str()).copied().ok_or_else(|| format!("storage `{key}` belongs to no tensor"))?;
        let length = usize::try_from(count).ok().and_then(|count| count.checked_mul(size)).ok_or_else(truncated)?;
        let (data, after) = data.split_at_checked(length).ok_or_else(truncated)?;
        storages.insert(key, data);
        rest = after;
    }
    state_dict(&object, bytes.len(), |key| {
        storages.get(key).copied().ok_or_else(|| format!("storage `{key}` is missing from the file"))
    })
}

/// Element size of every storage that a pickle mentions.
fn element_sizes(object: &Pickle) -> HashMap<&str, usize> {
    object.storages().filter_map(|storage| Some((storage.key.as_str(), element_size(storage.class)?))).collect()
}
