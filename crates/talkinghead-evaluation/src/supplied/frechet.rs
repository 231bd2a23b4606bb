//! The Fréchet distance of two clouds of features, each taken for a Gaussian (Dowson and Landau 1982; Heusel et al. 2017).

use nalgebra::DMatrix;

/// `|mean a - mean b|² + trace(A + B - 2 (A B)^½)` with the sample covariances `A` and `B`. `None` where a cloud has fewer than two
/// points or they have different lengths.
///
/// The trace of the root is the sum of the singular values of `X Yᵀ`, where the rows of `X` and `Y` are the centred points: exact for
/// clouds of fewer points than features too, whose covariances have no full rank.
pub fn frechet_distance(a: &[Vec<f32>], b: &[Vec<f32>]) -> Option<f64> {
    let features = a.first()?.len();
    if a.len() < 2 || b.len() < 2 || a.iter().chain(b).any(|point| point.len() != features) {
        return None;
    }
    let ((mean_a, x), (mean_b, y)) = (centred(a, features), centred(b, features));
    let apart: f64 = mean_a.iter().zip(&mean_b).map(|(a, b)| (a - b).powi(2)).sum();
    let spread = x.norm_squared() + y.norm_squared();
    let common: f64 = (short(x) * short(y).transpose()).singular_values().sum();
    Some((apart + spread - 2.0 * common).max(0.0))
}

/// The mean, and the points without it over the root of their number less one: the product with its own transpose is the covariance.
fn centred(points: &[Vec<f32>], features: usize) -> (Vec<f64>, DMatrix<f64>) {
    let count = points.len();
    let mean: Vec<f64> = (0..features).map(|k| points.iter().map(|p| f64::from(p[k])).sum::<f64>() / count as f64).collect();
    let root = ((count - 1) as f64).sqrt();
    let matrix = DMatrix::from_fn(count, features, |row, k| (f64::from(points[row][k]) - mean[k]) / root);
    (mean, matrix)
}

/// The same covariance from no more rows than columns.
fn short(points: DMatrix<f64>) -> DMatrix<f64> {
    if points.nrows() > points.ncols() { points.qr().r() } else { points }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Points whose covariance is diagonal: the axes' ends, moved.
    fn cross(spread: [f32; 2], middle: [f32; 2]) -> Vec<Vec<f32>> {
        let [x, y] = spread;
        [[x, 0.0], [-x, 0.0], [0.0, y], [0.0, -y]].map(|p| vec![p[0] + middle[0], p[1] + middle[1]]).to_vec()
    }

    #[test]
    fn clouds_with_known_distance() {
        // Variances are 2 s² / 3 along each axis; roots of the products are known.
        let (a, b) = (cross([3.0, 1.0], [0.0, 0.0]), cross([1.0, 2.0], [3.0, 4.0]));
        let variance = |s: f64| 2.0 * s * s / 3.0;
        let roots = (variance(3.0) * variance(1.0)).sqrt() + (variance(1.0) * variance(2.0)).sqrt();
        let wanted = 25.0 + variance(3.0) + variance(1.0) + variance(1.0) + variance(2.0) - 2.0 * roots;
        assert!((frechet_distance(&a, &b).unwrap() - wanted).abs() < 1e-9);
        assert!(frechet_distance(&a, &a).unwrap() < 1e-9);
        assert!(frechet_distance(&a[..1], &b).is_none() && frechet_distance(&[], &b).is_none());
    }

    #[test]
    fn fewer_points_than_features_are_enough() {
        let cloud = |seed: usize| -> Vec<Vec<f32>> {
            (0..5).map(|p| (0..40).map(|k| ((p * 7 + k * 3 + seed) as f32).sin()).collect()).collect()
        };
        let (a, b) = (cloud(0), cloud(9));
        assert!(frechet_distance(&a, &a).unwrap() < 1e-6);
        assert!(frechet_distance(&a, &b).unwrap() > 0.1);
        assert!((frechet_distance(&a, &b).unwrap() - frechet_distance(&b, &a).unwrap()).abs() < 1e-9);
    }
}
