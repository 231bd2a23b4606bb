//! The whole training, and the scores of its result.

use std::path::PathBuf;
use talkinghead_media::FRAME_RATE;

use rayon::prelude::*;
use talkinghead_motion::expression::inputs::InputReduction;
use talkinghead_motion::expression::network::OUTPUTS;
use talkinghead_motion::expression::{CENTIMETRES_PER_IOD, FloatWidth, SHAPE_COMPONENTS, TensorFile, opening_and_width};
use talkinghead_motion::{ExpressionModel, LipFeatures, LookAhead};

use super::basis_fit::FittedBasis;
use super::clip::{Clip, ClipLoader};
use super::corpus::{CLIP_FOLDER, CorpusRow, ExpressionCorpus};
use super::error::ExpressionTrainingError;
use super::evaluate::{Hearing, SetScores, mean_opening, score_set};
use super::examples_of_speech::examples;
use super::input_fit::fit_inputs;
use super::network_fit::fit_network;
use super::speaker::{POPULATION_OPENING, POPULATION_WIDTH, speakers};

/// Outer eye distances in one interocular distance.
const EYES_PER_IOD: f32 = 1.4;
/// Median opening of speech, in standard deviations above closed lips.
const OPENING_CENTER: f32 = 1.4;

/// What to train on and how.
#[derive(Clone, Debug)]
pub struct ExpressionTraining {
    /// Folder with `index.csv` and the recordings, or with clip folders of `preprocess`.
    pub data: PathBuf,
    /// Folder that keeps landmarks and speech features from one run to the next; `None` keeps nothing.
    pub cache: Option<PathBuf>,
    /// Seed of everything that is random: the same data and seed give the same bytes.
    pub seed: u64,
    /// Optimiser steps for each of the two networks.
    pub steps: usize,
    /// Learns to hear as a live stream does, with this look-ahead; `None` hears whole recordings.
    pub look_ahead: Option<LookAhead>,
    /// What whole recordings are heard with; a live stream has phones alone.
    pub lip_features: LipFeatures,
    /// Files of the training split that teach though the index does not call them redistributable: whoever names them
    /// holds the rights.
    pub also: Vec<String>,
}

impl ExpressionTraining {
    /// The recipe's settings for a corpus.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        let lip_features = LipFeatures::default();
        Self { data: data.into(), cache: None, seed: 0, steps: 800, look_ahead: None, lip_features, also: Vec::new() }
    }
}

impl ExpressionTraining {
    fn teaches(&self, row: &CorpusRow) -> bool {
        let also = row.split == "train" && self.also.contains(&row.file);
        (row.may_teach() || also) && row.speaks()
    }
}

/// What training gives.
#[derive(Clone, Debug)]
pub struct TrainedExpression {
    /// The weights, as they ship: a safetensors file's bytes (f16).
    pub bytes: Vec<u8>,
    /// Recordings that taught it.
    pub clips: usize,
    /// Seconds of them.
    pub seconds: f32,
    /// Share of lips' and jaw's variance that the eight components hold.
    pub explained: f32,
}

/// Trains the expression model and its basis on a corpus' redistributable training rows.
///
/// # Errors
/// The corpus cannot be read, or nothing in it may teach.
pub fn train_expression(options: &ExpressionTraining) -> Result<TrainedExpression, ExpressionTrainingError> {
    let corpus = ExpressionCorpus::open(&options.data)?;
    if let Some(missing) = options.also.iter().find(|file| !corpus.rows.iter().any(|r| r.file == **file && r.split == "train")) {
        return Err(ExpressionTrainingError::NotInTraining(missing.clone()));
    }
    let mut loader = ClipLoader::new(&corpus, options.cache.as_deref());
    if options.look_ahead.is_none() {
        loader = loader.hearing(options.lip_features);
    }
    let clips = loader.load(|row| options.teaches(row))?;
    if clips.is_empty() {
        return Err(ExpressionTrainingError::Nothing("recording of somebody speaking that may teach"));
    }
    let heard = options.look_ahead.map(|look_ahead| heard_live(&corpus, options, look_ahead, &clips)).transpose()?;
    let (file, explained) = fit(&clips, heard.as_deref().unwrap_or(&clips), options)?;
    let frames: usize = clips.iter().map(Clip::frames).sum();
    tracing::info!(clips = clips.len(), frames, explained, "expression model trained");
    Ok(TrainedExpression {
        bytes: file.to_bytes(FloatWidth::Half)?,
        clips: clips.len(),
        seconds: frames as f32 / FRAME_RATE as f32,
        explained,
    })
}

/// The clips with what a live stream hears of them. How their frames count, and the people's statistics, stay as they are.
fn heard_live(
    corpus: &ExpressionCorpus,
    options: &ExpressionTraining,
    look_ahead: LookAhead,
    clips: &[Clip],
) -> Result<Vec<Clip>, ExpressionTrainingError> {
    let loader = ClipLoader::new(corpus, options.cache.as_deref()).live(look_ahead);
    let mut live = loader.load(|row| clips.iter().any(|clip| clip.row == *row))?;
    for (live, clip) in live.iter_mut().zip(clips) {
        live.activity.clone_from(&clip.activity);
    }
    Ok(live)
}

/// Fits a model to `clips`, to be used on sound that is heard as in `heard`: the same clips, or the same with other features.
fn fit(clips: &[Clip], heard: &[Clip], options: &ExpressionTraining) -> Result<(TensorFile, f32), ExpressionTrainingError> {
    let mut file = TensorFile::default();
    let speakers = speakers(clips);
    let basis = FittedBasis::fit(clips, &speakers)?;
    basis.save(&mut file);
    fit_inputs(heard, &mut file);
    let reduction = InputReduction::from_tensors(&file)?;
    let examples = examples(heard, &speakers, &basis, &reduction);
    let seeds = [2 * options.seed, 2 * options.seed + 1];
    let networks: Vec<_> = seeds.par_iter().map(|&seed| fit_network(&examples, options.steps, seed)).collect();
    for (k, network) in networks.iter().enumerate() {
        network.save(&mut file, &format!("network.{k}"));
    }
    // Where speech lies, seen from the closed mouth at rest; people count alike.
    let mut center = [0.0; OUTPUTS];
    let mut scale = [1.0; OUTPUTS];
    for speaker in speakers.values() {
        let share = 1.0 / speakers.len() as f32;
        let shape = basis.components(&speaker.median, &speaker.neutral, speaker.amplitude);
        (0..SHAPE_COMPONENTS).for_each(|k| center[2 + k] += share * shape[k]);
        let (_, width) = opening_and_width(|point, k| speaker.median[point][k] - speaker.neutral[point][k]);
        center[1] += share * width;
    }
    scale[0] = POPULATION_OPENING * EYES_PER_IOD;
    scale[1] = POPULATION_WIDTH * EYES_PER_IOD;
    center[0] = OPENING_CENTER * scale[0];
    file.insert("output.center", &[OUTPUTS], center.to_vec());
    file.insert("output.scale", &[OUTPUTS], scale.to_vec());
    tracing::debug!(?center, centimetres_per_iod = CENTIMETRES_PER_IOD, "output statistics");
    Ok((file, basis.explained))
}

/// Scores weights on a corpus: read sentences and free speech of the validation and test people, free speech of people of the training
/// split who did not teach, and new sentences of one who did. `weights`: a safetensors file's bytes.
///
/// # Errors
/// The corpus or the weights cannot be read.
pub fn evaluate_expression(options: &ExpressionTraining, weights: &[u8]) -> Result<Vec<SetScores>, ExpressionTrainingError> {
    let model = ExpressionModel::from_tensors(&TensorFile::from_bytes(weights)?)?;
    let corpus = ExpressionCorpus::open(&options.data)?;
    let mut loader = ClipLoader::new(&corpus, options.cache.as_deref());
    let mut hearing = Hearing::Whole;
    if let Some(look_ahead) = options.look_ahead {
        (loader, hearing) = (loader.live(look_ahead), Hearing::Live);
    }
    if model.hears_encoder() {
        loader = loader.hearing(LipFeatures::Whisper);
    }
    let read_training = |row: &CorpusRow| row.split == "train" && row.kind == "grid";
    let taught = |row: &CorpusRow| corpus.rows.iter().any(|other| other.identity == row.identity && options.teaches(other));
    let untaught = |row: &CorpusRow| row.split == "train" && row.kind == "clip" && !taught(row);
    let clips = loader.load(|row| row.speaks() && (row.split != "train" || read_training(row) || untaught(row)))?;
    let read: Vec<&Clip> = clips.iter().filter(|clip| read_training(&clip.row)).collect();
    let mean_curve = mean_opening(&read);
    let sets = [
        ("free speech, training people who did not teach", "clip", "train"),
        ("read sentences, validation", "grid", "validation"),
        ("free speech, validation", "clip", "validation"),
        ("read sentences, test", "grid", "test"),
        ("read sentences, known speaker", "grid", "test-seen"),
        ("free speech, test", "clip", "test"),
        ("clips, validation", CLIP_FOLDER, "validation"),
        ("clips, test", CLIP_FOLDER, "test"),
    ];
    let scores = sets.into_iter().filter_map(|(name, kind, split)| {
        let set: Vec<&Clip> = clips.iter().filter(|clip| clip.row.kind == kind && clip.row.split == split).collect();
        (!set.is_empty()).then(|| score_set(name, &set, &model, &mean_curve, hearing))
    });
    Ok(scores.collect())
}
