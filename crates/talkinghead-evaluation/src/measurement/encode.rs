//! The one encode that every video goes through: codecs alone move picture metrics.

use std::path::Path;

use image::RgbImage;
use image::imageops::FilterType;
use talkinghead_media::{FrameReader, MediaInfo, MediaKind, VideoOptions, VideoWriter};

use super::encoded::EncodedFrames;
use super::settings::{MeasurementSettings, same_proportions, size_within};
use crate::EvaluationError;

/// A video at 25 frames/s, of the common size, encoded once more in a temporary file.
pub(super) struct Encoded {
    pub video: EncodedFrames,
    pub size: (u32, u32),
    pub frames: usize,
    pub warnings: Vec<String>,
}

/// Makes it of a file that was probed. `like`: the size of the video to be compared with, taken over where the proportions are the same.
pub(super) fn encode(
    path: &Path,
    info: MediaInfo,
    like: Option<(u32, u32)>,
    settings: &MeasurementSettings,
) -> Result<Encoded, EvaluationError> {
    if !matches!(info.kind, MediaKind::Video | MediaKind::FrameFolder) {
        return Err(EvaluationError::NotAVideo { path: path.to_owned() });
    }
    let own = size_within(info.size.unwrap_or((2, 2)), settings.longest_side);
    let size = like.filter(|&like| same_proportions(like, own)).unwrap_or(own);
    let mut warnings = Vec::new();
    if let Some(rate) = info.frame_rate.filter(|rate| (rate - f64::from(talkinghead_media::FRAME_RATE)).abs() > 0.1) {
        warnings.push(format!("{} has {rate:.2} frames/s: frames were repeated or left out to reach 25", path.display()));
    }
    let file = tempfile::Builder::new()
        .prefix("evaluate-")
        .suffix(".mp4")
        .tempfile()
        .map_err(|source| EvaluationError::io(path, source))?
        .into_temp_path();
    let options = VideoOptions { width: size.0, height: size.1, crf: Some(settings.crf), audio: None };
    let mut writer = VideoWriter::create(&file, &options)?;
    let mut reader = FrameReader::open_probed(path, info, &settings.limits)?;
    for frame in reader.by_ref() {
        writer.write(&resized(frame?, size))?;
    }
    warnings.extend(reader.warnings());
    let frames = writer.frame_count() as usize;
    writer.finish()?;
    let video = EncodedFrames::open(file, &settings.limits)?;
    Ok(Encoded { video, size, frames, warnings })
}

/// A picture of that size; one that has it is given back.
pub(super) fn resized(picture: RgbImage, (width, height): (u32, u32)) -> RgbImage {
    if picture.dimensions() == (width, height) {
        return picture;
    }
    image::imageops::resize(&picture, width, height, FilterType::Triangle)
}
