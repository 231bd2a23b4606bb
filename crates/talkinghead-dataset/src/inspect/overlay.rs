//! Dots, lines and the 68 landmarks drawn into pictures, with smooth edges.

use image::{Rgb, RgbImage};

/// A point of a picture, pixels; pixel `k` covers `k` to `k + 1`.
pub(crate) type Point = [f64; 2];

/// Landmarks that are joined by lines (68-point convention); the flag closes the line.
const LINES: [(std::ops::Range<usize>, bool); 9] = [
    (0..17, false),
    (17..22, false),
    (22..27, false),
    (27..31, false),
    (31..36, false),
    (36..42, true),
    (42..48, true),
    (48..60, true),
    (60..68, true),
];

/// Colour of the landmarks.
const GREEN: [u8; 3] = [90, 255, 120];

/// A filled disc.
pub(crate) fn disc(picture: &mut RgbImage, centre: Point, radius: f64, colour: [u8; 3], opacity: f64) {
    stroke(picture, centre, centre, radius, colour, opacity);
}

/// A line with round ends, `2 * radius` wide.
pub(crate) fn stroke(picture: &mut RgbImage, from: Point, to: Point, radius: f64, colour: [u8; 3], opacity: f64) {
    if [from, to].iter().flatten().any(|value| !value.is_finite()) {
        return;
    }
    let range = |axis: usize, length: u32| {
        let (low, high) = (from[axis].min(to[axis]) - radius - 1.0, from[axis].max(to[axis]) + radius + 1.0);
        let limit = |value: f64| value.clamp(0.0, f64::from(length)) as u32;
        limit(low.floor())..limit(high.ceil())
    };
    let along = [to[0] - from[0], to[1] - from[1]];
    let length = along[0].mul_add(along[0], along[1] * along[1]);
    for y in range(1, picture.height()) {
        for x in range(0, picture.width()) {
            let at = [f64::from(x) + 0.5 - from[0], f64::from(y) + 0.5 - from[1]];
            let share = if length > 0.0 { ((at[0] * along[0] + at[1] * along[1]) / length).clamp(0.0, 1.0) } else { 0.0 };
            let distance = (at[0] - share * along[0]).hypot(at[1] - share * along[1]);
            let cover = opacity * (radius + 0.5 - distance).clamp(0.0, 1.0);
            if cover > 0.0 {
                let Rgb(under) = *picture.get_pixel(x, y);
                let mixed =
                    std::array::from_fn(|k| (f64::from(under[k]) * (1.0 - cover) + f64::from(colour[k]) * cover).round() as u8);
                picture.put_pixel(x, y, Rgb(mixed));
            }
        }
    }
}

/// The 68 landmarks: thin lines along the face's features, a dot on every point. `points` are places in the picture.
pub(crate) fn landmarks(picture: &mut RgbImage, points: &[Point], dot: f64) {
    for (range, closed) in LINES {
        let Some(line) = points.get(range) else { continue };
        for pair in line.windows(2) {
            stroke(picture, pair[0], pair[1], 0.4 * dot, GREEN, 0.55);
        }
        if let (true, Some(&first), Some(&last)) = (closed, line.first(), line.last()) {
            stroke(picture, last, first, 0.4 * dot, GREEN, 0.55);
        }
    }
    for &point in points {
        disc(picture, point, dot, GREEN, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disc_covers_its_area() {
        let mut picture = RgbImage::new(40, 40);
        disc(&mut picture, [20.0, 20.0], 8.0, [255; 3], 1.0);
        let area: f64 = picture.pixels().map(|p| f64::from(p[0]) / 255.0).sum();
        assert!((area - std::f64::consts::PI * 64.0).abs() < 3.0, "{area}");
    }

    #[test]
    fn drawing_outside_or_nowhere_is_no_error() {
        let mut picture = RgbImage::new(8, 8);
        disc(&mut picture, [-100.0, 3.0], 2.0, [255; 3], 1.0);
        stroke(&mut picture, [f64::NAN, 0.0], [3.0, 3.0], 2.0, [255; 3], 1.0);
        stroke(&mut picture, [1e300, 0.0], [3e300, 3.0], 2.0, [255; 3], 1.0);
        assert!(picture.pixels().all(|p| p.0 == [0; 3]));
        landmarks(&mut picture, &[[4.5, 4.5]; 3], 1.0);
        assert_eq!(picture.get_pixel(4, 4).0, GREEN);
    }
}
