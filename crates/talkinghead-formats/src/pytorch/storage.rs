//! From a pickle's references to tensors: where the numbers lie and how they are read.

use super::pickle::{Id, Pickle, TensorReference, Value};
use crate::{HostTensor, StateDict, element_count};

/// How deep dictionaries may nest before the state dict is found.
const DEEPEST: usize = 4;
/// How many entries of dictionaries that lie side by side are looked at. The same one may be there under many names.
const MOST_ENTRIES: usize = 1 << 20;

/// The state dict of a pickle: the top dictionary, the one under `state_dict`, or several state dicts side by side, each tensor
/// under the name of its dict, a dot and its key. `bytes_of` finds a storage by key.
pub fn state_dict<'a>(
    pickle: &Pickle,
    file_length: usize,
    bytes_of: impl Fn(&str) -> Result<&'a [u8], String>,
) -> Result<StateDict, String> {
    let mut dict = StateDict::new();
    let mut budget = file_length.saturating_mul(4);
    for (prefix, key, value) in entries(pickle, pickle.root, 0)? {
        let Value::Text(key) = pickle.value(key) else {
            return Err("a key of the state dict is no text".into());
        };
        let key = format!("{prefix}{key}");
        let Value::Tensor(tensor) = pickle.value(value) else {
            return Err(format!("entry `{key}` is no tensor: this is not a plain state dict"));
        };
        let tensor = read_tensor(tensor, &mut budget, &bytes_of).map_err(|reason| format!("tensor `{key}`: {reason}"))?;
        if !dict.insert(key.clone(), tensor) {
            return Err(format!("tensor `{key}` is there twice"));
        }
    }
    Ok(dict)
}

/// Prefix, key and value of every tensor.
fn entries(pickle: &Pickle, id: Id, depth: usize) -> Result<Vec<(String, Id, Id)>, String> {
    let Value::Dictionary(pairs) = pickle.value(id) else {
        return Err("the file holds no dictionary of tensors".into());
    };
    let nested = pairs.iter().find(|(key, value)| {
        matches!(pickle.value(*key), Value::Text(text) if text == "state_dict")
            && matches!(pickle.value(*value), Value::Dictionary(_))
    });
    match nested {
        Some((_, value)) if depth < DEEPEST => entries(pickle, *value, depth + 1),
        Some(_) => Err(format!("dictionaries nest deeper than {DEEPEST}")),
        None => Ok(side_by_side(pickle, pairs)
            .unwrap_or_else(|| pairs.iter().map(|(key, value)| (String::new(), *key, *value)).collect())),
    }
}

/// The entries of several state dicts that lie beside one another, and perhaps beside counters and such; none where the dictionary
/// holds tensors itself, or no state dict. Dictionaries of anything but tensors, such as an optimiser's state, are passed over.
fn side_by_side(pickle: &Pickle, pairs: &[(Id, Id)]) -> Option<Vec<(String, Id, Id)>> {
    let (mut found, mut seen) = (Vec::new(), 0);
    for (key, value) in pairs {
        let (name, entries) = match (pickle.value(*key), pickle.value(*value)) {
            (_, Value::Tensor(_)) => return None,
            (Value::Text(name), Value::Dictionary(entries)) => (name, entries),
            _ => continue,
        };
        seen += entries.len();
        if seen > MOST_ENTRIES {
            return None;
        }
        if entries.iter().all(|(_, value)| matches!(pickle.value(*value), Value::Tensor(_))) {
            found.extend(entries.iter().map(|(key, value)| (format!("{name}."), *key, *value)));
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Bytes per element, whether integer, and how one element is read.
type Reader = (usize, bool, fn(&[u8]) -> f32);

fn reader(class: &str) -> Option<Reader> {
    fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
        let mut raw = [0; N];
        raw.copy_from_slice(&bytes[..N]);
        raw
    }
    Some(match class {
        "FloatStorage" => (4, false, |b| f32::from_le_bytes(fixed(b))),
        "DoubleStorage" => (8, false, |b| f64::from_le_bytes(fixed(b)) as f32),
        "HalfStorage" => (2, false, |b| half::f16::from_le_bytes(fixed(b)).to_f32()),
        "BFloat16Storage" => (2, false, |b| half::bf16::from_le_bytes(fixed(b)).to_f32()),
        "LongStorage" => (8, true, |b| i64::from_le_bytes(fixed(b)) as f32),
        "IntStorage" => (4, true, |b| i32::from_le_bytes(fixed(b)) as f32),
        "ShortStorage" => (2, true, |b| f32::from(i16::from_le_bytes(fixed(b)))),
        "CharStorage" => (1, true, |b| f32::from(b[0] as i8)),
        "ByteStorage" | "BoolStorage" => (1, true, |b| f32::from(b[0])),
        _ => return None,
    })
}

/// Bytes per element of a storage class.
pub fn element_size(class: &str) -> Option<usize> {
    reader(class).map(|(size, _, _)| size)
}

fn read_tensor<'a>(
    tensor: &TensorReference,
    budget: &mut usize,
    bytes_of: &impl Fn(&str) -> Result<&'a [u8], String>,
) -> Result<HostTensor, String> {
    let storage = &tensor.storage;
    let (size, integer, read) = reader(storage.class).ok_or_else(|| format!("storage class {} is unknown", storage.class))?;
    let bytes = bytes_of(&storage.key)?;
    let available = bytes.len() / size;
    if available < storage.count {
        return Err(format!("storage `{}` should hold {} elements, but the file has {available}", storage.key, storage.count));
    }
    let shape = tensor.shape.clone();
    let count = element_count(&shape).filter(|count| *count <= storage.count.max(1) && *count <= *budget);
    let count = count.ok_or_else(|| format!("shape {shape:?} asks for more elements than storage `{}` holds", storage.key))?;
    *budget -= count;
    if count == 0 {
        return Ok(HostTensor { shape, values: Vec::new(), integer });
    }
    let last = shape
        .iter()
        .zip(&tensor.stride)
        .try_fold(tensor.offset, |end, (size, stride)| (size - 1).checked_mul(*stride).and_then(|step| end.checked_add(step)));
    if last.is_none_or(|last| last >= storage.count) {
        return Err(format!(
            "shape {shape:?} with strides {:?} from {} reaches beyond the {} elements of storage `{}`",
            tensor.stride, tensor.offset, storage.count, storage.key
        ));
    }
    let mut values = Vec::with_capacity(count);
    let mut index = vec![0_usize; shape.len()];
    let inner = shape.last().copied().unwrap_or(1);
    let inner_stride = tensor.stride.last().copied().unwrap_or(1);
    while values.len() < count {
        let start: usize = tensor.offset + index.iter().zip(&tensor.stride).map(|(i, stride)| i * stride).sum::<usize>();
        values.extend((0..inner).map(|i| read(&bytes[(start + i * inner_stride) * size..])));
        // The next row: count up all but the last dimension.
        for axis in (0..shape.len().saturating_sub(1)).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    Ok(HostTensor { shape, values, integer })
}
