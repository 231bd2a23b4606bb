//! `run.json`: what a run is made with and on.

use super::{GeneratorTraining, RunError, RunFolder};
use crate::items::ClipSet;

/// Writes it.
pub(super) fn write_about(folder: &RunFolder, training: &GeneratorTraining, clips: &ClipSet) -> Result<(), RunError> {
    let is_address = training.data.to_string_lossy().contains("://");
    let absolute = std::path::absolute(&training.data).ok().filter(|_| !is_address).unwrap_or_else(|| training.data.clone());
    let about = serde_json::json!({
        "program": format!("talkinghead {}", env!("CARGO_PKG_VERSION")),
        "ffmpeg": talkinghead_media::ffmpeg_version().ok(),
        "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "processors": std::thread::available_parallelism().map(usize::from).ok(),
        "device": format!("{:?}", training.device),
        "data": absolute,
        "clips": clips.training.len(),
        "clips_to_judge_by": clips.validation.len(),
        "clips_too_short": clips.too_short,
        "fingerprint": clips.fingerprint(),
    });
    let text = serde_json::to_string_pretty(&about).unwrap_or_default() + "\n";
    Ok(talkinghead_media::write_file(&folder.about(), text.as_bytes())?)
}
