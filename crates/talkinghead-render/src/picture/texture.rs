//! A picture prepared for sampling at fractional places: mirrored edges, four floats a pixel, tabled Lanczos weights.

use std::sync::OnceLock;

use super::blur::blur_canvas;
use super::canvas::Canvas;

/// Taps along one axis (Lanczos with three lobes).
const TAPS: usize = 6;
/// Floats of one row of taps.
const LINE: usize = 4 * TAPS;
/// Fractions of a pixel that weights are tabled for.
const PHASES: usize = 512;

/// A sharpened picture with mirrored surroundings.
#[derive(Clone, Debug)]
pub struct Texture {
    width: usize,
    padding: usize,
    /// Largest coordinates that may be sampled, padding included.
    limit: [f32; 2],
    /// RGB and an unused fourth value, so that two pixels fill a vector register.
    data: Vec<f32>,
}

impl Texture {
    /// Prepares `picture` with `padding` mirrored pixels on every side; `sharpening` is the amount of an unsharp mask
    /// (Gaussian, 0.8 pixels) that makes up for what sampling softens.
    pub fn new(picture: &Canvas, padding: usize, sharpening: f32) -> Self {
        let padding = padding + TAPS;
        let mut soft = picture.clone();
        blur_canvas(&mut soft, 0.8);
        let (width, height) = (picture.width + 2 * padding, picture.height + 2 * padding);
        let mut data = Vec::with_capacity(4 * width * height);
        for y in 0..height {
            let sy = mirror(y as isize - padding as isize, picture.height);
            for x in 0..width {
                let i = sy * picture.width + mirror(x as isize - padding as isize, picture.width);
                let (p, s) = (picture.data[i], soft.data[i]);
                let [r, g, b]: [f32; 3] = std::array::from_fn(|k| (p[k] + sharpening * (p[k] - s[k])).clamp(0.0, 255.0));
                data.extend([r, g, b, 0.0]);
            }
        }
        let limit = [width - TAPS, height - TAPS].map(|v| v as f32 - 1.0);
        Self { width, padding, limit, data }
    }

    /// Lanczos-filtered colour at pixel-centre coordinates of the picture; may ring a little beyond 0..255.
    ///
    /// Sums run in one fixed order, so that every processor gives the same bytes.
    #[inline(always)]
    pub fn sample(&self, x: f32, y: f32, weights: &LanczosTable) -> [f32; 3] {
        let edge = (TAPS / 2) as f32;
        let x = (x + self.padding as f32).clamp(edge, self.limit[0]);
        let y = (y + self.padding as f32).clamp(edge, self.limit[1]);
        let (x0, y0) = (x as usize, y as usize);
        let wx = weights.at(x - x0 as f32);
        let wy = weights.at(y - y0 as f32);
        let first = 4 * ((y0 + 1 - TAPS / 2) * self.width + x0 + 1 - TAPS / 2);
        let step = 4 * self.width;
        let Some(block) = self.data.get(first..first + (TAPS - 1) * step + LINE) else { return [0.0; 3] };
        // Even taps in the lower half, odd taps in the upper.
        let mut sum = [0.0f32; 8];
        for row in 0..TAPS {
            let line = &block[row * step..row * step + LINE];
            let mut across = [0.0f32; 8];
            for (weights, values) in wx.chunks_exact(8).zip(line.chunks_exact(8)) {
                for (sum, (weight, value)) in across.iter_mut().zip(weights.iter().zip(values)) {
                    *sum += weight * value;
                }
            }
            let down = wy[4 * row];
            for (sum, across) in sum.iter_mut().zip(across) {
                *sum += down * across;
            }
        }
        [sum[0] + sum[4], sum[1] + sum[5], sum[2] + sum[6]]
    }
}

/// Lanczos weights for fractions of a pixel; each row sums to 1, every weight stands four times (once a channel).
#[derive(Debug)]
pub struct LanczosTable {
    rows: Vec<[f32; LINE]>,
}

impl LanczosTable {
    /// The one table, made at first use.
    pub fn get() -> &'static LanczosTable {
        static TABLE: OnceLock<LanczosTable> = OnceLock::new();
        TABLE.get_or_init(|| {
            let lobes = (TAPS / 2) as f64;
            let rows = (0..=PHASES).map(|phase| {
                let fraction = phase as f64 / PHASES as f64;
                let raw: [f64; TAPS] = std::array::from_fn(|k| {
                    let x = k as f64 - (lobes - 1.0) - fraction;
                    if x.abs() < 1e-9 {
                        return 1.0;
                    }
                    if x.abs() >= lobes {
                        return 0.0;
                    }
                    let p = std::f64::consts::PI * x;
                    lobes * p.sin() * (p / lobes).sin() / (p * p)
                });
                let sum: f64 = raw.iter().sum();
                std::array::from_fn(|i| (raw[i / 4] / sum) as f32)
            });
            LanczosTable { rows: rows.collect() }
        })
    }

    #[inline(always)]
    fn at(&self, fraction: f32) -> &[f32; LINE] {
        let phase = (fraction * PHASES as f32 + 0.5) as usize;
        &self.rows[phase.min(PHASES)]
    }
}

/// Reflects an index at the edges (without repeating the edge pixel twice in a row more than once).
fn mirror(i: isize, length: usize) -> usize {
    let n = length as isize;
    let period = 2 * n;
    let j = i.rem_euclid(period);
    (if j < n { j } else { period - 1 - j }) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Canvas {
        let mut canvas = Canvas::filled(40, 30, [0.0; 3]);
        for y in 0..30 {
            for x in 0..40 {
                *canvas.at_mut(x, y) = [3.0 * x as f32, 5.0 * y as f32, 80.0];
            }
        }
        canvas
    }

    #[test]
    fn whole_places_give_the_pixels_back() {
        let canvas = ramp();
        let texture = Texture::new(&canvas, 4, 0.0);
        for (x, y) in [(0usize, 0usize), (17, 9), (39, 29)] {
            let got = texture.sample(x as f32, y as f32, LanczosTable::get());
            assert!((0..3).all(|k| (got[k] - canvas.at(x, y)[k]).abs() < 1e-3));
        }
    }

    #[test]
    fn a_ramp_is_followed_between_pixels() {
        let texture = Texture::new(&ramp(), 4, 0.0);
        let got = texture.sample(17.3, 9.75, LanczosTable::get());
        assert!((got[0] - 51.9).abs() < 0.4 && (got[1] - 48.75).abs() < 0.6 && (got[2] - 80.0).abs() < 1e-3, "{got:?}");
    }

    #[test]
    fn far_outside_is_safe() {
        let texture = Texture::new(&ramp(), 4, 0.2);
        for (x, y) in [(-1e9, 5.0), (1e9, -1e9), (f32::NAN, 3.0)] {
            assert!(texture.sample(x, y, LanczosTable::get()).iter().all(|v| v.is_finite() || x.is_nan()));
        }
    }
}
