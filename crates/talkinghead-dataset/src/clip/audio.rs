//! The sound of a clip: cut out of the source's, and moved where it surely does not fit the lips.

use talkinghead_face::Landmarks68;
use talkinghead_media::{FRAME_RATE, SAMPLE_RATE};

use super::description::SyncDescription;
use crate::quality::expected_opening;
use crate::statistics::rounded;

use crate::quality::{SyncEstimate, moved_earlier};

/// Samples of sound a frame lasts.
pub(crate) const SAMPLES_PER_FRAME: usize = (SAMPLE_RATE / FRAME_RATE) as usize;
/// Samples read around a clip, so that its sound can be moved.
pub(crate) const AUDIO_MARGIN: usize = 15 * SAMPLES_PER_FRAME;
/// Smaller offsets are within what the estimate can tell, milliseconds.
const LEAST_MOVE_MS: f64 = 60.0;

/// The sound of a clip and how it fits the lips.
pub(crate) struct ClipAudio {
    /// 16 kHz mono, as long as the clip.
    pub(crate) samples: Vec<f32>,
    pub(crate) sync: SyncDescription,
}

impl ClipAudio {
    /// From the source's samples around the clip, which begins `before` samples in; `front` are its frontal landmarks.
    /// `None` if less than half the clip has sound.
    pub(crate) fn of(around: &[f32], before: usize, front: &[Landmarks68], may_move: bool) -> Option<Self> {
        let frames = front.len();
        let wanted = frames * SAMPLES_PER_FRAME;
        if around.len().saturating_sub(before) < wanted / 2 {
            return None;
        }
        let cut = |samples: &[f32]| -> Vec<f32> {
            (before..before + wanted).map(|at| samples.get(at).copied().unwrap_or(0.0)).collect()
        };
        let samples = cut(around);
        let opening: Vec<f64> = front.iter().map(|points| points[66][1] - points[62][1]).collect();
        let found = SyncEstimate::of(&opening, &expected_opening(&samples, frames));
        let move_it = may_move && found.sure && found.offset_ms.abs() >= LEAST_MOVE_MS;
        let moved_ms = if move_it { rounded(found.offset_ms, 0) } else { 0.0 };
        let samples = if move_it { cut(&moved_earlier(around, moved_ms)) } else { samples };
        let found = SyncEstimate {
            offset_ms: rounded(found.offset_ms, 0),
            correlation: rounded(found.correlation, 3),
            correlation_unshifted: rounded(found.correlation_unshifted, 3),
            margin: rounded(found.margin, 3),
            sure: found.sure,
        };
        Some(Self { samples, sync: SyncDescription { found, moved_ms } })
    }
}
