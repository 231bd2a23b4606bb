//! `talkinghead verify`: are our networks and our preprocessing the published ones?

#[cfg(feature = "training")]
use std::path::Path;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
#[cfg(feature = "neural")]
use talkinghead::Device;
#[cfg(feature = "neural")]
use talkinghead_evaluation::golden::network::{self, Network};
use talkinghead_evaluation::golden::{Report, Subject, preprocessing};
#[cfg(feature = "training")]
use talkinghead_synthesis::BurnDevice;
#[cfg(feature = "training")]
use talkinghead_training::flow::verification::{verify_flownet2, verify_raft};
#[cfg(feature = "training")]
use talkinghead_training::generator::golden::{verify_perceptual, verify_training_step};
#[cfg(feature = "training")]
use talkinghead_training::published::verification::{verify_expression, verify_head_motion};

#[cfg(feature = "neural")]
use super::device_flag::DeviceFlag;
use super::print;
use crate::failure::Failure;

/// Compares with a folder of numbers dumped from another implementation: a network tensor by tensor, a training step, or the preprocessing.
#[derive(Args, Debug)]
#[command(
    after_help = "For a network the folder holds options.json (`options` under the published names; batch, height, width, mode), the weights
(`checkpoint` names a .pth or .safetensors file; or keys.txt for procedural weights), outputs.safetensors, and if you like
inputs.safetensors and intermediates.safetensors.

Exit code 1 if a tensor is beyond its tolerance: 2e-4 absolute for pictures (more where options.json says that the other
implementation itself is less exact), 1e-3 of the largest magnitude for everything else.

For a flow network or a published motion network it holds keys.tsv (keys and shapes; the weights are procedural) and .npy arrays with
a tolerance of their own each.

For the preprocessing it holds values.json with .npy and .png files: smoothing, rigid fits, label images, masks, warp references,
training items, the projection. Whatever is there is compared, each with a tolerance of its own.

For a training step it holds options.json and keys.txt of both networks (the discriminator's under netD/), losses.json, gradients.json, after.json and
outputs.safetensors; for the perceptual loss options.json and outputs.safetensors. Weights and inputs are procedural."
)]
pub struct Verify {
    /// What to compare.
    #[arg(value_enum)]
    what: What,

    /// The folder.
    #[arg(long, value_name = "DIR")]
    golden: PathBuf,

    /// One tolerance for all tensors: absolute for pictures, relative for everything else.
    #[cfg(feature = "neural")]
    #[arg(long, value_name = "X", value_parser = tolerance)]
    tolerance: Option<f64>,

    /// Where to run.
    #[cfg(feature = "neural")]
    #[arg(long, value_enum, default_value_t = DeviceFlag::Cpu)]
    device: DeviceFlag,

    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    #[cfg(feature = "neural")]
    Generator,
    #[cfg(feature = "neural")]
    Discriminator,
    #[cfg(feature = "training")]
    #[value(name = "flownet2")]
    FlowNet2,
    #[cfg(feature = "training")]
    Raft,
    #[cfg(feature = "training")]
    HeadMotion,
    #[cfg(feature = "training")]
    Expression,
    Preprocessing,
    #[cfg(feature = "training")]
    TrainingStep,
    #[cfg(feature = "training")]
    Perceptual,
}

impl Verify {
    /// Does it; fails when something is beyond its tolerance.
    pub fn run(self) -> Result<(), Failure> {
        let report = match self.what {
            #[cfg(feature = "neural")]
            What::Generator => self.network(Network::Generator)?,
            #[cfg(feature = "neural")]
            What::Discriminator => self.network(Network::Discriminator)?,
            #[cfg(feature = "training")]
            What::FlowNet2 => self.own(|folder, device| Ok(verify_flownet2(folder, device)?))?,
            #[cfg(feature = "training")]
            What::Raft => self.own(|folder, device| Ok(verify_raft(folder, device)?))?,
            #[cfg(feature = "training")]
            What::HeadMotion => self.own(|folder, device| Ok(verify_head_motion(folder, device)?))?,
            #[cfg(feature = "training")]
            What::Expression => self.own(|folder, device| Ok(verify_expression(folder, device)?))?,
            What::Preprocessing => self.preprocessing()?,
            #[cfg(feature = "training")]
            What::TrainingStep => self.own(|folder, device| Ok(verify_training_step(folder, device)?))?,
            #[cfg(feature = "training")]
            What::Perceptual => self.own(|folder, device| Ok(verify_perceptual(folder, device)?))?,
        };
        print(&if self.json { report.to_json() } else { report.to_string() })?;
        if report.passed() {
            return Ok(());
        }
        let (failed, all) = (report.failed(), report.comparisons.len());
        Err(Failure::new(
            format!("{failed} of {all} comparisons with {} do not hold", self.golden.display()),
            match report.subject {
                Subject::Generator | Subject::Discriminator => "check that options.json and the weights are those of the dump",
                _ => "the lines marked FAILED say by how much",
            },
        ))
    }

    #[cfg(feature = "neural")]
    fn network(&self, network: Network) -> Result<Report, Failure> {
        let device = Device::from(self.device).open()?;
        Ok(network::verify(network, &self.golden, self.tolerance, &device)?)
    }

    /// A comparison with tolerances of its own.
    #[cfg(feature = "training")]
    fn own(&self, verify: impl Fn(&Path, &BurnDevice) -> Result<Report, Failure>) -> Result<Report, Failure> {
        if self.tolerance.is_some() {
            return Err(Failure::new("this comparison has tolerances of its own", "leave out --tolerance"));
        }
        verify(&self.golden, &Device::from(self.device).open()?)
    }

    fn preprocessing(&self) -> Result<Report, Failure> {
        #[cfg(feature = "neural")]
        if self.tolerance.is_some() || !matches!(self.device, DeviceFlag::Cpu) {
            return Err(Failure::new(
                "the preprocessing has tolerances of its own and runs on the processor",
                "leave out --tolerance and --device",
            ));
        }
        Ok(preprocessing::verify(&self.golden)?)
    }
}

#[cfg(feature = "neural")]
fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value >= 0.0 && value.is_finite() => Ok(value),
        _ => Err("give a number of at least 0".to_owned()),
    }
}
