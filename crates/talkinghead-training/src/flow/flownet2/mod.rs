//! FlowNet2 (Ilg et al., CVPR 2017) as the published training uses it: five networks in a cascade, the teacher of its warps.
//! Reads the public checkpoint. 162.5 million parameters, 650 MB.

mod blocks;
mod cascade;
mod correlated;
mod correlation;
mod decoder;
mod fusion;
mod simple;
mod small_displacements;

pub use cascade::{FlowNet2, FlowNet2Stages};
pub(crate) use cascade::{SIDE_STEP, check_pictures};
pub use correlation::correlation;
