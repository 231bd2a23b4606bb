//! A turned rectangle of a picture, and reading it as a network's input.

use image::RgbImage;
use talkinghead_simd::InstructionSet;

use super::mesh_executor::SampledRow;
use crate::geometry::landmarks::Landmarks;

/// What lies outside the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BorderMode {
    /// Black, before scaling to the network's range.
    Black,
    /// The nearest edge pixel.
    Nearest,
}

/// A turned rectangle in the picture, in pixels.
///
/// Coordinates follow the networks' rule: crop pixel `(i, j)` of an `n` x `n` crop lies at
/// `centre + R(rotation) * ((i/n - 0.5) * width, (j/n - 0.5) * height)`, and pixel `k`'s value lies **at** coordinate
/// `k`; there is no shift by half a pixel on either side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceRegion {
    /// Pixels, x right and y down.
    pub centre: [f32; 2],
    /// Pixels.
    pub width: f32,
    /// Pixels.
    pub height: f32,
    /// Radians, clockwise in the picture.
    pub rotation: f32,
}

impl FaceRegion {
    /// The square around the whole picture.
    pub(crate) fn around_picture(width: u32, height: u32) -> Self {
        let side = width.max(height) as f32;
        Self { centre: [width as f32 / 2.0, height as f32 / 2.0], width: side, height: side, rotation: 0.0 }
    }

    /// The square that the landmark network reads next, from a face's landmarks: 1.5 times the longer side of the box
    /// around all points, turned with the line between the outer eye corners.
    pub fn around_landmarks(landmarks: &Landmarks) -> Self {
        let [x0, y0, x1, y1] = landmarks.bounding_box();
        let side = 1.5 * (x1 - x0).max(y1 - y0);
        let (a, b) = (landmarks.points()[33], landmarks.points()[263]);
        Self { centre: [(x0 + x1) / 2.0, (y0 + y1) / 2.0], width: side, height: side, rotation: (b[1] - a[1]).atan2(b[0] - a[0]) }
    }

    /// Carries a point of the crop, `(0..1, 0..1)`, into the picture.
    pub fn to_picture(&self, x: f32, y: f32) -> [f32; 2] {
        let (sin, cos) = self.rotation.sin_cos();
        let (dx, dy) = ((x - 0.5) * self.width, (y - 0.5) * self.height);
        [self.centre[0] + cos * dx - sin * dy, self.centre[1] + sin * dx + cos * dy]
    }

    /// Reads the region as `[3, side, side]`, bilinear, each value `v * scale + shift`.
    pub(crate) fn read(&self, picture: &RgbImage, side: usize, border: BorderMode, scale: f32, shift: f32) -> Vec<f32> {
        let plane = side * side;
        let mut out = vec![0.0; 3 * plane];
        let (red, rest) = out.split_at_mut(plane);
        let (green, blue) = rest.split_at_mut(plane);
        self.sample(picture, side, border, |index, [r, g, b]| {
            red[index] = r * scale + shift;
            green[index] = g * scale + shift;
            blue[index] = b * scale + shift;
        });
        out
    }

    /// Reads the region's `side` x `side` crop into rows of `row` floats each: `out[j * row + 3 * i ..]` becomes the colour of
    /// pixel `i` of row `j`, 0..1; outside the picture the nearest edge pixel. The picture is at least 4 pixels wide and
    /// high.
    pub(crate) fn read_rows(&self, picture: &RgbImage, side: usize, row: usize, out: &mut [f32]) {
        let instructions = InstructionSet::chosen_or_fastest();
        let (sin, cos) = self.rotation.sin_cos();
        let step = [cos * self.width / side as f32, sin * self.width / side as f32];
        for (j, out) in out.chunks_mut(row).take(side).enumerate() {
            let samples = SampledRow {
                picture: picture.as_raw(),
                width: picture.width() as usize,
                height: picture.height() as usize,
                start: self.to_picture(0.0, j as f32 / side as f32),
                step,
                scale: 1.0 / 255.0,
            };
            samples.read(instructions, &mut out[..3 * side]);
        }
    }

    /// Visits the crop's pixels row by row with their bilinear colour, 0..255. For any region and both rules of what lies
    /// outside; [`FaceRegion::read_rows`] is the fast one for square regions.
    #[inline]
    pub(crate) fn sample(&self, picture: &RgbImage, side: usize, border: BorderMode, mut visit: impl FnMut(usize, [f32; 3])) {
        let (sin, cos) = self.rotation.sin_cos();
        let n = side as f32;
        let step_x = [cos * self.width / n, sin * self.width / n];
        let step_y = [-sin * self.height / n, cos * self.height / n];
        let start = self.to_picture(0.0, 0.0);
        let (width, height) = (picture.width() as i32, picture.height() as i32);
        let stride = width as usize * 3;
        let data = picture.as_raw().as_slice();
        // Beyond this margin both rules are flat; it keeps the conversion to integers in range.
        let clamp = |v: f32, most: i32| v.clamp(-2.0, most as f32 + 1.0);
        for j in 0..side {
            let (row_x, row_y) = (start[0] + j as f32 * step_y[0], start[1] + j as f32 * step_y[1]);
            for i in 0..side {
                let x = clamp(row_x + i as f32 * step_x[0], width);
                let y = clamp(row_y + i as f32 * step_x[1], height);
                // Floor of a number above -2, without a call.
                let (x0, y0) = ((x + 2.0) as i32 - 2, (y + 2.0) as i32 - 2);
                let (fx, fy) = (x - x0 as f32, y - y0 as f32);
                let colour = if x0 >= 0 && y0 >= 0 && x0 + 1 < width && y0 + 1 < height {
                    let at = y0 as usize * stride + x0 as usize * 3;
                    let (top, bottom) = (&data[at..at + 6], &data[at + stride..at + stride + 6]);
                    std::array::from_fn(|c| {
                        let t = f32::from(top[c]) + fx * (f32::from(top[c + 3]) - f32::from(top[c]));
                        let b = f32::from(bottom[c]) + fx * (f32::from(bottom[c + 3]) - f32::from(bottom[c]));
                        t + fy * (b - t)
                    })
                } else {
                    border_colour(picture, border, [x0, y0], [fx, fy])
                };
                visit(j * side + i, colour);
            }
        }
    }
}

#[cold]
fn border_colour(picture: &RgbImage, border: BorderMode, [x0, y0]: [i32; 2], [fx, fy]: [f32; 2]) -> [f32; 3] {
    let (width, height) = (picture.width() as i32, picture.height() as i32);
    let pixel = |x: i32, y: i32| -> [f32; 3] {
        let inside = x >= 0 && y >= 0 && x < width && y < height;
        if !inside && border == BorderMode::Black {
            return [0.0; 3];
        }
        let p = picture.get_pixel(x.clamp(0, width - 1) as u32, y.clamp(0, height - 1) as u32);
        p.0.map(f32::from)
    };
    let corners = [pixel(x0, y0), pixel(x0 + 1, y0), pixel(x0, y0 + 1), pixel(x0 + 1, y0 + 1)];
    std::array::from_fn(|c| {
        let t = corners[0][c] + fx * (corners[1][c] - corners[0][c]);
        let b = corners[2][c] + fx * (corners[3][c] - corners[2][c]);
        t + fy * (b - t)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> RgbImage {
        RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8 * 4, y as u8 * 4, 7]))
    }

    #[test]
    fn pixel_values_lie_at_their_coordinates() {
        let region = FaceRegion { centre: [20.0, 15.0], width: 16.0, height: 16.0, rotation: 0.3 };
        let side = 8;
        let crop = region.read(&ramp(), side, BorderMode::Nearest, 1.0, 0.0);
        for (j, i) in [(0, 0), (3, 5), (7, 7)] {
            let [x, y] = region.to_picture(i as f32 / side as f32, j as f32 / side as f32);
            assert!((crop[j * side + i] - 4.0 * x).abs() < 1e-2);
            assert!((crop[side * side + j * side + i] - 4.0 * y).abs() < 1e-2);
        }
    }

    #[test]
    fn rows_equal_the_general_reading() {
        // Partly outside on all sides, turned.
        let region = FaceRegion { centre: [20.0, 15.0], width: 60.0, height: 60.0, rotation: -0.4 };
        let side = 64;
        let crop = region.read(&ramp(), side, BorderMode::Nearest, 1.0 / 255.0, 0.0);
        let mut rows = vec![0.0; 4 * side * side];
        region.read_rows(&ramp(), side, 4 * side, &mut rows);
        for j in 0..side {
            let row = &rows[4 * side * j..];
            for i in 0..side {
                for c in 0..3 {
                    let (a, b) = (row[3 * i + c], crop[c * side * side + j * side + i]);
                    assert!((a - b).abs() < 2e-4, "{i} {j} {c}: {a} {b}");
                }
            }
        }
    }

    #[test]
    fn outside_is_black_or_the_edge() {
        let region = FaceRegion { centre: [-500.0, 10.0], width: 4.0, height: 4.0, rotation: 0.0 };
        let black = region.read(&ramp(), 2, BorderMode::Black, 1.0, -1.0);
        assert!(black.iter().all(|&v| v == -1.0));
        let edge = region.read(&ramp(), 2, BorderMode::Nearest, 1.0, 0.0);
        assert_eq!(edge[8], 7.0);
        assert_eq!(edge[0], 0.0);
    }
}
