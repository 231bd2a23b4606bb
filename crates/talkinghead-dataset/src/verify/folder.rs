//! The golden folder's files.

use std::path::{Path, PathBuf};

use image::RgbImage;
use serde_json::Value;
use talkinghead_media::{Limits, read_image};
use talkinghead_render::label::{GreyImage, Point};

use crate::DatasetError;
use crate::npy::Array;

/// A golden folder: what every comparison needs, and the rest on demand.
pub(super) struct GoldenFolder {
    folder: PathBuf,
    /// `values.json`.
    pub(super) values: Value,
    /// `clip_landmarks.npy`, `[frames, 68, 3]`.
    pub(super) clip: Vec<Vec<[f64; 3]>>,
    /// `rt.npy`, `[frames, 6]`.
    pub(super) rt: Vec<[f64; 6]>,
}

impl GoldenFolder {
    pub(super) fn open(folder: &Path) -> Result<Self, DatasetError> {
        let path = folder.join("values.json");
        let text = std::fs::read(&path).map_err(DatasetError::file("read", &path))?;
        let malformed = |file: &str, detail: String| DatasetError::Malformed { file: folder.join(file).display().to_string(), detail };
        let values = serde_json::from_slice(&text).map_err(|error| malformed("values.json", error.to_string()))?;
        let clip = Array::read(&folder.join("clip_landmarks.npy"))?.to_points();
        let clip = clip.filter(|frames| frames.iter().all(|points| points.len() == 68));
        let rt = Array::read(&folder.join("rt.npy"))?.to_rows();
        Ok(Self {
            folder: folder.to_owned(),
            values,
            clip: clip.ok_or_else(|| malformed("clip_landmarks.npy", "wanted [frames, 68, 3]".to_owned()))?,
            rt: rt.ok_or_else(|| malformed("rt.npy", "wanted [frames, 6]".to_owned()))?,
        })
    }

    /// An array, if the folder has it.
    pub(super) fn array(&self, name: &str) -> Result<Option<Array>, DatasetError> {
        let path = self.folder.join(format!("{name}.npy"));
        if path.exists() { Array::read(&path).map(Some) } else { Ok(None) }
    }

    /// One set of points, `[points, 3]`.
    pub(super) fn points(&self, name: &str) -> Result<Option<Vec<[f64; 3]>>, DatasetError> {
        Ok(self.array(name)?.and_then(|array| array.to_points()).map(|sets| sets.into_iter().flatten().collect()))
    }

    /// A picture, if the folder has it.
    pub(super) fn picture(&self, name: &str) -> Result<Option<RgbImage>, DatasetError> {
        let path = self.folder.join(format!("{name}.png"));
        if path.exists() { Ok(Some(read_image(&path, &Limits::default())?)) } else { Ok(None) }
    }

    /// A grey picture, if the folder has it.
    pub(super) fn grey(&self, name: &str) -> Result<Option<GreyImage>, DatasetError> {
        Ok(self.picture(name)?.map(|picture| GreyImage {
            width: picture.width() as usize,
            height: picture.height() as usize,
            data: picture.pixels().map(|pixel| pixel[0]).collect(),
        }))
    }

    /// Frame numbers `FFF` of files `NAME_FFF.EXTENSION`, sorted.
    pub(super) fn numbered(&self, name: &str, extension: &str) -> Vec<usize> {
        let number = |file: &str| -> Option<usize> {
            let middle = file.strip_prefix(name)?.strip_prefix('_')?.strip_suffix(extension)?.strip_suffix('.')?;
            middle.parse().ok().filter(|&frame| frame < self.clip.len())
        };
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut frames: Vec<usize> = entries.filter_map(|entry| number(entry.file_name().to_str()?)).collect();
        frames.sort_unstable();
        frames
    }

    /// x and y of a frame's points.
    pub(super) fn flat(&self, frame: usize) -> [Point; 68] {
        std::array::from_fn(|i| [self.clip[frame][i][0], self.clip[frame][i][1]])
    }
}

/// The numbers in a JSON array, nested or not.
pub(super) fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        other => other.as_f64().into_iter().collect(),
    }
}

/// The whole numbers in a JSON array.
pub(super) fn counts(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|number| number as usize).collect()
}
