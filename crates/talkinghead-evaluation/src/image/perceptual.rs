//! Distance on the features of a network that was trained to see: like LPIPS (Zhang et al. 2018), but **not LPIPS**.

use std::sync::{Arc, OnceLock};

use image::RgbImage;
use image::imageops::FilterType;
use tract_onnx::prelude::*;

use crate::EvaluationError;

/// Side of the pictures that the network is given.
const SIDE: usize = 256;
static FILE: &[u8] = include_bytes!("../../../../assets/models/squeezenet11_features.onnx");

/// SqueezeNet 1.1 with ImageNet weights, without its classifier: seven layers of features. Read when it is first needed.
#[derive(Debug, Default)]
pub struct PerceptualNetwork {
    plan: OnceLock<Result<Arc<TypedRunnableModel>, String>>,
}

impl PerceptualNetwork {
    /// The one that ships with the program.
    pub fn get() -> &'static Self {
        static NETWORK: OnceLock<PerceptualNetwork> = OnceLock::new();
        NETWORK.get_or_init(Self::default)
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
        let plan = self.plan.get_or_init(|| load().map_err(|error| format!("{error:#}")));
        let plan = plan.as_ref().map_err(|reason| EvaluationError::Network { reason: reason.clone() })?;
        let run = || -> TractResult<Vec<(usize, Vec<f32>)>> {
            let tensor = Tensor::from_shape(&[1, 3, SIDE, SIDE], &input)?;
            let layer = |output: &TValue| -> TractResult<(usize, Vec<f32>)> {
                let values: Vec<f32> = output.to_plain_array_view::<f32>()?.iter().copied().collect();
                let channels = output.shape().get(1).copied().unwrap_or(1).max(1);
                Ok((channels, normalised(values, channels)))
            };
            plan.run(tvec!(tensor.into_tvalue()))?.iter().map(layer).collect()
        };
        run().map_err(|error| EvaluationError::Network { reason: format!("{error:#}") })
    }
}

fn load() -> TractResult<Arc<TypedRunnableModel>> {
    let mut bytes = FILE;
    tract_onnx::onnx()
        .model_for_read(&mut bytes)?
        .with_input_fact(0, f32::fact([1, 3, SIDE, SIDE]).into())?
        .into_optimized()?
        .into_runnable()
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
