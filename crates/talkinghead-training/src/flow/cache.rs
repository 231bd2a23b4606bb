//! Flows kept from one run to the next.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use talkinghead_formats::{FloatWidth, HostTensor, parse_safetensors, safetensors_bytes};
use talkinghead_media::write_file;
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::layers::read_back;

use super::{FlowError, FlowField, FlowPairs, FlowTeacher, TeacherFlow};

/// Longest side of a picture whose flow is kept.
const LARGEST_SIDE: usize = 4096;
/// Bytes that a flow file has beside its numbers.
const MOST_HEADER: u64 = 1 << 16;

/// A folder of flows. Each file is named by a hash of everything that the flow depends on: the teacher with its settings and
/// weights, both pictures and the landmarks; so none is ever out of date, and it may be deleted at any time. Files appear whole or
/// not at all. Numbers are kept with 11 significant bits (a 64th of a pixel for movements of 16 to 32).
#[derive(Debug, Clone)]
pub struct FlowCache {
    folder: PathBuf,
}

impl FlowCache {
    /// A cache in a folder, which is made when the first flow is kept.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf() }
    }

    /// The teacher's flow of each pair: from the cache, or asked for and kept. On the pictures' device, without gradients.
    ///
    /// # Errors
    /// The teacher's, and files that cannot be read or written.
    pub fn flow(&self, teacher: &FlowTeacher, pairs: &FlowPairs) -> Result<TeacherFlow, FlowError> {
        let [batch, height, width] = pairs.size()?;
        let names = names(&teacher.identity(), pairs)?;
        let mut fields = Vec::with_capacity(batch);
        for (index, name) in names.iter().enumerate() {
            let path = self.folder.join(format!("{name}.safetensors"));
            let field = match self.read(&path, width, height)? {
                Some(field) => field,
                None => {
                    let asked = FlowField::of_tensors(&teacher.flow(&only(pairs, index))?)?;
                    let field = asked.into_iter().next().unwrap_or_else(|| FlowField::unknown(width, height));
                    self.write(&path, &field)?;
                    // What was rounded when it was kept is the same in the first run and in the next.
                    self.read(&path, width, height)?.unwrap_or(field)
                }
            };
            fields.push(field);
        }
        Ok(FlowField::to_tensors(&fields, &pairs.first.device().inner()))
    }

    fn read(&self, path: &Path, width: usize, height: usize) -> Result<Option<FlowField>, FlowError> {
        let failed = |source| FlowError::Io { path: path.to_path_buf(), source };
        let about = match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(failed)?,
        };
        let broken = |reason: String| FlowError::Cache { path: path.to_path_buf(), reason };
        let most = (width * height) as u64 * 12 + MOST_HEADER;
        if !about.is_file() || about.len() > most {
            return Err(broken(format!("a flow of {width} x {height} has at most {most} bytes, this has {}", about.len())));
        }
        let bytes = std::fs::read(path).map_err(failed)?;
        parse_flow(&bytes, width, height).map(Some).map_err(broken)
    }

    fn write(&self, path: &Path, field: &FlowField) -> Result<(), FlowError> {
        if field.width.max(field.height) > LARGEST_SIDE {
            return Ok(());
        }
        let failed = |source| FlowError::Io { path: self.folder.clone(), source };
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        let bytes = flow_bytes(field).map_err(|reason| FlowError::Cache { path: path.to_path_buf(), reason })?;
        Ok(write_file(path, &bytes)?)
    }
}

/// One pair of a batch.
fn only(pairs: &FlowPairs, index: usize) -> FlowPairs {
    FlowPairs {
        first: pairs.first.clone().narrow(0, index, 1),
        second: pairs.second.clone().narrow(0, index, 1),
        landmarks: pairs.landmarks.get(index).cloned().into_iter().collect(),
    }
}

fn names(teacher: &str, pairs: &FlowPairs) -> Result<Vec<String>, SynthesisError> {
    let [batch, channels, height, width] = pairs.first.dims();
    let (first, second) = (read_back(pairs.first.clone().inner())?, read_back(pairs.second.clone().inner())?);
    let count = channels * height * width;
    let name = |index: usize| -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{teacher} {height} {width} "));
        for pictures in [&first, &second] {
            let bytes: Vec<u8> = pictures[index * count..(index + 1) * count].iter().flat_map(|v| v.to_le_bytes()).collect();
            hash.update(bytes);
        }
        if let Some(pair) = pairs.landmarks.get(index) {
            let numbers = pair.first.iter().chain(&pair.second).flatten();
            hash.update(numbers.flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
        }
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    };
    Ok((0..batch).map(name).collect())
}

fn flow_bytes(field: &FlowField) -> Result<Vec<u8>, String> {
    let mut dict = talkinghead_formats::StateDict::new();
    let shape = |last: usize| vec![field.height, field.width, last];
    let flow = field.flow.iter().flatten().copied().collect();
    for (name, tensor) in
        [("flow", HostTensor::new(shape(2), flow)), ("confidence", HostTensor::new(shape(1), field.confidence.clone()))]
    {
        dict.insert(name, tensor.ok_or_else(|| format!("`{name}` does not have a value for each pixel"))?);
    }
    safetensors_bytes(&dict, &BTreeMap::new(), FloatWidth::Half)
}

/// The flow in a cached file's bytes, for pictures of that size; the error says what is wrong.
///
/// # Errors
/// Bytes that are no safetensors file, tensors that are missing or of another size, numbers that are none.
pub fn parse_flow(bytes: &[u8], width: usize, height: usize) -> Result<FlowField, String> {
    let (mut dict, _) = parse_safetensors(bytes)?;
    let mut take = |name: &str, last: usize| {
        let wanted = [height, width, last];
        let tensor = dict.take(name).ok_or_else(|| format!("wanted a tensor `{name}`, found none"))?;
        if tensor.shape != wanted {
            return Err(format!("`{name}`: wanted {wanted:?}, found {:?}", tensor.shape));
        }
        match tensor.first_not_finite() {
            Some((position, value)) => Err(format!("`{name}`: element {position} is {value}")),
            None => Ok(tensor.values),
        }
    };
    let flow = take("flow", 2)?.as_chunks::<2>().0.to_vec();
    let confidence = take("confidence", 1)?;
    if let Some(value) = confidence.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        return Err(format!("`confidence`: wanted 0 to 1, found {value}"));
    }
    Ok(FlowField { width, height, flow, confidence })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::flow::Occlusion;
    use burn::tensor::{Device, Tensor, TensorData};

    fn pairs(shift: usize) -> FlowPairs {
        let value = |i: usize| ((i % 24) as f32 * 0.7).sin() * ((i / 24) as f32 * 0.5).cos();
        let picture = |shift: usize| {
            let values: Vec<f32> = (0..2 * 3 * 16 * 24).map(|i| value(i + shift)).collect();
            Tensor::from_data(TensorData::new(values, [2, 3, 16, 24]), &Device::flex())
        };
        FlowPairs::of_pictures(picture(0), picture(shift))
    }

    #[test]
    fn a_flow_is_kept_and_is_that_of_its_pictures_and_teacher() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FlowCache::new(&folder.path().join("flows"));
        let teacher = FlowTeacher::Classical(Occlusion::ByColour);
        let numbers = |flow: TeacherFlow| FlowField::of_tensors(&flow).unwrap();
        let first = numbers(cache.flow(&teacher, &pairs(1)).unwrap());
        let files = || std::fs::read_dir(folder.path().join("flows")).unwrap().count();
        assert_eq!(files(), 2);
        assert_eq!(first, numbers(cache.flow(&teacher, &pairs(1)).unwrap()), "the first answer is already the kept one");
        assert_eq!(files(), 2);
        let asked = numbers(teacher.flow(&pairs(1)).unwrap());
        assert!(asked[1].flow.iter().flatten().zip(first[1].flow.iter().flatten()).all(|(a, b)| (a - b).abs() < 0.01));
        cache.flow(&teacher, &pairs(2)).unwrap();
        cache.flow(&FlowTeacher::Classical(Occlusion::ForwardBackward), &pairs(1)).unwrap();
        assert_eq!(files(), 6);
    }

    #[test]
    fn broken_files_are_refused() {
        let field = FlowField::unknown(4, 3);
        let bytes = flow_bytes(&field).unwrap();
        assert_eq!(parse_flow(&bytes, 4, 3).unwrap(), field);
        assert!(parse_flow(&bytes, 3, 4).unwrap_err().contains("wanted [4, 3, 2]"));
        assert!(parse_flow(&bytes[..bytes.len() - 1], 4, 3).is_err());
        let wild = FlowField { confidence: vec![2.0; 12], ..field.clone() };
        assert!(parse_flow(&flow_bytes(&wild).unwrap(), 4, 3).unwrap_err().contains("0 to 1"));
        let wild = FlowField { flow: vec![[f32::NAN; 2]; 12], ..field };
        assert!(parse_flow(&flow_bytes(&wild).unwrap(), 4, 3).unwrap_err().contains("NaN"));
        let folder = tempfile::tempdir().unwrap();
        let cache = FlowCache::new(folder.path());
        let path = folder.path().join("a.safetensors");
        std::fs::write(&path, vec![0; 70_000]).unwrap();
        assert!(cache.read(&path, 4, 3).unwrap_err().to_string().contains("at most"));
    }
}
