//! All teachers behind one.

use std::path::Path;

use burn::tensor::{Device, Tensor};
use rayon::prelude::*;
use talkinghead_synthesis::layers::read_back;

use super::classical::{Plane, classical_flow};
use super::confidence::{Occlusion, by_colour, by_return, colour_error};
use super::flownet2::FlowNet2;
use super::mesh::mesh_flow;
use super::network_teacher::{FlowNetwork, NetworkTeacher};
use super::raft::Raft;
use super::{FlowError, FlowField, FlowPairs, TeacherFlow};
use crate::Compatibility;

/// Which teacher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FlowTeacherKind {
    /// FlowNet2, the published one. Needs its checkpoint.
    FlowNet2,
    /// RAFT-small. Needs torchvision's weights.
    Raft,
    /// The flow of the tracked face. Needs landmarks, no weights.
    Mesh,
    /// Patches and smoothness. Needs nothing; the nearest to known flows of the two that need no weights.
    #[default]
    Classical,
}

impl FlowTeacherKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::FlowNet2, Self::Raft, Self::Mesh, Self::Classical];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::FlowNet2 => "flownet2",
            Self::Raft => "raft",
            Self::Mesh => "mesh",
            Self::Classical => "classical",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it needs a file of weights.
    pub fn needs_weights(self) -> bool {
        matches!(self, Self::FlowNet2 | Self::Raft)
    }
}

/// Gives the flow between pictures that the generator is to learn, and how far to believe it. Without gradients.
#[derive(Debug)]
pub enum FlowTeacher {
    /// A network.
    Network(NetworkTeacher),
    /// The tracked face.
    Mesh,
    /// Patches and smoothness.
    Classical(Occlusion),
}

impl FlowTeacher {
    /// A teacher of a kind, with the weights that networks need.
    ///
    /// # Errors
    /// A network without weights, a file that cannot be read, and weights that do not fit exactly.
    pub fn open(
        kind: FlowTeacherKind,
        weights: Option<&Path>,
        compatibility: Compatibility,
        occlusion: Occlusion,
        device: &Device,
    ) -> Result<Self, FlowError> {
        let weights = || weights.ok_or(FlowError::NoWeights { teacher: kind.name() });
        match kind {
            FlowTeacherKind::FlowNet2 => Self::flownet2(weights()?, compatibility, occlusion, device),
            FlowTeacherKind::Raft => Self::raft(weights()?, compatibility, occlusion, device),
            FlowTeacherKind::Mesh => Ok(Self::Mesh),
            FlowTeacherKind::Classical => Ok(Self::Classical(occlusion)),
        }
    }

    /// Reads the weights of a network.
    ///
    /// # Errors
    /// A file that cannot be read, and weights that do not fit exactly.
    pub fn flownet2(path: &Path, compatibility: Compatibility, occlusion: Occlusion, device: &Device) -> Result<Self, FlowError> {
        let network = FlowNetwork::FlowNet2(Box::new(FlowNet2::read(path, &device.clone().inner())?));
        Ok(Self::Network(NetworkTeacher::new(network, compatibility, occlusion)))
    }

    /// The same of RAFT-small.
    ///
    /// # Errors
    /// As [`FlowTeacher::flownet2`].
    pub fn raft(path: &Path, compatibility: Compatibility, occlusion: Occlusion, device: &Device) -> Result<Self, FlowError> {
        let network = FlowNetwork::Raft(Box::new(Raft::read(path, &device.clone().inner())?));
        Ok(Self::Network(NetworkTeacher::new(network, compatibility, occlusion)))
    }

    /// Which one it is.
    pub fn kind(&self) -> FlowTeacherKind {
        match self {
            Self::Network(teacher) => teacher.kind(),
            Self::Mesh => FlowTeacherKind::Mesh,
            Self::Classical(_) => FlowTeacherKind::Classical,
        }
    }

    /// Everything that its answers depend on beside the pictures, for the names of cached flows.
    pub fn identity(&self) -> String {
        match self {
            Self::Network(teacher) => teacher.identity(),
            Self::Mesh => "mesh 1".to_owned(),
            Self::Classical(occlusion) => format!("classical 1 {occlusion:?}"),
        }
    }

    /// Flow and confidence on the pictures' device, without gradients.
    ///
    /// # Errors
    /// Pictures that the teacher cannot take, or landmarks that it needs and lacks.
    pub fn flow(&self, pairs: &FlowPairs) -> Result<TeacherFlow, FlowError> {
        match self {
            Self::Network(teacher) => teacher.flow(pairs),
            Self::Mesh => of_mesh(pairs),
            Self::Classical(occlusion) => of_patches(pairs, *occlusion),
        }
    }
}

fn of_mesh(pairs: &FlowPairs) -> Result<TeacherFlow, FlowError> {
    let [batch, height, width] = pairs.size()?;
    if pairs.landmarks.len() != batch {
        return Err(FlowError::Landmarks { wanted: batch, found: pairs.landmarks.len() });
    }
    let fields: Vec<FlowField> = pairs.landmarks.par_iter().map(|pair| mesh_flow(pair, width, height)).collect();
    Ok(FlowField::to_tensors(&fields, &pairs.first.device().inner()))
}

fn of_patches(pairs: &FlowPairs, occlusion: Occlusion) -> Result<TeacherFlow, FlowError> {
    let [_, height, width] = pairs.size()?;
    let (first, second) = (pairs.first.clone().inner(), pairs.second.clone().inner());
    let (ours, others) = (planes(&first)?, planes(&second)?);
    let fields = |from: &[Plane], to: &[Plane]| -> Vec<FlowField> {
        let pairs: Vec<(&Plane, &Plane)> = from.iter().zip(to).collect();
        let field = |(from, to): &(&Plane, &Plane)| FlowField {
            flow: classical_flow(from, to),
            confidence: vec![1.0; width * height],
            width,
            height,
        };
        pairs.par_iter().map(field).collect()
    };
    let device = first.device();
    let flow = FlowField::to_tensors(&fields(&ours, &others), &device).flow;
    let mut confidence = by_colour(colour_error(first, second, flow.clone()));
    if occlusion == Occlusion::ForwardBackward {
        confidence = confidence * by_return(flow.clone(), FlowField::to_tensors(&fields(&others, &ours), &device).flow);
    }
    Ok(TeacherFlow { flow, confidence })
}

/// The brightness of pictures, 0..255.
fn planes(pictures: &Tensor<4>) -> Result<Vec<Plane>, FlowError> {
    let [_, _, height, width] = pictures.dims();
    let pixels = width * height;
    let values = read_back(pictures.clone())?;
    let plane = |picture: &[f32]| {
        let [red, green, blue] = [0, 1, 2].map(|channel| &picture[channel * pixels..(channel + 1) * pixels]);
        let grey = |i: usize| (0.299 * red[i] + 0.587 * green[i] + 0.114 * blue[i] + 1.0) * 127.5;
        Plane { width, height, data: (0..pixels).map(grey).collect() }
    };
    Ok(values.chunks_exact(3 * pixels).map(plane).collect())
}
