//! `--device` and `--precision`: where and in which numbers networks run.

use clap::ValueEnum;
use talkinghead::{Device, Precision};

/// Where networks run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DeviceFlag {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// A GPU through Vulkan or Metal.
    Vulkan,
}

impl From<DeviceFlag> for Device {
    fn from(flag: DeviceFlag) -> Self {
        match flag {
            DeviceFlag::Cpu => Self::Cpu,
            DeviceFlag::Cuda => Self::Cuda,
            DeviceFlag::Vulkan => Self::Vulkan,
        }
    }
}

/// Numbers that convolutions multiply on the processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PrecisionFlag {
    /// f32 throughout.
    F32,
    /// Operands rounded to bf16, sums in f32.
    Bf16,
    /// bf16 where it is faster, else f32.
    #[default]
    Auto,
}

impl From<PrecisionFlag> for Precision {
    fn from(flag: PrecisionFlag) -> Self {
        match flag {
            PrecisionFlag::F32 => Self::F32,
            PrecisionFlag::Bf16 => Self::Bf16,
            PrecisionFlag::Auto => Self::Auto,
        }
    }
}
