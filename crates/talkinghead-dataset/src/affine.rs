//! The affine map that puts a mesh into the standard frame (SPEC-data, section 6, "Alignment").

use nalgebra::{DMatrix, Matrix3x4, Vector4};

/// Least-squares affine map, `[3, 4]`, from one set of points to another of the same length: `to = A [from, 1]`. `None` when
/// there are fewer than four points or they lie in a plane.
pub fn fit_affine(from: &[[f64; 3]], to: &[[f64; 3]]) -> Option<Matrix3x4<f64>> {
    if from.len() < 4 || from.len() != to.len() {
        return None;
    }
    let known = DMatrix::from_fn(from.len(), 4, |row, column| if column < 3 { from[row][column] } else { 1.0 });
    let wanted = DMatrix::from_fn(to.len(), 3, |row, column| to[row][column]);
    let svd = known.svd(true, true);
    let tolerance = 1e-12 * svd.singular_values.max();
    if svd.rank(tolerance) < 4 {
        return None;
    }
    let solution = svd.solve(&wanted, tolerance).ok()?;
    Some(Matrix3x4::from_fn(|row, column| solution[(column, row)]))
}

/// The points carried over.
pub fn apply_affine(map: &Matrix3x4<f64>, points: &[[f64; 3]]) -> Vec<[f64; 3]> {
    points.iter().map(|p| (map * Vector4::new(p[0], p[1], p[2], 1.0)).into()).collect()
}
