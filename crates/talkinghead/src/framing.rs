//! The part of the frame that the video shows.

use image::RgbImage;
use image::imageops::crop_imm;
use talkinghead_face::{Landmarks, QuarterTurn};

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

/// What becomes of a renderer's frame: a part of it, turned as the reference was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub window: Window,
    pub turn: QuarterTurn,
}

impl Shown {
    /// The picture that is shown of a frame.
    pub(crate) fn of(&self, frame: RgbImage) -> RgbImage {
        self.turn.turn(self.window.cut(frame))
    }

    /// Width and height of what is shown.
    pub(crate) fn size(&self) -> (u32, u32) {
        self.turn.size((self.window.width, self.window.height))
    }

    /// The same in the file: encoders want even numbers.
    pub(crate) fn written_size(&self) -> (u32, u32) {
        let (width, height) = self.size();
        (width.next_multiple_of(2), height.next_multiple_of(2))
    }
}

impl Window {
    /// What to show of frames of this size in which the reference's face lies there. The square is as large as wanted or
    /// as the frame allows, of even side, and stays within the frame.
    pub(crate) fn of(framing: Framing, size: (u32, u32), landmarks: &Landmarks) -> Self {
        if framing == Framing::Full {
            return Self { left: 0, top: 0, width: size.0, height: size.1 };
        }
        let ([left, right], [top, bottom]) = (bounds(landmarks, 0), bounds(landmarks, 1));
        let side = square_side(size, landmarks);
        let start = |low: f32, high: f32, room: u32| {
            let middle = (low + high) / 2.0 - side as f32 / 2.0;
            (middle.round().max(0.0) as u32).min(room.saturating_sub(side))
        };
        Self { left: start(left, right, size.0), top: start(top, bottom, size.1), width: side, height: side }
    }

    /// The window's part of a frame.
    pub(crate) fn cut(&self, frame: RgbImage) -> RgbImage {
        if frame.dimensions() == (self.width, self.height) {
            return frame;
        }
        crop_imm(&frame, self.left, self.top, self.width, self.height).to_image()
    }
}

/// Side of the square around a face, even, no larger than the frame.
pub(crate) fn square_side(size: (u32, u32), landmarks: &Landmarks) -> u32 {
    let length = |axis: usize| {
        let [low, high] = bounds(landmarks, axis);
        high - low
    };
    let wanted = SIDE_IN_FACE_HEIGHTS * length(0).max(length(1));
    (wanted.round() as u32).clamp(2, size.0.min(size.1).max(2)) & !1
}

/// Least and largest coordinate of the mesh along an axis.
fn bounds(landmarks: &Landmarks, axis: usize) -> [f32; 2] {
    landmarks.mesh().iter().map(|p| p[axis]).fold([f32::MAX, f32::MIN], |[low, high], v| [low.min(v), high.max(v)])
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
        let shown = Shown { window: Window { width: 513, height: 301, ..corner }, turn: QuarterTurn::Clockwise };
        assert_eq!((shown.size(), shown.written_size()), ((301, 513), (302, 514)));
        let full = Window::of(Framing::Full, (640, 481), &face(0.0, 0.0, 10.0));
        assert_eq!((full.width, full.height), (640, 481));
    }
}
