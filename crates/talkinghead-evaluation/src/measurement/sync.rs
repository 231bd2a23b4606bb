//! The pass over frames and sound that SyncNet needs, in both ways in which the community prepares frames for it.

use std::collections::VecDeque;
use std::path::Path;

use image::RgbImage;
use rayon::prelude::*;
use talkinghead_face::Landmarks;
use talkinghead_media::AudioReader;

use super::encoded::EncodedFrames;
use super::frames::BATCH;
use super::settings::MeasurementSettings;
use crate::EvaluationError;
use crate::image::Plane;
use crate::supplied::{Mfcc, SYNCNET_FRAMES, SYNCNET_SIDE, SyncNet, SyncScore};

/// Share of a box that is added at the sides and, twice, below.
const MARGIN: f64 = 0.4;
/// Frames of the median that smooths boxes.
const MEDIAN: usize = 13;
/// Grey beyond the picture.
const GREY: f32 = 110.0;

/// LSE of one video.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SyncScores {
    /// Of the face cut out, as `syncnet_python` and Wav2Lip's `calculate_scores_real_videos` do it.
    pub face: Option<SyncScore>,
    /// Of whole frames squeezed to a square, as Wav2Lip's `calculate_scores_LRS` does it: for videos that are face crops already.
    pub whole: Option<SyncScore>,
}

/// A square around the face, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct FaceBox {
    middle: [f64; 2],
    half: f64,
}

/// Scores a video. `original` has the sound, `encoded` the frames.
pub(super) fn sync_scores(
    original: &Path,
    encoded: &EncodedFrames,
    landmarks: &[Landmarks],
    network: &SyncNet,
    settings: &MeasurementSettings,
) -> Result<SyncScores, EvaluationError> {
    let mut mfcc = Mfcc::default();
    for block in AudioReader::open(original, &settings.limits)? {
        mfcc.push(&block?);
    }
    let (cepstra, samples) = mfcc.finish();
    let windows = SyncNet::windows(landmarks.len(), samples);
    let sounds = (0..windows).into_par_iter().filter_map(|k| SyncNet::sound_at(&cepstra, k)).map(|of| network.of_sound(of));
    let sounds = sounds.collect::<Result<Vec<Vec<f32>>, _>>()?;
    let mouths = mouths(encoded, &boxes(landmarks), windows.min(sounds.len()), network)?;
    let score = |way: usize| SyncScore::of(&mouths[way], &sounds);
    Ok(SyncScores { face: score(0), whole: score(1) })
}

/// Embeddings of every window of five frames: of the face, of the whole frame.
fn mouths(
    encoded: &EncodedFrames,
    boxes: &[FaceBox],
    windows: usize,
    network: &SyncNet,
) -> Result<[Vec<Vec<f32>>; 2], EvaluationError> {
    let mut found = [Vec::new(), Vec::new()];
    let mut reader = encoded.frames()?.take(boxes.len());
    let mut held: VecDeque<[RgbImage; 2]> = VecDeque::new();
    let mut read = 0;
    while found[0].len() < windows {
        let batch = reader.by_ref().take(BATCH).collect::<Result<Vec<RgbImage>, _>>()?;
        if batch.is_empty() {
            break;
        }
        let seen: Vec<[RgbImage; 2]> =
            batch.par_iter().zip(&boxes[read..]).map(|(frame, face)| [cut(frame, face), squeezed(frame)]).collect();
        read += seen.len();
        held.extend(seen);
        let ready = (held.len() + 1).saturating_sub(SYNCNET_FRAMES).min(windows - found[0].len());
        for (way, found) in found.iter_mut().enumerate() {
            let window = |k: usize| {
                let frames: Vec<&RgbImage> = held.range(k..k + SYNCNET_FRAMES).map(|frame| &frame[way]).collect();
                network.of_frames(&frames)
            };
            found.extend((0..ready).into_par_iter().map(window).collect::<Result<Vec<_>, _>>()?);
        }
        held.drain(..ready);
    }
    Ok(found)
}

/// Boxes of the mesh, which reaches from hair line to chin, smoothed as `syncnet_python` smooths its detector's; beyond the ends zeros.
fn boxes(landmarks: &[Landmarks]) -> Vec<FaceBox> {
    let raw: Vec<[f64; 3]> = landmarks
        .iter()
        .map(|face| {
            let [left, top, right, bottom] = face.bounding_box().map(f64::from);
            [(left + right) / 2.0, (top + bottom) / 2.0, (right - left).max(bottom - top) / 2.0]
        })
        .collect();
    let median = |frame: usize, part: usize| {
        let near = |k: usize| (frame + k).checked_sub(MEDIAN / 2).and_then(|at| raw.get(at)).map_or(0.0, |values| values[part]);
        let mut values: [f64; MEDIAN] = std::array::from_fn(near);
        values.sort_by(f64::total_cmp);
        values[MEDIAN / 2]
    };
    (0..raw.len()).map(|t| FaceBox { middle: [median(t, 0), median(t, 1)], half: median(t, 2) }).collect()
}

/// The face with some air at the sides and more below, 224 x 224 pixels.
fn cut(frame: &RgbImage, face: &FaceBox) -> RgbImage {
    // Whole pixels of a picture with a grey rim, as in the public code.
    let rim = (face.half * (1.0 + 2.0 * MARGIN)).floor();
    let place = |at: f64| ((at + rim).floor() - rim) as i64;
    let ([x, y], half) = (face.middle, face.half);
    let (left, right) = (place(x - half * (1.0 + MARGIN)), place(x + half * (1.0 + MARGIN)));
    let (top, bottom) = (place(y - half), place(y + half * (1.0 + 2.0 * MARGIN)));
    let (width, height) = ((right - left).max(1) as usize, (bottom - top).max(1) as usize);
    let inside = |x: i64, y: i64| (0..i64::from(frame.width())).contains(&x) && (0..i64::from(frame.height())).contains(&y);
    let channels: [Plane; 3] = std::array::from_fn(|c| {
        Plane::from_fn(width, height, |i, j| {
            let (x, y) = (left + i as i64, top + j as i64);
            if inside(x, y) { f32::from(frame.get_pixel(x as u32, y as u32)[c]) } else { GREY }
        })
    });
    to_square(&channels)
}

fn squeezed(frame: &RgbImage) -> RgbImage {
    to_square(&Plane::channels(frame))
}

fn to_square(channels: &[Plane; 3]) -> RgbImage {
    let scaled = channels.each_ref().map(|plane| plane.stretched(SYNCNET_SIDE as usize, SYNCNET_SIDE as usize));
    RgbImage::from_fn(SYNCNET_SIDE, SYNCNET_SIDE, |x, y| {
        image::Rgb(scaled.each_ref().map(|plane| (plane.at(x as usize, y as usize) + 0.5) as u8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_is_cut_where_the_public_code_cuts_it() {
        let frame = RgbImage::from_fn(300, 300, |x, y| image::Rgb([x.min(255) as u8, y.min(255) as u8, 7]));
        let cut = cut(&frame, &FaceBox { middle: [150.0, 120.0], half: 50.0 });
        // 140 x 140 pixels from (80, 70), 224 wide: 0.625 pixels a pixel.
        let at = |i: u32, start: f32| start + (i as f32 + 0.5) * 0.625 - 0.5;
        for (i, j) in [(10, 20), (100, 200), (200, 100)] {
            let pixel = cut.get_pixel(i, j);
            assert!((f32::from(pixel[0]) - at(i, 80.0)).abs() <= 1.0 && (f32::from(pixel[1]) - at(j, 70.0)).abs() <= 1.0);
        }
        let beyond = super::cut(&frame, &FaceBox { middle: [10.0, 10.0], half: 50.0 });
        assert_eq!(beyond.get_pixel(0, 0)[2], GREY as u8);
    }
}
