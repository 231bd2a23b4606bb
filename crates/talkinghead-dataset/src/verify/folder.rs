//! The golden folder's files.

use std::path::{Path, PathBuf};

use image::RgbImage;
use serde_json::Value;
use talkinghead_media::{Limits, read_image};
use talkinghead_render::label::{GreyImage, Point};

use crate::DatasetError;
use crate::npy::Array;

/// What a whole folder holds beside the files that it must have. Names with an underscore at the end are followed by a frame's
/// number.
const EXPECTED_FILES: [&str; 31] = [
    "affine_3x4.npy",
    "animation_landmarks.npy",
    "edge_",
    "edge_no_mouth_",
    "front.npy",
    "image_256.png",
    "landmarks_smoothed_xy.npy",
    "mask_abs_mouth_",
    "mask_eyes_mouth_",
    "mask_mouth_",
    "mask_small_eyes_",
    "mask_wide_",
    "mesh_colors.npy",
    "mesh_landmarks.npy",
    "mesh_posed.npy",
    "mesh_rt.npy",
    "mesh_triangles.npy",
    "mesh_vertices.npy",
    "render_hard_64.npy",
    "standard_face.npy",
    "tracker_crop_inside.png",
    "tracker_crop_padded.png",
    "tracker_frame_inside.png",
    "tracker_frame_padded.png",
    "train_edge.png",
    "train_image_256.png",
    "train_label_256.png",
    "train_label_256_flipped.png",
    "train_mask_256.png",
    "train_masked_256.png",
    "upper_points_",
];
const EXPECTED_VALUES: [&str; 14] = [
    "audio_demo_append1",
    "audio_head_motion",
    "clean",
    "find_largest_mouth_order",
    "key_frame",
    "openrate_abs",
    "openrate_signed",
    "rot_abs_sum",
    "sampling",
    "smooth",
    "tracker",
    "train_case",
    "train_crop",
    "warp_reference",
];

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
        let malformed =
            |file: &str, detail: String| DatasetError::Malformed { file: folder.join(file).display().to_string(), detail };
        let values = serde_json::from_slice(&text).map_err(|error| malformed("values.json", error.to_string()))?;
        let clip = Array::read(&folder.join("clip_landmarks.npy"))?.to_points();
        let clip = clip.filter(|frames| !frames.is_empty() && frames.iter().all(|points| points.len() == 68));
        let rt: Option<Vec<[f64; 6]>> = Array::read(&folder.join("rt.npy"))?.to_rows();
        if let (Some(clip), Some(rt)) = (&clip, &rt)
            && clip.len() != rt.len()
        {
            return Err(malformed("rt.npy", format!("wanted a row for each of the {} frames, found {}", clip.len(), rt.len())));
        }
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

    /// What a whole folder has and this one lacks.
    pub(super) fn missing(&self) -> Vec<String> {
        let absent = |name: &&str| match name.strip_suffix('_') {
            Some(stem) => self.numbered(stem, if stem == "upper_points" { "npy" } else { "png" }).is_empty(),
            None => !self.folder.join(name).exists(),
        };
        let files = EXPECTED_FILES
            .into_iter()
            .filter(absent)
            .map(|name| if name.ends_with('_') { format!("{name}FFF") } else { name.to_owned() });
        let values =
            EXPECTED_VALUES.into_iter().filter(|key| self.values[*key].is_null()).map(|key| format!("values.json: {key}"));
        files.chain(values).collect()
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
