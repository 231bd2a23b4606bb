//! Which instructions the kernels use, chosen at run time.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::KernelError;

/// Name of the environment variable that forces a path.
pub const VARIABLE: &str = "TALKINGHEAD_KERNELS";

/// A family of instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// Plain Rust, on every processor; the twin that the others are tested against.
    Portable,
    /// 256-bit vectors with fused multiply-add (x86-64).
    Avx2,
    /// 512-bit vectors (x86-64).
    Avx512,
    /// AVX-512 for f32, matrix tiles for bf16 (x86-64).
    Amx,
    /// 128-bit vectors (aarch64).
    Neon,
}

impl Path {
    /// All paths, slowest first.
    pub const ALL: [Self; 5] = [Self::Portable, Self::Neon, Self::Avx2, Self::Avx512, Self::Amx];

    /// Its name in `TALKINGHEAD_KERNELS`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Amx => "amx",
            Self::Neon => "neon",
        }
    }

    /// Whether this processor can take it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Self::Avx2.is_available() && is_x86_feature_detected!("avx512f"),
            #[cfg(target_arch = "x86_64")]
            Self::Amx => Self::Avx512.is_available() && crate::amx::is_available(),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            #[allow(unreachable_patterns)]
            _ => false,
        }
    }

    /// The fastest path of this processor.
    pub fn fastest() -> Self {
        Self::ALL.into_iter().rev().find(|path| path.is_available()).unwrap_or(Self::Portable)
    }

    /// The path in use: the one that `TALKINGHEAD_KERNELS` names, else the fastest. Decided once a process.
    ///
    /// # Errors
    /// The variable holds a name that does not exist, or a path that this processor cannot take.
    pub fn chosen() -> Result<Self, KernelError> {
        static CHOSEN: OnceLock<Result<Path, KernelError>> = OnceLock::new();
        CHOSEN.get_or_init(|| Self::from_setting(std::env::var(VARIABLE).ok().as_deref())).clone()
    }

    /// As [`Path::chosen`], or the fastest if the setting is wrong; for places that cannot fail.
    pub fn chosen_or_fastest() -> Self {
        Self::chosen().unwrap_or_else(|_| Self::fastest())
    }

    fn from_setting(setting: Option<&str>) -> Result<Self, KernelError> {
        let Some(name) = setting.map(str::trim).filter(|name| !name.is_empty() && *name != "auto") else {
            return Ok(Self::fastest());
        };
        let path: Self = name.parse()?;
        if path.is_available() { Ok(path) } else { Err(KernelError::Unavailable { path }) }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Path {
    type Err = KernelError;

    fn from_str(name: &str) -> Result<Self, KernelError> {
        let lower = name.to_ascii_lowercase();
        Self::ALL.into_iter().find(|path| path.name() == lower).ok_or_else(|| KernelError::UnknownPath { name: name.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_is_obeyed_or_refused() {
        assert_eq!(Path::from_setting(None), Ok(Path::fastest()));
        assert_eq!(Path::from_setting(Some("auto")), Ok(Path::fastest()));
        assert_eq!(Path::from_setting(Some("Portable")), Ok(Path::Portable));
        assert_eq!(Path::from_setting(Some("sse9")), Err(KernelError::UnknownPath { name: "sse9".into() }));
        for path in Path::ALL {
            let expected = if path.is_available() { Ok(path) } else { Err(KernelError::Unavailable { path }) };
            assert_eq!(Path::from_setting(Some(path.name())), expected);
        }
    }
}
