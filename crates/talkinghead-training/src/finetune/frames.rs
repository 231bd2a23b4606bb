//! A person's frames as tensors, and what a step sees of them.

use burn::tensor::{Device, Tensor};
use image::RgbImage;
use rand::Rng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use talkinghead_face::CROP_SIDE;
use talkinghead_synthesis::generator::{PerSource, References, Source, Targets};
use talkinghead_synthesis::neural::{PersonFrame, angle_distance, image_tensor, masked_source, resized, sided_label};

use crate::generator::Batch;

/// Frames of a person.
#[derive(Debug, Clone, Default)]
pub struct TuningFrames {
    /// Those that teach; the first is the picture that moves.
    pub learned: Vec<PersonFrame>,
    /// Those that the result is judged by. Where there are none it is judged by those that teach.
    pub judged: Vec<PersonFrame>,
}

impl TuningFrames {
    /// Keeps every frame but up to `judged` of them, spread evenly, for learning; few frames are all learned from.
    pub fn split(frames: Vec<PersonFrame>, judged: usize) -> Self {
        let total = frames.len();
        let judged = judged.min(total / 4);
        let (mut split, total) = (Self::default(), total.max(1));
        for (k, frame) in frames.into_iter().enumerate() {
            let is_judged = (k + 1) * judged / total > k * judged / total;
            if is_judged { split.judged.push(frame) } else { split.learned.push(frame) }
        }
        split
    }
}

/// A frame on a device, at the network's side.
pub(super) struct TunedFrame {
    /// `[1, 3, side, side]`, -1..1.
    pub image: Tensor<4>,
    /// `[1, 1, side, side]`, 0..1.
    pub label: Tensor<4>,
    /// The frame with eyes and mouth hidden.
    pub masked: Source,
    /// The moved head with eyes and mouth hidden.
    pub projection: Source,
    /// The frame as people see it.
    pub picture: RgbImage,
    angles: [f32; 3],
}

/// All frames on a device.
pub(super) struct FrameSet {
    frames: Vec<TunedFrame>,
    /// Shots that the network takes.
    shots: usize,
    device: Device,
}

impl TunedFrame {
    pub fn new(frame: &PersonFrame, side: usize, device: &Device) -> Self {
        let picture = resized(&frame.seen.picture, side);
        Self {
            image: image_tensor(&picture, device),
            label: sided_label(&frame.seen.landmarks, (CROP_SIDE, CROP_SIDE), side, device),
            masked: masked_source(&frame.seen, side, device),
            projection: masked_source(&frame.projection, side, device),
            picture,
            angles: frame.angles,
        }
    }
}

impl FrameSet {
    pub fn new(frames: &[PersonFrame], shots: usize, side: usize, device: &Device) -> Self {
        let frames = frames.iter().map(|frame| TunedFrame::new(frame, side, device)).collect();
        Self { frames, shots, device: device.clone() }
    }

    pub fn frames(&self) -> &[TunedFrame] {
        &self.frames
    }

    /// The shots that synthesis would take: spread evenly, repeated where there are too few.
    pub fn usual_shots(&self) -> Vec<usize> {
        let (wanted, there) = (self.shots, self.frames.len());
        (0..wanted).map(|k| if there >= wanted { k * there / wanted } else { k % there.max(1) }).collect()
    }

    /// The shots as a set of references.
    pub fn references(&self, shots: &[usize]) -> References {
        let stack = |tensor: &dyn Fn(&TunedFrame) -> Tensor<4>| -> Tensor<5> {
            Tensor::cat(shots.iter().map(|k| tensor(&self.frames[*k])).collect(), 0).unsqueeze_dim::<5>(0)
        };
        References { labels: stack(&|frame| frame.label.clone()), images: stack(&|frame| frame.image.clone()) }
    }

    /// What a frame is synthesised from: of the shots, the one whose head pose is nearest is warped.
    pub fn targets(&self, shots: &[usize], frame: &TunedFrame) -> Targets {
        let apart = |k: usize| angle_distance(&self.frames[k].angles, &frame.angles);
        let nearest = shots.iter().copied().min_by(|a, b| apart(*a).total_cmp(&apart(*b)));
        Targets {
            label: frame.label.clone(),
            reference: nearest.map(|k| self.frames[k].masked.clone()),
            projection: Some(frame.projection.clone()),
            previous: None,
        }
    }

    /// What one step sees: `size` targets, each with references that were drawn. The references are others than the target where there are
    /// others, drawn with replacement only where they are too few; the first drawn is warped, as published.
    pub fn draw(&self, size: usize, random: &mut ChaCha8Rng) -> Batch {
        let items: Vec<(usize, Vec<usize>)> = (0..size.max(1))
            .map(|_| {
                let target = random.random_range(0..self.frames.len());
                let others: Vec<usize> = (0..self.frames.len()).filter(|k| *k != target || self.frames.len() == 1).collect();
                let shots = if others.len() >= self.shots {
                    index::sample(random, others.len(), self.shots).into_iter().map(|k| others[k]).collect()
                } else {
                    (0..self.shots).map(|_| others[random.random_range(0..others.len())]).collect()
                };
                (target, shots)
            })
            .collect();
        let each = |tensor: &dyn Fn(&TunedFrame) -> Tensor<4>| -> Tensor<4> {
            Tensor::cat(items.iter().map(|(target, _)| tensor(&self.frames[*target])).collect(), 0)
        };
        let warped = |tensor: &dyn Fn(&Source) -> Tensor<4>| -> Tensor<4> {
            Tensor::cat(items.iter().map(|(_, shots)| tensor(&self.frames[shots[0]].masked)).collect(), 0)
        };
        let (labels, images): (Vec<_>, Vec<_>) =
            items.iter().map(|(_, shots)| self.references(shots)).map(|References { labels, images }| (labels, images)).unzip();
        let target_image = each(&|frame| frame.image.clone());
        let [count, _, height, width] = target_image.dims();
        Batch {
            references: References { labels: Tensor::cat(labels, 0), images: Tensor::cat(images, 0) },
            targets: Targets {
                label: each(&|frame| frame.label.clone()),
                reference: Some(Source {
                    label: warped(&|source| source.label.clone()),
                    image: warped(&|source| source.image.clone()),
                }),
                projection: Some(Source {
                    label: each(&|frame| frame.projection.label.clone()),
                    image: each(&|frame| frame.projection.image.clone()),
                }),
                previous: None,
            },
            target_image,
            // The published fine-tuning has a template of ones.
            target_template: Tensor::ones([count, 1, height, width], &self.device),
            cropped_target: None,
            teacher: PerSource::default(),
            before: None,
        }
    }
}
