//! Networks that cannot ship, for `talkinghead evaluate`.

use std::path::PathBuf;

use clap::Args;
use talkinghead_evaluation::supplied::{SuppliedFiles, SuppliedNetworks};

use crate::failure::Failure;

/// Files of weights: PyTorch's or safetensors.
#[derive(Args, Debug)]
#[command(next_help_heading = "Networks that you supply")]
pub struct SuppliedArguments {
    /// torchvision's AlexNet: adds lpips_alex.
    #[arg(long, value_name = "FILE.pth")]
    alexnet: Option<PathBuf>,

    /// torchvision's VGG-16: adds lpips_vgg.
    #[arg(long, value_name = "FILE.pth")]
    vgg: Option<PathBuf>,

    /// pytorch-fid's Inception: adds fid.
    #[arg(long, value_name = "FILE.pth")]
    inception: Option<PathBuf>,

    /// An ArcFace network of InsightFace, PyTorch or ONNX: adds arcface_csim.
    #[arg(long, value_name = "FILE")]
    arcface: Option<PathBuf>,

    /// syncnet_python's syncnet_v2.model: adds syncnet_lse_c, syncnet_lse_d and the offset.
    #[arg(long, value_name = "FILE.model")]
    syncnet: Option<PathBuf>,
}

impl SuppliedArguments {
    /// Reads the networks that are named.
    pub fn read(&self) -> Result<SuppliedNetworks, Failure> {
        let files = SuppliedFiles {
            alexnet: self.alexnet.clone(),
            vgg: self.vgg.clone(),
            inception: self.inception.clone(),
            arcface: self.arcface.clone(),
            syncnet: self.syncnet.clone(),
        };
        Ok(SuppliedNetworks::read(&files)?)
    }
}
