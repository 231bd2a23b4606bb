//! Bicubic reading of a picture at one place.

use super::canvas::Canvas;

/// Catmull-Rom weights of the four pixels around a place `t` (0..1) behind the second.
pub(crate) fn cubic_weights(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
}

/// Binary digits after the point of a whole-number weight.
pub(crate) const WEIGHT_BITS: u32 = 12;
/// Fractions of a pixel that whole-number weights are tabled for.
const PHASES: usize = 256;

/// [`cubic_weights`] of every fraction in 2^-12; each four sum to 1.
static WHOLE_WEIGHTS: [[i16; 4]; PHASES + 1] = all_weights();

const fn all_weights() -> [[i16; 4]; PHASES + 1] {
    let mut all = [[0; 4]; PHASES + 1];
    let mut phase = 0;
    while phase <= PHASES {
        let t = phase as f64 / PHASES as f64;
        let exact = [
            -0.5 * t * t * t + t * t - 0.5 * t,
            1.5 * t * t * t - 2.5 * t * t + 1.0,
            -1.5 * t * t * t + 2.0 * t * t + 0.5 * t,
            0.5 * t * t * t - 0.5 * t * t,
        ];
        let mut rest = 1 << WEIGHT_BITS;
        let mut k = 0;
        while k < 4 {
            let weight = exact[k] * (1 << WEIGHT_BITS) as f64;
            all[phase][k] = (weight + if weight < 0.0 { -0.5 } else { 0.5 }) as i16;
            rest -= all[phase][k];
            k += 1;
        }
        // What rounding took goes to the larger of the middle two.
        all[phase][if phase <= PHASES / 2 { 1 } else { 2 }] += rest;
        phase += 1;
    }
    all
}

/// The weights of a fraction, 0..1.
pub(crate) fn whole_weights(fraction: f32) -> [i16; 4] {
    WHOLE_WEIGHTS[((fraction * PHASES as f32 + 0.5) as usize).min(PHASES)]
}

/// Colour at pixel-centre coordinates, cubic (Catmull-Rom); outside, the nearest edge.
pub(crate) fn bicubic(canvas: &Canvas, x: f32, y: f32) -> [f32; 3] {
    let (right, bottom) = ((canvas.width - 1) as f32, (canvas.height - 1) as f32);
    let (x, y) = (x.clamp(0.0, right), y.clamp(0.0, bottom));
    let (x0, y0) = (x.floor(), y.floor());
    let (wx, wy) = (cubic_weights(x - x0), cubic_weights(y - y0));
    let column = |k: usize| (x0 + k as f32 - 1.0).clamp(0.0, right) as usize;
    let columns = [column(0), column(1), column(2), column(3)];
    let mut out = [0.0; 3];
    for (k, &down) in wy.iter().enumerate() {
        let row = (y0 + k as f32 - 1.0).clamp(0.0, bottom) as usize * canvas.width;
        for (&column, &across) in columns.iter().zip(&wx) {
            let colour = canvas.data[row + column];
            let weight = down * across;
            for c in 0..3 {
                out[c] += weight * colour[c];
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_weights_are_the_weights() {
        for phase in 0..=PHASES {
            let t = phase as f32 / PHASES as f32;
            let (whole, exact) = (whole_weights(t), cubic_weights(t));
            assert_eq!(whole.iter().sum::<i16>(), 1 << WEIGHT_BITS);
            assert!((0..4).all(|k| (f32::from(whole[k]) - exact[k] * 4096.0).abs() < 1.6), "{t}");
        }
    }

    #[test]
    fn a_ramp_is_read_exactly() {
        let data = (0..100).map(|i| [(i % 10) as f32 * 3.0, (i / 10) as f32, 7.0]).collect();
        let canvas = Canvas { width: 10, height: 10, data };
        let colour = bicubic(&canvas, 4.3, 5.8);
        assert!((colour[0] - 12.9).abs() < 1e-4 && (colour[1] - 5.8).abs() < 1e-4 && (colour[2] - 7.0).abs() < 1e-4);
    }
}
