//! Which instructions are used, chosen at run time.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::InstructionSetError;

/// Name of the environment variable that forces an instruction set.
pub const KERNELS_VARIABLE: &str = "TALKINGHEAD_KERNELS";

/// A family of instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstructionSet {
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

impl InstructionSet {
    /// All of them, slowest first.
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

    /// Whether this processor can use it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Self::Avx2.is_available() && is_x86_feature_detected!("avx512f"),
            #[cfg(target_arch = "x86_64")]
            Self::Amx => Self::Avx512.is_available() && crate::tiles::is_available(),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            #[allow(unreachable_patterns)]
            _ => false,
        }
    }

    /// Those that this processor can use, slowest first; at least [`InstructionSet::Portable`].
    pub fn available() -> impl DoubleEndedIterator<Item = Self> {
        Self::ALL.into_iter().filter(|set| set.is_available())
    }

    /// The fastest of this processor.
    pub fn fastest() -> Self {
        Self::available().next_back().unwrap_or(Self::Portable)
    }

    /// The one in use: the one that `TALKINGHEAD_KERNELS` names, else the fastest. Decided once a process.
    ///
    /// # Errors
    /// The variable holds a name that does not exist, or a set that this processor cannot use.
    pub fn chosen() -> Result<Self, InstructionSetError> {
        static CHOSEN: OnceLock<Result<InstructionSet, InstructionSetError>> = OnceLock::new();
        CHOSEN.get_or_init(|| Self::from_setting(std::env::var_os(KERNELS_VARIABLE).as_deref())).clone()
    }

    /// As [`InstructionSet::chosen`], or the fastest if the setting is wrong; for places that cannot fail. Programs ask
    /// [`InstructionSet::chosen`] once at their start, so that a wrong setting is told.
    pub fn chosen_or_fastest() -> Self {
        Self::chosen().unwrap_or_else(|_| Self::fastest())
    }

    /// Itself if this processor can use it, else [`InstructionSet::Portable`].
    pub fn or_portable(self) -> Self {
        if self.is_available() { self } else { Self::Portable }
    }

    /// Whether code for `other` may run under this choice: this set contains `other`, and the processor has it.
    pub fn allows(self, other: Self) -> bool {
        let contains = match self {
            Self::Portable => other == Self::Portable,
            Self::Neon => matches!(other, Self::Portable | Self::Neon),
            Self::Avx2 => matches!(other, Self::Portable | Self::Avx2),
            Self::Avx512 => matches!(other, Self::Portable | Self::Avx2 | Self::Avx512),
            Self::Amx => other != Self::Neon,
        };
        contains && other.is_available()
    }

    fn from_setting(setting: Option<&std::ffi::OsStr>) -> Result<Self, InstructionSetError> {
        let setting = setting.map(|setting| setting.to_string_lossy());
        let Some(name) = setting.as_deref().map(str::trim).filter(|name| !name.is_empty() && *name != "auto") else {
            return Ok(Self::fastest());
        };
        let wanted: Self = name.parse()?;
        if wanted.is_available() { Ok(wanted) } else { Err(InstructionSetError::Unavailable { wanted }) }
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for InstructionSet {
    type Err = InstructionSetError;

    fn from_str(name: &str) -> Result<Self, InstructionSetError> {
        let lower = name.to_ascii_lowercase();
        Self::ALL.into_iter().find(|set| set.name() == lower).ok_or_else(|| InstructionSetError::Unknown { name: name.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_setting(setting: &str) -> Result<InstructionSet, InstructionSetError> {
        InstructionSet::from_setting(Some(setting.as_ref()))
    }

    #[test]
    fn the_setting_is_obeyed_or_refused() {
        assert_eq!(InstructionSet::from_setting(None), Ok(InstructionSet::fastest()));
        assert_eq!(from_setting("auto"), Ok(InstructionSet::fastest()));
        assert_eq!(from_setting("Portable"), Ok(InstructionSet::Portable));
        assert_eq!(from_setting("sse9"), Err(InstructionSetError::Unknown { name: "sse9".into() }));
        for set in InstructionSet::ALL {
            let expected = if set.is_available() { Ok(set) } else { Err(InstructionSetError::Unavailable { wanted: set }) };
            assert_eq!(from_setting(set.name()), expected);
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_setting_that_is_no_text_is_refused() {
        use std::os::unix::ffi::OsStrExt;
        assert!(InstructionSet::from_setting(Some(std::ffi::OsStr::from_bytes(b"avx2\xff"))).is_err());
    }

    #[test]
    fn portable_allows_nothing_else_and_nothing_is_allowed_that_is_missing() {
        for set in InstructionSet::ALL {
            assert!(set.allows(InstructionSet::Portable));
            assert_eq!(set.allows(set), set.is_available());
            assert_eq!(InstructionSet::Portable.allows(set), set == InstructionSet::Portable);
            assert!(InstructionSet::ALL.into_iter().all(|other| other.is_available() || !set.allows(other)));
        }
    }
}
