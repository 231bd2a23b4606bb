//! How videos are made comparable.

use talkinghead_face::FaceChoice;
use talkinghead_media::Limits;

/// Settings of a measurement; part of every report, because other settings give other numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasurementSettings {
    /// Longest side, in pixels, of the frames that faces are measured on; larger ones are made smaller.
    pub longest_side: u32,
    /// Longest side, in pixels, of the frames that picture metrics compare, as a whole; of an aligned face, its side.
    pub picture_side: u32,
    /// Constant rate factor (H.264) of the encode that every video goes through, the real ones too.
    pub crf: u8,
    /// Networks that are slow (identity, perceptual distance) and sharpness look at every so many frames.
    pub every: usize,
    /// Which face of a video.
    pub face: FaceChoice,
    /// Bounds of what is read.
    pub limits: Limits,
}

impl Default for MeasurementSettings {
    /// 512 and 256 pixels, rate factor 18, every 10th frame, the main face.
    fn default() -> Self {
        Self { longest_side: 512, picture_side: 256, crf: 18, every: 10, face: FaceChoice::Main, limits: Limits::default() }
    }
}

/// The size whose longest side is at most `longest`, with even sides of the same proportions.
pub(crate) fn size_within((width, height): (u32, u32), longest: u32) -> (u32, u32) {
    let scale = (f64::from(longest) / f64::from(width.max(height).max(1))).min(1.0);
    let side = |side: u32| ((f64::from(side) * scale / 2.0).round() as u32 * 2).max(2);
    (side(width), side(height))
}

/// Whether two sizes have the same proportions within 2 %.
pub(crate) fn same_proportions(a: (u32, u32), b: (u32, u32)) -> bool {
    let proportion = |(width, height): (u32, u32)| f64::from(width) / f64::from(height.max(1));
    (proportion(a) / proportion(b) - 1.0).abs() < 0.02
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_shrink_and_never_grow() {
        assert_eq!(size_within((360, 288), 256), (256, 204));
        assert_eq!(size_within((225, 225), 512), (226, 226));
        assert_eq!(size_within((1920, 1080), 512), (512, 288));
        assert!(same_proportions((512, 512), (256, 256)) && !same_proportions((360, 288), (256, 256)));
    }
}
