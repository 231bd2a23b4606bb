//! Frames of a person as the network is shown them when it learns that person: the same squares, label images and moved heads as at
//! synthesis.

use talkinghead_face::{FaceCrop, HeadPose, RigidFit};
use talkinghead_render::{RigidMotion, Shot};

use super::conditioning::FrameInput;
use super::head_in_crop::HeadInCrop;
use super::renderer::{crop_of, seen};
use crate::SynthesisError;

/// A frame of a person in the network's own square.
#[derive(Debug, Clone)]
pub struct PersonFrame {
    /// The frame with its landmarks.
    pub seen: FrameInput,
    /// The base picture's head, moved as one piece to where this frame's is.
    pub projection: FrameInput,
    /// Yaw, pitch and roll, degrees.
    pub angles: [f32; 3],
}

/// Makes them from shots.
#[derive(Debug, Clone)]
pub struct PersonFrames {
    crop: FaceCrop,
    head: HeadInCrop,
    fit: RigidFit,
}

impl PersonFrames {
    /// `base` is the picture that moves.
    ///
    /// # Errors
    /// A face that no square can be laid around.
    pub fn new(base: &Shot) -> Result<Self, SynthesisError> {
        let crop = crop_of(&base.landmarks)?;
        let head = HeadInCrop::new(&base.picture, &base.landmarks, &crop);
        Ok(Self { head, fit: RigidFit::to_canonical(&base.landmarks), crop })
    }

    /// A frame of the person, in a square of its own.
    ///
    /// # Errors
    /// As [`PersonFrames::new`].
    pub fn frame(&self, shot: &Shot) -> Result<PersonFrame, SynthesisError> {
        let crop = crop_of(&shot.landmarks)?;
        let fit = RigidFit::to_canonical(&shot.landmarks);
        // Where the base picture's head goes, in pixels of that picture in which the other square lies where the base's does.
        let zoom = self.crop.side as f32 / crop.side as f32;
        let [x, y] = self.crop.to_frame(0, crop.to_crop(0, [f64::from(fit.translation.x), f64::from(fit.translation.y)]));
        let motion = RigidMotion {
            rotation: fit.rotation * self.fit.rotation.transpose(),
            scale: zoom * fit.scale / self.fit.scale,
            centre: self.fit.translation,
            shift: [x as f32 - self.fit.translation.x, y as f32 - self.fit.translation.y, 0.0].into(),
        };
        Ok(PersonFrame {
            seen: seen(&shot.picture, &shot.landmarks, &crop),
            projection: self.head.moved(&motion, &self.crop),
            angles: HeadPose::angles(&fit.rotation),
        })
    }
}

/// How far two head poses are apart, degrees.
pub fn angle_distance(a: &[f32; 3], b: &[f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use image::{Rgb, RgbImage};
    use talkinghead_face::{CanonicalMesh, Landmarks};

    fn shot(scale: f32, turn: f32, place: [f32; 2]) -> Shot {
        let canonical = &CanonicalMesh::get().vertices;
        let (sin, cos) = turn.sin_cos();
        // The canonical face looks along +z with y upwards; pictures have y downwards and z away.
        let landmarks = Landmarks::from_fn(|i| {
            let [x, y, z] = canonical.get(i).copied().unwrap_or([0.0; 3]);
            let (x, z) = (cos * x + sin * z, cos * z - sin * x);
            [place[0] + scale * x, place[1] - scale * y, -scale * z]
        });
        Shot { picture: RgbImage::from_fn(640, 640, |x, y| Rgb([(x / 3) as u8, (y / 3) as u8, 90])), landmarks }
    }

    /// The moved base must have its landmarks where the frame has them: the same face, elsewhere, larger and turned.
    #[test]
    fn the_base_lies_over_every_frame() {
        let frames = PersonFrames::new(&shot(12.0, 0.0, [300.0, 320.0])).unwrap();
        for (scale, turn, place) in [(12.0, 0.0, [300.0, 320.0]), (9.0, 0.2, [250.0, 300.0]), (15.0, -0.3, [330.0, 350.0])] {
            let frame = frames.frame(&shot(scale, turn, place)).unwrap();
            for (moved, own) in frame.projection.landmarks.iter().zip(&frame.seen.landmarks) {
                assert!((0..2).all(|k| (moved[k] - own[k]).abs() < 1.0), "{moved:?} {own:?} ({scale}, {turn})");
            }
            assert!((frame.angles[0].abs() - turn.abs().to_degrees()).abs() < 0.5, "{:?}", frame.angles);
        }
    }
}
