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
            Self::Cuda => working(self, || Ok(Device::cuda(0))),
            #[cfg(feature = "vulkan")]
            Self::Vulkan => working(self, vulkan),
            #[allow(unreachable_patterns)]
            other => Err(SynthesisError::Device(format!(
                "this build of the program cannot use the device `{}`; it was built without the feature of that name",
                other.name()
            ))),
        }
    }
}

/// The first Vulkan device, which a process can set up once only.
#[cfg(feature = "vulkan")]
fn vulkan() -> Result<Device, String> {
    use burn::tensor::wgpu::WgpuBackend;

    static OPENED: std::sync::OnceLock<Result<Device, String>> = std::sync::OnceLock::new();
    let open = || Device::wgpu_options().graphics_api(WgpuBackend::Vulkan).init().map_err(|e| e.to_string());
    OPENED.get_or_init(open).clone()
}

/// The device, once it has computed something. Some drivers that are missing are told by a panic deep inside, here and at no
/// later time.
#[cfg(any(feature = "cuda", feature = "vulkan"))]
fn working(kind: DeviceKind, open: impl FnOnce() -> Result<Device, String>) -> Result<Device, SynthesisError> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let attempt = std::panic::AssertUnwindSafe(|| -> Result<Device, String> {
        let device = open()?;
        burn::tensor::Tensor::<1>::ones([1], &device).into_data();
        Ok(device)
    });
    let outcome = std::panic::catch_unwind(attempt);
    std::panic::set_hook(hook);
    let fail =
        |reason: &str| SynthesisError::Device(format!("no device of the kind `{}` works on this machine: {reason}", kind.name()));
    match outcome {
        Ok(Ok(device)) => Ok(device),
        Ok(Err(reason)) => Err(fail(&reason)),
        Err(_) => Err(fail("its driver is missing or refuses to start")),
    }
}
