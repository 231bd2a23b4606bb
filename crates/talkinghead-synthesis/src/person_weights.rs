//! What fine-tuning on a person changed of a generator: a small file beside the base weights.
//!
//! Design decision: the file holds differences, not weights, and the hash of the weights that they belong to. So it is small (a pair of thin
//! matrices for each matrix, where the change is of low rank), says nothing without its base, and is refused with any other.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::SynthesisError;
use crate::weights::{FloatWidth, HostTensor, StateDict, parse_safetensors, read_safetensors, safetensors_bytes};

/// Key of the metadata that holds the base's hash.
const BASE_KEY: &str = "talkinghead.person.base";
/// Key of the metadata that holds the name of the base's file, for people.
const BASE_NAME_KEY: &str = "talkinghead.person.base_name";
/// Before the key of a tensor that is added to the base's.
const DIFFERENCE: &str = "difference/";
/// Before the key of the left factor `[rows, rank]` of a change; rows are the base tensor's first dimension.
const LEFT: &str = "left/";
/// Before the key of its right factor `[rank, columns]`; columns are all other dimensions together.
const RIGHT: &str = "right/";

/// A change of one tensor.
#[derive(Debug, Clone, PartialEq)]
pub enum WeightChange {
    /// Added as it is; of the base tensor's shape.
    Full(HostTensor),
    /// The product of two thin matrices is added.
    LowRank {
        /// `[rows, rank]`.
        left: HostTensor,
        /// `[rank, columns]`.
        right: HostTensor,
    },
}

/// What fine-tuning changed.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonWeights {
    /// Hash of the weights that it changes; see [`weights_hash`].
    pub base: String,
    /// Name of their file.
    pub base_name: String,
    /// Changes by state-dict key.
    pub changes: BTreeMap<String, WeightChange>,
    /// What else is worth knowing, in the file's metadata.
    pub about: BTreeMap<String, String>,
}

/// A hash of keys, shapes and values, 64 hexadecimal digits: the same for the same weights in any file. Counters do not count.
pub fn weights_hash(dict: &StateDict) -> String {
    let mut hash = Sha256::new();
    let mut bytes = Vec::new();
    for (key, tensor) in dict.iter().filter(|(_, tensor)| !tensor.integer) {
        hash.update(key.as_bytes());
        hash.update([0]);
        hash.update((tensor.shape.len() as u64).to_le_bytes());
        tensor.shape.iter().for_each(|size| hash.update((*size as u64).to_le_bytes()));
        for values in tensor.values.chunks(1 << 14) {
            bytes.clear();
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            hash.update(&bytes);
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl PersonWeights {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or is no such file.
    pub fn read(path: &Path) -> Result<Self, SynthesisError> {
        let (dict, about) = read_safetensors(path)?;
        Self::of(dict, about).map_err(|reason| SynthesisError::malformed(path, reason))
    }

    /// From a file's bytes; `path` is named in errors.
    ///
    /// # Errors
    /// As [`PersonWeights::read`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, SynthesisError> {
        let malformed = |reason: String| SynthesisError::malformed(path, reason);
        let (dict, about) = parse_safetensors(bytes).map_err(malformed)?;
        Self::of(dict, about).map_err(malformed)
    }

    fn of(dict: StateDict, mut about: BTreeMap<String, String>) -> Result<Self, String> {
        let missing = "these are no weights of a person: the hash of the weights that they belong to is missing";
        let base = about.remove(BASE_KEY).ok_or(missing)?;
        let base_name = about.remove(BASE_NAME_KEY).unwrap_or_default();
        Ok(Self { base, base_name, changes: changes_of(dict)?, about })
    }

    /// As the bytes of a file: matrices in half precision.
    ///
    /// # Errors
    /// Says why the tensors cannot be stored.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let mut dict = StateDict::new();
        for (key, change) in &self.changes {
            match change {
                WeightChange::Full(tensor) => {
                    dict.insert(format!("{DIFFERENCE}{key}"), tensor.clone());
                }
                WeightChange::LowRank { left, right } => {
                    dict.insert(format!("{LEFT}{key}"), left.clone());
                    dict.insert(format!("{RIGHT}{key}"), right.clone());
                }
            }
        }
        let mut about = self.about.clone();
        about.insert(BASE_KEY.to_owned(), self.base.clone());
        about.insert(BASE_NAME_KEY.to_owned(), self.base_name.clone());
        safetensors_bytes(&dict, &about, FloatWidth::HalfMatrices)
    }

    /// Values that it stores.
    pub fn value_count(&self) -> usize {
        let count = |change: &WeightChange| match change {
            WeightChange::Full(tensor) => tensor.values.len(),
            WeightChange::LowRank { left, right } => left.values.len() + right.values.len(),
        };
        self.changes.values().map(count).sum()
    }

    /// Changes the weights that it belongs to. `path` and `base_path` are named in errors.
    ///
    /// # Errors
    /// [`SynthesisError::OtherBase`], and changes that fit no tensor; `base` is then half changed.
    pub fn apply(&self, path: &Path, base: &mut StateDict, base_path: &Path) -> Result<(), SynthesisError> {
        if weights_hash(base) != self.base {
            return Err(SynthesisError::OtherBase {
                person: path.to_owned(),
                weights: base_path.to_owned(),
                wanted: self.base_name.clone(),
            });
        }
        for (key, change) in &self.changes {
            let misfit = |reason: String| SynthesisError::malformed(path, format!("`{key}`: {reason}"));
            let Some(mut tensor) = base.take(key) else { return Err(misfit("the network has no such tensor".to_owned())) };
            add(&mut tensor, change).map_err(misfit)?;
            base.insert(key.clone(), tensor);
        }
        Ok(())
    }
}

fn changes_of(mut dict: StateDict) -> Result<BTreeMap<String, WeightChange>, String> {
    let full = dict.take_prefixed(DIFFERENCE).into_tensors().map(|(key, tensor)| (key, WeightChange::Full(tensor)));
    let mut changes: BTreeMap<String, WeightChange> = full.collect();
    let mut rights = dict.take_prefixed(RIGHT);
    for (key, left) in dict.take_prefixed(LEFT).into_tensors() {
        let right = rights.take(&key).ok_or_else(|| format!("`{RIGHT}{key}` is missing"))?;
        if changes.insert(key.clone(), WeightChange::LowRank { left, right }).is_some() {
            return Err(format!("`{key}` is changed twice"));
        }
    }
    if let Some((key, _)) = rights.iter().next() {
        return Err(format!("`{LEFT}{key}` is missing"));
    }
    match dict.iter().next() {
        Some((key, _)) => Err(format!("`{key}` is no change of a weight")),
        None => Ok(changes),
    }
}

fn add(tensor: &mut HostTensor, change: &WeightChange) -> Result<(), String> {
    match change {
        WeightChange::Full(difference) => {
            if difference.shape != tensor.shape {
                return Err(format!("the change is {:?}, the weight {:?}", difference.shape, tensor.shape));
            }
            tensor.values.iter_mut().zip(&difference.values).for_each(|(value, change)| *value += change);
        }
        WeightChange::LowRank { left, right } => {
            let rows = tensor.shape.first().copied().unwrap_or(1).max(1);
            let columns = tensor.values.len() / rows;
            let (&[height, rank], &[inner, width]) = (left.shape.as_slice(), right.shape.as_slice()) else {
                return Err("the factors of the change are no matrices".to_owned());
            };
            if (height, width) != (rows, columns) || rank != inner {
                return Err(format!("the factors are {:?} and {:?}, the weight {:?}", left.shape, right.shape, tensor.shape));
            }
            for (row, values) in tensor.values.chunks_exact_mut(columns.max(1)).enumerate() {
                for k in 0..rank {
                    let factor = left.values[row * rank + k];
                    let right = &right.values[k * columns..(k + 1) * columns];
                    values.iter_mut().zip(right).for_each(|(value, right)| *value += factor * right);
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tensor(shape: &[usize], values: &[f32]) -> HostTensor {
        HostTensor::new(shape.to_vec(), values.to_vec()).unwrap()
    }

    fn base() -> StateDict {
        let mut dict = StateDict::new();
        dict.insert("a.weight", tensor(&[2, 2, 1, 1], &[1.0, 2.0, 3.0, 4.0]));
        dict.insert("a.bias", tensor(&[2], &[0.5, -0.5]));
        dict.insert("a.num_batches_tracked", HostTensor { shape: vec![], values: vec![3.0], integer: true });
        dict
    }

    fn person(base: &StateDict) -> PersonWeights {
        let low = WeightChange::LowRank { left: tensor(&[2, 1], &[1.0, -2.0]), right: tensor(&[1, 2], &[0.25, 0.5]) };
        let changes = [("a.weight".to_owned(), low), ("a.bias".to_owned(), WeightChange::Full(tensor(&[2], &[0.125, 0.25])))];
        let about = BTreeMap::from([("steps".to_owned(), "3".to_owned())]);
        PersonWeights { base: weights_hash(base), base_name: "base.safetensors".into(), changes: changes.into(), about }
    }

    #[test]
    fn a_change_survives_its_file_and_is_added() {
        let (folder, mut dict) = (tempfile::tempdir().unwrap(), base());
        let path = folder.path().join("person.safetensors");
        let person = person(&dict);
        std::fs::write(&path, person.to_bytes().unwrap()).unwrap();
        let read = PersonWeights::read(&path).unwrap();
        assert_eq!(read, person);
        read.apply(&path, &mut dict, Path::new("base.safetensors")).unwrap();
        assert_eq!(dict.get("a.weight").unwrap().values, [1.25, 2.5, 2.5, 3.0]);
        assert_eq!(dict.get("a.bias").unwrap().values, [0.625, -0.25]);
        assert_eq!(person.value_count(), 6);
    }

    #[test]
    fn another_base_and_changes_that_do_not_fit_are_refused() {
        let (path, weights) = (Path::new("person.safetensors"), Path::new("other.safetensors"));
        let mut other = base();
        let mut bias = other.take("a.bias").unwrap();
        bias.values[0] += 1e-6;
        other.insert("a.bias", bias);
        let error = person(&base()).apply(path, &mut other.clone(), weights).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("other.safetensors") && text.contains("person.safetensors"), "{text}");
        assert!(error.hint().unwrap().contains("base.safetensors"));

        let refused = |key: &str, change: WeightChange| {
            let mut person = person(&base());
            person.changes.insert(key.to_owned(), change);
            person.apply(path, &mut base(), weights).unwrap_err().to_string()
        };
        assert!(refused("b", WeightChange::Full(tensor(&[1], &[0.0]))).contains("no such tensor"));
        assert!(refused("a.bias", WeightChange::Full(tensor(&[1], &[0.0]))).contains("[1]"));
        let low = WeightChange::LowRank { left: tensor(&[2, 1], &[0.0; 2]), right: tensor(&[1, 3], &[0.0; 3]) };
        assert!(refused("a.weight", low).contains("[1, 3]"));
    }

    #[test]
    fn counters_do_not_count_and_all_else_does() {
        let hash = weights_hash(&base());
        let mut dict = base();
        dict.take("a.num_batches_tracked");
        assert_eq!(weights_hash(&dict), hash);
        let weight = dict.take("a.weight").unwrap();
        dict.insert("a.weight", HostTensor { shape: vec![4], ..weight.clone() });
        assert_ne!(weights_hash(&dict), hash);
        dict.take("a.weight");
        dict.insert("b.weight", weight);
        assert_ne!(weights_hash(&dict), hash);
    }

    #[test]
    fn halves_of_a_change_and_other_files_are_told() {
        let read = |keys: &[&str], about: BTreeMap<String, String>| {
            let mut dict = StateDict::new();
            for key in keys {
                dict.insert(*key, tensor(&[1, 1], &[1.0]));
            }
            PersonWeights::of(dict, about).unwrap_err()
        };
        let about = || BTreeMap::from([(BASE_KEY.to_owned(), "00".to_owned())]);
        for (keys, wanted) in [(&["left/a"][..], "right/a"), (&["right/a"], "left/a"), (&["netG.x"], "netG.x")] {
            let error = read(keys, about());
            assert!(error.contains(wanted), "{error}");
        }
        assert!(read(&["netG.x"], BTreeMap::new()).contains("no weights of a person"));
    }
}
