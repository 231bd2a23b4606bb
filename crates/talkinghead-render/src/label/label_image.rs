//! Label images: the face's contours as one-pixel curves, drawn exactly as the reference draws them (SPEC-data section 7).

use nalgebra::{DMatrix, DVector};
use talkinghead_face::FlatLandmarks68;

use crate::picture::grey_image::GreyImage;

/// One landmark in the canvas, pixels: x right, y down.
pub type Point = [f64; 2];

/// Which parts a label image shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelParts {
    /// The mirrored forehead over the jaw line.
    pub forehead: bool,
    /// The lips.
    pub mouth: bool,
}

impl Default for LabelParts {
    fn default() -> Self {
        Self { forehead: true, mouth: true }
    }
}

/// Numbers of the points that make the curves; 68 to 82 are the forehead.
const NOSE_EYES_BROWS: [&[usize]; 9] = [
    &[17, 18, 19, 20, 21],
    &[22, 23, 24, 25, 26],
    &[28, 31],
    &[31, 32, 33, 34, 35],
    &[35, 28],
    &[36, 37, 38, 39],
    &[39, 40, 41, 36],
    &[42, 43, 44, 45],
    &[45, 46, 47, 42],
];
const MOUTH: [&[usize]; 4] =
    [&[48, 49, 50, 51, 52, 53, 54], &[54, 55, 56, 57, 58, 59, 48], &[60, 61, 62, 63, 64], &[64, 65, 66, 67, 60]];

/// Draws 68 landmarks (iBUG order, pixels of the canvas) as white curves on black.
pub fn label_image(landmarks: &FlatLandmarks68, width: usize, height: usize, parts: LabelParts) -> GreyImage {
    let mut points = landmarks.to_vec();
    points.extend(forehead(landmarks).map(|p| p.map(f64::from)));
    let mut outline: Vec<usize> = (0..17).collect();
    if parts.forehead {
        outline.extend(68..83);
        outline.push(0);
    }
    let mut canvas = GreyImage::black(width, height);
    let mut draw = |list: &[usize]| {
        let curve: Vec<Point> = list.iter().map(|&i| points[i]).collect();
        draw_curve(&mut canvas, &curve);
    };
    draw(&outline);
    NOSE_EYES_BROWS.iter().for_each(|list| draw(list));
    if parts.mouth {
        MOUTH.iter().for_each(|list| draw(list));
    }
    canvas
}

/// The 15 points that mirror the jaw over the brow, in the order in which they are appended (68 mirrors 15).
pub fn forehead(landmarks: &FlatLandmarks68) -> [[i32; 2]; 15] {
    let whole = |i: usize| landmarks[i].map(|v| v as i32);
    let base = f64::from(whole(0)[1] + whole(16)[1]) / 2.0;
    std::array::from_fn(|k| {
        let [x, y] = whole(15 - k);
        [x, (base + (2.0 * (base - f64::from(y)) / 3.0).floor()) as i32]
    })
}

/// Cuts a curve into pieces of three points, each drawn as a parabola.
fn draw_curve(canvas: &mut GreyImage, curve: &[Point]) {
    let mut i = 0;
    while i < 1.max(curve.len().saturating_sub(1)) {
        draw_piece(canvas, &curve[i..curve.len().min(i + 3)]);
        i += 2;
    }
}

fn draw_piece(canvas: &mut GreyImage, piece: &[Point]) {
    let largest_step = |axis: usize| piece.windows(2).map(|p| (p[1][axis] - p[0][axis]).abs()).fold(0.0, f64::max);
    let swapped = largest_step(0) < largest_step(1);
    let mut x: Vec<f64> = piece.iter().map(|p| p[usize::from(swapped)]).collect();
    let mut y: Vec<f64> = piece.iter().map(|p| p[usize::from(!swapped)]).collect();
    let Some([a, b, c]) = fit(&x, &y) else { return };
    if a.abs() > 1.0 {
        return;
    }
    if x[0] > x[x.len() - 1] {
        x.reverse();
        y.reverse();
    }
    let (first, last) = (x[0], x[x.len() - 1]);
    let count = (last - first) as usize;
    for k in 0..count {
        let along = if count == 1 { first } else { first + (last - first) * k as f64 / (count - 1) as f64 };
        let across = a * along * along + b * along + c;
        let (px, py) = if swapped { (across, along) } else { (along, across) };
        brush(canvas, px as i64, py as i64);
    }
}

/// Coefficients of the parabola through three points, or the line through two.
fn fit(x: &[f64], y: &[f64]) -> Option<[f64; 3]> {
    match (x, y) {
        (&[x0, x1, x2], &[y0, y1, y2]) => {
            if x0 == x1 || x1 == x2 || x0 == x2 {
                return least_norm(x, y);
            }
            let slope = (y1 - y0) / (x1 - x0);
            let a = ((y2 - y1) / (x2 - x1) - slope) / (x2 - x0);
            let b = slope - a * (x0 + x1);
            Some([a, b, y0 - a * x0 * x0 - b * x0])
        }
        (&[x0, x1], &[y0, y1]) => {
            if x0 == x1 {
                return None;
            }
            let b = (y1 - y0) / (x1 - x0);
            Some([0.0, b, y0 - b * x0])
        }
        _ => None,
    }
}

/// Of all parabolas of least error the one with the smallest coefficients: two of the three places are the same.
fn least_norm(x: &[f64], y: &[f64]) -> Option<[f64; 3]> {
    let matrix = DMatrix::from_fn(x.len(), 3, |row, column| x[row].powi(2 - column as i32));
    let svd = matrix.svd(true, true);
    let tolerance = 1e-12 * svd.singular_values.max();
    let solution = svd.solve(&DVector::from_column_slice(y), tolerance).ok()?;
    Some([solution[0], solution[1], solution[2]])
}

/// A block of 2 x 2 up and to the left; what lies outside piles up on the border.
fn brush(canvas: &mut GreyImage, x: i64, y: i64) {
    if canvas.data.is_empty() {
        return;
    }
    for dy in 0..2 {
        for dx in 0..2 {
            let cx = (x - dx).clamp(0, canvas.width as i64 - 1) as usize;
            let cy = (y - dy).clamp(0, canvas.height as i64 - 1) as usize;
            canvas.data[cy * canvas.width + cx] = 255;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_two_pixels_wide_and_reaches_both_ends() {
        let mut canvas = GreyImage::black(20, 10);
        draw_curve(&mut canvas, &[[3.0, 5.0], [12.0, 5.0]]);
        let lit = canvas.data.iter().filter(|&&v| v == 255).count();
        assert_eq!(lit, 2 * 11);
        assert_eq!(canvas.data[5 * 20 + 12], 255);
        assert_eq!(canvas.data[4 * 20 + 2], 255);
    }

    #[test]
    fn a_curve_outside_lands_on_the_border() {
        let mut canvas = GreyImage::black(20, 10);
        draw_curve(&mut canvas, &[[3.0, 50.0], [7.0, 52.0], [12.0, 50.0]]);
        assert!(canvas.data[9 * 20..].contains(&255));
        assert!(!canvas.data[..9 * 20].contains(&255));
    }

    #[test]
    fn a_single_point_draws_nothing() {
        let mut canvas = GreyImage::black(20, 10);
        draw_curve(&mut canvas, &[[3.0, 5.0]]);
        assert!(canvas.data.iter().all(|&v| v == 0));
    }
}
