//! Which networks a user supplies.

use std::path::{Path, PathBuf};

use super::{ArcFace, Inception, Lpips, LpipsNetwork, SyncNet};
use crate::EvaluationError;
use crate::measurement::sha256;

/// Files of weights, each of one network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuppliedFiles {
    /// torchvision's AlexNet, for LPIPS.
    pub alexnet: Option<PathBuf>,
    /// torchvision's VGG-16, for LPIPS.
    pub vgg: Option<PathBuf>,
    /// `pytorch-fid`'s Inception, for FID.
    pub inception: Option<PathBuf>,
    /// An ArcFace network, for CSIM.
    pub arcface: Option<PathBuf>,
    /// `syncnet_python`'s SyncNet, for LSE-C and LSE-D.
    pub syncnet: Option<PathBuf>,
}

/// The networks themselves.
#[derive(Debug, Default)]
pub struct SuppliedNetworks {
    /// LPIPS on AlexNet.
    pub lpips_alex: Option<Lpips>,
    /// LPIPS on VGG-16.
    pub lpips_vgg: Option<Lpips>,
    /// Features for FID.
    pub inception: Option<Inception>,
    /// Embeddings for CSIM.
    pub arcface: Option<ArcFace>,
    /// For LSE-C and LSE-D.
    pub syncnet: Option<SyncNet>,
    /// What each is and its file's SHA-256: numbers of other weights are other numbers.
    pub sources: Vec<(&'static str, String)>,
}

impl SuppliedNetworks {
    /// Reads those that are named.
    ///
    /// # Errors
    /// A file cannot be read, or holds another network.
    pub fn read(files: &SuppliedFiles) -> Result<Self, EvaluationError> {
        let mut sources = Vec::new();
        let mut noted = |name: &'static str, path: &Path| sha256(path).map(|hash| sources.push((name, hash)));
        let mut networks = Self::default();
        if let Some(path) = &files.alexnet {
            networks.lpips_alex = Some(Lpips::read(path, LpipsNetwork::Alex)?);
            noted("alexnet", path)?;
        }
        if let Some(path) = &files.vgg {
            networks.lpips_vgg = Some(Lpips::read(path, LpipsNetwork::Vgg)?);
            noted("vgg", path)?;
        }
        if let Some(path) = &files.inception {
            networks.inception = Some(Inception::read(path)?);
            noted("inception", path)?;
        }
        if let Some(path) = &files.arcface {
            networks.arcface = Some(ArcFace::read(path)?);
            noted("arcface", path)?;
        }
        if let Some(path) = &files.syncnet {
            networks.syncnet = Some(SyncNet::read(path)?);
            noted("syncnet", path)?;
        }
        Ok(Self { sources, ..networks })
    }
}
