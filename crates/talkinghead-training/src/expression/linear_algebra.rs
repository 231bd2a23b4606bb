//! Weighted principal components and ridge regression: small, exact, in double precision.

use nalgebra::{DMatrix, DVector};

use super::error::ExpressionTrainingError;

/// Weighted sums of rows and their products, from which means, covariances and regressions follow.
#[derive(Clone, Debug)]
pub struct Moments {
    weight: f64,
    sum: DVector<f64>,
    products: DMatrix<f64>,
}

impl Moments {
    /// For rows of `size` values.
    pub fn new(size: usize) -> Self {
        Self { weight: 0.0, sum: DVector::zeros(size), products: DMatrix::zeros(size, size) }
    }

    /// Adds a row.
    pub fn add(&mut self, row: &[f32], weight: f32) {
        let row = DVector::from_iterator(row.len(), row.iter().map(|&v| f64::from(v)));
        let weight = f64::from(weight);
        self.weight += weight;
        self.sum.axpy(weight, &row, 1.0);
        self.products.syger(weight, &row, &row, 1.0);
    }

    fn covariance(&self) -> DMatrix<f64> {
        let mean = &self.sum / self.weight.max(1e-9);
        let mut covariance = &self.products / self.weight.max(1e-9);
        covariance.fill_upper_triangle_with_lower_triangle();
        covariance - &mean * mean.transpose()
    }

    /// The `count` strongest components; signs are such that each one's largest entry is positive.
    pub fn components(&self, count: usize) -> Components {
        let size = self.sum.len();
        let eigen = self.covariance().symmetric_eigen();
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        let total: f64 = eigen.eigenvalues.iter().map(|v| v.max(0.0)).sum();
        let (mut rows, mut deviations) = (Vec::new(), Vec::new());
        for &index in &order[..count.min(size)] {
            let column = eigen.eigenvectors.column(index);
            let largest = column.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
            rows.push(column.iter().map(|v| (v * largest.signum()) as f32).collect());
            deviations.push(eigen.eigenvalues[index].max(0.0).sqrt() as f32);
        }
        let kept: f64 = deviations.iter().map(|&d| f64::from(d).powi(2)).sum();
        let mean = self.sum.iter().map(|s| (s / self.weight.max(1e-9)) as f32).collect();
        Components { mean, rows, deviations, explained: (kept / total.max(1e-12)) as f32 }
    }
}

/// Principal components.
#[derive(Clone, Debug)]
pub struct Components {
    /// Mean row.
    pub mean: Vec<f32>,
    /// Unit rows, strongest first.
    pub rows: Vec<Vec<f32>>,
    /// Standard deviation along each.
    pub deviations: Vec<f32>,
    /// Share of the variance that they hold.
    pub explained: f32,
}

/// Least squares with a penalty on the weights.
#[derive(Clone, Debug)]
pub struct Ridge {
    moments: DMatrix<f64>,
    cross: DMatrix<f64>,
}

impl Ridge {
    /// For so many inputs and outputs.
    pub fn new(inputs: usize, outputs: usize) -> Self {
        Self { moments: DMatrix::zeros(inputs, inputs), cross: DMatrix::zeros(inputs, outputs) }
    }

    /// Adds an example.
    pub fn add(&mut self, input: &[f32], output: &[f32], weight: f32) {
        let weight = f64::from(weight);
        let row = DVector::from_iterator(input.len(), input.iter().map(|&v| f64::from(v)));
        let output = DVector::from_iterator(output.len(), output.iter().map(|&v| f64::from(v)));
        self.moments.syger(weight, &row, &row, 1.0);
        self.cross.ger(weight, &row, &output, 1.0);
    }

    /// The weights `[outputs][inputs]`, without a constant: what is 0 stays 0.
    ///
    /// # Errors
    /// The examples do not determine the weights.
    pub fn solve(&self, penalty: f64, what: &'static str) -> Result<Vec<Vec<f32>>, ExpressionTrainingError> {
        let mut moments = self.moments.clone();
        moments.fill_upper_triangle_with_lower_triangle();
        for i in 0..moments.nrows() {
            moments[(i, i)] += penalty;
        }
        let solution = moments.cholesky().ok_or(ExpressionTrainingError::Singular(what))?.solve(&self.cross);
        Ok(solution.column_iter().map(|column| column.iter().map(|&v| v as f32).collect()).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn cloud() -> impl Iterator<Item = [f32; 3]> {
        (0..400).map(|i| {
            let (a, b) = ((i as f32 * 0.7).sin() * 3.0, (i as f32 * 1.9).cos());
            [a + b + 1.0, a - b, 0.01 * (i as f32 * 5.1).sin()]
        })
    }

    #[test]
    fn components_are_found_again() {
        let mut moments = Moments::new(3);
        cloud().for_each(|row| moments.add(&row, 1.0));
        let found = moments.components(2);
        let half = 0.5f32.sqrt();
        assert!((found.rows[0][0] - half).abs() < 0.02 && (found.rows[0][1] - half).abs() < 0.02);
        assert!((found.mean[0] - 1.0).abs() < 0.05 && found.explained > 0.999);
        assert!(found.deviations[0] > found.deviations[1]);
    }

    #[test]
    fn a_line_is_found_again() {
        let mut ridge = Ridge::new(3, 1);
        cloud().for_each(|row| ridge.add(&row, &[2.0 * row[0] - row[1]], 1.0));
        let weight = ridge.solve(1e-6, "the test").unwrap();
        assert!((weight[0][0] - 2.0).abs() < 1e-3 && (weight[0][1] + 1.0).abs() < 1e-3);
    }
}
