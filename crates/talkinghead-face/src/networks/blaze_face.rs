//! MediaPipe's two face detectors, of one build: the short-range one for faces that fill a view, the full-range one for faces
//! that are small in it.

use image::RgbImage;

use super::detection::{Detection, merge};
use super::region::{BorderMode, FaceRegion};
use crate::error::FaceError;
use talkinghead_onnx::OnnxNetwork;

static NEAR_SHAPE: [usize; 4] = [1, 3, 128, 128];
static FAR_SHAPE: [usize; 4] = [1, 3, 192, 192];

/// Boxes of the short-range network: a 16x16 grid with 2 each, then an 8x8 grid with 6 each.
const NEAR_ANCHORS: usize = 896;
/// Side of the full-range network's grid, one box a cell.
const FAR_GRID: usize = 48;
/// Samples along each side that a pixel of the full-range network's view is the mean of: a small face would else be seen
/// through a sieve.
const FAR_SAMPLES: usize = 3;

/// A detector that looks at one square view of a picture at a time.
#[derive(Debug)]
pub(crate) struct BlazeFace {
    name: &'static str,
    network: OnnxNetwork,
    /// Side of its view in pixels.
    side: usize,
    /// Boxes that it always gives.
    anchors: usize,
    anchor: fn(usize) -> [f32; 2],
    /// Scores below this are dropped.
    least_score: f32,
    /// Samples along each side of a view's pixel.
    samples: usize,
}

impl BlazeFace {
    /// The short-range network, for faces from about an eighth of the view's side.
    pub(crate) const fn near() -> Self {
        let name = "face_detector";
        let onnx = include_bytes!("../../../../assets/models/face_detector.onnx");
        let network = OnnxNetwork::new(name, onnx, &NEAR_SHAPE);
        Self { name, network, side: 128, anchors: NEAR_ANCHORS, anchor: near_anchor, least_score: 0.5, samples: 1 }
    }

    /// The full-range network, for faces from a twelfth of the view's side.
    pub(crate) const fn far() -> Self {
        let name = "face_detector_full_range";
        let onnx = include_bytes!("../../../../assets/models/face_detector_full_range.onnx");
        let network = OnnxNetwork::new(name, onnx, &FAR_SHAPE);
        let anchors = FAR_GRID * FAR_GRID;
        Self { name, network, side: 192, anchors, anchor: far_anchor, least_score: 0.6, samples: FAR_SAMPLES }
    }

    /// The faces that a view (square, upright) shows, best score first.
    ///
    /// # Errors
    /// [`FaceError::Network`].
    pub(crate) fn look(&self, picture: &RgbImage, view: &FaceRegion) -> Result<Vec<Detection>, FaceError> {
        let outputs = self.network.run(&self.read(picture, view))?;
        let [boxes, scores] = outputs.as_slice() else {
            return Err(FaceError::network(self.name, format!("{} outputs instead of 2", outputs.len())));
        };
        let (boxes, scores) = (&boxes.values, &scores.values);
        if boxes.len() != self.anchors * 16 || scores.len() != self.anchors {
            return Err(FaceError::network(self.name, format!("outputs of {} and {} numbers", boxes.len(), scores.len())));
        }
        let mut candidates = Vec::new();
        for (index, &logit) in scores.iter().enumerate() {
            let score = 1.0 / (1.0 + (-logit.clamp(-100.0, 100.0)).exp());
            if score >= self.least_score {
                candidates.push(self.decode(&boxes[16 * index..16 * index + 16], (self.anchor)(index), score, view));
            }
        }
        Ok(merge(candidates))
    }

    /// The view as the network's input, `[3, side, side]`, -1..1.
    fn read(&self, picture: &RgbImage, view: &FaceRegion) -> Vec<f32> {
        let fine = self.samples;
        let input = view.read(picture, self.side * fine, BorderMode::Black, 1.0 / 127.5, -1.0);
        if fine == 1 {
            return input;
        }
        let weight = 1.0 / (fine * fine) as f32;
        let (row, side) = (self.side * fine, self.side);
        let mut means = vec![0.0; 3 * side * side];
        for (line, values) in input.chunks_exact(row).enumerate() {
            // Lines of the three planes follow each other; `fine` of them make one.
            let out = &mut means[line / fine * side..][..side];
            for (mean, block) in out.iter_mut().zip(values.chunks_exact(fine)) {
                *mean += weight * block.iter().sum::<f32>();
            }
        }
        means
    }

    fn decode(&self, raw: &[f32], anchor: [f32; 2], score: f32, view: &FaceRegion) -> Detection {
        let unit = self.side as f32;
        let at = |x: f32, y: f32| view.to_picture(x / unit + anchor[0], y / unit + anchor[1]);
        let [x, y] = at(raw[0], raw[1]);
        let (width, height) = (raw[2] / unit * view.width, raw[3] / unit * view.height);
        Detection {
            score,
            bounds: [x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0],
            keypoints: std::array::from_fn(|k| at(raw[4 + 2 * k], raw[5 + 2 * k])),
        }
    }
}

/// Centre of a short-range box, 0..1.
fn near_anchor(index: usize) -> [f32; 2] {
    let (cell, grid) = if index < 512 { (index / 2, 16) } else { ((index - 512) / 6, 8) };
    centre(cell, grid)
}

/// Centre of a full-range box, 0..1.
fn far_anchor(index: usize) -> [f32; 2] {
    centre(index, FAR_GRID)
}

/// Centre of a grid's cell, counted row by row, 0..1.
fn centre(cell: usize, grid: usize) -> [f32; 2] {
    [((cell % grid) as f32 + 0.5) / grid as f32, ((cell / grid) as f32 + 0.5) / grid as f32]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_networks_that_ship_load() {
        BlazeFace::near().network.load().unwrap();
        BlazeFace::far().network.load().unwrap();
    }

    #[test]
    fn anchors_cover_their_grids() {
        assert_eq!(near_anchor(0), [0.5 / 16.0, 0.5 / 16.0]);
        assert_eq!(near_anchor(511), [15.5 / 16.0, 15.5 / 16.0]);
        assert_eq!(near_anchor(512), [0.5 / 8.0, 0.5 / 8.0]);
        assert_eq!(near_anchor(895), [7.5 / 8.0, 7.5 / 8.0]);
        assert_eq!(far_anchor(0), [0.5 / 48.0, 0.5 / 48.0]);
        assert_eq!(far_anchor(2303), [47.5 / 48.0, 47.5 / 48.0]);
    }

    #[test]
    fn a_far_view_is_the_mean_of_what_it_covers() {
        // Fine stripes: sampled, a pixel would be black or white.
        let stripes = RgbImage::from_fn(1152, 1152, |x, _| image::Rgb([if x / 2 % 2 == 0 { 0 } else { 255 }; 3]));
        let view = FaceRegion::around_picture(1152, 1152);
        let input = BlazeFace::far().read(&stripes, &view);
        assert_eq!(input.len(), 3 * 192 * 192);
        let inner = &input[192 * 96 + 10..192 * 96 + 180];
        assert!(inner.iter().all(|v| v.abs() < 0.7), "{inner:?}");
    }
}
