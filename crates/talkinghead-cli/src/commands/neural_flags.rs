//! Flags of `generate` that choose the renderer.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use talkinghead::{Device, NeuralChoice, RendererChoice};

use super::device_flag::{DeviceFlag, PrecisionFlag};
use crate::failure::Failure;

/// How frames are made.
#[derive(Args, Debug)]
#[command(next_help_heading = "Rendering")]
pub struct NeuralFlags {
    /// How frames are made.
    #[arg(long, value_enum, default_value_t = RendererFlag::Projection)]
    renderer: RendererFlag,

    /// Weights of the neural renderer.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,

    /// What `talkinghead finetune` learned of the person, beside the weights that it learned from.
    #[arg(long, value_name = "FILE")]
    person: Option<PathBuf>,

    /// Where the neural renderer runs.
    #[arg(long, value_enum, default_value_t = DeviceFlag::Cpu)]
    device: DeviceFlag,

    /// In which numbers the neural renderer multiplies: `auto` is bf16 where the processor has matrix tiles (AMX), else f32.
    #[arg(long, value_enum, default_value_t = PrecisionFlag::Auto)]
    precision: PrecisionFlag,
}

/// `--renderer`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum RendererFlag {
    /// Moves the photographed head in three dimensions; needs no weights.
    Projection,
    /// The neural generator; needs --weights.
    Neural,
}

impl NeuralFlags {
    /// The renderer that the flags describe.
    pub fn renderer(&self) -> Result<RendererChoice, Failure> {
        let device = Device::from(self.device);
        match self.renderer {
            RendererFlag::Projection if device != Device::Cpu => Err(Failure::new(
                format!("the projection renderer cannot run on the device `{}`", device.name()),
                "leave --device out, or add --renderer neural; `talkinghead doctor` lists the devices that work",
            )),
            RendererFlag::Projection if self.weights.is_some() => Err(Failure::new(
                "the projection renderer has no use for --weights",
                "leave --weights out, or add --renderer neural",
            )),
            RendererFlag::Projection if self.person.is_some() => Err(Failure::new(
                "the projection renderer has no use for --person",
                "leave --person out, or add --renderer neural and --weights",
            )),
            RendererFlag::Projection => Ok(RendererChoice::Projection),
            RendererFlag::Neural => Ok(RendererChoice::Neural(self.choice()?)),
        }
    }

    /// The network that the flags describe.
    pub fn choice(&self) -> Result<NeuralChoice, Failure> {
        let weights = self.weights.clone().ok_or_else(|| {
            Failure::new(
                "the neural renderer needs trained weights",
                "name them with --weights FILE, or use --renderer projection",
            )
        })?;
        let (device, precision) = (self.device.into(), self.precision.into());
        Ok(NeuralChoice { weights, person: self.person.clone(), device, precision })
    }
}
