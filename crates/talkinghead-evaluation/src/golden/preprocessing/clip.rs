//! The clip that a golden folder of the preprocessing is about.

use std::path::Path;

use serde_json::Value;
use talkinghead_face::FlatLandmarks68;

use crate::EvaluationError;
use crate::golden::GoldenFolder;

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

/// A golden folder with what every comparison needs of it.
pub(super) struct GoldenClip {
    pub(super) folder: GoldenFolder,
    /// `clip_landmarks.npy`, `[frames, 68, 3]`.
    pub(super) clip: Vec<Vec<[f64; 3]>>,
    /// `rt.npy`, `[frames, 6]`.
    pub(super) rt: Vec<[f64; 6]>,
}

impl GoldenClip {
    pub(super) fn open(path: &Path) -> Result<Self, EvaluationError> {
        let folder = GoldenFolder::open(path, "values.json")?;
        let malformed = |file: &str, reason: String| EvaluationError::malformed(&path.join(file), reason);
        let need =
            |name: &str| folder.array(name)?.ok_or_else(|| malformed(&format!("{name}.npy"), "the folder lacks it".to_owned()));
        let clip = need("clip_landmarks")?.to_points();
        let clip = clip.filter(|frames| !frames.is_empty() && frames.iter().all(|points| points.len() == 68));
        let clip = clip.ok_or_else(|| malformed("clip_landmarks.npy", "wanted [frames, 68, 3]".to_owned()))?;
        let rt: Option<Vec<[f64; 6]>> = need("rt")?.to_rows();
        let rt = rt.ok_or_else(|| malformed("rt.npy", "wanted [frames, 6]".to_owned()))?;
        if clip.len() != rt.len() {
            let reason = format!("wanted a row for each of the {} frames, found {}", clip.len(), rt.len());
            return Err(malformed("rt.npy", reason));
        }
        Ok(Self { folder, clip, rt })
    }

    /// `values.json`.
    pub(super) fn values(&self) -> &Value {
        self.folder.description()
    }

    /// Frame numbers `FFF` of files `NAME_FFF.EXTENSION`, sorted.
    pub(super) fn numbered(&self, name: &str, extension: &str) -> Vec<usize> {
        let frames = self.folder.numbered(name, extension);
        frames.into_iter().filter(|&frame| frame < self.clip.len()).collect()
    }

    /// What a whole folder has and this one lacks.
    pub(super) fn missing(&self) -> Vec<String> {
        let absent = |name: &&str| match name.strip_suffix('_') {
            Some(stem) => self.numbered(stem, if stem == "upper_points" { "npy" } else { "png" }).is_empty(),
            None => !self.folder.path().join(name).exists(),
        };
        let files = EXPECTED_FILES
            .into_iter()
            .filter(absent)
            .map(|name| if name.ends_with('_') { format!("{name}FFF") } else { name.to_owned() });
        let values =
            EXPECTED_VALUES.into_iter().filter(|key| self.values()[*key].is_null()).map(|key| format!("values.json: {key}"));
        files.chain(values).collect()
    }

    /// x and y of a frame's points.
    pub(super) fn flat(&self, frame: usize) -> FlatLandmarks68 {
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
