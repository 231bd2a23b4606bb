//! Distance on the features of a network that was trained to see: like LPIPS (Zhang et al. 2018), but **not LPIPS**.

use image::RgbImage;
use image::imageops::FilterType;
use talkinghead_onnx::{OnnxNetwork, OnnxOutput};

use crate::EvaluationError;

/// Side of the pictures that the network is given.
const SIDE: usize = 256;
/// Its file, with the shape of its input.
static NETWORK: PerceptualNetwork = PerceptualNetwork {
    network: OnnxNetwork::new(
        "squeezenet11_features",
        include_bytes!("../../../../assets/models/squeezenet11_features.onnx"),
        &[1, 3, SIDE, SIDE],
    ),
};

/// SqueezeNet 1.1 with ImageNet weights, without its classifier: seven layers of features. Read when it is first needed.
#[derive(Debug)]
pub struct PerceptualNetwork {
    network: OnnxNetwork,
}

impl PerceptualNetwork {
    /// The one that ships with the program.
    pub fn get() -> &'static Self {
        &NETWORK
    }

    /// Distance of two pictures, 0 for equal ones: each layer's features are brought to length 1 at every place; squared differences,
    /// summed over the features, averaged over places, then over the seven layers. Uncalibrated, unlike LPIPS: its numbers compare only
    /// with each other. A portrait shifted by a pixel has about 0.08, blurred with deviation 1 pixel 0.2, mirrored 0.8. Pictures of other
    /// sizes are brought to 256 x 256 pixels.
    ///
    /// # Errors
    /// [`EvaluationError::Network`], which is a defect of the program.
    pub fn distance(&self, a: &RgbImage, b: &RgbImage) -> Result<f64, EvaluationError> {
        let (a, b) = (self.features(a)?, self.features(b)?);
        let layers: f64 = a.iter().zip(&b).map(|(a, b)| layer_distance(a, b)).sum();
        Ok(layers / a.len().max(1) as f64)
    }

    /// Each layer `[channels, places]`, at every place of length 1.
    fn features(&self, picture: &RgbImage) -> Result<Vec<(usize, Vec<f32>)>, EvaluationError> {
        let fit = |p: &RgbImage| image::imageops::resize(p, SIDE as u32, SIDE as u32, FilterType::Triangle);
        let scaled = (picture.dimensions() != (SIDE as u32, SIDE as u32)).then(|| fit(picture));
        let picture = scaled.as_ref().unwrap_or(picture);
        let pixels = picture.as_raw().as_chunks::<3>().0;
        let input: Vec<f32> = (0..3).flat_map(|c| pixels.iter().map(move |p| f32::from(p[c]) / 255.0)).collect();
        let layer = |output: OnnxOutput| {
            let channels = output.shape.get(1).copied().unwrap_or(1).max(1);
            (channels, normalised(output.values, channels))
        };
        let outputs = self.network.run(&input).map_err(|error| EvaluationError::Network { reason: error.reason })?;
        Ok(outputs.into_iter().map(layer).collect())
    }
}

fn normalised(mut values: Vec<f32>, channels: usize) -> Vec<f32> {
    let places = values.len() / channels;
    let mut squares = vec![1e-10_f32; places];
    for channel in values.chunks_exact(places.max(1)) {
        squares.iter_mut().zip(channel).for_each(|(sum, v)| *sum += v * v);
    }
    let scales: Vec<f32> = squares.iter().map(|s| s.sqrt().recip()).collect();
    for channel in values.chunks_exact_mut(places.max(1)) {
        channel.iter_mut().zip(&scales).for_each(|(v, scale)| *v *= scale);
    }
    values
}

fn layer_distance((channels, a): &(usize, Vec<f32>), (_, b): &(usize, Vec<f32>)) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from((a - b) * (a - b))).sum();
    sum / (a.len() / channels).max(1) as f64
}
