//! A clip to look at: landmarks and head-pose axes on the frame, the label image, the projection, side by side.

use std::path::Path;

use image::{Rgb, RgbImage};
use talkinghead_face::ReferencePose;
use talkinghead_media::{FrameReader, Limits, VideoOptions, VideoWriter};
use talkinghead_render::label::{LabelParts, Point, label_image};

use crate::alignment::enlarged;
use crate::{CLIP_SIDE, ClipFolder, DatasetError};

/// Every pixel of the clip is shown this large.
const ZOOM: u32 = 2;
const TILE: u32 = CLIP_SIDE * ZOOM;

/// Writes the video, with the clip's sound; gives the number of frames.
///
/// # Errors
/// The clip cannot be read, or the video not be written.
pub fn inspect(clip: &ClipFolder, output: &Path) -> Result<usize, DatasetError> {
    let limits = Limits::default();
    let mut pictures = FrameReader::open(&clip.video, &limits)?;
    let mut animation = clip.animation.as_ref().map(|path| FrameReader::open(path, &limits)).transpose()?;
    let options = VideoOptions { width: 3 * TILE, height: TILE, audio: clip.audio.clone(), ..VideoOptions::default() };
    let mut video = VideoWriter::create(output, &options)?;
    for (points, row) in clip.landmarks.iter().zip(&clip.poses) {
        let Some(picture) = pictures.next() else { break };
        let projection = animation.as_mut().and_then(Iterator::next).transpose()?;
        video.write_owned(sheet(&picture?, points, row, projection.as_ref()))?;
    }
    let frames = video.frame_count() as usize;
    video.finish()?;
    Ok(frames)
}

/// One frame of it, three tiles of 512 pixels.
fn sheet(picture: &RgbImage, points: &[[f64; 3]], row: &[f64; 6], projection: Option<&RgbImage>) -> RgbImage {
    let mut sheet = RgbImage::new(3 * TILE, TILE);
    let mut place = |tile: &RgbImage, number: u32| image::imageops::replace(&mut sheet, tile, i64::from(number * TILE), 0);
    let mut overlay = enlarged(picture, TILE);
    draw_face(&mut overlay, points, row);
    place(&overlay, 0);
    let flat: [Point; 68] = std::array::from_fn(|i| points.get(i).map_or([0.0; 2], |p| [p[0], p[1]]));
    let label = label_image(&flat, CLIP_SIDE as usize, CLIP_SIDE as usize, LabelParts::default());
    let grey = RgbImage::from_fn(CLIP_SIDE, CLIP_SIDE, |x, y| Rgb([label.data[(y * CLIP_SIDE + x) as usize]; 3]));
    place(&enlarged(&grey, TILE), 1);
    if let Some(projection) = projection {
        place(&enlarged(projection, TILE), 2);
    }
    sheet
}

/// Landmarks as green dots, the head's axes from the nose tip: right (red), down (green), towards the camera (blue).
fn draw_face(picture: &mut RgbImage, points: &[[f64; 3]], row: &[f64; 6]) {
    // Pixel k of the clip has its centre at zoom (k + 0.5) in the enlarged picture.
    let shown = |p: &[f64; 3]| [(p[0] + 0.5) * f64::from(ZOOM), (p[1] + 0.5) * f64::from(ZOOM)];
    for point in points {
        let [x, y] = shown(point);
        dot(picture, x, y, 1, Rgb([60, 255, 60]));
    }
    let back = ReferencePose::from_rt(*row).rotation.transpose();
    if let Some(nose) = points.get(30) {
        let [x, y] = shown(nose);
        for (axis, color) in [(0, Rgb([255, 60, 60])), (1, Rgb([60, 255, 60])), (2, Rgb([90, 120, 255]))] {
            let direction = back.column(axis);
            for step in 0..160 {
                let along = f64::from(step) * 0.5 * f64::from(ZOOM) / 2.0;
                dot(picture, x + along * direction[0], y + along * direction[1], 1, color);
            }
        }
    }
}

fn dot(picture: &mut RgbImage, x: f64, y: f64, radius: i64, color: Rgb<u8>) {
    for dy in -radius..radius {
        for dx in -radius..radius {
            let (x, y) = (x.round() as i64 + dx, y.round() as i64 + dy);
            if (0..i64::from(picture.width())).contains(&x) && (0..i64::from(picture.height())).contains(&y) {
                picture.put_pixel(x as u32, y as u32, color);
            }
        }
    }
}
