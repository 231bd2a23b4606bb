//! In which numbers a convolution multiplies, and how f32 becomes bf16.

use std::fmt;
use std::str::FromStr;

use crate::{KernelError, Path};

/// The numbers that a convolution multiplies; sums are always f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// f32 throughout.
    F32,
    /// Input and weights rounded to bf16 (8 significant bits), exact products, sums in f32. On [`Path::Amx`] by the matrix tiles,
    /// several times as fast as f32. On every other path by the f32 kernels on rounded operands: the same numbers but for the order
    /// of the sums, a little slower than f32.
    Bf16,
    /// bf16 on [`Path::Amx`], f32 on every other path.
    #[default]
    Auto,
}

impl Precision {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::F32, Self::Bf16, Self::Auto];

    /// What it means on a path: [`Precision::F32`] or [`Precision::Bf16`].
    pub fn on(self, path: Path) -> Self {
        match (self, path) {
            (Self::Auto, Path::Amx) => Self::Bf16,
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

/// The upper half of the f32 next to `value` that ends there: bf16, ties to even. NaN stays NaN, numbers beyond the largest bf16
/// become infinite.
#[inline(always)]
pub(crate) fn bf16(value: f32) -> u32 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1));
    // The quiet bit keeps a NaN whose payload lies in the lower half from becoming infinite.
    (if value.is_nan() { bits | 0x0040_0000 } else { rounded }) >> 16
}

/// Rounds to bf16 and back.
#[inline(always)]
pub(crate) fn round(value: f32) -> f32 {
    f32::from_bits(bf16(value) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_the_nearest_even() {
        let one = 1.0_f32.to_bits();
        let near = |offset: u32| round(f32::from_bits(one + offset)).to_bits();
        assert_eq!(near(0x7fff), one);
        assert_eq!(near(0x8000), one, "a tie goes to the even number below");
        assert_eq!(near(0x8001), one + 0x1_0000);
        assert_eq!(near(0x1_8000), one + 0x2_0000, "a tie goes to the even number above");
        assert_eq!(round(-1.0), -1.0);
        assert_eq!(round(f32::MAX), f32::INFINITY);
        assert_eq!(round(f32::NEG_INFINITY), f32::NEG_INFINITY);
        assert_eq!(round(-0.0).to_bits(), (-0.0_f32).to_bits());
    }

    #[test]
    fn keeps_every_nan() {
        for bits in [0x7f80_0001_u32, 0x7fff_ffff, 0xff80_ffff, 0xffff_ffff, 0x7fc0_0000] {
            assert!(round(f32::from_bits(bits)).is_nan(), "{bits:x}");
        }
    }

    #[test]
    fn agrees_with_the_nearest_of_all_bf16_numbers() {
        for seed in 0..2000_u32 {
            let value = f32::from_bits(seed.wrapping_mul(0x9e37_79b9) & 0xbfff_ffff);
            let below = f32::from_bits(value.to_bits() & 0xffff_0000);
            let above = f32::from_bits((value.to_bits() & 0xffff_0000) + 0x1_0000);
            let distance = |other: f32| (f64::from(other) - f64::from(value)).abs();
            assert_eq!(distance(round(value)), distance(below).min(distance(above)), "{value:e}");
        }
    }

    #[test]
    fn names_are_read_and_auto_follows_the_path() {
        for precision in Precision::ALL {
            assert_eq!(precision.to_string().parse(), Ok(precision));
        }
        assert_eq!("fp8".parse::<Precision>(), Err(KernelError::UnknownPrecision { name: "fp8".into() }));
        assert_eq!(Precision::Auto.on(Path::Amx), Precision::Bf16);
        assert_eq!(Precision::Auto.on(Path::Avx512), Precision::F32);
        assert_eq!(Precision::Bf16.on(Path::Portable), Precision::Bf16);
    }
}
