//! The frames of a clip that deserve a look first.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, RgbImage};
use talkinghead_media::FRAME_RATE;

use crate::EvaluationError;
use crate::measurement::{MeasuredVideo, PictureScores};

/// Frames between two that are picked for one reason.
const APART: usize = 12;
/// Longest side of the pictures that are kept, in pixels.
const KEPT_SIDE: u32 = 320;
/// Of the JPEG.
const QUALITY: u8 = 82;

/// A frame, the real one beside it where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct WorstFrame {
    /// Seconds from the start.
    pub seconds: f64,
    /// Why it was picked, with the number.
    pub reason: String,
    /// Generated and real side by side, JPEG.
    pub jpeg: Vec<u8>,
}

/// Picks up to two frames by picture, one by lips and one by flicker.
pub(super) fn worst_frames(
    video: &MeasuredVideo,
    real: Option<(&MeasuredVideo, &PictureScores)>,
) -> Result<Vec<WorstFrame>, EvaluationError> {
    let mut picked: Vec<(usize, String)> = Vec::new();
    if let Some((real, pictures)) = real {
        let unlike: Vec<Option<f64>> = pictures.face_ssim.iter().map(|s| s.map(|s| -s)).collect();
        for (frame, value) in largest(&unlike, 2) {
            picked.push((frame, format!("face least like the real one, SSIM {:.2}", -value)));
        }
        let gap = |t: usize| Some((video.lips.opening[t] - real.lips.opening[t]).abs());
        let gaps: Vec<Option<f64>> = (0..video.len().min(real.len())).map(gap).collect();
        for (frame, _) in largest(&gaps, 1) {
            let (made, wanted) = (video.lips.opening[frame], real.lips.opening[frame]);
            picked.push((frame, format!("mouth opening {made:.2}, really {wanted:.2}")));
        }
    }
    for (frame, value) in largest(&video.pictures.flicker, 1) {
        picked.push((frame, format!("most flicker, {value:.1} grey levels")));
    }
    let mut order: Vec<usize> = picked.iter().map(|(frame, _)| *frame).collect();
    order.sort_unstable();
    order.dedup();
    let made = pictures_at(video, &order)?;
    let true_ones = real.map(|(real, _)| pictures_at(real, &order)).transpose()?;
    let with_picture = picked.into_iter().filter_map(|(frame, reason)| {
        let at = order.iter().position(|&f| f == frame)?;
        let picture = match &true_ones {
            Some(real) => side_by_side(made.get(at)?, real.get(at)?),
            None => made.get(at)?.clone(),
        };
        Some(WorstFrame { seconds: frame as f64 / f64::from(FRAME_RATE), reason, jpeg: jpeg(&picture)? })
    });
    Ok(with_picture.collect())
}

/// The `count` largest values with their frames, half a second apart.
fn largest(values: &[Option<f64>], count: usize) -> Vec<(usize, f64)> {
    let mut ranked: Vec<(usize, f64)> = values.iter().enumerate().filter_map(|(k, v)| v.map(|v| (k, v))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut kept: Vec<(usize, f64)> = Vec::new();
    for candidate in ranked {
        if kept.len() < count && kept.iter().all(|(k, _)| k.abs_diff(candidate.0) >= APART) {
            kept.push(candidate);
        }
    }
    kept
}

/// The frames of those numbers, in order, made small.
fn pictures_at(video: &MeasuredVideo, order: &[usize]) -> Result<Vec<RgbImage>, EvaluationError> {
    let mut found = Vec::new();
    for (index, frame) in video.encoded.frames()?.enumerate() {
        let frame = frame?;
        if order.contains(&index) {
            let scale = f64::from(KEPT_SIDE) / f64::from(frame.width().max(frame.height()));
            let side = |side: u32| (f64::from(side) * scale.min(1.0)).round().max(1.0) as u32;
            let (width, height) = (side(frame.width()), side(frame.height()));
            found.push(image::imageops::resize(&frame, width, height, image::imageops::FilterType::Triangle));
        }
        if found.len() == order.len() {
            break;
        }
    }
    Ok(found)
}

fn side_by_side(a: &RgbImage, b: &RgbImage) -> RgbImage {
    let mut both = RgbImage::new(a.width() + b.width() + 4, a.height().max(b.height()));
    image::imageops::replace(&mut both, a, 0, 0);
    image::imageops::replace(&mut both, b, i64::from(a.width()) + 4, 0);
    both
}

fn jpeg(picture: &RgbImage) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    encoder.encode(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8).ok()?;
    Some(bytes)
}
