//! How near a generator comes to a person's frames, shown what synthesis would show it.

use image::RgbImage;
use talkinghead_synthesis::generator::{Generator, RawImage};
use talkinghead_synthesis::layers::{Mode, Pass};
use talkinghead_synthesis::neural::picture_of;

use super::frames::{FrameSet, TunedFrame};
use crate::run::{RunError, Scores};

/// Scores, with the pictures that were judged.
pub(super) struct Judged {
    pub scores: Scores,
    pub pictures: Vec<RgbImage>,
}

/// Synthesises frames from the shots of `set` and compares them with what is real.
pub(super) fn judge(generator: &Generator, set: &FrameSet, frames: &[TunedFrame]) -> Result<Judged, RunError> {
    let shots = set.usual_shots();
    let encoded = generator.encode_references(&set.references(&shots), &mut Pass::new(Mode::Evaluation))?;
    let mut pictures = Vec::with_capacity(frames.len());
    for frame in frames {
        let targets = set.targets(&shots, frame);
        let made = generator.synthesise(&encoded, &targets, RawImage::Skipped, &mut Pass::new(Mode::Evaluation))?;
        pictures.push(picture_of(&made.image)?);
    }
    let pairs = pictures.iter().zip(frames).map(|(made, frame)| (made, &frame.picture));
    Ok(Judged { scores: Scores::of(pairs)?, pictures })
}
