//! `--device`: where networks run.

use clap::ValueEnum;
use talkinghead::Device;

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
