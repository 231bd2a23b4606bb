//! The generator: hybrid embedding of reference shots, adaptive SPADE, flow and warping, nonlinear composition.

mod attention;
mod config;
mod embedding_combiner;
mod flow;
mod inference;
mod inputs;
mod label_embedder;
mod main_block;
mod modulation;
mod network;
mod reference_encoder;
mod spade;
mod warp;
mod weight_generation;

pub use config::{
    AdaptiveLayers, Composition, EmbedderShape, Embedding, FlowConfig, FlowUpsampling, GeneratorConfig, GridAlignment, Warping,
};
pub use inference::{InferenceGenerator, USUAL_SIDE};
pub use inputs::{PerSource, PreviousFrames, References, Source, Synthesis, Targets};
pub use network::{EncodedReferences, Generator, RawImage};
pub use warp::warp;
pub use weight_generation::{GeneratedConvolution, GeneratedLayer, GeneratedModulation};
