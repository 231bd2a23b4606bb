//! A flow in host memory.

use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::layers::read_back;

use super::TeacherFlow;

/// The flow of one pair of pictures, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowField {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Pixels, x then y, for every pixel of the first picture.
    pub flow: Vec<[f32; 2]>,
    /// 0 (not at all) to 1: how far to believe it.
    pub confidence: Vec<f32>,
}

impl FlowField {
    /// Nothing moves, and nobody is sure of it.
    pub fn unknown(width: usize, height: usize) -> Self {
        Self { width, height, flow: vec![[0.0; 2]; width * height], confidence: vec![0.0; width * height] }
    }

    /// Fields of one size as tensors.
    pub fn to_tensors(fields: &[Self], device: &Device) -> TeacherFlow {
        let [width, height] = fields.first().map_or([0, 0], |field| [field.width, field.height]);
        let planes = fields
            .iter()
            .flat_map(|field| [0, 1].into_iter().flat_map(move |axis| field.flow.iter().map(move |place| place[axis])));
        let flow = TensorData::new(planes.collect::<Vec<f32>>(), [fields.len(), 2, height, width]);
        let confidence: Vec<f32> = fields.iter().flat_map(|field| field.confidence.iter().copied()).collect();
        let confidence = TensorData::new(confidence, [fields.len(), 1, height, width]);
        TeacherFlow { flow: Tensor::from_data(flow, device), confidence: Tensor::from_data(confidence, device) }
    }

    /// The fields of tensors.
    ///
    /// # Errors
    /// The device failed.
    pub fn of_tensors(flow: &TeacherFlow) -> Result<Vec<Self>, SynthesisError> {
        let [batch, _, height, width] = flow.flow.dims();
        let pixels = width * height;
        let (flow, confidence) = (read_back(flow.flow.clone().inner())?, read_back(flow.confidence.clone().inner())?);
        let field = |index: usize| {
            let planes = &flow[2 * index * pixels..2 * (index + 1) * pixels];
            let flow = planes[..pixels].iter().zip(&planes[pixels..]).map(|(x, y)| [*x, *y]).collect();
            Self { width, height, flow, confidence: confidence[index * pixels..(index + 1) * pixels].to_vec() }
        };
        Ok((0..batch).map(field).collect())
    }

    /// Mean distance in pixels from a known flow over the pixels that `counts`; none if there are none.
    pub fn end_point_error(&self, truth: &[[f32; 2]], counts: impl Fn(usize) -> bool) -> Option<f64> {
        let mut sum = 0.0;
        let mut count = 0_usize;
        for (index, (found, wanted)) in self.flow.iter().zip(truth).enumerate() {
            if counts(index) {
                sum += f64::from(found[0] - wanted[0]).hypot(f64::from(found[1] - wanted[1]));
                count += 1;
            }
        }
        (count > 0).then(|| sum / count as f64)
    }
}
