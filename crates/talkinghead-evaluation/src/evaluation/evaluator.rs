//! Measures pairs; real videos and references once, however often they are compared with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use talkinghead_face::{FaceNetworks, FaceTracker};
use talkinghead_media::{FrameReader, probe};

use super::clip::{ClipCurves, EvaluatedClip};
use super::outcome::{Evaluation, FailedPair, MeasuredFile};
use super::pairs::Pair;
use super::worst_frames::worst_frames;
use crate::EvaluationError;
use crate::lips::LipCurve;
use crate::measurement::{
    FaceEmbeddings, MeasuredVideo, MeasurementNetworks, MeasurementSettings, PictureScores, reference_faces,
};
use crate::scores::{ClipScores, Comparison};
use crate::supplied::SuppliedNetworks;

/// Evaluates lists of pairs.
#[derive(Debug)]
pub struct Evaluator {
    networks: MeasurementNetworks,
    settings: MeasurementSettings,
    mean_opening: Option<Vec<f64>>,
    keep_frames: bool,
    real: BTreeMap<PathBuf, Arc<MeasuredVideo>>,
    references: BTreeMap<PathBuf, Arc<FaceEmbeddings>>,
}

impl Evaluator {
    /// One with these settings; nothing is read yet.
    pub fn new(settings: MeasurementSettings) -> Self {
        Self {
            networks: MeasurementNetworks::with(SuppliedNetworks::default()),
            settings,
            mean_opening: None,
            keep_frames: false,
            real: BTreeMap::new(),
            references: BTreeMap::new(),
        }
    }

    /// Takes a corpus' mean opening out of curves; see [`mean_opening`].
    pub fn with_mean_opening(self, curve: Vec<f64>) -> Self {
        Self { mean_opening: Some(curve), ..self }
    }

    /// Takes the metrics of networks that a user supplied as well.
    pub fn with_supplied(self, supplied: SuppliedNetworks) -> Self {
        Self { networks: MeasurementNetworks::with(supplied), ..self }
    }

    /// Keeps pictures of the worst frames, for a report.
    pub fn keeping_worst_frames(self) -> Self {
        Self { keep_frames: true, ..self }
    }

    /// Measures every pair. `tell` hears of each before it begins, with its number. Pairs that fail, even all of them, are listed in
    /// [`Evaluation::failed`]; they stop nobody.
    pub fn evaluate(&mut self, pairs: &[Pair], mut tell: impl FnMut(usize, &Pair)) -> Evaluation {
        let (mut clips, mut failed, mut files) = (Vec::new(), Vec::new(), Vec::new());
        for (index, pair) in pairs.iter().enumerate() {
            tell(index, pair);
            match self.clip(pair, &mut files) {
                Ok(clip) => clips.push(clip),
                Err(error) => failed.push(FailedPair { pair: pair.clone(), error: error.to_string() }),
            }
        }
        Evaluation::new(clips, failed, files, &self.settings, &self.networks.supplied)
    }

    /// Measures one pair.
    ///
    /// # Errors
    /// A file cannot be read, is no video, or shows no face.
    pub fn evaluate_pair(&mut self, pair: &Pair) -> Result<Evaluation, EvaluationError> {
        let mut files = Vec::new();
        let clip = self.clip(pair, &mut files)?;
        Ok(Evaluation::new(vec![clip], Vec::new(), files, &self.settings, &self.networks.supplied))
    }

    fn clip(&mut self, pair: &Pair, files: &mut Vec<MeasuredFile>) -> Result<EvaluatedClip, EvaluationError> {
        let reference = pair.reference.as_ref().map(|path| self.reference(path)).transpose()?;
        let known = pair.real.as_ref().and_then(|path| self.real.get(path).cloned());
        let (networks, settings) = (&self.networks, &self.settings);
        let mut fresh = None;
        let (mut video, real) = match (&pair.real, known) {
            (None, _) => (MeasuredVideo::of(&pair.generated, None, networks, settings)?, None),
            (Some(_), Some(real)) => (MeasuredVideo::of(&pair.generated, Some(real.size), networks, settings)?, Some(real)),
            (Some(path), None) => {
                let info = probe(path, &settings.limits)?;
                let like = MeasuredVideo::size_of(path, &info, settings)?;
                let (video, real) = rayon::join(
                    || MeasuredVideo::of(&pair.generated, Some(like), networks, settings),
                    || MeasuredVideo::of_probed(path, info, None, networks, settings),
                );
                let real = Arc::new(real?);
                fresh = Some((path.clone(), Arc::clone(&real)));
                match video {
                    Ok(video) => (video, Some(real)),
                    Err(error) => {
                        drop(real);
                        self.keep(fresh);
                        return Err(error);
                    }
                }
            }
        };
        let alike = real.as_deref().filter(|_| !pair.other_person);
        let pictures = alike.map(|real| PictureScores::of(&video, real, &self.networks.supplied, &self.settings)).transpose()?;
        let scores = ClipScores::of(
            &video,
            Comparison {
                real: real.as_deref(),
                pictures: pictures.as_ref(),
                other_person: pair.other_person,
                reference: reference.as_deref(),
                mean_opening: self.mean_opening.as_deref().filter(|_| pair.fixed_form),
            },
        );
        let compared = real.as_deref().zip(pictures.as_ref());
        let worst = if self.keep_frames { worst_frames(&video, compared)? } else { Vec::new() };
        for video in std::iter::once(&video).chain(real.as_deref()) {
            files.push(MeasuredFile { path: video.path.clone(), sha256: video.sha256.clone() });
        }
        let mut warnings = video.warnings.clone();
        if let Some(real) = real.as_deref() {
            warnings.extend(real.warnings.iter().cloned());
            warnings.extend(if pair.other_person { Vec::new() } else { differences(&video, real) });
        }
        warnings.extend(
            video.sound.is_none().then(|| format!("{} has no sound: what hangs on it was left out", video.path.display())),
        );
        let clip = EvaluatedClip {
            pair: pair.clone(),
            frames: video.len(),
            frames_without_face: video.len() - video.frames_seen(),
            frames_compared: real.as_ref().map_or(0, |real| real.len().min(video.len())),
            scores,
            warnings,
            curves: ClipCurves::of(&video),
            real_curves: real.as_deref().map(ClipCurves::of),
            real_inception: alike.map(|real| real.pictures.inception.clone()).unwrap_or_default(),
            inception: std::mem::take(&mut video.pictures.inception),
            worst,
        };
        drop(real);
        self.keep(fresh);
        Ok(clip)
    }

    /// Of real videos, which may come again, all but the frames is kept.
    fn keep(&mut self, fresh: Option<(PathBuf, Arc<MeasuredVideo>)>) {
        let Some((path, mut real)) = fresh else { return };
        if let Some(real) = Arc::get_mut(&mut real) {
            real.let_frames_go();
        }
        self.real.insert(path, real);
    }

    fn reference(&mut self, path: &Path) -> Result<Arc<FaceEmbeddings>, EvaluationError> {
        if let Some(known) = self.references.get(path) {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(reference_faces(path, &self.networks, &self.settings)?);
        self.references.insert(path.to_owned(), Arc::clone(&found));
        Ok(found)
    }
}

/// Words on two videos that do not quite fit together.
fn differences(video: &MeasuredVideo, real: &MeasuredVideo) -> Vec<String> {
    let mut words = Vec::new();
    let (frames, wanted) = (video.len(), real.len());
    if frames.abs_diff(wanted) > 1 {
        words.push(format!(
            "{} has {frames} frames, {} {wanted}: the first {} are compared",
            video.path.display(),
            real.path.display(),
            frames.min(wanted)
        ));
    }
    if video.size != real.size {
        words.push(format!(
            "{} and {} have different proportions ({}x{}, {}x{}): whole frames and landmarks in the picture are not comparable",
            video.path.display(),
            real.path.display(),
            video.size.0,
            video.size.1,
            real.size.0,
            real.size.1
        ));
    }
    words
}

/// The mean opening of a corpus, frame by frame, as far as its shortest video goes: for sentences of one fixed form, such as GRID's.
/// Videos of the people who are tested do not belong in it.
///
/// # Errors
/// A video cannot be read or shows no face.
pub fn mean_opening(videos: &[PathBuf], settings: &MeasurementSettings) -> Result<Vec<f64>, EvaluationError> {
    let networks = FaceNetworks::load();
    let mut curves: Vec<Vec<f64>> = Vec::new();
    for path in videos {
        let frames = FrameReader::open(path, &settings.limits)?;
        let in_file = |source| EvaluationError::Face { path: path.clone(), source };
        let track = FaceTracker::new(&networks, settings.face).track(frames).map_err(in_file)?;
        curves.push(LipCurve::of_landmarks(track.frames.iter().map(|frame| &frame.landmarks)).opening);
    }
    let frames = curves.iter().map(Vec::len).min().unwrap_or(0);
    Ok((0..frames).map(|t| curves.iter().map(|curve| curve[t]).sum::<f64>() / curves.len() as f64).collect())
}
