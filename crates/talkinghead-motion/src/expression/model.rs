//! From speech features to expressions, frame by frame.

use std::collections::VecDeque;
use std::sync::OnceLock;

use talkinghead_speech::SpeechFrame;

use super::inputs::{GROUPS, InputReduction, groups};
use super::network::{ExpressionNetwork, LAYERS, OUTPUTS};
use super::tensor_file::{TensorFile, TensorFileError};
use super::{Expression, LookAhead, SHAPE_COMPONENTS};

/// Predictions regress to the mean; this restores the liveliness of real speech. On people who did not teach, predicted openings have
/// 0.75 of the real standard deviation, predicted widths 0.65.
const LIVELINESS: f32 = 1.3;
const LIVELINESS_OF_WIDTH: f32 = 1.5;
/// How much of the opening p, b and m take away.
const CLOSURE: f32 = 0.95;
/// Pauses shorter than twice this leave the mouth as the model has it, frames.
const PAUSE_HOLD: usize = 6;
/// Then the mouth comes to rest over this many frames to each side.
const PAUSE_FADE: usize = 4;
/// Frames to each side that an expression depends on.
const MARGIN: usize = PAUSE_HOLD + PAUSE_FADE + 1;
/// Frames that are worked on at a time.
const CHUNK: usize = 100;
/// Frames after its own that an expression of a live stream waits for: what network and linear model see.
pub const LIVE_CONTEXT: usize = LAYERS;

/// What a user may turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpressionSettings {
    /// Strength of the movement: 1 is natural, 0 a face at rest; 0.7 to 1.4 is useful.
    pub gain: f32,
}

impl Default for ExpressionSettings {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

/// What a model of whole recordings hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LipFeatures {
    /// Phones, spectrum, and the features of Whisper's encoder: closer to the lips, twice the computing.
    #[default]
    Whisper,
    /// Phones and spectrum.
    Phones,
}

/// The most networks whose mean is taken.
const MOST_NETWORKS: usize = 16;

/// Predicts expressions from speech: the mean of a few small networks.
#[derive(Clone, Debug)]
pub struct ExpressionModel {
    reduction: InputReduction,
    networks: Vec<ExpressionNetwork>,
    /// Standard deviation of each output in speech: opening and width in interocular distances, shape in its own units.
    scale: [f32; OUTPUTS],
    /// Median of each output in speech, from the closed mouth at rest.
    centre: [f32; OUTPUTS],
}

impl ExpressionModel {
    /// The model that ships with the program for whole recordings, parsed once. [`LipFeatures::Whisper`] wants frames of
    /// [`talkinghead_speech::SpeechFeatures::with_encoder`].
    #[expect(clippy::expect_used, reason = "the assets are compiled in and checked by a test")]
    pub fn get(features: LipFeatures) -> &'static ExpressionModel {
        static WHISPER: OnceLock<ExpressionModel> = OnceLock::new();
        static PHONES: OnceLock<ExpressionModel> = OnceLock::new();
        match features {
            LipFeatures::Whisper => WHISPER.get_or_init(|| {
                Self::from_tensors(super::shipped()).expect("the shipped asset expression.safetensors is checked by a test")
            }),
            LipFeatures::Phones => {
                PHONES.get_or_init(|| Self::shipped(include_bytes!("../../../../assets/models/expression_phones.safetensors")))
            }
        }
    }

    /// The model that ships for live streams of this look-ahead, parsed once.
    pub fn live(look_ahead: LookAhead) -> &'static ExpressionModel {
        static MODELS: [OnceLock<ExpressionModel>; 2] = [const { OnceLock::new() }; 2];
        let (model, bytes): (_, &[u8]) = match look_ahead {
            LookAhead::Short => (&MODELS[0], include_bytes!("../../../../assets/models/expression_live_200.safetensors")),
            LookAhead::Long => (&MODELS[1], include_bytes!("../../../../assets/models/expression_live_500.safetensors")),
        };
        model.get_or_init(|| Self::shipped(bytes))
    }

    #[expect(clippy::expect_used, reason = "the assets are compiled in and checked by a test")]
    fn shipped(bytes: &[u8]) -> Self {
        let file = TensorFile::from_bytes(bytes).expect("the shipped assets are checked by a test");
        Self::from_tensors(&file).expect("the shipped assets are checked by a test")
    }

    /// A model from a file's tensors (those of its parts, `network.0`, `network.1` and so on, `output.scale` and `output.center`
    /// `[10]`).
    ///
    /// # Errors
    /// A tensor is missing or has another shape.
    pub fn from_tensors(file: &TensorFile) -> Result<Self, TensorFileError> {
        let ten = |name: &str| -> Result<[f32; OUTPUTS], TensorFileError> {
            let values = file.get(name, &[OUTPUTS])?;
            Ok(std::array::from_fn(|i| values[i]))
        };
        let reduction = InputReduction::from_tensors(file)?;
        Ok(Self {
            networks: networks(file, reduction.inputs())?,
            reduction,
            scale: ten("output.scale")?,
            centre: ten("output.center")?,
        })
    }

    /// Whether it wants frames in which the speech encoder listened, too; in others it hears the rest.
    pub fn hears_encoder(&self) -> bool {
        self.reduction.hears_encoder()
    }

    /// Starts a recording.
    pub fn stream(&self, settings: ExpressionSettings) -> ExpressionStream<'_> {
        self.stream_by(settings, CHUNK, MARGIN)
    }

    /// Starts a recording that is still going on: an expression is given as soon as [`LIVE_CONTEXT`] frames after it were heard.
    /// Pauses are seen when they come, not before: a mouth comes to rest a fifth of a second later than in
    /// [`ExpressionModel::stream`].
    pub fn live_stream(&self, settings: ExpressionSettings) -> ExpressionStream<'_> {
        self.stream_by(settings, 1, LIVE_CONTEXT)
    }

    fn stream_by(&self, settings: ExpressionSettings, chunk: usize, ahead: usize) -> ExpressionStream<'_> {
        ExpressionStream { model: self, settings, frames: VecDeque::new(), start: 0, next: 0, chunk, ahead }
    }

    /// Expressions of a whole recording, one for each frame.
    pub fn expressions(&self, frames: &[SpeechFrame], settings: ExpressionSettings) -> Vec<Expression> {
        let mut stream = self.stream(settings);
        let mut expressions = Vec::with_capacity(frames.len());
        frames.iter().for_each(|frame| stream.push(frame, &mut expressions));
        stream.finish(&mut expressions);
        expressions
    }

    /// What the model predicts before any amplitude, closure or rest: standardised numbers (opening, width, eight shape
    /// components) for consecutive frames of reduced inputs, one frame after the other.
    pub fn predict(&self, inputs: &[f32]) -> Vec<[f32; OUTPUTS]> {
        let found: Vec<Vec<[f32; OUTPUTS]>> = self.networks.iter().map(|network| network.run(inputs)).collect();
        let mean = |at: usize, o: usize| found.iter().map(|network| network[at][o]).sum::<f32>() / found.len() as f32;
        (0..inputs.len() / self.reduction.inputs()).map(|at| std::array::from_fn(|o| mean(at, o))).collect()
    }

    fn expression(&self, predicted: &[f32; OUTPUTS], closure: f32, rest: f32, gain: f32) -> Expression {
        let lively = |o: usize| if o == 1 { LIVELINESS_OF_WIDTH } else { LIVELINESS };
        let value = |o: usize| self.centre[o] + self.scale[o] * lively(o) * predicted[o];
        let strength = gain * (1.0 - rest);
        Expression {
            opening: value(0).max(0.0) * (1.0 - CLOSURE * closure) * strength,
            width: value(1) * strength,
            shape: std::array::from_fn::<f32, SHAPE_COMPONENTS, _>(|k| value(2 + k) * strength),
            brow: 0.0,
        }
    }
}

/// The networks of a file, in order.
fn networks(file: &TensorFile, inputs: usize) -> Result<Vec<ExpressionNetwork>, TensorFileError> {
    let named = |k: usize| format!("network.{k}");
    let there = (1..MOST_NETWORKS).take_while(|&k| file.shape(&format!("{}.input.weight", named(k))).is_some());
    std::iter::once(0).chain(there).map(|k| ExpressionNetwork::from_tensors(file, &named(k), inputs)).collect()
}

/// A recording on its way through the model; memory is flat in its length.
#[derive(Clone, Debug)]
pub struct ExpressionStream<'a> {
    model: &'a ExpressionModel,
    settings: ExpressionSettings,
    /// Frames from `start` on.
    frames: VecDeque<Input>,
    start: usize,
    /// The frame whose expression is given next.
    next: usize,
    /// Frames that are worked on at a time.
    chunk: usize,
    /// Frames that have to be there behind them.
    ahead: usize,
}

#[derive(Clone, Debug)]
struct Input {
    values: Vec<f32>,
    closure: f32,
    activity: f32,
}

impl ExpressionStream<'_> {
    /// Takes the next frame; adds the expressions that are ready, a few seconds late.
    pub fn push(&mut self, frame: &SpeechFrame, expressions: &mut Vec<Expression>) {
        self.push_features(groups(frame), frame.lip_closure, frame.voice_activity, expressions);
    }

    /// As [`ExpressionStream::push`], from the parts of a [`SpeechFrame`] that matter: the groups of
    /// [`super::inputs::groups`], lip closure and voice activity.
    pub fn push_features(&mut self, groups: [&[f32]; GROUPS], closure: f32, activity: f32, expressions: &mut Vec<Expression>) {
        self.frames.push_back(Input { values: self.model.reduction.reduce(groups), closure, activity });
        if self.start + self.frames.len() >= self.next + self.chunk + self.ahead {
            self.give(self.next + self.chunk, expressions);
        }
    }

    /// Ends the recording: adds the rest.
    pub fn finish(&mut self, expressions: &mut Vec<Expression>) {
        self.give(self.start + self.frames.len(), expressions);
    }

    fn give(&mut self, until: usize, expressions: &mut Vec<Expression>) {
        let frames: &[Input] = self.frames.make_contiguous();
        let inputs: Vec<f32> = frames.iter().flat_map(|frame| frame.values.iter().copied()).collect();
        if inputs.is_empty() {
            return;
        }
        let predicted = self.model.predict(&inputs);
        for frame in self.next - self.start..until - self.start {
            let rest = 1.0 - speaking(frames, frame);
            expressions.push(self.model.expression(&predicted[frame], frames[frame].closure, rest, self.settings.gain));
        }
        self.next = until;
        let forget = (until - self.start).saturating_sub(MARGIN);
        self.frames.drain(..forget);
        self.start += forget;
    }
}

/// How much of the speaking posture is left at a frame: 1 near speech, 0 in long silence; a raised cosine between.
fn speaking(frames: &[Input], at: usize) -> f32 {
    let held = |frame: isize| {
        let hold = PAUSE_HOLD as isize;
        let range = (frame - hold).max(0)..=(frame + hold).min(frames.len() as isize - 1);
        range.map(|f| frames[f as usize].activity).fold(0.0, f32::max)
    };
    let fade = PAUSE_FADE as isize;
    let (mut sum, mut weights) = (0.0, 0.0);
    for step in -fade..=fade {
        let weight = 1.0 + (std::f32::consts::PI * step as f32 / (fade + 1) as f32).cos();
        sum += weight * held(at as isize + step);
        weights += weight;
    }
    sum / weights
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use talkinghead_speech::SpeechFeatures;

    #[test]
    fn the_weights_that_ship_are_whole() {
        assert!(ExpressionModel::get(LipFeatures::Whisper).hears_encoder());
        assert!(!ExpressionModel::get(LipFeatures::Phones).hears_encoder());
        super::super::ExpressionBasis::from_tensors(super::super::shipped()).unwrap();
        for look_ahead in LookAhead::ALL {
            assert!(!ExpressionModel::live(look_ahead).networks.is_empty());
        }
    }

    fn speech() -> Vec<SpeechFrame> {
        let bytes = include_bytes!("../../../talkinghead-speech/tests/fixtures/jfk_16k_mono.wav");
        let samples: Vec<f32> =
            bytes[44..].chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0).collect();
        let samples = [vec![0.0; 32_000], samples, vec![0.0; 32_000]].concat();
        SpeechFeatures::of_samples(samples).unwrap().with_encoder().unwrap().map(|frame| frame.unwrap()).collect()
    }

    #[test]
    fn the_mouth_speaks_closes_at_labials_and_rests_in_silence() {
        let frames = speech();
        let expressions = ExpressionModel::get(LipFeatures::default()).expressions(&frames, ExpressionSettings::default());
        assert_eq!(expressions.len(), frames.len());
        let openings: Vec<f32> = expressions.iter().map(|e| e.opening).collect();
        assert!(openings.iter().all(|o| o.is_finite() && (0.0..0.6).contains(o)));
        let widest = openings.iter().copied().fold(0.0, f32::max);
        assert!(widest > 0.15, "{widest}");
        for (frame, opening) in frames.iter().zip(&openings).filter(|(f, _)| f.lip_closure > 0.9) {
            assert!(*opening < 0.2 * widest, "closure {} opening {opening}", frame.lip_closure);
        }
        // The first and last second are silent: lips touch, the face is at rest.
        let silent = expressions[..25].iter().chain(&expressions[expressions.len() - 25..]);
        assert!(silent.into_iter().all(|e| e.opening == 0.0 && e.width == 0.0 && e.shape == [0.0; 8]));
        // No jumps: a mouth opens fully in no less than three frames.
        assert!(openings.windows(2).all(|o| (o[1] - o[0]).abs() < 0.6 * widest));
    }

    #[test]
    fn streaming_equals_the_whole() {
        let frames = speech();
        let model = ExpressionModel::get(LipFeatures::default());
        let whole = model.expressions(&frames, ExpressionSettings::default());
        let inputs: Vec<_> = frames.iter().map(|f| model.reduction.reduce(groups(f))).collect();
        let predicted = model.predict(&inputs.concat());
        let inputs: Vec<Input> = frames
            .iter()
            .zip(&inputs)
            .map(|(f, values)| Input { values: values.clone(), closure: f.lip_closure, activity: f.voice_activity })
            .collect();
        for (at, expression) in whole.iter().enumerate() {
            let rest = 1.0 - speaking(&inputs, at);
            assert_eq!(*expression, model.expression(&predicted[at], inputs[at].closure, rest, 1.0), "frame {at}");
        }
    }

    #[test]
    fn gain_scales_the_movement_and_nothing_gives_nothing() {
        let frames = speech();
        let model = ExpressionModel::get(LipFeatures::default());
        let still = model.expressions(&frames, ExpressionSettings { gain: 0.0 });
        assert!(still.iter().all(|e| *e == Expression::NEUTRAL));
        assert!(model.expressions(&[], ExpressionSettings::default()).is_empty());
    }
}
