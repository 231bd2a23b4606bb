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
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Cuda, Self::Vulkan];

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
    /// If this build cannot use it, or this machine has none that works.
    pub fn open(self) -> Result<Device, SynthesisError> {
        match self {
            Self::Cpu => Ok(Device::flex()),
            #[cfg(feature = "cuda")]
            Self::Cuda => working(self, Device::cuda(0)),
            #[cfg(feature = "vulkan")]
            Self::Vulkan => working(self, Device::vulkan(burn::tensor::DeviceKind::DefaultDevice)),
            #[allow(unreachable_patterns)]
            other => Err(SynthesisError::Configuration(format!(
                "this build of the program cannot use the device `{}`; it was built without the feature of that name",
                other.name()
            ))),
        }
    }
}

/// The device, once it has computed something. Drivers that are missing are told by a panic deep inside, here and at no
/// later time.
#[cfg(any(feature = "cuda", feature = "vulkan"))]
fn working(kind: DeviceKind, device: Device) -> Result<Device, SynthesisError> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let attempt = std::panic::AssertUnwindSafe(|| burn::tensor::Tensor::<1>::ones([1], &device).into_data());
    let outcome = std::panic::catch_unwind(attempt);
    std::panic::set_hook(hook);
    match outcome {
        Ok(_) => Ok(device),
        Err(_) => Err(SynthesisError::Configuration(format!(
            "no device of the kind `{}` works on this machine; its driver is missing or refuses to start",
            kind.name()
        ))),
    }
}
