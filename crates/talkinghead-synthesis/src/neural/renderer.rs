//! Frames by the neural network, from the same motions that the projection renderer obeys.

use std::sync::{Mutex, PoisonError};

use burn::tensor::{Device, Tensor};
use image::{Rgb, RgbImage};
use talkinghead_face::{CROP_SIDE, CanonicalMesh, CropMode, EyeCenter, FaceCrop, FaceMotion, HeadPose, Landmarks, Landmarks68, RigidFit};
use talkinghead_render::ProjectionRenderer;
use talkinghead_render::label::LabelParts;
use talkinghead_render::projection::{ColouredMesh, render_hard};

use super::conditioning::{FrameInput, Points, image_tensor, label_tensor, masked_source, picture_of};
use super::paste::paste;
use crate::generator::{EncodedReferences, InferenceGenerator, RawImage, References, Source, Targets};
use crate::{Renderer, SynthesisError};

const SIDE: usize = CROP_SIDE as usize;

/// A reference picture with its landmarks, pixels.
#[derive(Debug, Clone)]
pub struct Shot {
    /// The picture.
    pub picture: RgbImage,
    /// Its face.
    pub landmarks: Landmarks,
}

/// The network and what it knows of the person.
struct Network {
    generator: InferenceGenerator,
    encoded: EncodedReferences,
    /// Possible warp references: yaw, pitch and roll in degrees, masked picture and label.
    references: Vec<([f32; 3], Source)>,
    device: Device,
}

/// Renders with the paper's generator: references are encoded once; every frame brings a label image, the projected head and
/// the reference whose head pose is nearest. What lies outside the face square is the projection renderer's.
pub struct NeuralRenderer {
    /// One frame at a time: the network uses every core by itself.
    network: Mutex<Network>,
    projection: ProjectionRenderer,
    crop: FaceCrop,
    fit: RigidFit,
    /// Corner of the projection renderer's working area in the picture.
    corner: [f32; 2],
    size: (u32, u32),
}

impl NeuralRenderer {
    /// Prepares a person. The first shot is the picture that moves, the one `projection` was made from; the network's number
    /// of shots is reached by leaving some out evenly or repeating them.
    ///
    /// # Errors
    /// Without shots, or if the network cannot take pictures of 256 x 256 with one label channel.
    pub fn new(
        generator: InferenceGenerator,
        projection: ProjectionRenderer,
        shots: &[Shot],
        device: &Device,
    ) -> Result<Self, SynthesisError> {
        let first = shots.first().ok_or_else(|| SynthesisError::input("shots", "at least one picture", "none"))?;
        let config = *generator.config();
        if config.label_channels != 1 || config.label_classes != 0 {
            return Err(SynthesisError::Configuration(format!(
                "input_nc = {}, label_nc = {}: label images drawn from landmarks have one channel",
                config.label_channels, config.label_classes
            )));
        }
        let inputs = shots.iter().map(|shot| Ok(seen(shot, &crop_of(&shot.landmarks)?))).collect::<Result<Vec<_>, SynthesisError>>()?;
        let order: Vec<usize> = (0..config.shots).map(|index| spread(index, config.shots, shots.len())).collect();
        let images = order.iter().map(|i| image_tensor(&inputs[*i].picture, device)).collect();
        let labels = order.iter().map(|i| label(&inputs[*i].landmarks, device)).collect();
        let encoded = generator.encode_references(&References { images: stack(images), labels: stack(labels) })?;
        let references = shots
            .iter()
            .zip(&inputs)
            .map(|(shot, input)| (HeadPose::angles(&RigidFit::to_canonical(&shot.landmarks).rotation), masked_source(input, device)))
            .collect();
        let inside = projection.portrait().irises.first().copied().unwrap_or_default();
        let iris = first.landmarks.points.get(468).copied().unwrap_or_default();
        Ok(Self {
            network: Mutex::new(Network { generator, encoded, references, device: device.clone() }),
            projection,
            crop: crop_of(&first.landmarks)?,
            fit: RigidFit::to_canonical(&first.landmarks),
            corner: [iris[0] - inside[0], iris[1] - inside[1]],
            size: first.picture.dimensions(),
        })
    }

    /// Posed mesh points in pixels of the crop, z away from the camera.
    fn inside(&self, points: &[[f32; 3]]) -> Landmarks {
        let scale = self.crop.to_crop(0, [1.0, 0.0])[0] - self.crop.to_crop(0, [0.0; 2])[0];
        let points = points.iter().map(|p| {
            let [x, y] = self.crop.to_crop(0, [0, 1].map(|k| f64::from(p[k] + self.corner[k])));
            [x as f32, y as f32, (f64::from(p[2]) * scale) as f32]
        });
        Landmarks { points: points.collect() }
    }

    /// The moved head without expression, cut to the face on black, as the network was taught.
    fn projected(&self, frame: &RgbImage, mesh: &Landmarks) -> FrameInput {
        let mut picture = self.crop.cut(0, frame);
        // The rasteriser's pixel centres lie at one half, the landmarks' at whole numbers.
        let vertices: Vec<[f64; 3]> =
            mesh.mesh().iter().map(|p| [f64::from(p[0]) + 0.5, f64::from(p[1]) + 0.5, -f64::from(p[2])]).collect();
        let colours = vec![[1.0; 3]; vertices.len()];
        let triangles = &CanonicalMesh::get().triangles;
        let cover = render_hard(ColouredMesh { vertices: &vertices, triangles, colours: &colours }, SIDE, SIDE).cover;
        for (pixel, covered) in picture.pixels_mut().zip(&cover.data) {
            if *covered == 0 {
                *pixel = Rgb([0; 3]);
            }
        }
        FrameInput { picture, landmarks: points68(mesh) }
    }
}

impl Renderer for NeuralRenderer {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn render(&self, motion: &FaceMotion, _index: usize) -> Result<RgbImage, SynthesisError> {
        let rest = FaceMotion { head_pose: motion.head_pose.clone(), ..FaceMotion::neutral() };
        let mut frame = self.projection.render(&rest);
        let at_rest = self.projection.pose(&rest);
        let target = points68(&self.inside(&self.projection.pose(motion).points));
        let projection = self.projected(&frame, &self.inside(&at_rest.points));
        let angles = HeadPose::angles(&(at_rest.rigid.rotation * self.fit.rotation));
        let picture = {
            let network = self.network.lock().unwrap_or_else(PoisonError::into_inner);
            let nearest = network.references.iter().min_by(|a, b| distance(&a.0, &angles).total_cmp(&distance(&b.0, &angles)));
            let targets = Targets {
                label: label(&target, &network.device),
                reference: nearest.map(|(_, source)| source.clone()),
                projection: Some(masked_source(&projection, &network.device)),
            };
            picture_of(&network.generator.synthesise(&network.encoded, &targets, RawImage::Skipped)?.image)
        };
        paste(&mut frame, &picture, &self.crop);
        Ok(frame)
    }
}

fn points68(landmarks: &Landmarks) -> Points {
    Landmarks68::from_mesh(landmarks).points.map(|p| [f64::from(p[0]), f64::from(p[1])])
}

fn crop_of(landmarks: &Landmarks) -> Result<FaceCrop, SynthesisError> {
    FaceCrop::around(&[points68(landmarks)], CropMode::default(), EyeCenter::AllPoints)
        .map_err(|error| SynthesisError::Rendering(error.to_string()))
}

fn seen(shot: &Shot, crop: &FaceCrop) -> FrameInput {
    let landmarks = points68(&shot.landmarks).map(|point| crop.to_crop(0, point));
    FrameInput { picture: crop.cut(0, &shot.picture), landmarks }
}

fn label(landmarks: &Points, device: &Device) -> Tensor<4> {
    label_tensor(landmarks, SIDE, SIDE, LabelParts::default(), device)
}

/// Which of `available` shots is shot number `index` of `wanted`.
fn spread(index: usize, wanted: usize, available: usize) -> usize {
    if available >= wanted { index * available / wanted } else { index % available }
}

fn stack(tensors: Vec<Tensor<4>>) -> Tensor<5> {
    Tensor::cat(tensors, 0).unsqueeze_dim::<5>(0)
}

fn distance(a: &[f32; 3], b: &[f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shots_are_repeated_or_left_out_evenly() {
        let all = |wanted: usize, available: usize| (0..wanted).map(|index| spread(index, wanted, available)).collect::<Vec<_>>();
        assert_eq!(all(4, 2), [0, 1, 0, 1]);
        assert_eq!(all(2, 8), [0, 4]);
        assert_eq!(all(3, 3), [0, 1, 2]);
    }
}
