//! The picture that is painted for a frame: bytes, four a pixel, and the way from and to the canvases that small parts of it
//! are painted on.

use image::RgbImage;

use super::canvas::{Canvas, bilinear_mix, bilinear_taps, to_byte};
use super::polygon::Region;

/// A colour picture of bytes: red, green, blue and one that means nothing; rows from top to bottom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// `[height * width]` colours.
    pub data: Vec<[u8; 4]>,
}

impl Frame {
    /// A canvas, rounded.
    pub fn from_canvas(canvas: &Canvas) -> Self {
        let data = canvas.data.iter().map(|&c| bytes(c)).collect();
        Self { width: canvas.width, height: canvas.height, data }
    }

    /// The same picture as others take it.
    pub fn to_rgb(&self) -> RgbImage {
        let mut picture = RgbImage::new(self.width as u32, self.height as u32);
        for (out, colour) in picture.pixels_mut().zip(&self.data) {
            out.0.copy_from_slice(&colour[..3]);
        }
        picture
    }

    /// Bilinear colour at pixel-centre coordinates; outside, the nearest edge.
    pub(crate) fn bilinear(&self, x: f32, y: f32) -> [f32; 3] {
        let (corners, share) = bilinear_taps(self.width, self.height, x, y);
        let corners = corners.map(|i| self.data[i]);
        std::array::from_fn(|k| bilinear_mix(corners.map(|c| f32::from(c[k])), share))
    }

    /// A rectangle of it, to be painted on with more care than bytes allow.
    pub(crate) fn cut(&self, region: Region, canvas: &mut Canvas) {
        (canvas.width, canvas.height) = (region.width, region.height);
        canvas.data.clear();
        for y in region.y..region.y + region.height {
            let start = y * self.width + region.x;
            let row = &self.data[start..start + region.width];
            canvas.data.extend(row.iter().map(|c| [c[0], c[1], c[2]].map(f32::from)));
        }
    }

    /// Puts a rectangle back, rounded.
    pub(crate) fn put(&mut self, region: Region, canvas: &Canvas) {
        for (row, colours) in canvas.data.chunks_exact(region.width).enumerate() {
            let start = (region.y + row) * self.width + region.x;
            for (out, &colour) in self.data[start..start + region.width].iter_mut().zip(colours) {
                *out = bytes(colour);
            }
        }
    }
}

/// A colour of 0..255, rounded.
pub(crate) fn bytes(colour: [f32; 3]) -> [u8; 4] {
    let [r, g, b] = colour.map(to_byte);
    [r, g, b, 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_goes_out_and_back_without_change() {
        let data = (0..12 * 9).map(|i| [i as u8, 255 - i as u8, (i * 3) as u8, 0]).collect();
        let frame = Frame { width: 12, height: 9, data };
        let region = Region { x: 3, y: 2, width: 7, height: 5 };
        let mut canvas = Canvas::filled(0, 0, [0.0; 3]);
        frame.cut(region, &mut canvas);
        assert_eq!(canvas.at(0, 0)[0], (2 * 12 + 3) as f32);
        let mut back = frame.clone();
        back.put(region, &canvas);
        assert_eq!(back, frame);
        assert_eq!(frame.to_rgb().get_pixel(11, 8).0, [107, 148, 65]);
    }
}
