//! Bicubic reading of a picture at one place.

use super::canvas::Canvas;

/// Catmull-Rom weights of the four pixels around a place `t` (0..1) behind the second.
pub(crate) fn cubic_weights(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
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
    fn a_ramp_is_read_exactly() {
        let data = (0..100).map(|i| [(i % 10) as f32 * 3.0, (i / 10) as f32, 7.0]).collect();
        let canvas = Canvas { width: 10, height: 10, data };
        let colour = bicubic(&canvas, 4.3, 5.8);
        assert!((colour[0] - 12.9).abs() < 1e-4 && (colour[1] - 5.8).abs() < 1e-4 && (colour[2] - 7.0).abs() < 1e-4);
    }
}
