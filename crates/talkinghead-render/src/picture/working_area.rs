//! The part of the picture in which anything can move, and its way back into the whole picture.

use image::RgbImage;
use talkinghead_face::{Landmarks, Matte};

use super::canvas::{Canvas, Mask};
use super::enlargement::Enlargement;
use super::frame::Frame;
use super::polygon::Region;

/// Interocular distances from the eyes to the working area's edges.
const REACH: f32 = 4.4;
/// Largest interocular distance in the working area, pixels: larger heads are animated at a smaller size, so that time and
/// memory stay bounded.
const MOST_IOD: f32 = 200.0;

/// A rectangle of the picture around the head, with the whole picture beside it.
#[derive(Clone, Debug)]
pub struct WorkingArea {
    picture: RgbImage,
    region: Region,
    /// Pixels of the working area, at most the region's.
    width: usize,
    height: usize,
    /// The way back to full size; `None` when the area is as large as its region.
    enlargement: Option<Enlargement>,
}

/// The working area seen from inside: its size, and on which sides the picture goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AreaFrame {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// Whether there is more picture to the left, above, to the right, below: nothing may move at these edges.
    pub goes_on: [bool; 4],
}

impl AreaFrame {
    /// An area that is the whole picture.
    pub fn whole(width: usize, height: usize) -> Self {
        Self { width, height, goes_on: [false; 4] }
    }

    /// Distance in pixels to the nearest edge beyond which the picture goes on; very large without one.
    pub fn to_open_edge(&self, x: f32, y: f32) -> f32 {
        let distance = [x, y, self.width as f32 - 1.0 - x, self.height as f32 - 1.0 - y];
        distance.iter().zip(self.goes_on).filter(|(_, on)| *on).map(|(d, _)| *d).fold(f32::MAX, f32::min)
    }
}

impl WorkingArea {
    /// 4.4 interocular distances around the eyes' middle, as far as the picture goes.
    pub fn around_head(picture: &RgbImage, landmarks: &Landmarks) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let (a, b) = (landmarks.points()[468], landmarks.points()[473]);
        let middle = [0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])];
        let reach = REACH * landmarks.interocular_distance();
        let region = Region::around(&[middle], reach, width, height).unwrap_or(Region::whole(width, height));
        // Hardly smaller than the picture: then the whole of it.
        let region = if region.width * region.height * 10 > width * height * 8 { Region::whole(width, height) } else { region };
        let factor = (MOST_IOD / landmarks.interocular_distance()).min(1.0);
        let [width, height] = [region.width, region.height].map(|v| ((v as f32 * factor).round() as usize).max(1));
        let mut area = Self { picture: picture.clone(), region, width, height, enlargement: None };
        if factor < 1.0 {
            area.enlargement = Some(Enlargement::new(Frame::from_canvas(&area.canvas()), region.width, region.height));
        }
        area
    }

    /// The area's pixels.
    fn canvas(&self) -> Canvas {
        let r = self.region;
        let cut = image::imageops::crop_imm(&self.picture, r.x as u32, r.y as u32, r.width as u32, r.height as u32);
        if (self.width, self.height) == (r.width, r.height) {
            return Canvas::from_rgb(&cut.to_image());
        }
        let (width, height) = (self.width as u32, self.height as u32);
        Canvas::from_rgb(&image::imageops::resize(&cut.to_image(), width, height, image::imageops::FilterType::CatmullRom))
    }

    /// Full-size pixels in one pixel of the area.
    fn scale(&self) -> f32 {
        self.region.width as f32 / self.width as f32
    }

    /// A point of the area, in pixels of the picture.
    pub fn to_picture(&self, point: [f32; 3]) -> [f32; 3] {
        let s = self.scale();
        let [x, y] = [point[0], point[1]].map(|v| (v + 0.5) * s - 0.5);
        [x + self.region.x as f32, y + self.region.y as f32, point[2] * s]
    }

    /// A pixel of the picture, in pixels of the area; `None` outside it.
    pub fn from_picture(&self, pixel: [f32; 2]) -> Option<[f32; 2]> {
        let (r, s) = (self.region, self.scale());
        let [x, y] = [pixel[0] - r.x as f32, pixel[1] - r.y as f32];
        let inside = x >= 0.0 && y >= 0.0 && x < r.width as f32 && y < r.height as f32;
        inside.then(|| [x, y].map(|v| ((v + 0.5) / s - 0.5).max(0.0)))
    }

    /// The area's pixels, and the landmarks seen from its corner.
    pub fn enter(&self, landmarks: &Landmarks) -> (Canvas, Landmarks) {
        let (r, s) = (self.region, self.scale());
        let landmarks = landmarks.map(|p| {
            let [x, y] = [p[0] - r.x as f32, p[1] - r.y as f32].map(|v| (v + 0.5) / s - 0.5);
            [x, y, p[2] / s]
        });
        (self.canvas(), landmarks)
    }

    /// The area's part of a matte of the whole picture.
    pub fn cut(&self, matte: &Matte) -> Mask {
        let mut data = Vec::with_capacity(self.width * self.height);
        for y in 0..self.height {
            for x in 0..self.width {
                let [u, v, _] = self.to_picture([x as f32, y as f32, 0.0]).map(|v| v.max(0.0).round() as u32);
                data.push(matte.at(u.min(matte.width - 1), v.min(matte.height - 1)));
            }
        }
        Mask { width: self.width, height: self.height, data }
    }

    /// Size and open edges.
    pub fn frame(&self) -> AreaFrame {
        let r = self.region;
        let (width, height) = (self.picture.width() as usize, self.picture.height() as usize);
        AreaFrame {
            width: self.width,
            height: self.height,
            goes_on: [r.x > 0, r.y > 0, r.x + r.width < width, r.y + r.height < height],
        }
    }

    /// The whole picture with the area's pixels replaced by a frame's.
    pub fn leave(&self, frame: &Frame) -> RgbImage {
        let r = self.region;
        if let Some(enlargement) = &self.enlargement {
            return enlargement.paste(&self.picture, r, frame);
        }
        let mut picture = self.picture.clone();
        let line = 3 * picture.width() as usize;
        let rows = picture.chunks_exact_mut(line).skip(r.y).take(r.height);
        for (row, colours) in rows.zip(frame.data.chunks_exact(r.width)) {
            for (out, colour) in row[3 * r.x..].as_chunks_mut::<3>().0.iter_mut().zip(colours) {
                *out = [colour[0], colour[1], colour[2]];
            }
        }
        picture
    }

    /// The whole picture as it was given.
    pub fn picture(&self) -> &RgbImage {
        &self.picture
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_goes_back_to_where_it_came_from() {
        let picture = RgbImage::from_fn(400, 300, |x, y| image::Rgb([(x % 256) as u8, (y % 256) as u8, 7]));
        let landmarks = Landmarks::from_fn(|i| if i == 473 { [120.0, 100.0, 0.0] } else { [100.0, 100.0, 0.0] });
        let area = WorkingArea::around_head(&picture, &landmarks);
        assert!(area.region.width < 300 && area.enlargement.is_none());
        let (canvas, _) = area.enter(&Landmarks::from_fn(|_| [0.0; 3]));
        assert_eq!(area.leave(&Frame::from_canvas(&canvas)), picture);
        assert_eq!(area.frame().goes_on, [true; 4]);
    }

    #[test]
    fn a_large_head_is_worked_on_smaller_and_points_find_back() {
        let picture = RgbImage::from_fn(1000, 900, |x, y| image::Rgb([(x / 5) as u8, (y / 5) as u8, 7]));
        let landmarks = Landmarks::from_fn(|i| if i == 473 { [800.0, 400.0, 20.0] } else { [300.0, 400.0, 20.0] });
        let area = WorkingArea::around_head(&picture, &landmarks);
        let (canvas, inside) = area.enter(&landmarks);
        assert!((inside.interocular_distance() - MOST_IOD).abs() < 1.0);
        let back = area.to_picture(inside.points()[0]);
        assert!((0..3).all(|k| (back[k] - landmarks.points()[0][k]).abs() < 0.6), "{back:?}");
        assert_eq!(area.leave(&Frame::from_canvas(&canvas)), picture);
    }
}
