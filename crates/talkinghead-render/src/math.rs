//! The few curves that the recipes are written in.

/// `t*t*(3-2t)` with `t = clip((x-a)/(b-a), 0, 1)`; `a > b` is allowed and falls.
pub fn smoothstep(a: f32, b: f32, x: f32) -> f32 {
    let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The nearest whole number of a value of 0 to 2^23; others give what they like. Unlike `as`, as few instructions as there can be, and
/// for several values at once.
#[inline(always)]
pub(crate) fn whole(value: f32) -> u32 {
    const ONES: f32 = (1 << 23) as f32;
    (value + ONES).to_bits().wrapping_sub(ONES.to_bits())
}

/// The smaller of two, the second if they do not compare. One instruction, unlike [`f32::min`].
#[inline(always)]
pub(crate) fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The larger of two, the second if they do not compare.
#[inline(always)]
pub(crate) fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// Distance of two points in the picture plane (z ignored).
pub fn planar_distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt()
}

/// Brightness of a colour (Rec. 601).
pub(crate) fn luminance(colour: [f32; 3]) -> f32 {
    0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_the_nearest_ones() {
        for (value, wanted) in [(0.0, 0), (0.4, 0), (0.6, 1), (255.9, 256), (70_000.0, 70_000), (4_000_000.0, 4_000_000)] {
            assert_eq!(whole(value), wanted);
        }
    }

    #[test]
    fn smoothstep_rises_and_falls() {
        assert_eq!((smoothstep(1.0, 2.0, 0.0), smoothstep(1.0, 2.0, 1.5), smoothstep(1.0, 2.0, 3.0)), (0.0, 0.5, 1.0));
        assert_eq!((smoothstep(2.0, 1.0, 0.0), smoothstep(2.0, 1.0, 3.0)), (1.0, 0.0));
    }
}
