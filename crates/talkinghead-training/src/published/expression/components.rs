//! The directions in which landmarks vary most: what the network speaks in.

use nalgebra::{DMatrix, SymmetricEigen};
use talkinghead_synthesis::weights::{HostTensor, StateDict};

use crate::published::PublishedMotionError;

/// Coefficients of a face.
pub const COMPONENTS: usize = 20;
/// Numbers of a face: x and y of 68 points.
pub const NUMBERS: usize = 136;

const MEAN_KEY: &str = "landmarks.mean";
const DIRECTIONS_KEY: &str = "landmarks.directions";

/// Mean and principal directions of frontal landmarks: `coefficients = (landmarks - mean) directions^T`.
#[derive(Debug, Clone, PartialEq)]
pub struct LandmarkComponents {
    mean: Vec<f64>,
    /// `[20][136]`, of length 1.
    directions: Vec<Vec<f64>>,
}

impl LandmarkComponents {
    /// Of so many faces of x, y, x, y, ... pixels.
    ///
    /// # Errors
    /// The faces vary in fewer than 20 ways.
    pub fn fit(faces: &[Vec<f64>]) -> Result<Self, PublishedMotionError> {
        let count = faces.len().max(1) as f64;
        let mean: Vec<f64> = (0..NUMBERS).map(|k| faces.iter().map(|face| face[k]).sum::<f64>() / count).collect();
        let mut covariance = DMatrix::<f64>::zeros(NUMBERS, NUMBERS);
        for face in faces {
            let centred: Vec<f64> = face.iter().zip(&mean).map(|(value, mean)| value - mean).collect();
            for (row, a) in centred.iter().enumerate() {
                for (column, b) in centred.iter().enumerate().take(row + 1) {
                    covariance[(row, column)] += a * b / count;
                }
            }
        }
        covariance.fill_upper_triangle_with_lower_triangle();
        let eigen = SymmetricEigen::new(covariance);
        let mut order: Vec<usize> = (0..NUMBERS).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        if eigen.eigenvalues[order[COMPONENTS - 1]] <= 1e-9 {
            return Err(PublishedMotionError::Components { wanted: COMPONENTS });
        }
        let direction = |&k: &usize| -> Vec<f64> {
            let column = eigen.eigenvectors.column(k);
            // A direction and its opposite are the same; the largest part is positive.
            let largest = column.iter().fold(0.0_f64, |most, value| if value.abs() > most.abs() { *value } else { most });
            column.iter().map(|value| value * largest.signum()).collect()
        };
        Ok(Self { mean, directions: order[..COMPONENTS].iter().map(direction).collect() })
    }

    /// Coefficients of a face.
    pub fn coefficients(&self, face: &[f64]) -> [f32; COMPONENTS] {
        std::array::from_fn(|k| {
            let parts = self.directions[k].iter().zip(face).zip(&self.mean);
            parts.map(|((direction, value), mean)| direction * (value - mean)).sum::<f64>() as f32
        })
    }

    /// The face of coefficients.
    pub fn face(&self, coefficients: &[f32; COMPONENTS]) -> Vec<f64> {
        let mut face = self.mean.clone();
        for (coefficient, direction) in coefficients.iter().zip(&self.directions) {
            face.iter_mut().zip(direction).for_each(|(value, part)| *value += f64::from(*coefficient) * part);
        }
        face
    }

    /// As tensors beside a network's.
    pub fn save(&self, dict: &mut StateDict) {
        let narrow = |values: &[f64]| values.iter().map(|value| *value as f32).collect::<Vec<f32>>();
        let mean = HostTensor { shape: vec![NUMBERS], values: narrow(&self.mean), integer: false };
        let values = self.directions.iter().flat_map(|direction| narrow(direction)).collect();
        dict.insert(MEAN_KEY, mean);
        dict.insert(DIRECTIONS_KEY, HostTensor { shape: vec![COMPONENTS, NUMBERS], values, integer: false });
    }

    /// Takes those tensors out of a file's; none if it does not hold them, as published checkpoints do not.
    pub fn take(dict: &mut StateDict) -> Option<Self> {
        let [mean, directions] = [MEAN_KEY, DIRECTIONS_KEY].map(|key| dict.take(key));
        let (mean, directions) = (mean?, directions?);
        if mean.shape != [NUMBERS] || directions.shape != [COMPONENTS, NUMBERS] {
            return None;
        }
        let wide = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect::<Vec<f64>>();
        Some(Self { mean: wide(&mean.values), directions: directions.values.chunks_exact(NUMBERS).map(wide).collect() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn faces() -> Vec<Vec<f64>> {
        let value = |i: usize, k: usize| {
            (0..30).map(|c| ((i * (c + 2)) as f64).sin() * ((k * (c + 1)) as f64 * 0.1).cos() / (1 + c) as f64).sum::<f64>()
        };
        (0..200).map(|i| (0..NUMBERS).map(|k| k as f64 + 10.0 * value(i, k)).collect()).collect()
    }

    #[test]
    fn a_face_comes_back_but_for_what_varies_least() {
        let faces = faces();
        let components = LandmarkComponents::fit(&faces).unwrap();
        let miss = |face: &Vec<f64>| {
            let back = components.face(&components.coefficients(face));
            back.iter().zip(face).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / NUMBERS as f64
        };
        let spread =
            |face: &Vec<f64>| face.iter().zip(&components.mean).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / NUMBERS as f64;
        let (lost, all): (f64, f64) = (faces.iter().map(miss).sum(), faces.iter().map(spread).sum());
        assert!(lost < 0.02 * all, "{lost} of {all}");
        let mut dict = StateDict::new();
        components.save(&mut dict);
        let read = LandmarkComponents::take(&mut dict).unwrap();
        assert!((read.coefficients(&faces[3])[0] - components.coefficients(&faces[3])[0]).abs() < 1e-3);
        assert!(LandmarkComponents::take(&mut dict).is_none());
    }

    #[test]
    fn faces_that_hardly_vary_are_refused() {
        assert!(LandmarkComponents::fit(&vec![vec![1.0; NUMBERS]; 50]).is_err());
    }
}
