//! Least squares with bounds: weights from 0 to 1 whose mix of columns is nearest to a vector.

/// Columns prepared for many right-hand sides.
#[derive(Clone, Debug)]
pub(super) struct BoundedLeastSquares {
    /// `[columns][rows]`.
    columns: Vec<Vec<f32>>,
    /// `[columns][columns]`: products of columns, with a little on the diagonal.
    products: Vec<Vec<f32>>,
}

/// Passes over all weights; the problems here have a dozen of them.
const PASSES: usize = 80;
/// Added to the diagonal, relative to it: what hardly matters stays near 0.
const RIDGE: f32 = 2e-3;

impl BoundedLeastSquares {
    pub(super) fn new(columns: Vec<Vec<f32>>) -> Self {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let mut products: Vec<Vec<f32>> = columns.iter().map(|a| columns.iter().map(|b| dot(a, b)).collect()).collect();
        for (k, row) in products.iter_mut().enumerate() {
            row[k] = row[k] * (1.0 + RIDGE) + 1e-9;
        }
        Self { columns, products }
    }

    /// Weights of the columns for `wanted`, by coordinate descent from 0.
    pub(super) fn solve(&self, wanted: &[f32]) -> Vec<f32> {
        let target: Vec<f32> = self.columns.iter().map(|c| c.iter().zip(wanted).map(|(c, w)| c * w).sum()).collect();
        let mut weights = vec![0.0_f32; self.columns.len()];
        for _ in 0..PASSES {
            for (k, row) in self.products.iter().enumerate() {
                let others: f32 = row.iter().zip(&weights).map(|(p, w)| p * w).sum::<f32>() - row[k] * weights[k];
                weights[k] = ((target[k] - others) / row[k]).clamp(0.0, 1.0);
            }
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_stay_in_bounds_and_fit() {
        let problem = BoundedLeastSquares::new(vec![vec![1.0, 0.0, 0.5], vec![0.0, 2.0, 0.5], vec![-1.0, -1.0, 0.0]]);
        let found = problem.solve(&[0.5, 1.0, 0.5]);
        assert!((found[0] - 0.5).abs() < 0.01 && (found[1] - 0.5).abs() < 0.01 && found[2] < 0.01, "{found:?}");
        assert_eq!(problem.solve(&[9.0, 0.0, 0.0])[0], 1.0);
        assert!(problem.solve(&[-0.3, -0.3, 0.0])[2] > 0.25);
    }
}
