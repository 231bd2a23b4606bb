//! The few curves that the recipes are written in.

/// `t*t*(3-2t)` with `t = clip((x-a)/(b-a), 0, 1)`; `a > b` is allowed and falls.
pub fn smoothstep(a: f32, b: f32, x: f32) -> f32 {
    let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
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
    fn smoothstep_rises_and_falls() {
        assert_eq!((smoothstep(1.0, 2.0, 0.0), smoothstep(1.0, 2.0, 1.5), smoothstep(1.0, 2.0, 3.0)), (0.0, 0.5, 1.0));
        assert_eq!((smoothstep(2.0, 1.0, 0.0), smoothstep(2.0, 1.0, 3.0)), (1.0, 0.0));
    }
}
