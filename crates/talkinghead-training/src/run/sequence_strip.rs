//! Rows of a run's picture that show consecutive frames.

use image::{Rgb, RgbImage};
use talkinghead_face::FlatLandmarks68;
use talkinghead_synthesis::neural::{picture_of, tile_of};

use super::RunError;
use super::flicker::warped_difference;
use super::tiles::COLUMNS;
use super::validation::{CONSECUTIVE, MadeSequence};

/// What they are, for the page.
pub(super) const SEQUENCE_ROWS: &str = "five consecutive frames, real and made; what differs between neighbours once warped onto each other by \
                                        the tracked face, four times as strong; of a network of several frames the warped previous frames and their masks";
/// Factor on differences.
const STRONGER: f32 = 4.0;

/// Two rows, and a third for a network of several frames.
pub(super) fn sequence_rows(sequence: &MadeSequence<'_>) -> Result<Vec<Vec<RgbImage>>, RunError> {
    let landmarks: Vec<FlatLandmarks68> = sequence.items.iter().map(|item| item.target.landmarks).collect();
    let Some((width, height)) = sequence.real.first().map(RgbImage::dimensions) else { return Ok(Vec::new()) };
    let grey = || RgbImage::from_pixel(width, height, Rgb([128; 3]));
    let row = |left: Vec<RgbImage>, right: Vec<RgbImage>| -> Vec<RgbImage> {
        let padded = |tiles: Vec<RgbImage>| tiles.into_iter().chain(std::iter::repeat_with(grey)).take(CONSECUTIVE);
        padded(left).chain(padded(right)).chain(std::iter::repeat_with(grey)).take(COLUMNS.len()).collect()
    };
    let differences = |frames: &[RgbImage]| -> Vec<RgbImage> {
        let pairs = frames.windows(2).zip(landmarks.windows(2));
        let each = pairs.map(|(frames, landmarks)| {
            let found = warped_difference(frames, landmarks).map_or_else(Vec::new, |(_, each)| each);
            RgbImage::from_fn(width, height, |x, y| {
                let value = found.get((y * width + x) as usize).copied().unwrap_or(0.0);
                Rgb([(STRONGER * value).min(255.0) as u8; 3])
            })
        });
        std::iter::once(grey()).chain(each).collect()
    };
    let mut rows =
        vec![row(sequence.real.clone(), sequence.made.clone()), row(differences(&sequence.real), differences(&sequence.made))];
    if sequence.syntheses.iter().any(|made| made.warped.previous.is_some()) {
        let (mut warped, mut masks) = (Vec::new(), Vec::new());
        for made in &sequence.syntheses {
            warped.push(made.warped.previous.as_ref().map(picture_of).transpose()?.unwrap_or_else(grey));
            masks.push(made.weight.previous.as_ref().map(tile_of).transpose()?.unwrap_or_else(grey));
        }
        rows.push(row(warped, masks));
    }
    Ok(rows)
}
