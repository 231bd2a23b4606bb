//! The reference's file set on disk (SPEC-data, section 2), with `clip.json`.

use std::path::Path;

use image::RgbImage;
use talkinghead_formats::{NpyArray, NpyType};
use talkinghead_media::write_picture;

use super::description::ClipDescription;
use super::geometry::ClipGeometry;
use super::wav::wav_bytes;
use crate::error::DatasetError;
use crate::geometry::{CLIP_SIDE, HeadMesh};

/// What the files of a clip hold, its videos apart.
pub(crate) struct ClipContent<'a> {
    pub(crate) geometry: &'a ClipGeometry,
    /// The key frame's mesh.
    pub(crate) mesh: &'a HeadMesh,
    /// The key frame.
    pub(crate) key_picture: &'a RgbImage,
    /// 16 kHz mono, -1..1.
    pub(crate) samples: &'a [f32],
}

/// Writes the files that [`ClipDescription::files`] names into the clip's folder, the cropped and the projection video apart,
/// and `clip.json` last.
pub(crate) fn write_file_set(
    folder: &Path,
    description: &ClipDescription,
    content: &ClipContent<'_>,
) -> Result<(), DatasetError> {
    let ClipContent { geometry, mesh, key_picture, samples } = content;
    let files = &description.files;
    let put = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).map_err(DatasetError::file("write", folder.join(name)))
    };
    put(&files.landmarks, &NpyArray::from_points(&geometry.clip).to_bytes(NpyType::Float32))?;
    put(&files.pose, &NpyArray::from_rows(&geometry.rts).to_bytes(NpyType::Float64))?;
    put(&files.front, &NpyArray::from_points(&geometry.front).to_bytes(NpyType::Float64))?;
    put(&files.mesh, mesh.to_obj(CLIP_SIDE).as_bytes())?;
    // The key frame's landmarks, flipped as the mesh is.
    let height = f64::from(CLIP_SIDE);
    let flipped: Vec<[f64; 3]> = geometry.clip[geometry.key].iter().map(|p| [p[0], height - 1.0 - p[1], p[2]]).collect();
    let flipped = NpyArray { shape: vec![68, 3], values: flipped.into_iter().flatten().collect() };
    put(&files.mesh_landmarks, &flipped.to_bytes(NpyType::Float32))?;
    write_picture(&folder.join(&files.key_frame_picture), key_picture)?;
    put(&files.audio, &wav_bytes(samples))?;
    let mut text = serde_json::to_vec_pretty(description)
        .map_err(|error| DatasetError::Malformed { file: "clip.json".to_owned(), detail: error.to_string() })?;
    text.push(b'\n');
    put("clip.json", &text)
}
