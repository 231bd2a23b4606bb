//! From a tracked face to a clip's own coordinates: the square that is cut out and the landmarks in it (SPEC-data, section 3).

use image::RgbImage;
use talkinghead_face::{EyeCenter, FaceCrop, Points68};

use crate::clip::CLIP_SIDE;
use crate::CropMode;

/// From this size of the square on, shrinking is antialiased.
const LARGE_SIDE: u32 = 384;

/// The square of a clip, from the 68 points of its frames (source pixels). `None` without frames.
pub(crate) fn crop_around(frames: &[Points68], mode: CropMode) -> Option<FaceCrop> {
    let flat: Vec<[[f64; 2]; 68]> = frames.iter().map(|points| points.map(|[x, y, _]| [x, y])).collect();
    let mode = match mode {
        CropMode::Constant => talkinghead_face::CropMode::Static,
        CropMode::Tracked => talkinghead_face::CropMode::Following,
    };
    FaceCrop::around(&flat, mode, EyeCenter::AllPoints).ok()
}

/// Cuts a frame's square out, 256x256. Large faces are shrunk with antialiasing, where the reference does without and
/// flickers.
pub(crate) fn cut(crop: &FaceCrop, picture: &RgbImage, frame: usize) -> RgbImage {
    if crop.side < LARGE_SIDE {
        return crop.cut(frame, picture);
    }
    let [left, top] = crop.corner(frame);
    let mut square = RgbImage::new(crop.side, crop.side);
    image::imageops::overlay(&mut square, picture, -left, -top);
    image::imageops::resize(&square, CLIP_SIDE, CLIP_SIDE, image::imageops::FilterType::Triangle)
}

/// A source point (z towards the camera) in the clip.
pub(crate) fn to_clip(crop: &FaceCrop, [x, y, z]: [f64; 3], frame: usize) -> [f64; 3] {
    let [x, y] = crop.to_crop(frame, [x, y]);
    [x, y, z * f64::from(CLIP_SIDE) / f64::from(crop.side)]
}

/// Bilinear with half-pixel centres, edges repeated, no antialiasing.
pub(crate) fn enlarged(picture: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let place = |i: u32, from: u32| {
        let at = ((f64::from(i) + 0.5) * f64::from(from) / f64::from(side) - 0.5).clamp(0.0, f64::from(from - 1));
        let low = at.floor();
        (low as u32, (low as u32 + 1).min(from - 1), at - low)
    };
    RgbImage::from_fn(side, side, |i, j| {
        let ((x0, x1, fx), (y0, y1, fy)) = (place(i, width), place(j, height));
        let pixel = |x: u32, y: u32| picture.get_pixel(x, y).0.map(f64::from);
        let (a, b, c, d) = (pixel(x0, y0), pixel(x1, y0), pixel(x0, y1), pixel(x1, y1));
        image::Rgb(std::array::from_fn(|k| {
            ((a[k] * (1.0 - fx) + b[k] * fx) * (1.0 - fy) + (c[k] * (1.0 - fx) + d[k] * fx) * fy).round() as u8
        }))
    })
}
