//! The photographed head in the network's square, moved as one piece: the projection as `preprocess` draws it for training.

use image::RgbImage;
use talkinghead_face::{CROP_SIDE, FaceCrop, Landmarks, Landmarks68};
use talkinghead_render::{HeadMesh, RigidMotion};

use super::conditioning::FrameInput;

/// Mesh and landmarks of a photograph, pixels of its [`FaceCrop`]'s square; z towards the camera.
#[derive(Debug, Clone)]
pub(super) struct HeadInCrop {
    mesh: HeadMesh,
    landmarks: Landmarks68,
}

impl HeadInCrop {
    /// Takes colours and shape from a photograph.
    pub fn new(picture: &RgbImage, landmarks: &Landmarks, crop: &FaceCrop) -> Self {
        let scale = f64::from(CROP_SIDE) / f64::from(crop.side);
        let point = |x: f64, y: f64, z: f64| -> [f64; 3] {
            let [x, y] = crop.to_crop(0, [x, y]);
            [x, y, z * scale]
        };
        let points: Vec<[f64; 3]> =
            landmarks.points().iter().map(|p| point(f64::from(p[0]), f64::from(p[1]), -f64::from(p[2]))).collect();
        let mesh = HeadMesh::of_frame(&points, &crop.cut(0, picture));
        Self { mesh, landmarks: landmarks.to_68().map(|[x, y, z]| point(x, y, z)) }
    }

    /// The head after a motion of the photograph (its pixels), on black, with its landmarks.
    pub fn moved(&self, motion: &RigidMotion, crop: &FaceCrop) -> FrameInput {
        let scale = f64::from(CROP_SIDE) / f64::from(crop.side);
        let [x, y] = crop.to_crop(0, [f64::from(motion.centre.x), f64::from(motion.centre.y)]);
        let centre = [x, y, f64::from(motion.centre.z) * scale];
        let motion =
            RigidMotion { centre: centre.map(|value| value as f32).into(), shift: motion.shift * scale as f32, ..*motion };
        // A motion has z away from the camera.
        let moved = |[x, y, z]: [f64; 3]| -> [f64; 3] {
            let [x, y, z] = motion.apply([x as f32, y as f32, -z as f32]).map(f64::from);
            [x, y, -z]
        };
        let vertices = self.mesh.vertices.iter().map(|&vertex| moved(vertex)).collect();
        let picture = HeadMesh { vertices, ..self.mesh.clone() }.drawn(CROP_SIDE);
        let landmarks = self.landmarks.map(|point| {
            let [x, y, _] = moved(point);
            [x, y]
        });
        FrameInput { picture, landmarks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talkinghead_face::{CanonicalMesh, CropMode, EyeCentre, flat_landmarks};

    /// A canonical face in a picture that is no copy of it: unmoved, the projection lies over the crop of the picture.
    #[test]
    fn at_rest_it_lies_over_the_photograph() -> Result<(), Box<dyn std::error::Error>> {
        let canonical = &CanonicalMesh::get().vertices;
        let landmarks = Landmarks::from_fn(|i| {
            let [x, y, z] = canonical.get(i).copied().unwrap_or([0.0; 3]);
            [300.0 + 12.0 * x, 320.0 + 12.0 * y, 12.0 * z]
        });
        let picture = RgbImage::from_fn(640, 640, |x, y| image::Rgb([(x / 3) as u8, (y / 3) as u8, 90]));
        let crop = FaceCrop::around(&[flat_landmarks(&landmarks.to_68())], CropMode::default(), EyeCentre::AllPoints)?;
        let head = HeadInCrop::new(&picture, &landmarks, &crop);
        let still = RigidMotion {
            rotation: nalgebra::Matrix3::identity(),
            scale: 1.0,
            centre: nalgebra::Vector3::new(300.0, 320.0, 0.0),
            shift: nalgebra::Vector3::zeros(),
        };
        let shown = head.moved(&still, &crop);
        let whole = crop.cut(0, &picture);
        let covered: Vec<_> = shown.picture.enumerate_pixels().filter(|(_, _, pixel)| pixel.0 != [0; 3]).collect();
        assert!(covered.len() > 8000, "{}", covered.len());
        let off =
            covered.iter().filter(|(x, y, pixel)| (0..2).any(|k| pixel[k].abs_diff(whole.get_pixel(*x, *y)[k]) > 3)).count();
        assert!(off * 20 < covered.len(), "{off} of {}", covered.len());
        // Moved by ten pixels of the photograph to the right, the landmarks follow by as much in the crop.
        let pushed = head.moved(&RigidMotion { shift: nalgebra::Vector3::new(10.0, 0.0, 0.0), ..still }, &crop);
        let wanted = 10.0 * 256.0 / f64::from(crop.side);
        assert!(shown.landmarks.iter().zip(&pushed.landmarks).all(|(a, b)| (b[0] - a[0] - wanted).abs() < 1e-3));
        Ok(())
    }
}
