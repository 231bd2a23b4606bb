//! Items together on a device.

use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_synthesis::generator::{PerSource, References, Source, Targets};

use super::{ItemSource, TrainingItem};
use crate::flow::{FlowPairs, LandmarkPair};
use crate::generator::Batch;

/// The batch of some items, which must have the same side, number of references and kinds of sources; without teacher flows.
pub fn batch_of(items: &[TrainingItem], device: &Device) -> Batch {
    let side = items.first().map_or(1, |item| item.side);
    let planes = |channels: usize, values: Vec<f32>| -> Tensor<4> {
        let count = values.len() / (channels * side * side).max(1);
        Tensor::from_data(TensorData::new(values, [count, channels, side, side]), device)
    };
    let each = |channels: usize, of: &dyn Fn(&TrainingItem) -> &Vec<f32>| {
        planes(channels, items.iter().flat_map(|item| of(item).iter().copied()).collect())
    };
    let shots = items.first().map_or(0, |item| item.references.len());
    let set = |channels: usize, of: &dyn Fn(&ItemSource) -> &Vec<f32>| -> Tensor<5> {
        let references = items.iter().flat_map(|item| item.references.iter());
        let values = references.flat_map(|reference| of(reference).iter().copied()).collect();
        planes(channels, values).reshape([items.len(), shots, channels, side, side])
    };
    let has_projection = items.iter().all(|item| item.projection.is_some() && item.cropped_target.is_some());
    let projection = has_projection.then(|| {
        let shown = |channels: usize, of: &dyn Fn(&ItemSource) -> &Vec<f32>| {
            let sources = items.iter().filter_map(|item| item.projection.as_ref());
            planes(channels, sources.flat_map(|source| of(source).iter().copied()).collect())
        };
        Source { label: shown(1, &|source| &source.label), image: shown(3, &|source| &source.image) }
    });
    let cropped = has_projection.then(|| {
        let values = items.iter().filter_map(|item| item.cropped_target.as_ref()).flatten().copied();
        planes(3, values.collect())
    });
    Batch {
        references: References { labels: set(1, &|source| &source.label), images: set(3, &|source| &source.image) },
        targets: Targets {
            label: each(1, &|item| &item.target.label),
            reference: Some(Source {
                label: each(1, &|item| &item.warp_reference.label),
                image: each(3, &|item| &item.warp_reference.image),
            }),
            projection,
            previous: None,
        },
        target_image: each(3, &|item| &item.target.image),
        target_template: each(1, &|item| &item.template),
        cropped_target: cropped,
        teacher: PerSource::default(),
        before: None,
    }
}

/// What a flow teacher looks at, for the items of a batch: the target beside the reference that is warped, both with what the label image
/// must supply hidden; the target where the projection covers it beside the projection; and, where the items of the frame before are given,
/// the target beside the frame before it, both whole.
pub fn flow_pairs(
    items: &[TrainingItem],
    before: Option<&[TrainingItem]>,
    batch: &Batch,
    device: &Device,
) -> PerSource<FlowPairs> {
    let landmarks = |second: &dyn Fn(&TrainingItem) -> Option<&ItemSource>| -> Vec<LandmarkPair> {
        let pair = |item: &TrainingItem| Some(LandmarkPair { first: item.target.landmarks, second: second(item)?.landmarks });
        items.iter().filter_map(pair).collect()
    };
    let reference = batch.targets.reference.as_ref().map(|source| {
        let masked = items.iter().flat_map(|item| item.masked_target.iter().copied()).collect::<Vec<f32>>();
        FlowPairs {
            first: Tensor::from_data(TensorData::new(masked, source.image.dims()), device),
            second: source.image.clone(),
            landmarks: landmarks(&|item| Some(&item.warp_reference)),
        }
    });
    let projection = batch.targets.projection.as_ref().zip(batch.cropped_target.as_ref()).map(|(source, cropped)| FlowPairs {
        first: cropped.clone(),
        second: source.image.clone(),
        landmarks: landmarks(&|item| item.projection.as_ref()),
    });
    let previous = before.map(|before| {
        let real = before.iter().flat_map(|item| item.target.image.iter().copied()).collect::<Vec<f32>>();
        let pairs = items.iter().zip(before);
        FlowPairs {
            first: batch.target_image.clone(),
            second: Tensor::from_data(TensorData::new(real, batch.target_image.dims()), device),
            landmarks: pairs
                .map(|(item, before)| LandmarkPair { first: item.target.landmarks, second: before.target.landmarks })
                .collect(),
        }
    });
    PerSource { reference, projection, previous }
}
