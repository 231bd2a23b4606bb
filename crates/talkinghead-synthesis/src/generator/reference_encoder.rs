//! From reference pictures and labels to one appearance embedding: the paper's hybrid embedding and its ablations.

use burn::module::Module;
use burn::tensor::Tensor;

use talkinghead_kernels::burn::is_plain;
use talkinghead_kernels::{KernelError, Precision};

use super::{Embedding, GeneratorConfig};
use crate::layers::{ConvBlock, Pass, ResidualBlock, operation};
use crate::weights::WeightBuilder;

/// What the merge of the shots needs beside the features themselves.
#[derive(Module, Debug)]
pub struct HybridFusion {
    /// Image and label features of one shot, concatenated -> their joint view.
    fusion: ResidualBlock,
    /// Image features beside the joint view.
    fusion1: ConvBlock,
    /// Label features beside the joint view.
    fusion2: ConvBlock,
    /// Image features of all shots at once.
    atten1: ConvBlock,
    /// Label features of all shots at once.
    atten2: ConvBlock,
}

/// Encoders of reference pictures and reference labels, of the same shape.
#[derive(Module, Debug)]
pub struct ReferenceEncoder {
    image: Vec<ConvBlock>,
    label: Vec<ConvBlock>,
    fusion: Option<HybridFusion>,
    merge_depth: usize,
}

/// Features of every shot at the depth where shots are merged: all that does not depend on the target.
#[derive(Debug, Clone)]
pub struct ShotFeatures {
    /// `[sets, shots, c, h, w]`.
    pub image: Tensor<5>,
    /// `[sets, shots, c, h, w]`.
    pub label: Tensor<5>,
    /// Joint view of all shots (image, label), each `[sets, c, h, w]`; only with several shots and hybrid embedding.
    pub joint: Option<(Tensor<4>, Tensor<4>)>,
}

impl ReferenceEncoder {
    /// Takes `netG.encoder.*`, or `netG.image_encoder.*` and `netG.lmark_encoder.*`.
    pub fn new(builder: &mut WeightBuilder, config: &GeneratorConfig) -> Self {
        let kind = config.normalisation;
        let (first, down) = if config.embedding.is_hybrid() {
            (["netG.encoder.conv1", "netG.encoder.conv2"], ["netG.encoder.ref_down_img", "netG.encoder.ref_down_lmark"])
        } else {
            (
                ["netG.image_encoder.conv1", "netG.lmark_encoder.conv1"],
                ["netG.image_encoder.ref_down", "netG.lmark_encoder.ref_down"],
            )
        };
        let mut branch = |which: usize, input: usize| {
            let start = ConvBlock::new(builder, first[which], kind, input, config.channels(0), 1);
            let rest = (0..config.downsamplings).map(|i| {
                let (input, output) = (config.channels(i), config.channels(i + 1));
                ConvBlock::new(builder, &format!("{}_{i}", down[which]), kind, input, output, 2)
            });
            std::iter::once(start).chain(rest).collect()
        };
        let image = branch(0, 3);
        let label = branch(1, config.label_width());
        let c = config.channels(config.merge_depth);
        let fused = config.embedding.is_hybrid() && config.shots > 1 && config.merge_depth > 0;
        let fusion = fused.then(|| {
            let mut block =
                |name: &str, input: usize| ConvBlock::new(builder, &format!("netG.encoder.{name}"), kind, input, c, 1);
            let (fusion1, fusion2) = (block("fusion1", 2 * c), block("fusion2", 2 * c));
            let (atten1, atten2) = (block("atten1", config.shots * c), block("atten2", config.shots * c));
            let fusion = ResidualBlock::new(builder, "netG.encoder.fusion", kind, 2 * c, c);
            HybridFusion { fusion, fusion1, fusion2, atten1, atten2 }
        });
        Self { image, label, fusion, merge_depth: config.merge_depth }
    }

    /// Everything before the merge.
    ///
    /// # Shapes
    /// Pictures [sets * shots, 3, H, W] and labels [sets * shots, label, H, W].
    ///
    /// # Errors
    /// Pictures or labels of another shape.
    pub fn encode(
        &self,
        images: Tensor<4>,
        labels: Tensor<4>,
        shots: usize,
        pass: &mut Pass,
    ) -> Result<ShotFeatures, KernelError> {
        let head = self.merge_depth + 1;
        let x = self.image[..head].iter().try_fold(images, |x, block| block.forward(x, pass))?;
        let y = self.label[..head].iter().try_fold(labels, |y, block| block.forward(y, pass))?;
        let [all, c, h, w] = x.dims();
        let sets = all / shots;
        let (x, y, joint) = match &self.fusion {
            None => (x, y, None),
            Some(fusion) => {
                let both = fusion.fusion.forward(Tensor::cat(vec![x.clone(), y.clone()], 1), pass)?;
                let joint_x = fusion.atten1.forward(x.clone().reshape([sets, shots * c, h, w]), pass)?;
                let joint_y = fusion.atten2.forward(y.clone().reshape([sets, shots * c, h, w]), pass)?;
                let x = fusion.fusion1.forward(Tensor::cat(vec![x, both.clone()], 1), pass)?;
                let y = fusion.fusion2.forward(Tensor::cat(vec![y, both], 1), pass)?;
                (x, y, Some((joint_x, joint_y)))
            }
        };
        Ok(ShotFeatures { image: x.reshape([sets, shots, c, h, w]), label: y.reshape([sets, shots, c, h, w]), joint })
    }

    /// The merge and everything after it.
    ///
    /// # Shapes
    /// Attention [batch, shots, h, w] or none for the mean -> image and label embedding, each [batch or sets, C, H/2^n, W/2^n].
    ///
    /// # Errors
    /// Attention of another shape.
    pub fn merge(
        &self,
        shots: &ShotFeatures,
        attention: Option<&Tensor<4>>,
        pass: &mut Pass,
    ) -> Result<(Tensor<4>, Tensor<4>), KernelError> {
        let (joint_x, joint_y) = match &shots.joint {
            Some((x, y)) => (Some(x.clone()), Some(y.clone())),
            None => (None, None),
        };
        let (x, y) = operation("merging of shots", 0, || {
            let image = merge_shots(&shots.image, attention, joint_x)?;
            Ok::<_, KernelError>((image, merge_shots(&shots.label, attention, joint_y)?))
        })?;
        let head = self.merge_depth + 1;
        let x = self.image[head..].iter().try_fold(x, |x, block| block.forward(x, pass))?;
        let y = self.label[head..].iter().try_fold(y, |y, block| block.forward(y, pass))?;
        pass.record(|| "encoder.image".into(), &x);
        pass.record(|| "encoder.label".into(), &y);
        Ok((x, y))
    }

    /// For inference.
    ///
    /// # Errors
    /// Weights of a shape that no layer has.
    pub fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        let prepare = |blocks: Vec<ConvBlock>| blocks.into_iter().map(|part| part.prepare(precision)).collect::<Result<_, _>>();
        let fusion = match self.fusion {
            Some(f) => Some(HybridFusion {
                fusion: f.fusion.prepare(precision)?,
                fusion1: f.fusion1.prepare(precision)?,
                fusion2: f.fusion2.prepare(precision)?,
                atten1: f.atten1.prepare(precision)?,
                atten2: f.atten2.prepare(precision)?,
            }),
            None => None,
        };
        Ok(Self { image: prepare(self.image)?, label: prepare(self.label)?, fusion, merge_depth: self.merge_depth })
    }
}

/// The shots' mean weighted by attention, or their plain mean, plus the joint view.
fn merge_shots(features: &Tensor<5>, attention: Option<&Tensor<4>>, joint: Option<Tensor<4>>) -> Result<Tensor<4>, KernelError> {
    if features.dims()[1] == 1 {
        return Ok(features.clone().squeeze_dim(1));
    }
    let mean: Tensor<4> = match attention {
        Some(attention) if is_plain(features) && is_plain(attention) => {
            return talkinghead_kernels::burn::merge_shots(features.clone(), attention.clone(), joint);
        }
        Some(attention) => (features.clone() * attention.clone().unsqueeze_dim::<5>(2)).sum_dim(1).squeeze_dim(1),
        None => features.clone().mean_dim(1).squeeze_dim(1),
    };
    Ok(match joint {
        Some(joint) => mean + joint,
        None => mean,
    })
}

/// Whether the merged embedding depends on the target picture.
pub fn depends_on_target(embedding: Embedding, shots: usize) -> bool {
    embedding.has_attention() && shots > 1
}
