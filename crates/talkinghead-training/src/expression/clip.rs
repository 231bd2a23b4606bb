//! One recording, listened to and looked at; kept in a cache because both take time.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use talkinghead_face::{FaceChoice, FaceNetworks, FaceTracker, Landmarks, RigidFit};
use talkinghead_media::{AudioReader, FrameReader, Limits};
use talkinghead_motion::LookAhead;
use talkinghead_motion::expression::LipFeatures;
use talkinghead_motion::expression::inputs::{GROUP_NAMES, GROUP_VALUES, GROUPS, groups};
use talkinghead_motion::expression::{FloatWidth, TensorFile};
use talkinghead_speech::{LiveSpeech, SpeechFeatures, SpeechFrame};

use super::corpus::{CorpusRow, ExpressionCorpus};
use super::error::ExpressionTrainingError;

/// Points the face landmark network gives.
const LANDMARKS: usize = 478;

/// A p, b or m in a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labial {
    /// Seconds at which the phone network peaks.
    pub time: f32,
}

/// Sound and face of one recording, frame for frame (25 a second).
#[derive(Clone, Debug)]
pub struct Clip {
    /// Where it comes from.
    pub row: CorpusRow,
    /// `[frames][values]` of the groups of speech features; the encoder's is empty where that did not listen.
    pub features: [Vec<Vec<f32>>; GROUPS],
    /// Voice activity, 0 to 1.
    pub activity: Vec<f32>,
    /// How firmly labials close the lips, 0 to 1.
    pub closure: Vec<f32>,
    /// Sure p, b, m.
    pub labials: Vec<Labial>,
    /// `[frames][468]` frontal landmarks, canonical centimetres.
    pub frontal: Vec<Vec<[f32; 3]>>,
    /// Inner-lip gap (13, 14) over the distance of the outer eye corners (33, 263).
    pub opening: Vec<f32>,
    /// Mouth width (61, 291) over the same.
    pub width: Vec<f32>,
}

impl Clip {
    /// Frames that have both sound and face.
    pub fn frames(&self) -> usize {
        self.opening.len()
    }

    /// The speech features of a frame.
    pub fn groups(&self, frame: usize) -> [&[f32]; GROUPS] {
        std::array::from_fn(|g| self.features[g].get(frame).map_or(&[][..], Vec::as_slice))
    }
}

/// Loads recordings, measuring what the cache lacks.
#[derive(Debug)]
pub struct ClipLoader<'a> {
    corpus: &'a ExpressionCorpus,
    cache: Option<PathBuf>,
    tracker: FaceTracker,
    look_ahead: Option<LookAhead>,
    lip_features: LipFeatures,
}

impl<'a> ClipLoader<'a> {
    /// A loader; `cache` is a folder that is made when missing.
    pub fn new(corpus: &'a ExpressionCorpus, cache: Option<&Path>) -> Self {
        let tracker = FaceTracker::new(&FaceNetworks::load(), FaceChoice::default());
        Self { corpus, cache: cache.map(Path::to_owned), tracker, look_ahead: None, lip_features: LipFeatures::Phones }
    }

    /// Listens as a live stream does.
    pub fn live(self, look_ahead: LookAhead) -> Self {
        Self { look_ahead: Some(look_ahead), ..self }
    }

    /// Listens with these features; a live stream has phones alone.
    pub fn hearing(self, lip_features: LipFeatures) -> Self {
        Self { lip_features, ..self }
    }

    /// Loads all rows that pass, in order.
    ///
    /// # Errors
    /// A recording cannot be read, or shows no face.
    pub fn load(&self, wanted: impl Fn(&CorpusRow) -> bool) -> Result<Vec<Clip>, ExpressionTrainingError> {
        let rows: Vec<&CorpusRow> = self.corpus.rows.iter().filter(|row| wanted(row)).collect();
        rows.par_iter().map(|row| self.clip(row)).collect()
    }

    fn clip(&self, row: &CorpusRow) -> Result<Clip, ExpressionTrainingError> {
        let sound = match self.look_ahead {
            None if self.lip_features == LipFeatures::Whisper => {
                self.cached("features_whisper", row, || speech_tensors(&self.corpus.sound(row), self.lip_features))?
            }
            None => self.cached("features", row, || speech_tensors(&self.corpus.sound(row), self.lip_features))?,
            Some(look_ahead) => {
                let kind = format!("features_live_{}", look_ahead.frames());
                self.cached(&kind, row, || live_tensors(&self.corpus.sound(row), look_ahead))?
            }
        };
        let face = self.cached("landmarks", row, || self.face_tensors(&self.corpus.path(row)))?;
        let sound_frames = sound.shape("activity").map_or(0, |shape| shape[0]);
        let face_frames = face.shape("landmarks").map_or(0, |shape| shape[0]);
        let frames = sound_frames.min(face_frames);
        let mut features: [Vec<Vec<f32>>; GROUPS] = Default::default();
        for (g, group) in features.iter_mut().enumerate().filter(|(g, _)| sound.shape(GROUP_NAMES[*g]).is_some()) {
            let values = sound.get(GROUP_NAMES[g], &[sound_frames, GROUP_VALUES[g]])?;
            *group = values.chunks_exact(GROUP_VALUES[g]).take(frames).map(<[f32]>::to_vec).collect();
        }
        let curve = |name: &str| sound.get(name, &[sound_frames]).map(|values| values[..frames].to_vec());
        let labials = sound.shape("labials").map_or(0, |shape| shape[0]);
        let labials = sound.get("labials", &[labials])?.iter().map(|&time| Labial { time }).collect();
        let landmarks = face.get("landmarks", &[face_frames, LANDMARKS, 3])?;
        let landmarks: Vec<Landmarks> = landmarks
            .chunks_exact(LANDMARKS * 3)
            .take(frames)
            .map(|frame| Landmarks::from_fn(|i| std::array::from_fn(|k| frame[3 * i + k])))
            .collect();
        let over_eyes = |a: usize, b: usize| landmarks.iter().map(|l| distance(l, a, b) / distance(l, 33, 263)).collect();
        Ok(Clip {
            row: row.clone(),
            features,
            activity: curve("activity")?,
            closure: curve("closure")?,
            labials,
            opening: over_eyes(13, 14),
            width: over_eyes(61, 291),
            frontal: landmarks.iter().map(|l| RigidFit::to_canonical(l).frontal(l)).collect(),
        })
    }

    fn cached(
        &self,
        kind: &str,
        row: &CorpusRow,
        make: impl Fn() -> Result<TensorFile, ExpressionTrainingError>,
    ) -> Result<TensorFile, ExpressionTrainingError> {
        let Some(cache) = &self.cache else { return make() };
        let folder = cache.join(kind);
        let cached = folder.join(format!("{}.safetensors", row.file.replace(['/', '\\'], "__")));
        let failed = |source| ExpressionTrainingError::File { path: cached.clone(), source };
        if cached.exists() {
            return Ok(TensorFile::from_bytes(&std::fs::read(&cached).map_err(failed)?)?);
        }
        let tensors = make()?;
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let bytes = tensors.to_bytes(FloatWidth::Single)?;
        talkinghead_media::write_file(&cached, &bytes)
            .map_err(|source| ExpressionTrainingError::Media { path: cached.clone(), source })?;
        Ok(tensors)
    }

    fn face_tensors(&self, path: &Path) -> Result<TensorFile, ExpressionTrainingError> {
        let media = |source| ExpressionTrainingError::Media { path: path.to_owned(), source };
        let frames = FrameReader::open(path, &Limits::default()).map_err(media)?;
        let track =
            self.tracker.track(frames).map_err(|source| ExpressionTrainingError::Face { path: path.to_owned(), source })?;
        let values: Vec<f32> = track.frames.iter().flat_map(|f| f.landmarks.points().iter().flatten().copied()).collect();
        let mut file = TensorFile::default();
        file.insert("landmarks", &[track.frames.len(), LANDMARKS, 3], values);
        Ok(file)
    }
}

fn distance(landmarks: &Landmarks, a: usize, b: usize) -> f32 {
    let (a, b) = (landmarks.points()[a], landmarks.points()[b]);
    (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f32>().sqrt().max(1e-6)
}

fn speech_tensors(path: &Path, lip_features: LipFeatures) -> Result<TensorFile, ExpressionTrainingError> {
    Ok(tensors(&whole(path, lip_features)?, &[]))
}

/// What a live stream hears; the sure labials are still those of the whole recording, so that scores count the same ones.
fn live_tensors(path: &Path, look_ahead: LookAhead) -> Result<TensorFile, ExpressionTrainingError> {
    let failed = |source| ExpressionTrainingError::Speech { path: path.to_owned(), source };
    let media = |source| ExpressionTrainingError::Media { path: path.to_owned(), source };
    let (mut live, mut frames) = (LiveSpeech::new(look_ahead.feature_frames()).map_err(failed)?, Vec::new());
    for block in AudioReader::open(path, &Limits::default()).map_err(media)? {
        live.push(&block.map_err(media)?, &mut frames).map_err(failed)?;
    }
    live.finish(&mut frames).map_err(failed)?;
    Ok(tensors(&frames, &whole(path, LipFeatures::Phones)?))
}

fn whole(path: &Path, lip_features: LipFeatures) -> Result<Vec<SpeechFrame>, ExpressionTrainingError> {
    let failed = |source| ExpressionTrainingError::Speech { path: path.to_owned(), source };
    let mut features = SpeechFeatures::open(path, &Limits::default()).map_err(failed)?;
    if lip_features == LipFeatures::Whisper {
        features = features.with_encoder().map_err(failed)?;
    }
    features.collect::<Result<_, _>>().map_err(failed)
}

/// Features of frames, one after the other, and the sure labials in `phones` (where there are none, in the frames themselves).
fn tensors(frames: &[SpeechFrame], phones: &[SpeechFrame]) -> TensorFile {
    let mut values: [Vec<f32>; GROUPS] = Default::default();
    for frame in frames {
        for (all, group) in values.iter_mut().zip(groups(frame)) {
            all.extend_from_slice(group);
        }
    }
    let mut file = TensorFile::default();
    for (g, values) in values.into_iter().enumerate().filter(|(_, values)| !values.is_empty()) {
        file.insert(GROUP_NAMES[g], &[frames.len(), GROUP_VALUES[g]], values);
    }
    let mut curve = |name: &str, values: Vec<f32>| file.insert(name, &[values.len()], values);
    curve("activity", frames.iter().map(|frame| frame.voice_activity).collect());
    curve("closure", frames.iter().map(|frame| frame.lip_closure).collect());
    let spikes = if phones.is_empty() { frames } else { phones }.iter().flat_map(|frame| &frame.spikes);
    curve("labials", spikes.filter(|spike| spike.visemes[0] > 0.5).map(|spike| spike.time).collect());
    file
}
