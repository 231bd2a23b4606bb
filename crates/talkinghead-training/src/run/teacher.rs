//! The flow teacher of a recipe.

use std::path::Path;

use burn::tensor::Device;
use talkinghead_synthesis::generator::{GeneratorConfig, PerSource};

use super::RunError;
use crate::Compatibility;
use crate::flow::{FlowCache, FlowError, FlowPairs, FlowTeacher, FlowTeacherKind, Occlusion, TeacherFlow};
use crate::generator::Batch;
use crate::items::{CropRule, ItemSettings, TrainingItem, flow_pairs};
use crate::recipe::{FlowSection, RecipeError, TeacherName};

/// Tells the flows of batches.
pub(super) struct Teacher {
    teacher: FlowTeacher,
    /// Where crops are drawn no pair of pictures comes twice, and keeping flows would only fill the disk.
    cache: Option<FlowCache>,
    /// The sources that the network warps.
    sources: PerSource<()>,
}

impl Teacher {
    /// The recipe's teacher; none where it names none or the network warps nothing.
    ///
    /// # Errors
    /// Weights that are missing, cannot be read, do not fit, or are given to a teacher that has none.
    pub(super) fn open(
        section: &FlowSection,
        network: &GeneratorConfig,
        items: &ItemSettings,
        cache: &Path,
        device: &Device,
    ) -> Result<Option<Self>, RunError> {
        let kind = match section.teacher {
            TeacherName::None => return Ok(None),
            TeacherName::Mesh => FlowTeacherKind::Mesh,
            TeacherName::Classical => FlowTeacherKind::Classical,
            TeacherName::Flownet2 => FlowTeacherKind::FlowNet2,
            TeacherName::Raft => FlowTeacherKind::Raft,
        };
        if let (false, Some(path)) = (kind.needs_weights(), &section.weights) {
            return Err(RunError::Recipe(RecipeError::Range {
                name: "flow.weights",
                value: path.display().to_string(),
                wanted: format!("none: the teacher {} has no weights; flownet2 and raft take them", kind.name()),
            }));
        }
        let occlusion = match items.compatibility {
            Compatibility::Reference => Occlusion::ByColour,
            Compatibility::Right => Occlusion::ForwardBackward,
        };
        let teacher = FlowTeacher::open(kind, section.weights.as_deref(), items.compatibility, occlusion, device)?;
        let frames = items.sequence.least() > 1;
        let sources = PerSource {
            reference: network.warp_reference.then_some(()),
            projection: network.warp_projection.then_some(()),
            previous: frames.then_some(()),
        };
        if sources.reference.is_none() && sources.projection.is_none() && sources.previous.is_none() {
            return Ok(None);
        }
        let cache = (items.crop == CropRule::Centred).then(|| FlowCache::new(cache));
        Ok(Some(Self { teacher, cache, sources }))
    }

    /// Puts the flows of a batch's items into it; `before`: those of the frame before, in a sequence.
    ///
    /// # Errors
    /// The teacher's.
    pub(super) fn teach(
        &self,
        batch: &mut Batch,
        items: &[TrainingItem],
        before: Option<&[TrainingItem]>,
        device: &Device,
    ) -> Result<(), FlowError> {
        let pairs = flow_pairs(items, before, batch, device);
        let told = |wanted: Option<()>, pairs: Option<FlowPairs>| -> Result<Option<TeacherFlow>, FlowError> {
            let Some(pairs) = pairs.filter(|_| wanted.is_some()) else { return Ok(None) };
            let flow = match &self.cache {
                Some(cache) => cache.flow(&self.teacher, &pairs)?,
                None => self.teacher.flow(&pairs)?,
            };
            Ok(Some(flow))
        };
        batch.teacher = PerSource {
            reference: told(self.sources.reference, pairs.reference)?,
            projection: told(self.sources.projection, pairs.projection)?,
            previous: told(self.sources.previous, pairs.previous)?,
        };
        Ok(())
    }
}
