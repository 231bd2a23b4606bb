//! SyncNet (Chung and Zisserman 2016): do these lips belong to this sound? The network of the public `syncnet_python`.

use std::path::Path;

use image::RgbImage;
use talkinghead_formats::StateDict;
use talkinghead_kernels::Geometry;

use super::feature_map::FeatureMap;
use super::layers::{ConvolutionLayer, Followed, LinearLayer, RELU};
use super::mfcc::CEPSTRA;
use super::pooling::max_pool;
use super::weights::Weights;
use crate::EvaluationError;

/// Frames of a window.
pub const SYNCNET_FRAMES: usize = 5;
/// Side of the pictures that it is given, in pixels.
pub const SYNCNET_SIDE: u32 = 224;
/// Windows of sound that go with five frames.
const SOUND_WINDOWS: usize = 20;
const EPSILON: f32 = 1e-5;
const EMBEDDING: usize = 1024;
const IN_WORDS: &str = "SyncNet in the layout of syncnet_python";

/// Pooling of 3 x 3 behind a convolution.
#[derive(Clone, Copy, Debug)]
struct Pool {
    stride: [usize; 2],
    padding: usize,
}

#[derive(Debug)]
struct Tower {
    layers: Vec<(ConvolutionLayer, Option<Pool>)>,
    hidden: LinearLayer,
    output: LinearLayer,
}

/// The network.
#[derive(Debug)]
pub struct SyncNet {
    mouth: Tower,
    sound: Tower,
}

impl SyncNet {
    /// Reads `syncnet_v2.model`, or the same as safetensors.
    ///
    /// # Errors
    /// The file cannot be read or is another network's: the first tensor that is missing is named.
    pub fn read(path: &Path) -> Result<Self, EvaluationError> {
        Self::of(Weights::read(path, IN_WORDS)?)
    }

    /// The same of tensors in memory.
    ///
    /// # Errors
    /// They are another network's.
    pub fn from_tensors(dict: StateDict) -> Result<Self, EvaluationError> {
        Self::of(Weights::of(Path::new("tensors"), IN_WORDS, dict))
    }

    fn of(mut weights: Weights) -> Result<Self, EvaluationError> {
        Ok(Self { sound: sound(&mut weights)?, mouth: mouth(&mut weights)? })
    }

    /// The embedding of five successive frames of 224 x 224 pixels.
    ///
    /// # Errors
    /// Another number or size of frames.
    pub fn of_frames(&self, frames: &[&RgbImage]) -> Result<Vec<f32>, EvaluationError> {
        let sizes = frames.iter().all(|frame| frame.dimensions() == (SYNCNET_SIDE, SYNCNET_SIDE));
        if frames.len() != SYNCNET_FRAMES || !sizes {
            return Err(EvaluationError::Network { reason: "SyncNet takes five frames of 224 x 224 pixels".to_owned() });
        }
        // Blue first, as OpenCV reads pictures; the frames of each colour one after the other: time is a part of the channels.
        let colours = [2, 1, 0].into_iter().flat_map(|colour| frames.iter().map(move |frame| (colour, frame)));
        let pixels =
            colours.flat_map(|(colour, frame)| frame.as_raw().as_chunks::<3>().0.iter().map(move |p| f32::from(p[colour])));
        let side = SYNCNET_SIDE as usize;
        self.mouth.embedding(FeatureMap { channels: 3 * frames.len(), height: side, width: side, values: pixels.collect() })
    }

    /// The embedding of the 20 windows of sound that go with five frames.
    ///
    /// # Errors
    /// Another number of windows.
    pub fn of_sound(&self, windows: &[[f32; CEPSTRA]]) -> Result<Vec<f32>, EvaluationError> {
        if windows.len() != SOUND_WINDOWS {
            return Err(EvaluationError::Network { reason: "SyncNet takes 20 windows of sound".to_owned() });
        }
        let values = (0..CEPSTRA).flat_map(|k| windows.iter().map(move |window| window[k])).collect();
        self.sound.embedding(FeatureMap { channels: 1, height: CEPSTRA, width: windows.len(), values })
    }

    /// Windows of five frames that a video and its sound have in common, as the public code counts them: one fewer than there are.
    pub fn windows(frames: usize, samples: usize) -> usize {
        frames.min(samples / 640).saturating_sub(SYNCNET_FRAMES)
    }

    /// The windows of sound that go with the five frames from `frame` on, where the sound is long enough.
    pub fn sound_at(windows: &[[f32; CEPSTRA]], frame: usize) -> Option<&[[f32; CEPSTRA]]> {
        windows.get(4 * frame..4 * frame + SOUND_WINDOWS)
    }
}

impl Tower {
    fn embedding(&self, mut map: FeatureMap) -> Result<Vec<f32>, EvaluationError> {
        for (layer, pool) in &self.layers {
            map = layer.forward(&map)?;
            if let Some(Pool { stride, padding }) = *pool {
                map = max_pool(&map, 3, stride, padding);
            }
        }
        let mut hidden = self.hidden.forward(&map.values);
        hidden.iter_mut().for_each(|value| *value = value.max(0.0));
        Ok(self.output.forward(&hidden))
    }

    /// The two linear layers behind the convolutions.
    fn ends(weights: &mut Weights, key: &str) -> Result<(LinearLayer, LinearLayer), EvaluationError> {
        let norm = format!("{key}.1");
        let hidden = LinearLayer::read(weights, &format!("{key}.0"), [512, 512], Some((&norm, EPSILON)))?;
        Ok((hidden, LinearLayer::read(weights, &format!("{key}.3"), [EMBEDDING, 512], None)?))
    }
}

fn sound(weights: &mut Weights) -> Result<Tower, EvaluationError> {
    let pool = |stride: [usize; 2]| Some(Pool { stride, padding: 0 });
    let three = |input: usize, output: usize| Geometry::new(input, output, 3).padding(1);
    let plan = [
        (0, three(1, 64), None),
        (4, three(64, 192), pool([1, 2])),
        (8, three(192, 384), None),
        (11, three(384, 256), None),
        (14, three(256, 256), pool([2, 2])),
        (18, Geometry { kernel: [5, 4], ..Geometry::new(256, 512, 1) }, None),
    ];
    let mut layers = Vec::new();
    for (index, geometry, pool) in plan {
        let norm = format!("netcnnaud.{}", index + 1);
        let followed = Followed::BiasAndNorm(&norm, EPSILON);
        layers.push((ConvolutionLayer::read(weights, &format!("netcnnaud.{index}"), geometry, followed, RELU)?, pool));
    }
    let (hidden, output) = Tower::ends(weights, "netfcaud")?;
    Ok(Tower { layers, hidden, output })
}

fn mouth(weights: &mut Weights) -> Result<Tower, EvaluationError> {
    let pool = |padding: usize| Some(Pool { stride: [2, 2], padding });
    let three = Geometry::new(256, 256, 3).padding(1);
    let plan = [
        (0, 5, Geometry::new(3 * SYNCNET_FRAMES, 96, 7).stride(2), pool(0)),
        (4, 1, Geometry::new(96, 256, 5).stride(2).padding(1), pool(1)),
        (8, 1, three, None),
        (11, 1, three, None),
        (14, 1, three, pool(0)),
        (18, 1, Geometry::new(256, 512, 6), None),
    ];
    let mut layers = Vec::new();
    for (index, frames, geometry, pool) in plan {
        let (key, norm) = (format!("netcnnlip.{index}"), format!("netcnnlip.{}", index + 1));
        let [kernel_height, kernel_width] = geometry.kernel;
        // `[output, colours, frames, kh, kw]` is `[output, colours * frames, kh, kw]` as it lies in memory.
        let shape = [geometry.output, geometry.input / frames, frames, kernel_height, kernel_width];
        let values = weights.take(&format!("{key}.weight"), &shape)?;
        let followed = Followed::BiasAndNorm(&norm, EPSILON);
        layers.push((ConvolutionLayer::of(weights, &key, values, geometry, followed, RELU)?, pool));
    }
    let (hidden, output) = Tower::ends(weights, "netfclip")?;
    Ok(Tower { layers, hidden, output })
}
