//! What a teacher looks at.

use burn::tensor::Tensor;
use talkinghead_face::FlatLandmarks68;
use talkinghead_synthesis::SynthesisError;

use super::FlowError;

/// Pairs of pictures, and where the faces in them are if that is known.
#[derive(Debug, Clone)]
pub struct FlowPairs {
    /// `[batch, 3, height, width]`, RGB, -1..1. The flow is that of these pictures' pixels.
    pub first: Tensor<4>,
    /// Of the same shape: where those pixels are found.
    pub second: Tensor<4>,
    /// One for each pair, or none at all.
    pub landmarks: Vec<LandmarkPair>,
}

/// Landmarks of a pair of pictures, in pixels of the pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct LandmarkPair {
    /// In the first picture.
    pub first: FlatLandmarks68,
    /// In the second.
    pub second: FlatLandmarks68,
}

impl FlowPairs {
    /// Pairs without landmarks.
    pub fn of_pictures(first: Tensor<4>, second: Tensor<4>) -> Self {
        Self { first, second, landmarks: Vec::new() }
    }

    /// Batch, height and width.
    ///
    /// # Errors
    /// The pictures are not two of one shape with three channels.
    pub fn size(&self) -> Result<[usize; 3], FlowError> {
        let [batch, channels, height, width] = self.first.dims();
        if channels != 3 || batch * height * width == 0 || self.first.dims() != self.second.dims() {
            let found = format!("{:?} and {:?}", self.first.dims(), self.second.dims());
            return Err(SynthesisError::input("pictures", "two of [batch, 3, height, width]", found).into());
        }
        Ok([batch, height, width])
    }

    /// The second picture first.
    pub fn reversed(&self) -> Self {
        let turn = |pair: &LandmarkPair| LandmarkPair { first: pair.second, second: pair.first };
        Self { first: self.second.clone(), second: self.first.clone(), landmarks: self.landmarks.iter().map(turn).collect() }
    }
}
