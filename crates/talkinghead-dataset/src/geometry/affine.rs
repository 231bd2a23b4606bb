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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_affine_map_is_found_again(
            entries in prop::collection::vec(-2.0_f64..2.0, 12),
            points in prop::collection::vec(prop::array::uniform3(-100.0_f64..100.0), 12..40),
        ) {
            let truth = Matrix3x4::from_row_slice(&entries);
            let Some(found) = fit_affine(&points, &apply_affine(&truth, &points)) else {
                // Only points that lie in a plane (nearly impossible by chance) have no answer.
                return Ok(());
            };
            prop_assert!((found - truth).abs().max() < 1e-8, "{found} {truth}");
        }

        #[test]
        fn the_fit_is_the_best_there_is(
            from in prop::collection::vec(prop::array::uniform3(-50.0_f64..50.0), 20),
            noise in prop::collection::vec(prop::array::uniform3(-5.0_f64..5.0), 20),
            nudge in prop::collection::vec(-0.01_f64..0.01, 12),
        ) {
            let to: Vec<[f64; 3]> = from.iter().zip(&noise).map(|(p, n)| std::array::from_fn(|k| p[k] + n[k])).collect();
            let error = |map: &Matrix3x4<f64>| {
                apply_affine(map, &from).iter().zip(&to).map(|(a, b)| (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>()).sum::<f64>()
            };
            if let Some(found) = fit_affine(&from, &to) {
                prop_assert!(error(&found) <= error(&(found + Matrix3x4::from_row_slice(&nudge))) + 1e-9);
            }
        }
    }

    #[test]
    fn points_in_a_plane_have_no_map() {
        let flat: Vec<[f64; 3]> = (0..9).map(|i| [f64::from(i % 3), f64::from(i / 3), 1.0]).collect();
        assert_eq!(fit_affine(&flat, &flat), None);
        assert_eq!(fit_affine(&flat[..3], &flat[..3]), None);
        assert_eq!(fit_affine(&flat, &flat[..8]), None);
    }
}
