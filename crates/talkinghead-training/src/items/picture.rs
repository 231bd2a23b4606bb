//! A part of a frame at the network's size: picture, label image and mask, cut and resized as the published loader does.

use image::RgbImage;
use talkinghead_dataset::clip::PixelBox;
use talkinghead_face::FlatLandmarks68;
use talkinghead_render::label::{GreyImage, LabelParts, label_image};
use talkinghead_render::masks::{MaskKind, mask};
use talkinghead_render::resize::{Bytes, Kernel, resize};

/// A part of frames and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    /// The part, pixels of the frame.
    pub part: PixelBox,
    /// Side of the result, pixels.
    pub side: usize,
    /// Whether it is mirrored.
    pub mirrored: bool,
}

impl View {
    /// The part of a picture, `[3, side, side]`, -1..1; black outside the picture.
    pub fn picture(&self, picture: &RgbImage) -> Vec<f32> {
        let whole = Bytes {
            height: picture.height() as usize,
            width: picture.width() as usize,
            channels: 3,
            data: picture.as_raw().clone(),
        };
        let small = self.turned(&resize(&self.cut(&whole), self.side, self.side, Kernel::Bicubic));
        let plane = self.side * self.side;
        let mut values = vec![0.0; 3 * plane];
        for (pixel, colour) in small.data.chunks_exact(3).enumerate() {
            (0..3).for_each(|channel| values[channel * plane + pixel] = f32::from(colour[channel]) / 127.5 - 1.0);
        }
        values
    }

    /// The label image of landmarks, `[1, side, side]`, 0..1: drawn at the part's own size, then resized.
    pub fn label(&self, landmarks: &FlatLandmarks68) -> Vec<f32> {
        let (width, height) = self.size();
        let shifted = landmarks.map(|[x, y]| [x - self.part.left as f64, y - self.part.top as f64]);
        let drawn = bytes(&label_image(&shifted, width, height, LabelParts::default()));
        let small = self.turned(&resize(&drawn, self.side, self.side, Kernel::Bilinear));
        small.data.iter().map(|&value| f32::from(value) / 255.0).collect()
    }

    /// The mask over parts of the face of a frame of `size` (width, height), `[1, side, side]`, 0 or 1.
    pub fn mask(&self, landmarks: &FlatLandmarks68, size: (u32, u32), kind: MaskKind) -> Vec<f32> {
        let drawn = mask(landmarks, size.0 as usize, size.1 as usize, kind);
        let ones = Bytes { data: drawn.data.iter().map(|&value| u8::from(value > 0)).collect(), ..bytes(&drawn) };
        let small = self.turned(&resize(&self.cut(&ones), self.side, self.side, Kernel::Bicubic));
        small.data.iter().map(|&value| f32::from(u8::from(value > 0))).collect()
    }

    /// Landmarks of the frame in the result's pixels; pixel `k` lies at coordinate `k`.
    pub fn landmarks(&self, landmarks: &FlatLandmarks68) -> FlatLandmarks68 {
        let (width, height) = self.size();
        let scale = [self.side as f64 / width as f64, self.side as f64 / height as f64];
        landmarks.map(|[x, y]| {
            let x = (x - self.part.left as f64 + 0.5) * scale[0] - 0.5;
            let y = (y - self.part.top as f64 + 0.5) * scale[1] - 0.5;
            [if self.mirrored { self.side as f64 - 1.0 - x } else { x }, y]
        })
    }

    fn size(&self) -> (usize, usize) {
        let length = |from: i64, to: i64| usize::try_from(to - from).unwrap_or(1).max(1);
        (length(self.part.left, self.part.right), length(self.part.top, self.part.bottom))
    }

    fn cut(&self, whole: &Bytes) -> Bytes {
        let (width, height) = self.size();
        let mut data = vec![0; width * height * whole.channels];
        // The columns that lie in the picture, copied row by row.
        let first = self.part.left.max(0);
        let last = (self.part.left + width as i64).min(whole.width as i64);
        if first < last {
            let (count, into) = ((last - first) as usize * whole.channels, (first - self.part.left) as usize * whole.channels);
            for row in 0..height {
                let Ok(from) = usize::try_from(self.part.top + row as i64) else { continue };
                if from < whole.height {
                    let (source, target) = ((from * whole.width + first as usize) * whole.channels, row * width * whole.channels);
                    data[target + into..target + into + count].copy_from_slice(&whole.data[source..source + count]);
                }
            }
        }
        Bytes { height, width, channels: whole.channels, data }
    }

    fn turned(&self, picture: &Bytes) -> Bytes {
        if !self.mirrored {
            return picture.clone();
        }
        let row = |row: &[u8]| row.chunks_exact(picture.channels).rev().flatten().copied().collect::<Vec<u8>>();
        let data = picture.data.chunks_exact(picture.width * picture.channels).flat_map(row).collect();
        Bytes { data, ..*picture }
    }
}

fn bytes(picture: &GreyImage) -> Bytes {
    Bytes { height: picture.height, width: picture.width, channels: 1, data: picture.data.clone() }
}

/// A picture `[3, n]` with -1 where a mask `[1, n]` is set.
pub(super) fn hidden(picture: &[f32], mask: &[f32]) -> Vec<f32> {
    picture.iter().enumerate().map(|(i, &value)| if mask[i % mask.len()] > 0.0 { -1.0 } else { value }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSIDE: PixelBox = PixelBox { top: 2, bottom: 10, left: 4, right: 12 };

    #[test]
    fn outside_the_picture_it_is_black() {
        let picture = RgbImage::from_pixel(6, 6, image::Rgb([255; 3]));
        let part = PixelBox { top: -3, bottom: 9, left: 3, right: 15 };
        let cut =
            View { part, side: 12, mirrored: false }.cut(&Bytes { height: 6, width: 6, channels: 3, data: picture.into_raw() });
        let white = |x: usize, y: usize| cut.data[(y * 12 + x) * 3] == 255;
        assert!(white(0, 3) && white(2, 8) && !white(3, 3) && !white(0, 2) && !white(0, 9));
    }

    #[test]
    fn picture_and_landmarks_are_mirrored_together() {
        let mut picture = RgbImage::new(20, 20);
        picture.put_pixel(6, 5, image::Rgb([255; 3]));
        for mirrored in [false, true] {
            let view = View { part: INSIDE, side: 8, mirrored };
            let values = view.picture(&picture);
            let at = values[..64].iter().position(|&value| value > 0.9).map(|at| [(at % 8) as f64, (at / 8) as f64]);
            assert_eq!(at, Some(view.landmarks(&[[6.0, 5.0]; 68])[0]));
        }
    }

    #[test]
    fn hiding_is_black() {
        assert_eq!(hidden(&[0.5, 0.25, 1.0, 0.0], &[1.0, 0.0]), [-1.0, 0.25, -1.0, 0.0]);
    }
}
