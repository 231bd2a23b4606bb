//! The part of `cubecl-llvm` that `cubecl-cuda` names, without LLVM: its CUDA kernels are compiled by NVRTC. See README.md.

use cubecl_core::ir::amd::GfxArch;
#[cfg(feature = "nvptx")]
use cubecl_core::ir::nvidia::SmArch;
use cubecl_core::prelude::KernelDefinition;
use cubecl_environment::backtrace::BackTrace;
use cubecl_runtime::compiler::CompilationError;
use cubecl_runtime::kernel::BufferIOAttr;

/// What would be compiled for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LlvmTarget {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU.
    #[cfg(feature = "nvptx")]
    Nvptx,
}

/// Compiles nothing.
#[derive(Clone, Debug, Default)]
pub struct PlironCompiler {
    /// What would be compiled for.
    pub target: LlvmTarget,
}

/// Options of a compilation.
#[derive(Clone, Debug, Default)]
pub struct PlironOptions {
    /// Architecture of an AMD GPU.
    pub arch: Option<GfxArch>,
    /// Architecture of an NVIDIA GPU.
    #[cfg(feature = "nvptx")]
    pub sm_arch: Option<SmArch>,
    /// Version of PTX.
    #[cfg(feature = "nvptx")]
    pub ptx_version: Option<nvptx::ptx_version::PtxVersion>,
    /// Whether scalars travel in the kernel's parameters.
    pub grid_constants: bool,
    /// Alignment of buffers on the processor.
    pub cpu_buffer_alignment: Option<u32>,
}

/// A compiled module; never made.
#[derive(Clone, Debug)]
pub struct NvptxModule {
    /// PTX, ended by a zero.
    pub ptx: Vec<core::ffi::c_char>,
    /// Name of the kernel.
    pub entrypoint: String,
    /// Intermediate code.
    pub ir: String,
    /// Shared memory of a launch, bytes.
    pub shared_memory_size: usize,
    /// How buffers are accessed.
    pub io: Vec<BufferIOAttr>,
}

/// What a compilation gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PlironArtifact {
    /// A module for an NVIDIA GPU.
    NvptxCode(NvptxModule),
}

impl PlironCompiler {
    /// Fails: there is no LLVM here.
    ///
    /// # Errors
    /// Always.
    pub fn compile(&mut self, _: KernelDefinition, _: &PlironOptions) -> Result<PlironArtifact, CompilationError> {
        Err(CompilationError::Generic {
            reason: "this program was built without LLVM; cubecl-cuda's feature `cpp` must be on".into(),
            backtrace: BackTrace::capture(),
        })
    }

    /// Name of the language that would be compiled to.
    pub fn lang_tag(&self) -> &'static str {
        "llvm"
    }
}

/// NVIDIA GPUs.
#[cfg(feature = "nvptx")]
pub mod nvptx {
    /// Versions of PTX.
    pub mod ptx_version {
        /// A version of PTX; never known.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum PtxVersion {}

        impl PtxVersion {
            /// The newest version that a driver loads: only LLVM would have to be told.
            pub fn for_driver(_: i32) -> Option<Self> {
                None
            }
        }

        impl core::fmt::Display for PtxVersion {
            fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match *self {}
            }
        }
    }
}

/// What all targets share.
pub mod shared {
    /// Features of a device.
    pub mod lowered_features {
        use cubecl_core::ir::DeviceProperties;

        /// The kind of GPU.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum GpuTarget {
            /// An NVIDIA GPU.
            Nvptx,
        }

        /// Would take away what LLVM cannot compile; NVRTC compiles everything that is advertised.
        pub fn restrict_features(_: &mut DeviceProperties, _: GpuTarget) {}
    }
}
