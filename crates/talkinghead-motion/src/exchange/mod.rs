//! Motion tracks for other tools: ARKit blendshapes as CSV (both ways), the head as BVH, the moving mesh as glTF.
//!
//! All readers of foreign files are bounded and name the line of what they refuse.

mod arkit_names;
mod arkit_reading;
mod arkit_rows;
mod arkit_shapes;
mod arkit_writing;
mod axes;
mod bvh;
mod gltf;
mod gltf_targets;
mod nonnegative;
mod timecode;

use std::path::Path;

pub use arkit_names::ARKIT_NAMES;
pub use arkit_reading::MAX_ARKIT_BYTES;

use crate::{Expression, MotionError, MotionTrack};

/// The expression of a mouth with these blendshapes at 1.
pub(crate) fn mouth_of(names: &[&str]) -> Expression {
    let weights = std::array::from_fn(|place| if names.contains(&ARKIT_NAMES[place]) { 1.0 } else { 0.0 });
    arkit_shapes::MouthShapes::get().expression(&weights)
}

/// The kinds of file that a track can be written as, by the extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackFormat {
    /// This program's own, which loses nothing (`.json`).
    Json,
    /// 52 ARKit blendshapes and rotations a frame, as the Live Link Face app writes them (`.csv`).
    ArkitCsv,
    /// The head as a joint (`.bvh`).
    Bvh,
    /// The canonical face mesh with morph targets, animated (`.glb`, one binary file).
    GlbAnimation,
    /// The same as text with the numbers embedded (`.gltf`).
    GltfAnimation,
}

impl TrackFormat {
    /// The kind that a path's extension asks for; a path without a known one is JSON.
    pub fn of(path: &Path) -> Self {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Self::ArkitCsv,
            "bvh" => Self::Bvh,
            "glb" => Self::GlbAnimation,
            "gltf" => Self::GltfAnimation,
            _ => Self::Json,
        }
    }
}

impl MotionTrack {
    /// Writes the track as the kind of file that the path's extension asks for, whole or not at all.
    ///
    /// # Errors
    /// As [`MotionTrack::write`].
    pub fn export(&self, path: &Path) -> Result<(), MotionError> {
        self.validate()?;
        let bytes = match TrackFormat::of(path) {
            TrackFormat::Json => return self.write(path),
            TrackFormat::ArkitCsv => arkit_writing::csv(self).into_bytes(),
            TrackFormat::Bvh => bvh::text(self).into_bytes(),
            TrackFormat::GlbAnimation => gltf::binary(self),
            TrackFormat::GltfAnimation => gltf::text(self).into_bytes(),
        };
        Ok(talkinghead_media::write_file(path, &bytes)?)
    }
}
