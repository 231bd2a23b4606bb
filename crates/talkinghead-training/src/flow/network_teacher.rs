//! Flow networks as teachers: the size and range of pictures that they were made for, and back.

use burn::tensor::Tensor;
use talkinghead_synthesis::layers::resize_bilinear;

use super::confidence::{Occlusion, by_colour, by_colour_resized, by_return, colour_error};
use super::flownet2::{self, FlowNet2};
use super::raft::{self, Raft};
use super::teacher::FlowTeacherKind;
use super::{FlowError, FlowPairs, TeacherFlow};
use crate::Compatibility;

/// A flow network.
#[derive(Debug)]
pub enum FlowNetwork {
    /// FlowNet2, the published teacher.
    FlowNet2(Box<FlowNet2>),
    /// RAFT-small.
    Raft(Box<Raft>),
}

/// A flow network and how it is asked.
#[derive(Debug)]
pub struct NetworkTeacher {
    network: FlowNetwork,
    compatibility: Compatibility,
    occlusion: Occlusion,
}

impl NetworkTeacher {
    /// `compatibility`: as published, pictures are resized when their height asks for it, both components of the flow are scaled by
    /// the height's ratio, a resized confidence takes values between 0 and 1, and FlowNet2 sees twice the contrast that it was
    /// trained with.
    pub fn new(network: FlowNetwork, compatibility: Compatibility, occlusion: Occlusion) -> Self {
        Self { network, compatibility, occlusion }
    }

    /// Which network it is.
    pub fn kind(&self) -> FlowTeacherKind {
        match self.network {
            FlowNetwork::FlowNet2(_) => FlowTeacherKind::FlowNet2,
            FlowNetwork::Raft(_) => FlowTeacherKind::Raft,
        }
    }

    /// Network, weights and settings in a line.
    pub fn identity(&self) -> String {
        let weights = match &self.network {
            FlowNetwork::FlowNet2(network) => network.fingerprint(),
            FlowNetwork::Raft(network) => network.fingerprint(),
        };
        format!("{} 1 {weights:016x} {:?} {:?}", self.kind().name(), self.compatibility, self.occlusion)
    }

    /// Flow and confidence.
    ///
    /// # Errors
    /// Pictures that the network cannot take.
    pub fn flow(&self, pairs: &FlowPairs) -> Result<TeacherFlow, FlowError> {
        let [_, height, width] = pairs.size()?;
        let (first, second) = (pairs.first.clone().inner(), pairs.second.clone().inner());
        let size = self.working_size(height, width);
        let resizes = match self.compatibility {
            Compatibility::Reference => size[0] != height,
            Compatibility::Right => size != [height, width],
        };
        if !resizes {
            let flow = self.ask(first.clone(), second.clone())?;
            let confidence = by_colour(colour_error(first.clone(), second.clone(), flow.clone()));
            return self.with_occlusion(TeacherFlow { flow, confidence }, first, second);
        }
        let resized = |x: &Tensor<4>| resize_bilinear(x.clone(), size[0], size[1]);
        let (small_first, small_second) = (resized(&first), resized(&second));
        let small = self.ask(small_first.clone(), small_second.clone())?;
        let error = colour_error(small_first, small_second, small.clone());
        let flow = full_size(small, [height, width], self.compatibility);
        let confidence = match self.compatibility {
            Compatibility::Reference => resize_bilinear(by_colour(error), height, width),
            Compatibility::Right => by_colour_resized(error, height, width),
        };
        self.with_occlusion(TeacherFlow { flow, confidence }, first, second)
    }

    /// The size that the network is asked at.
    fn working_size(&self, height: usize, width: usize) -> [usize; 2] {
        let (step, least) = match self.network {
            FlowNetwork::FlowNet2(_) => (flownet2::SIDE_STEP, flownet2::SIDE_STEP),
            FlowNetwork::Raft(_) => (raft::SIDE_STEP, raft::LEAST_SIDE),
        };
        [height, width].map(|side| (side / step * step).max(least))
    }

    /// The network's answer, in its own range of pictures.
    fn ask(&self, first: Tensor<4>, second: Tensor<4>) -> Result<Tensor<4>, FlowError> {
        Ok(match (&self.network, self.compatibility) {
            (FlowNetwork::FlowNet2(network), Compatibility::Reference) => network.flow(first, second)?,
            // Trained on 0..1; the mean does not matter.
            (FlowNetwork::FlowNet2(network), Compatibility::Right) => {
                network.flow(first.mul_scalar(0.5), second.mul_scalar(0.5))?
            }
            (FlowNetwork::Raft(network), _) => network.flow(first, second)?,
        })
    }

    fn with_occlusion(&self, known: TeacherFlow, first: Tensor<4>, second: Tensor<4>) -> Result<TeacherFlow, FlowError> {
        if self.occlusion == Occlusion::ByColour {
            return Ok(known);
        }
        let [_, _, height, width] = first.dims();
        let size = self.working_size(height, width);
        let resized = |x: Tensor<4>| resize_bilinear(x, size[0], size[1]);
        let backward = full_size(self.ask(resized(second), resized(first))?, [height, width], self.compatibility);
        let confidence = known.confidence * by_return(known.flow.clone(), backward);
        Ok(TeacherFlow { flow: known.flow, confidence })
    }
}

/// A flow on a picture of another size, its movements grown with it: both along x and y by the height's ratio as published, else each
/// by its own.
fn full_size(flow: Tensor<4>, [height, width]: [usize; 2], compatibility: Compatibility) -> Tensor<4> {
    let [_, _, from_height, from_width] = flow.dims();
    let vertical = height as f64 / from_height as f64;
    let horizontal = match compatibility {
        Compatibility::Reference => vertical,
        Compatibility::Right => width as f64 / from_width as f64,
    };
    let flow = resize_bilinear(flow, height, width);
    let (x, y) = (flow.clone().narrow(1, 0, 1), flow.narrow(1, 1, 1));
    Tensor::cat(vec![x.mul_scalar(horizontal), y.mul_scalar(vertical)], 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use burn::tensor::Device;
    use talkinghead_synthesis::weights::Weights;

    #[test]
    fn each_axis_grows_by_its_own_ratio() {
        let ends = |compatibility| {
            let flow = Tensor::<4>::ones([1, 2, 64, 64], &Device::flex());
            let grown = full_size(flow, [96, 80], compatibility);
            assert_eq!(grown.dims(), [1, 2, 96, 80]);
            let values = grown.into_data().try_into_vec_as::<f32>().unwrap();
            [values[0], values[values.len() - 1]]
        };
        assert_eq!(ends(Compatibility::Right), [1.25, 1.5]);
        assert_eq!(ends(Compatibility::Reference), [1.5, 1.5]);
    }

    #[test]
    fn any_size_is_taken_and_what_looks_the_same_is_believed() {
        let network = FlowNetwork::Raft(Box::new(Raft::new(Weights::Zeros, &Device::flex()).unwrap()));
        let teacher = NetworkTeacher::new(network, Compatibility::Right, Occlusion::ForwardBackward);
        assert_eq!([teacher.working_size(96, 300), teacher.working_size(256, 256)], [[128, 296], [256, 256]]);
        let picture = Tensor::<4>::zeros([2, 3, 40, 52], &Device::flex());
        let other = picture.clone().add_scalar(0.5);
        let taught = teacher.flow(&FlowPairs::of_pictures(picture.clone(), picture.clone())).unwrap();
        assert_eq!((taught.flow.dims(), taught.confidence.dims()), ([2, 2, 40, 52], [2, 1, 40, 52]));
        assert_eq!(taught.confidence.mean().into_scalar::<f32>(), 1.0);
        let taught = teacher.flow(&FlowPairs::of_pictures(picture, other)).unwrap();
        assert_eq!(taught.confidence.mean().into_scalar::<f32>(), 0.0);
    }
}
