//! A file of weights, taken apart tensor by tensor.

use std::path::{Path, PathBuf};

use talkinghead_formats::{StateDict, read_weights};

use crate::EvaluationError;

/// Bytes of the largest file that is read; the largest of these networks has 0.6 GB.
const MOST_BYTES: u64 = 2 << 30;

/// Named tensors of one network.
pub(super) struct Weights {
    path: PathBuf,
    network: &'static str,
    dict: StateDict,
}

impl Weights {
    /// Reads a `.pth` or `.safetensors` file by its content. `network`: what it should be, for errors.
    pub fn read(path: &Path, network: &'static str) -> Result<Self, EvaluationError> {
        check_size(path)?;
        let (dict, _) = read_weights(path)?;
        Ok(Self::of(path, network, dict))
    }

    pub fn of(path: &Path, network: &'static str, dict: StateDict) -> Self {
        Self { path: path.to_owned(), network, dict }
    }

    /// The values of a tensor of that shape.
    pub fn take(&mut self, key: &str, shape: &[usize]) -> Result<Vec<f32>, EvaluationError> {
        let Some(tensor) = self.dict.take(key) else {
            return Err(self.wrong(format!("it has no tensor `{key}`, so it is not {}", self.network)));
        };
        if tensor.shape != shape {
            let (found, network) = (tensor.shape, self.network);
            return Err(self.wrong(format!("`{key}` has the shape {found:?}; {network} has {shape:?}")));
        }
        match tensor.first_not_finite() {
            Some((position, value)) => Err(self.wrong(format!("value {position} of `{key}` is {value}"))),
            None => Ok(tensor.values),
        }
    }

    /// Whether a tensor is there.
    pub fn has(&self, key: &str) -> bool {
        self.dict.contains(key)
    }

    /// An error about the file.
    pub fn wrong(&self, reason: String) -> EvaluationError {
        EvaluationError::Weights { path: self.path.clone(), reason }
    }
}

/// Refuses what is no file or larger than any of these networks.
pub(super) fn check_size(path: &Path) -> Result<(), EvaluationError> {
    let about = std::fs::metadata(path).map_err(|source| EvaluationError::io(path, source))?;
    let wrong = |reason: String| Err(EvaluationError::Weights { path: path.to_owned(), reason });
    match about.len() {
        _ if !about.is_file() => wrong("it is no file; weights are read from one".to_owned()),
        bytes if bytes > MOST_BYTES => wrong(format!("it has {bytes} bytes; none of these networks has more than {MOST_BYTES}")),
        _ => Ok(()),
    }
}
