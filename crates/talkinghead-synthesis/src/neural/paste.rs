//! The network's picture back in the full frame.

use image::{Rgb, RgbImage};
use talkinghead_face::{CROP_SIDE, FaceCrop};

/// Share of the square over which its picture fades into the frame.
const FADE: f64 = 0.08;

/// Puts the picture of a [`FaceCrop`]'s square into the frame; its border fades into what is there.
pub fn paste(frame: &mut RgbImage, picture: &RgbImage, crop: &FaceCrop) {
    let last = f64::from(CROP_SIDE - 1);
    let [low, high] = [[-0.5; 2], [last + 0.5; 2]].map(|corner| crop.to_frame(0, corner));
    let range = |axis: usize, size: u32| {
        (low[axis].ceil().max(0.0) as u32)..(high[axis].floor().max(-1.0) + 1.0).min(f64::from(size)) as u32
    };
    for y in range(1, frame.height()) {
        for x in range(0, frame.width()) {
            let place = crop.to_crop(0, [f64::from(x), f64::from(y)]);
            let edge = place.iter().map(|v| (v + 0.5).min(last + 0.5 - v)).fold(f64::INFINITY, f64::min);
            let share = (edge / (FADE * f64::from(CROP_SIDE))).clamp(0.0, 1.0) as f32;
            let new = sample(picture, place);
            let Rgb(old) = *frame.get_pixel(x, y);
            let mixed = std::array::from_fn(|k| {
                let old = f32::from(old[k]);
                (old + share * (new[k] - old)).round().clamp(0.0, 255.0) as u8
            });
            frame.put_pixel(x, y, Rgb(mixed));
        }
    }
}

fn sample(picture: &RgbImage, place: [f64; 2]) -> [f32; 3] {
    let tap = |v: f64, size: u32| {
        let v = v.clamp(0.0, f64::from(size - 1));
        (v as u32, (v as u32 + 1).min(size - 1), v.fract() as f32)
    };
    let ((x0, x1, fx), (y0, y1, fy)) = (tap(place[0], picture.width()), tap(place[1], picture.height()));
    let pixel = |x: u32, y: u32| picture.get_pixel(x, y).0.map(f32::from);
    let (a, b, c, d) = (pixel(x0, y0), pixel(x1, y0), pixel(x0, y1), pixel(x1, y1));
    std::array::from_fn(|k| {
        let (upper, lower) = (a[k] + fx * (b[k] - a[k]), c[k] + fx * (d[k] - c[k]));
        upper + fy * (lower - upper)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use talkinghead_face::{CropMode, EyeCentre, standard_face};

    #[test]
    fn a_crop_pasted_back_changes_little() {
        // The standard face lies in a 256 pixel frame such that its crop is nearly the frame itself.
        let face = standard_face().map(|p| [p[0], p[1]]);
        let crop = FaceCrop::around(&[face], CropMode::default(), EyeCentre::AllPoints).unwrap();
        let picture = RgbImage::from_fn(256, 256, |x, y| Rgb([x as u8, y as u8, ((x + y) / 2) as u8]));
        let mut pasted = picture.clone();
        paste(&mut pasted, &crop.cut(0, &picture), &crop);
        let inner = |image: &RgbImage| image::imageops::crop_imm(image, 40, 40, 176, 176).to_image();
        let worst = inner(&pasted).iter().zip(inner(&picture).iter()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= 2, "{worst}");
    }
}
