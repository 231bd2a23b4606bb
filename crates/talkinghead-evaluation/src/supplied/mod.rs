//! Networks whose weights cannot ship and that users supply: AlexNet and VGG for LPIPS, Inception for FID, ArcFace for CSIM, SyncNet for
//! LSE-C and LSE-D. Their layouts are those of the files that circulate; nothing here knows videos.
//!
//! Design decision: convolutions come from `talkinghead-kernels`, so that everyday evaluation does without Burn; weights are read by
//! `talkinghead-formats`, which executes nothing; a wrong file is refused by the first tensor that it lacks.

mod arcface;
mod face_alignment;
mod feature_map;
mod files;
mod frechet;
mod inception;
mod layers;
mod lpips;
mod mfcc;
mod pooling;
mod sync_score;
mod syncnet;
mod weights;

pub use arcface::ArcFace;
pub use face_alignment::face_112;
pub use files::{SuppliedFiles, SuppliedNetworks};
pub use frechet::frechet_distance;
pub use inception::Inception;
pub use lpips::{Lpips, LpipsNetwork};
pub use mfcc::{CEPSTRA, Mfcc};
pub use sync_score::{LONGEST_OFFSET, SyncScore};
pub use syncnet::{SYNCNET_FRAMES, SYNCNET_SIDE, SyncNet};
