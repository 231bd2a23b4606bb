//! What goes into a generator and what comes out, with the checks on shapes.

use burn::tensor::{Int, Tensor};

use super::GeneratorConfig;
use crate::error::SynthesisError;

/// Reference shots.
#[derive(Debug, Clone)]
pub struct References {
    /// Label maps `[sets, shots, channels, H, W]`, 0..1 (or integers, with label classes).
    pub labels: Tensor<5>,
    /// Pictures `[sets, shots, 3, H, W]`, -1..1.
    pub images: Tensor<5>,
}

/// A picture to be warped, with its label map.
#[derive(Debug, Clone)]
pub struct Source {
    /// `[batch, channels, H, W]`.
    pub label: Tensor<4>,
    /// `[batch, 3, H, W]`, -1..1.
    pub image: Tensor<4>,
}

/// A batch of frames to synthesise.
#[derive(Debug, Clone)]
pub struct Targets {
    /// Label maps `[batch, channels, H, W]`.
    pub label: Tensor<4>,
    /// The reference frame whose head pose is nearest; needed if the network warps references.
    pub reference: Option<Source>,
    /// The projected (animation) frame; needed if the network warps projections.
    pub projection: Option<Source>,
    /// The frames before, for a network of several frames; none at the start of a sequence, where its branch is left out.
    pub previous: Option<PreviousFrames>,
}

/// Frames that were made before the one to synthesise, the oldest first.
#[derive(Debug, Clone)]
pub struct PreviousFrames {
    /// `[batch, frames * channels, H, W]`.
    pub labels: Tensor<4>,
    /// `[batch, frames * 3, H, W]`, -1..1.
    pub images: Tensor<4>,
}

/// Something for each warped source.
#[derive(Debug, Clone)]
pub struct PerSource<T> {
    /// Of the reference frame.
    pub reference: Option<T>,
    /// Of the projected frame.
    pub projection: Option<T>,
    /// Of the previous frame.
    pub previous: Option<T>,
}

impl<T> Default for PerSource<T> {
    /// Nothing for any.
    fn default() -> Self {
        Self { reference: None, projection: None, previous: None }
    }
}

/// What the generator makes of one batch.
#[derive(Debug, Clone)]
pub struct Synthesis {
    /// The result, `[batch, 3, H, W]`, -1..1.
    pub image: Tensor<4>,
    /// The picture before composition, if asked for.
    pub raw: Option<Tensor<4>>,
    /// Linear composition: the picture blended with the projection only.
    pub with_projection: Option<Tensor<4>>,
    /// Flow in pixels, `[batch, 2, H, W]`.
    pub flow: PerSource<Tensor<4>>,
    /// Occlusion masks, `[batch, 1, H, W]`, 0..1.
    pub weight: PerSource<Tensor<4>>,
    /// Warped sources, `[batch, 3, H, W]`.
    pub warped: PerSource<Tensor<4>>,
    /// Attention over shots, `[batch, shots, h * w]`.
    pub attention: Option<Tensor<3>>,
    /// The shot with the most attention, `[batch]`.
    pub strongest_shot: Option<Tensor<1, Int>>,
}

impl GeneratorConfig {
    pub(super) fn check_references(&self, references: &References) -> Result<(), SynthesisError> {
        let [sets, shots, channels, height, width] = references.images.dims();
        let found = references.labels.dims();
        // Only the hybrid embedding has the number of shots in its weights.
        let any = !self.embedding.is_hybrid() && self.merge_depth > 0;
        if channels != 3 || sets == 0 || shots == 0 || (!any && shots != self.shots) {
            let wanted = if any { "any number".into() } else { self.shots.to_string() };
            return Err(SynthesisError::input(
                "reference images",
                format!("[sets, {wanted} of shots, 3, height, width]"),
                format!("{:?}", references.images.dims()),
            ));
        }
        let wanted = [sets, shots, self.label_channels, height, width];
        if found != wanted && !(self.label_classes > 0 && found == [sets, shots, self.label_classes, height, width]) {
            return Err(SynthesisError::input("reference labels", format!("{wanted:?}"), format!("{found:?}")));
        }
        self.check_size("reference images", height, width)
    }

    pub(super) fn check_targets(&self, targets: &Targets, sets: usize, size: [usize; 2]) -> Result<(), SynthesisError> {
        let [batch, channels, height, width] = targets.label.dims();
        self.check_label("target label", &targets.label)?;
        if [height, width] != size {
            let wanted = format!("[batch, {channels}, {}, {}] as the references", size[0], size[1]);
            return Err(SynthesisError::input("target label", wanted, format!("{:?}", targets.label.dims())));
        }
        if batch == 0 || (sets != 1 && sets != batch) {
            return Err(SynthesisError::input(
                "target label",
                if sets == 1 { "a batch of 1 or more".to_owned() } else { format!("a batch of {sets}, one per reference set") },
                batch.to_string(),
            ));
        }
        for (name, wanted, source) in [
            ("warp reference", self.warp_reference, &targets.reference),
            ("animation", self.warp_projection, &targets.projection),
        ] {
            let Some(source) = source else {
                if wanted {
                    return Err(SynthesisError::input(name, "a picture and its label map: the network warps it", "nothing"));
                }
                continue;
            };
            if !wanted {
                continue;
            }
            let (image, label) = ([batch, 3, height, width], targets.label.dims());
            if source.image.dims() != image {
                let found = format!("{:?}", source.image.dims());
                return Err(SynthesisError::input(&format!("{name} image"), format!("{image:?}"), found));
            }
            if source.label.dims() != label {
                let found = format!("{:?}", source.label.dims());
                return Err(SynthesisError::input(&format!("{name} label"), format!("{label:?}"), found));
            }
        }
        self.check_previous(targets)
    }

    fn check_previous(&self, targets: &Targets) -> Result<(), SynthesisError> {
        let Some(previous) = targets.previous.as_ref().filter(|_| self.previous_frames > 0) else { return Ok(()) };
        let ([batch, channels, height, width], frames) = (targets.label.dims(), self.previous_frames);
        for (name, wanted, found) in [
            ("previous labels", [batch, frames * channels, height, width], previous.labels.dims()),
            ("previous images", [batch, frames * 3, height, width], previous.images.dims()),
        ] {
            if found != wanted {
                return Err(SynthesisError::input(name, format!("{wanted:?}"), format!("{found:?}")));
            }
        }
        Ok(())
    }

    fn check_label(&self, name: &str, label: &Tensor<4>) -> Result<(), SynthesisError> {
        let channels = label.dims()[1];
        if channels != self.label_channels && !(self.label_classes > 0 && channels == self.label_classes) {
            let wanted = format!("[batch, {}, height, width]", self.label_channels);
            return Err(SynthesisError::input(name, wanted, format!("{:?}", label.dims())));
        }
        Ok(())
    }

    fn check_size(&self, name: &str, height: usize, width: usize) -> Result<(), SynthesisError> {
        let divisor = self.size_divisor();
        if height == 0 || width == 0 || !height.is_multiple_of(divisor) || !width.is_multiple_of(divisor) {
            return Err(SynthesisError::input(
                name,
                format!("height and width that are multiples of {divisor} (2 to the number of halvings)"),
                format!("{height} x {width}"),
            ));
        }
        Ok(())
    }

    /// The same for the labels of several frames.
    pub(super) fn expand_labels(&self, labels: Tensor<4>, frames: usize) -> Tensor<4> {
        if self.label_classes == 0 || frames == 0 {
            return labels;
        }
        let expanded = labels.chunk(frames, 1).into_iter().map(|label| self.expand_label(label)).collect();
        Tensor::cat(expanded, 1)
    }

    /// One-hot channels for label maps of integers; other label maps as they are. Fractions are cut off.
    pub(super) fn expand_label(&self, label: Tensor<4>) -> Tensor<4> {
        if self.label_classes == 0 || label.dims()[1] == self.label_classes && self.label_classes > 1 {
            return label;
        }
        let [batch, _, height, width] = label.dims();
        let classes: Vec<Tensor<4>> = (0..self.label_classes)
            .map(|class| {
                let low = label.clone().greater_equal_elem(class as f32).float();
                let high = label.clone().lower_elem(class as f32 + 1.0).float();
                (low * high).reshape([batch, 1, height, width])
            })
            .collect();
        Tensor::cat(classes, 1)
    }
}
