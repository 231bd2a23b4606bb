//! How f32 becomes bf16.

/// The upper half of the f32 next to `value` that ends there: bf16, ties to even. NaN stays NaN, numbers beyond the largest bf16
/// become infinite.
#[inline(always)]
pub fn bf16_bits(value: f32) -> u32 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1));
    // The quiet bit keeps a NaN whose payload lies in the lower half from becoming infinite.
    (if value.is_nan() { bits | 0x0040_0000 } else { rounded }) >> 16
}

/// Rounds to bf16 and back.
#[inline(always)]
pub fn round_to_bf16(value: f32) -> f32 {
    f32::from_bits(bf16_bits(value) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_the_nearest_even() {
        let one = 1.0_f32.to_bits();
        let near = |offset: u32| round_to_bf16(f32::from_bits(one + offset)).to_bits();
        assert_eq!(near(0x7fff), one);
        assert_eq!(near(0x8000), one, "a tie goes to the even number below");
        assert_eq!(near(0x8001), one + 0x1_0000);
        assert_eq!(near(0x1_8000), one + 0x2_0000, "a tie goes to the even number above");
        assert_eq!(round_to_bf16(-1.0), -1.0);
        assert_eq!(round_to_bf16(f32::MAX), f32::INFINITY);
        assert_eq!(round_to_bf16(f32::NEG_INFINITY), f32::NEG_INFINITY);
        assert_eq!(round_to_bf16(-0.0).to_bits(), (-0.0_f32).to_bits());
    }

    #[test]
    fn keeps_every_nan() {
        for bits in [0x7f80_0001_u32, 0x7fff_ffff, 0xff80_ffff, 0xffff_ffff, 0x7fc0_0000] {
            assert!(round_to_bf16(f32::from_bits(bits)).is_nan(), "{bits:x}");
        }
    }

    #[test]
    fn agrees_with_the_nearest_of_all_bf16_numbers() {
        for seed in 0..2000_u32 {
            let value = f32::from_bits(seed.wrapping_mul(0x9e37_79b9) & 0xbfff_ffff);
            let below = f32::from_bits(value.to_bits() & 0xffff_0000);
            let above = f32::from_bits((value.to_bits() & 0xffff_0000) + 0x1_0000);
            let distance = |other: f32| (f64::from(other) - f64::from(value)).abs();
            assert_eq!(distance(round_to_bf16(value)), distance(below).min(distance(above)), "{value:e}");
        }
    }
}
