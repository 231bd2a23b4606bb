//! A clip to look at: landmarks and head-pose axes on the frame, the label image, the projection, side by side; below them
//! the head's angles over the whole clip.

use std::path::Path;

use image::{Rgb, RgbImage};
use serde::Serialize;
use talkinghead_face::{FlatLandmarks68, ReferencePose};
use talkinghead_media::{FrameReader, Limits, VideoOptions, VideoWriter};
use talkinghead_render::label::{LabelParts, label_image};

use super::overlay::{disc, landmarks, stroke};
use super::pose_curves::PoseCurves;
use crate::clip::ClipFolder;
use crate::error::DatasetError;
use crate::geometry::{CLIP_SIDE, key_frame, resize_bilinear};

/// Pixels of a tile's side.
const TILE: u32 = 512;
/// Pixels of the clip's on a side of a tile: what landmarks are multiplied with.
const ZOOM: f64 = TILE as f64 / CLIP_SIDE as f64;
/// Height of the strip with the angles.
const STRIP: u32 = 96;
/// Length of the head's axes in pixels of a tile.
const AXIS: f64 = 120.0;
const TILES: u32 = 3;

/// What was written, and what about the clip is not as it should be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// Frames of the video.
    pub frames: usize,
    /// Shortcomings that did not keep it from being written, one line each.
    pub warnings: Vec<String>,
}

/// Writes the video, with the clip's sound.
///
/// # Errors
/// The clip cannot be read, or the video not be written.
pub fn inspect(clip: &ClipFolder, output: &Path) -> Result<Inspection, DatasetError> {
    let limits = Limits::default();
    let mut pictures = FrameReader::open(&clip.video, &limits)?;
    let mut animation = clip.animation.as_ref().map(|path| FrameReader::open(path, &limits)).transpose()?;
    let key = clip.description.as_ref().map(|description| description.key_frame).or_else(|| key_frame(&clip.poses));
    let curves = PoseCurves::new(&clip.poses, key, TILES * TILE, STRIP);
    let options =
        VideoOptions { width: TILES * TILE, height: TILE + STRIP, audio: clip.audio.clone(), ..VideoOptions::default() };
    let mut video = VideoWriter::create(output, &options)?;
    let mut warnings = Vec::new();
    let mut projected = 0;
    for (frame, (points, row)) in clip.landmarks.iter().zip(&clip.poses).enumerate() {
        let Some(picture) = pictures.next().transpose()? else { break };
        let projection = animation.as_mut().and_then(Iterator::next).transpose()?;
        projected += usize::from(projection.is_some());
        let mut sheet = RgbImage::new(TILES * TILE, TILE + STRIP);
        let mut put =
            |part: &RgbImage, tile: u32, top: u32| image::imageops::replace(&mut sheet, part, (tile * TILE).into(), top.into());
        put(&overlay(&picture, points, row), 0, 0);
        put(&resize_bilinear(&label_picture(points), TILE), 1, 0);
        if let Some(projection) = projection {
            put(&resize_bilinear(&projection, TILE), 2, 0);
        }
        put(&curves.at(frame), 0, TILE);
        video.write(&sheet)?;
    }
    let frames = video.frame_count() as usize;
    let wanted = clip.poses.len();
    if frames == 0 {
        let detail = format!("no frame could be read, wanted {wanted}");
        return Err(DatasetError::Malformed { file: clip.video.display().to_string(), detail });
    }
    let longer = pictures.next().is_some();
    video.finish()?;
    if frames < wanted || longer {
        let found = if longer { "more".to_owned() } else { format!("only {frames}") };
        warnings.push(format!("{} has {found} frames, the landmarks have {wanted}", clip.video.display()));
    }
    match &clip.animation {
        None => warnings.push("the clip has no projection video".to_owned()),
        Some(path) if projected < frames => warnings.push(format!("{} has only {projected} frames of {frames}", path.display())),
        Some(_) => {}
    }
    if clip.audio.is_none() {
        warnings.push("the clip has no sound".to_owned());
    }
    Ok(Inspection { frames, warnings })
}

/// The frame with its landmarks and the head's axes from the nose tip: right red, down green, towards the camera blue.
fn overlay(picture: &RgbImage, points: &[[f64; 3]], row: &[f64; 6]) -> RgbImage {
    let mut shown = resize_bilinear(picture, TILE);
    // A landmark at k lies in the middle of pixel k.
    let places: Vec<[f64; 2]> = points.iter().map(|p| [(p[0] + 0.5) * ZOOM, (p[1] + 0.5) * ZOOM]).collect();
    landmarks(&mut shown, &places, 1.7);
    let Some(&nose) = places.get(30) else { return shown };
    let back = ReferencePose::from_rt(*row).rotation.transpose();
    // The nearest axis is drawn last.
    let mut axes = [(0, [255, 70, 70]), (1, [60, 230, 60]), (2, [90, 140, 255])];
    axes.sort_by(|a, b| back[(2, a.0)].total_cmp(&back[(2, b.0)]));
    for (axis, colour) in axes {
        let end = [nose[0] + AXIS * back[(0, axis)], nose[1] + AXIS * back[(1, axis)]];
        stroke(&mut shown, nose, end, 1.6, colour, 1.0);
        disc(&mut shown, end, 4.0, colour, 1.0);
    }
    shown
}

/// The label image of the landmarks, as the networks are shown it.
fn label_picture(points: &[[f64; 3]]) -> RgbImage {
    let flat: FlatLandmarks68 = std::array::from_fn(|i| points.get(i).map_or([0.0; 2], |p| [p[0], p[1]]));
    let label = label_image(&flat, CLIP_SIDE as usize, CLIP_SIDE as usize, LabelParts::default());
    RgbImage::from_fn(CLIP_SIDE, CLIP_SIDE, |x, y| Rgb([label.data[(y * CLIP_SIDE + x) as usize]; 3]))
}
