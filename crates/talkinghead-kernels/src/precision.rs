//! In which numbers a convolution multiplies.

use std::fmt;
use std::str::FromStr;

use crate::{InstructionSet, KernelError};

/// The numbers that a convolution multiplies; sums are always f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// f32 throughout.
    F32,
    /// Input and weights rounded to bf16 (8 significant bits), exact products, sums in f32. On [`InstructionSet::Amx`] by the matrix tiles,
    /// several times as fast as f32. With every other set by the f32 kernels on rounded operands: the same numbers but for the order
    /// of the sums, a little slower than f32.
    Bf16,
    /// bf16 on [`InstructionSet::Amx`], f32 with every other set.
    #[default]
    Auto,
}

impl Precision {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::F32, Self::Bf16, Self::Auto];

    /// What it means with an instruction set: [`Precision::F32`] or [`Precision::Bf16`].
    pub fn on(self, instructions: InstructionSet) -> Self {
        match (self, instructions) {
            (Self::Auto, InstructionSet::Amx) => Self::Bf16,
            (Self::Auto, _) => Self::F32,
            _ => self,
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Auto => "auto",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Precision {
    type Err = KernelError;

    fn from_str(name: &str) -> Result<Self, KernelError> {
        let lower = name.to_ascii_lowercase();
        let found = Self::ALL.into_iter().find(|precision| precision.name() == lower);
        found.ok_or_else(|| KernelError::UnknownPrecision { name: name.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_auto_follows_the_instructions() {
        for precision in Precision::ALL {
            assert_eq!(precision.to_string().parse(), Ok(precision));
        }
        assert_eq!("fp8".parse::<Precision>(), Err(KernelError::UnknownPrecision { name: "fp8".into() }));
        assert_eq!(Precision::Auto.on(InstructionSet::Amx), Precision::Bf16);
        assert_eq!(Precision::Auto.on(InstructionSet::Avx512), Precision::F32);
        assert_eq!(Precision::Bf16.on(InstructionSet::Portable), Precision::Bf16);
    }
}
