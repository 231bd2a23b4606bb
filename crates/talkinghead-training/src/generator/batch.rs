//! What one step learns from.

use burn::tensor::Tensor;
use talkinghead_synthesis::generator::{PerSource, PreviousFrames, References, Source, Targets};

use super::TrainingError;
use crate::flow::TeacherFlow;

/// A batch of target frames with everything that the losses need, on one device.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Reference shots, a set for each target.
    pub references: References,
    /// What to synthesise. The warp reference is needed even by a network that warps none: the discriminator sees it.
    pub targets: Targets,
    /// The real frames, `[batch, 3, H, W]`, -1..1.
    pub target_image: Tensor<4>,
    /// Where the mouth's loss looks, `[batch, 1, H, W]`, 0..1.
    pub target_template: Tensor<4>,
    /// The real frames with the template's pixels at -1 (`crop_ref`): what a warped projection is compared with. `None`: the real frames.
    pub cropped_target: Option<Tensor<4>>,
    /// What the teacher says, where there is one.
    pub teacher: PerSource<TeacherFlow>,
    /// Frames before, for the temporal discriminator; [`super::Trainer::step_sequence`] fills it.
    pub before: Option<FrameStacks>,
}

/// Consecutive frames on top of each other, the oldest first, each `[batch, frames * 3, H, W]`, -1..1.
#[derive(Debug, Clone)]
pub struct FrameStacks {
    /// Those that the generator made.
    pub made: Tensor<4>,
    /// The real ones.
    pub real: Tensor<4>,
}

impl Batch {
    /// Number of targets.
    pub fn len(&self) -> usize {
        self.targets.label.dims()[0]
    }

    /// Whether there is no target.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The warp reference with its label, which the discriminator compares with.
    pub(super) fn condition(&self) -> Result<&Source, TrainingError> {
        self.targets
            .reference
            .as_ref()
            .ok_or_else(|| TrainingError::input("warp reference", "a picture and its label map", "none"))
    }

    /// The real frames that a warped projection is compared with.
    pub(super) fn projection_target(&self) -> &Tensor<4> {
        self.cropped_target.as_ref().unwrap_or(&self.target_image)
    }

    /// Checks what the networks do not check themselves.
    pub(super) fn check(&self) -> Result<(), TrainingError> {
        let [batch, _, height, width] = self.targets.label.dims();
        let picture = [batch, 3, height, width];
        let same = |name: &str, wanted: [usize; 4], found: [usize; 4]| {
            if wanted == found { Ok(()) } else { Err(TrainingError::input(name, format!("{wanted:?}"), format!("{found:?}"))) }
        };
        self.condition()?;
        same("target image", picture, self.target_image.dims())?;
        same("target template", [batch, 1, height, width], self.target_template.dims())?;
        if let Some(cropped) = &self.cropped_target {
            same("cropped target", picture, cropped.dims())?;
        }
        let PerSource { reference, projection, previous } = &self.teacher;
        for (name, teacher) in [("reference", reference), ("projection", projection), ("previous frame", previous)] {
            if let Some(teacher) = teacher {
                same(&format!("teacher flow of the {name}"), [batch, 2, height, width], teacher.flow.dims())?;
                same(&format!("teacher confidence of the {name}"), [batch, 1, height, width], teacher.confidence.dims())?;
            }
        }
        Ok(())
    }

    /// The same tensors, with or without a place in a graph of gradients.
    pub(super) fn map(&self, with: impl Fn(Tensor<4>) -> Tensor<4>, set: impl Fn(burn::tensor::Tensor<5>) -> Tensor<5>) -> Self {
        let source = |source: &Source| Source { label: with(source.label.clone()), image: with(source.image.clone()) };
        let teacher = |teacher: &TeacherFlow| TeacherFlow {
            flow: with(teacher.flow.clone()),
            confidence: with(teacher.confidence.clone()),
        };
        Self {
            references: References { labels: set(self.references.labels.clone()), images: set(self.references.images.clone()) },
            targets: Targets {
                label: with(self.targets.label.clone()),
                reference: self.targets.reference.as_ref().map(source),
                projection: self.targets.projection.as_ref().map(source),
                previous: self.targets.previous.as_ref().map(|previous| PreviousFrames {
                    labels: with(previous.labels.clone()),
                    images: with(previous.images.clone()),
                }),
            },
            target_image: with(self.target_image.clone()),
            target_template: with(self.target_template.clone()),
            cropped_target: self.cropped_target.clone().map(&with),
            teacher: PerSource {
                reference: self.teacher.reference.as_ref().map(teacher),
                projection: self.teacher.projection.as_ref().map(teacher),
                previous: self.teacher.previous.as_ref().map(teacher),
            },
            before: self
                .before
                .as_ref()
                .map(|before| FrameStacks { made: with(before.made.clone()), real: with(before.real.clone()) }),
        }
    }
}
