//! The part of the frame that the video shows.

use image::RgbImage;
use image::imageops::crop_imm;
use talkinghead_face::Landmarks;

use crate::Framing;

/// Side of the face square, in heights of the face (forehead to chin).
const SIDE_IN_FACE_HEIGHTS: f32 = 2.0;

/// A rectangle of the frame, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

impl Window {
    /// What to show of frames of this size in which the reference's face lies there. The square is as large as wanted or
    /// as the frame allows, of even side, and stays within the frame.
    pub(crate) fn of(framing: Framing, size: (u32, u32), landmarks: &Landmarks) -> Self {
        if framing == Framing::Full {
            return Self { left: 0, top: 0, width: size.0, height: size.1 };
        }
        let bounds = |axis: usize| {
            let values = landmarks.mesh().iter().map(|p| p[axis]);
            values.fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)))
        };
        let ((left, right), (top, bottom)) = (bounds(0), bounds(1));
        let wanted = SIDE_IN_FACE_HEIGHTS * (bottom - top).max(right - left);
        let side = (wanted.round() as u32).clamp(2, size.0.min(size.1).max(2)) & !1;
        let start = |low: f32, high: f32, room: u32| {
            let middle = (low + high) / 2.0 - side as f32 / 2.0;
            (middle.round().max(0.0) as u32).min(room.saturating_sub(side))
        };
        Self { left: start(left, right, size.0), top: start(top, bottom, size.1), width: side, height: side }
    }

    pub(crate) fn cut(&self, frame: RgbImage) -> RgbImage {
        if frame.dimensions() == (self.width, self.height) {
            return frame;
        }
        crop_imm(&frame, self.left, self.top, self.width, self.height).to_image()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: f32, y: f32, height: f32) -> Landmarks {
        Landmarks::from_fn(|k| [x + height * 0.8 * (k % 2) as f32, y + height * (k % 3) as f32 / 2.0, 0.0])
    }

    #[test]
    fn the_square_is_even_and_inside() {
        let middle = Window::of(Framing::FaceSquare, (640, 480), &face(250.0, 150.0, 101.0));
        assert_eq!((middle.width, middle.height), (202, 202));
        let corner = Window::of(Framing::FaceSquare, (640, 481), &face(600.0, 400.0, 300.0));
        assert_eq!((corner.width, corner.left, corner.top), (480, 160, 1));
        assert_eq!(corner.cut(RgbImage::new(640, 481)).dimensions(), (480, 480));
        let full = Window::of(Framing::Full, (640, 481), &face(0.0, 0.0, 10.0));
        assert_eq!((full.width, full.height), (640, 481));
    }
}
