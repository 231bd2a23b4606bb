//! Frames by the neural network, from the same motions that the projection renderer obeys.

use std::sync::{Mutex, PoisonError};

use burn::tensor::{Device, Tensor};
use image::RgbImage;
use talkinghead_face::{
    CROP_SIDE, CropMode, EyeCentre, FaceCrop, FaceMotion, FlatLandmarks68, HeadPose, Landmarks, RigidFit, flat_landmarks,
};
use talkinghead_render::{FrameError, FrameOrder, PreparedPerformance, ProjectionRenderer, Renderer, Shot};

use super::conditioning::{FrameInput, image_tensor, masked_source, picture_of, resized, sided_label};
use super::head_in_crop::HeadInCrop;
use super::history::FrameHistory;
use super::paste::paste;
use super::person_frames::angle_distance;
use crate::SynthesisError;
use crate::generator::{EncodedReferences, InferenceGenerator, RawImage, References, Source, Targets};

/// What the network is shown of one frame; pictures and landmarks are in its own square.
#[derive(Debug, Clone)]
pub struct NetworkInput {
    /// Landmarks of the frame, from which the target's label image is drawn.
    pub target: FlatLandmarks68,
    /// The moved head without expression, before eyes and mouth are hidden.
    pub projection: FrameInput,
    /// Number of the shot whose head pose is nearest: the warp reference.
    pub reference: usize,
}

/// The network and what it knows of the person.
struct Network {
    generator: InferenceGenerator,
    encoded: EncodedReferences,
    /// Possible warp references: masked picture and label of each shot.
    references: Vec<Source>,
    device: Device,
}

/// Renders with the paper's generator: references are encoded once; every frame brings a label image, the projected head and
/// the reference whose head pose is nearest. What lies outside the face square is the projection renderer's.
pub struct NeuralRenderer {
    /// One frame at a time: the network uses every core by itself.
    network: Mutex<Network>,
    projection: ProjectionRenderer,
    shots: Vec<FrameInput>,
    /// Yaw, pitch and roll of each shot, degrees.
    angles: Vec<[f32; 3]>,
    crop: FaceCrop,
    head: HeadInCrop,
    fit: RigidFit,
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
        let inputs = shots
            .iter()
            .map(|shot| Ok(seen(&shot.picture, &shot.landmarks, &crop_of(&shot.landmarks)?)))
            .collect::<Result<Vec<_>, SynthesisError>>()?;
        let order: Vec<usize> = (0..config.shots).map(|index| spread(index, config.shots, shots.len())).collect();
        let side = generator.side();
        let images = order.iter().map(|i| image_tensor(&resized(&inputs[*i].picture, side), device)).collect();
        let labels = order.iter().map(|i| label(&inputs[*i].landmarks, side, device)).collect();
        let encoded = generator.encode_references(&References { images: stack(images), labels: stack(labels) })?;
        let references = inputs.iter().map(|input| masked_source(input, side, device)).collect();
        let angles = shots.iter().map(|shot| HeadPose::angles(&RigidFit::to_canonical(&shot.landmarks).rotation)).collect();
        let crop = crop_of(&first.landmarks)?;
        Ok(Self {
            head: HeadInCrop::new(&first.picture, &first.landmarks, &crop),
            network: Mutex::new(Network { generator, encoded, references, device: device.clone() }),
            projection,
            shots: inputs,
            angles,
            crop,
            fit: RigidFit::to_canonical(&first.landmarks),
            size: first.picture.dimensions(),
        })
    }

    /// The shots as the network sees them.
    pub fn shots(&self) -> &[FrameInput] {
        &self.shots
    }

    /// What the network is shown of a frame.
    pub fn input(&self, motion: &FaceMotion) -> NetworkInput {
        let rest = at_rest(motion);
        // The photographed head as it was, moved as one piece, on black, as the network was taught; expression comes from the label image.
        let projection = self.head.moved(&self.projection.head_motion(&rest.head_pose), &self.crop);
        let angles = HeadPose::angles(&(self.projection.pose(&rest).rigid.rotation * self.fit.rotation));
        let nearest =
            self.angles.iter().enumerate().min_by(|a, b| angle_distance(a.1, &angles).total_cmp(&angle_distance(b.1, &angles)));
        NetworkInput {
            target: points68(&self.projection.project(motion).landmarks).map(|point| self.crop.to_crop(0, point)),
            projection,
            reference: nearest.map_or(0, |(index, _)| index),
        }
    }

    /// One frame, of the reference's size, by itself: a network of several frames is shown none before it.
    ///
    /// # Errors
    /// When the network cannot be run.
    pub fn frame(&self, motion: &FaceMotion) -> Result<RgbImage, SynthesisError> {
        self.frame_after(motion, 0, &mut FrameHistory::new(self.window()))
    }

    /// Frames before a frame that the network is shown.
    fn window(&self) -> usize {
        self.network.lock().unwrap_or_else(PoisonError::into_inner).generator.config().previous_frames
    }

    /// Frame `index` of a performance, behind those of `history`.
    fn frame_after(&self, motion: &FaceMotion, index: usize, history: &mut FrameHistory) -> Result<RgbImage, SynthesisError> {
        let mut frame = self.projection.frame(&at_rest(motion));
        let input = self.input(motion);
        let picture = {
            let network = self.network.lock().unwrap_or_else(PoisonError::into_inner);
            let side = network.generator.side();
            let targets = Targets {
                label: label(&input.target, side, &network.device),
                reference: network.references.get(input.reference).cloned(),
                projection: Some(masked_source(&input.projection, side, &network.device)),
                previous: None,
            };
            let made = history.made(index, &targets.label, |previous| {
                network.generator.synthesise(&network.encoded, &Targets { previous, ..targets.clone() }, RawImage::Skipped)
            })?;
            resized(&picture_of(&made.image)?, CROP_SIDE as usize)
        };
        paste(&mut frame, &picture, &self.crop);
        Ok(frame)
    }
}

impl Renderer for NeuralRenderer {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn prepare(
        &self,
        _performance: &mut dyn Iterator<Item = FaceMotion>,
    ) -> Result<Box<dyn PreparedPerformance + '_>, FrameError> {
        let window = self.window();
        Ok(Box::new(NeuralPerformance { renderer: self, window, history: Mutex::new(FrameHistory::new(window)) }))
    }
}

/// Nothing is known beyond the person, and, for a network of several frames, what it has just made.
struct NeuralPerformance<'a> {
    renderer: &'a NeuralRenderer,
    window: usize,
    history: Mutex<FrameHistory>,
}

impl PreparedPerformance for NeuralPerformance<'_> {
    fn order(&self) -> FrameOrder {
        if self.window > 0 { FrameOrder::Rising } else { FrameOrder::Any }
    }

    fn render(&self, motion: &FaceMotion, index: usize) -> Result<RgbImage, FrameError> {
        if self.window == 0 {
            return self.renderer.frame(motion).map_err(FrameError::from);
        }
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        self.renderer.frame_after(motion, index, &mut history).map_err(FrameError::from)
    }
}

/// The same head pose, the face at rest.
fn at_rest(motion: &FaceMotion) -> FaceMotion {
    FaceMotion { head_pose: motion.head_pose, ..FaceMotion::neutral() }
}

pub(super) fn points68(landmarks: &Landmarks) -> FlatLandmarks68 {
    flat_landmarks(&landmarks.to_68())
}

pub(super) fn crop_of(landmarks: &Landmarks) -> Result<FaceCrop, SynthesisError> {
    FaceCrop::around(&[points68(landmarks)], CropMode::default(), EyeCentre::AllPoints)
        .map_err(|error| SynthesisError::Rendering(error.to_string()))
}

pub(super) fn seen(picture: &RgbImage, landmarks: &Landmarks, crop: &FaceCrop) -> FrameInput {
    let landmarks = points68(landmarks).map(|point| crop.to_crop(0, point));
    FrameInput { picture: crop.cut(0, picture), landmarks }
}

fn label(landmarks: &FlatLandmarks68, side: usize, device: &Device) -> Tensor<4> {
    sided_label(landmarks, (CROP_SIDE, CROP_SIDE), side, device)
}

/// Which of `available` shots is shot number `index` of `wanted`.
fn spread(index: usize, wanted: usize, available: usize) -> usize {
    if available >= wanted { index * available / wanted } else { index % available }
}

fn stack(tensors: Vec<Tensor<4>>) -> Tensor<5> {
    Tensor::cat(tensors, 0).unsqueeze_dim::<5>(0)
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
