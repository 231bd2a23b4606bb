//! Where networks run.

use burn::tensor::Device;

use crate::SynthesisError;

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceKind {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU; needs the crate feature `cuda`.
    Cuda,
    /// Any GPU with a Vulkan driver; needs the crate feature `vulkan`.
    Vulkan,
}

impl DeviceKind {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Vulkan => "vulkan",
        }
    }

    /// Whether this build can use it.
    pub fn is_built_in(self) -> bool {
        match self {
            Self::Cpu => true,
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Vulkan => cfg!(feature = "vulkan"),
        }
    }

    /// The device itself: the first of its kind.
    ///
    /// # Errors
    /// If this build cannot use it.
    pub fn open(self) -> Result<Device, SynthesisError> {
        match self {
            Self::Cpu => Ok(Device::flex()),
            #[cfg(feature = "cuda")]
            Self::Cuda => Ok(Device::cuda(0)),
            #[cfg(feature = "vulkan")]
            Self::Vulkan => Ok(Device::vulkan(burn::tensor::DeviceKind::DefaultDevice)),
            #[allow(unreachable_patterns)]
            other => Err(SynthesisError::Configuration(format!(
                "this build of the program cannot use the device `{}`; it was built without the feature of that name",
                other.name()
            ))),
        }
    }
}
