//! From a tracked face to a clip's own coordinates: the square that is cut out and the landmarks in it (SPEC-data, section 3).

use image::RgbImage;
use talkinghead_face::{CROP_SIDE, CropMode, EyeCentre, FaceCrop, Landmarks68, flat_landmarks};

/// Pixels of a clip's sides.
pub const CLIP_SIDE: u32 = CROP_SIDE;

/// From this size of the square on, shrinking is antialiased.
const LARGE_SIDE: u32 = 384;

/// The square of a clip, from the 68 points of its frames (source pixels). `None` without frames.
pub(crate) fn crop_around(frames: &[Landmarks68], mode: CropMode) -> Option<FaceCrop> {
    let flat: Vec<_> = frames.iter().map(flat_landmarks).collect();
    FaceCrop::around(&flat, mode, EyeCentre::AllPoints).ok()
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

/// The picture as a square of `side` pixels: bilinear with half-pixel centres, edges repeated, no antialiasing.
pub fn resize_bilinear(picture: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let taps = |i: u32, from: u32| {
        let at = ((f64::from(i) + 0.5) * f64::from(from) / f64::from(side) - 0.5).clamp(0.0, f64::from(from - 1));
        let low = at.floor();
        (low as u32, (low as u32 + 1).min(from - 1), at - low)
    };
    RgbImage::from_fn(side, side, |i, j| {
        let ((x0, x1, fx), (y0, y1, fy)) = (taps(i, width), taps(j, height));
        let pixel = |x: u32, y: u32| picture.get_pixel(x, y).0.map(f64::from);
        let (a, b, c, d) = (pixel(x0, y0), pixel(x1, y0), pixel(x0, y1), pixel(x1, y1));
        image::Rgb(std::array::from_fn(|k| {
            ((a[k] * (1.0 - fx) + b[k] * fx) * (1.0 - fy) + (c[k] * (1.0 - fx) + d[k] * fx) * fy).round() as u8
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_enlargement_to_the_same_size_changes_nothing() {
        let picture = RgbImage::from_fn(31, 31, |x, y| image::Rgb([(8 * x) as u8, (8 * y) as u8, ((x * y) % 256) as u8]));
        assert_eq!(resize_bilinear(&picture, 31), picture);
    }

    #[test]
    fn large_faces_lie_where_small_ones_do() {
        // A white dot on black in a large square; both ways of scaling put it where its landmark is carried to.
        for side in [LARGE_SIDE - 100, LARGE_SIDE + 200] {
            let crop = FaceCrop { side, corners: vec![[13.0, 21.0]] };
            let (x, y) = (13 + side / 3, 21 + side / 2);
            let near = |a: u32, b: u32| a.abs_diff(b) < 8;
            let picture = RgbImage::from_fn(800, 800, |px, py| image::Rgb([if near(px, x) && near(py, y) { 255 } else { 0 }; 3]));
            let small = cut(&crop, &picture, 0);
            let weight = |value: &dyn Fn(u32, u32) -> u32| {
                let pixels = small.enumerate_pixels();
                pixels.map(|(px, py, p)| f64::from(p[0]) * f64::from(value(px, py))).sum::<f64>()
            };
            let total = weight(&|_, _| 1);
            let found = [weight(&|px, _| px) / total, weight(&|_, py| py) / total];
            let wanted = to_clip(&crop, [f64::from(x), f64::from(y), 0.0], 0);
            assert!((found[0] - wanted[0]).abs() < 0.1 && (found[1] - wanted[1]).abs() < 0.1, "{side}: {found:?} {wanted:?}");
        }
    }

    proptest! {
        /// A clip keeps the source's shape: distances scale alike in x, y and z.
        #[test]
        fn distances_scale_alike(a in prop::array::uniform3(-300.0_f64..300.0), b in prop::array::uniform3(-300.0_f64..300.0), side in 20_u32..900) {
            let crop = FaceCrop { side, corners: vec![[5.5, -7.25]] };
            let distance = |a: [f64; 3], b: [f64; 3]| (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt();
            let scaled = distance(to_clip(&crop, a, 0), to_clip(&crop, b, 0));
            prop_assert!((scaled - distance(a, b) * f64::from(CLIP_SIDE) / f64::from(side)).abs() < 1e-6);
        }
    }
}
