//! How a reference's frames are looked at: upright, and no larger than what is shown of them needs.

use image::RgbImage;
use image::imageops::{self, FilterType};
use talkinghead_face::{Landmarks, QuarterTurn, StillFace};

use crate::framing::square_side;
use crate::options::SizeLimit;

/// Sides of the largest picture that is shown whole, pixels: full HD, upright or lying.
const MOST_SHORT: f32 = 1080.0;
const MOST_LONG: f32 = 1920.0;
/// Eyes are not brought nearer to each other than this by making the picture that moves smaller, pixels.
const LEAST_MOVED_IOD: f32 = 24.0;
/// The same for further references, whose teeth and lips are wanted: as large as heads are worked on.
const LEAST_FURTHER_IOD: f32 = 240.0;

/// What a reference is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Its picture is moved and shown.
    Moved,
    /// It lends mouths and teeth.
    Further,
}

impl SizeLimit {
    /// By how much a picture is made smaller, 0 to 1. `size` and `landmarks` are those of the picture as it is read.
    pub(crate) fn factor(self, role: Role, size: (u32, u32), landmarks: &Landmarks) -> f32 {
        let most = match self {
            Self::FullFrame => whole_factor(size),
            Self::FaceSquare => MOST_SHORT / square_side(size, landmarks) as f32,
            Self::None => return 1.0,
        };
        let iod = landmarks.interocular_distance();
        let least = match role {
            Role::Moved => LEAST_MOVED_IOD,
            Role::Further => LEAST_FURTHER_IOD,
        };
        most.max(least / iod).min(1.0)
    }

    /// Whether a picture of this size may have to be made smaller.
    pub(crate) fn may_bind(self, size: (u32, u32)) -> bool {
        self != Self::None && whole_factor(size) < 1.0
    }
}

fn whole_factor((width, height): (u32, u32)) -> f32 {
    (MOST_SHORT / width.min(height) as f32).min(MOST_LONG / width.max(height) as f32)
}

/// What is done to every frame of a reference before anything looks at it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ReferenceView {
    /// How frames are turned, after they were made smaller.
    pub turn: QuarterTurn,
    /// By how much frames are made smaller; 1 where the decoder has done it.
    pub factor: f32,
}

impl Default for ReferenceView {
    /// As they are.
    fn default() -> Self {
        Self { turn: QuarterTurn::None, factor: 1.0 }
    }
}

impl ReferenceView {
    /// A frame as everything from here on sees it.
    pub(crate) fn apply(self, frame: RgbImage) -> RgbImage {
        self.turn.turn(self.shrink(frame))
    }

    /// A frame made smaller, not yet turned.
    pub(crate) fn shrink(self, frame: RgbImage) -> RgbImage {
        if self.factor >= 1.0 {
            return frame;
        }
        let (width, height) = smaller(frame.dimensions(), self.factor);
        // Means first: most of a very large picture's pixels need no more than adding up.
        if frame.width() > 4 * width {
            let means = imageops::thumbnail(&frame, 2 * width, 2 * height);
            return imageops::resize(&means, width, height, FilterType::CatmullRom);
        }
        imageops::resize(&frame, width, height, FilterType::CatmullRom)
    }

    /// A face that was found in the turned frame before it was made smaller. `size` is that frame's.
    pub(crate) fn face(self, face: StillFace, size: (u32, u32)) -> StillFace {
        if self.factor >= 1.0 {
            return face;
        }
        let (width, height) = smaller(size, self.factor);
        face.scaled([width as f32 / size.0 as f32, height as f32 / size.1 as f32])
    }
}

/// A size made smaller, in even numbers, as encoders want them.
pub(crate) fn smaller((width, height): (u32, u32), factor: f32) -> (u32, u32) {
    let even = |v: u32| ((v as f32 * factor / 2.0).round() as u32 * 2).max(2);
    if factor < 1.0 { (even(width), even(height)) } else { (width, height) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(iod: f32) -> Landmarks {
        Landmarks::from_fn(|i| {
            if i < 468 { [0.0, (i % 7) as f32 * iod / 3.0, 0.0] } else { [if i == 473 { iod } else { 0.0 }, 0.0, 0.0] }
        })
    }

    #[test]
    fn large_pictures_are_made_smaller_and_others_left() {
        let factor = |size, iod| SizeLimit::FullFrame.factor(Role::Moved, size, &face(iod));
        let shown = |size, iod| smaller(size, factor(size, iod));
        assert_eq!(shown((6000, 8000), 900.0), (1080, 1440));
        assert_eq!(shown((2160, 3840), 300.0), (1080, 1920));
        assert_eq!(shown((1920, 1080), 300.0), (1920, 1080));
        assert_eq!(shown((1081, 500), 50.0), (1081, 500));
        assert_eq!(SizeLimit::None.factor(Role::Moved, (6000, 8000), &face(900.0)), 1.0);
    }

    #[test]
    fn a_small_face_is_not_made_too_small() {
        let factor = SizeLimit::FullFrame.factor(Role::Moved, (3840, 2160), &face(30.0));
        assert!((factor - 0.8).abs() < 1e-6);
        assert_eq!(SizeLimit::FullFrame.factor(Role::Further, (3840, 2160), &face(200.0)), 1.0);
    }

    #[test]
    fn a_face_square_may_be_as_large_as_a_whole_picture() {
        assert_eq!(SizeLimit::FaceSquare.factor(Role::Moved, (6000, 8000), &face(100.0)), 1.0);
        assert!(SizeLimit::FaceSquare.factor(Role::Moved, (6000, 8000), &face(900.0)) < 0.4);
    }

    #[test]
    fn a_frame_and_its_face_go_together() {
        let view = ReferenceView { turn: QuarterTurn::Clockwise, factor: 0.25 };
        let mut frame = RgbImage::new(400, 800);
        for (x, y) in (0..8).flat_map(|x| (0..8).map(move |y| (200 + x, 100 + y))) {
            frame.put_pixel(x, y, image::Rgb([255; 3]));
        }
        let small = view.apply(frame);
        assert_eq!(small.dimensions(), (200, 100));
        // The middle of the block, (203.5, 103.5), is (695.5, 203.5) once turned.
        let landmarks = Landmarks::from_fn(|_| [695.5, 203.5, 0.0]);
        let face = view.face(StillFace { landmarks, blendshapes: [0.0; 52] }, (800, 400));
        let [x, y, _] = face.landmarks.points()[0];
        assert!(small.get_pixel(x.round() as u32, y.round() as u32).0[0] > 200, "{x} {y}");
    }
}
