//! Flow in colour: the hue says where to, how strong the colour how far.

use image::{Rgb, RgbImage};

/// Flow `[2, height, width]` in pixels as a picture: white where nothing moves, full colour at `full` pixels and beyond. Right is red, down
/// yellow-green, left cyan, up violet.
pub fn flow_colours(flow: &[f32], width: usize, height: usize, full: f32) -> RgbImage {
    let plane = width * height;
    RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        let (u, v) = (flow.get(at).copied().unwrap_or(0.0), flow.get(plane + at).copied().unwrap_or(0.0));
        if !u.is_finite() || !v.is_finite() {
            return Rgb([0; 3]);
        }
        let strength = (u.hypot(v) / full.max(1e-6)).min(1.0);
        let angle = v.atan2(u).rem_euclid(std::f32::consts::TAU) / std::f32::consts::TAU * 6.0;
        let channel = |shift: f32| {
            let distance = (angle + shift).rem_euclid(6.0);
            // A trapezium: full for two sixths, nothing for two, slopes between.
            let pure = ((distance - 3.0).abs() - 1.0).clamp(0.0, 1.0);
            (255.0 * (1.0 - strength * (1.0 - pure))).round() as u8
        };
        Rgb([channel(0.0), channel(4.0), channel(2.0)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_white_and_directions_differ() {
        let colour = |u: f32, v: f32| flow_colours(&[u, v], 1, 1, 10.0).get_pixel(0, 0).0;
        assert_eq!(colour(0.0, 0.0), [255; 3]);
        assert_eq!(colour(10.0, 0.0), [255, 0, 0]);
        assert_eq!(colour(-10.0, 0.0), [0, 255, 255]);
        assert_eq!(colour(50.0, 0.0), colour(10.0, 0.0));
        assert_eq!(colour(5.0, 0.0), [255, 128, 128]);
        assert_ne!(colour(0.0, 10.0), colour(0.0, -10.0));
        assert_eq!(colour(f32::NAN, 1.0), [0; 3]);
    }
}
