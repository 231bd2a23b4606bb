//! What an evaluation found, as it is written to JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::clip::EvaluatedClip;
use super::pairs::Pair;
use crate::measurement::MeasurementSettings;
use crate::pose::{HeadCurve, unison};
use crate::scores::{Summary, Value, summaries};
use crate::statistics::{correlation, mean};
use crate::supplied::{SuppliedNetworks, frechet_distance};

/// A list of pairs, scored.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Evaluation {
    /// Every metric over all clips, by name.
    pub metrics: BTreeMap<String, Summary>,
    /// The clips.
    pub clips: Vec<EvaluatedClip>,
    /// Pairs that could not be measured.
    pub failed: Vec<FailedPair>,
    /// Files that were read, with their hashes.
    pub files: Vec<MeasuredFile>,
    /// How videos were made comparable.
    pub settings: BTreeMap<&'static str, serde_json::Value>,
    /// Programs.
    pub versions: Versions,
}

/// A pair that could not be measured.
#[derive(Clone, Debug, serde::Serialize)]
pub struct FailedPair {
    /// Which.
    #[serde(flatten)]
    pub pair: Pair,
    /// Why.
    pub error: String,
}

/// A file and its content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct MeasuredFile {
    /// The file.
    pub path: PathBuf,
    /// In hexadecimal digits; empty for a folder of frames.
    pub sha256: String,
}

/// Programs that had a part in the numbers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Versions {
    /// This program.
    pub talkinghead: String,
    /// The one that decodes and encodes.
    pub ffmpeg: String,
}

impl Versions {
    /// Those at hand.
    pub(crate) fn now() -> Self {
        let ffmpeg = talkinghead_media::ffmpeg_version().unwrap_or_else(|_| "unknown".to_owned());
        Self { talkinghead: env!("CARGO_PKG_VERSION").to_owned(), ffmpeg }
    }
}

impl Evaluation {
    pub(crate) fn new(
        mut clips: Vec<EvaluatedClip>,
        failed: Vec<FailedPair>,
        mut files: Vec<MeasuredFile>,
        settings: &MeasurementSettings,
        supplied: &SuppliedNetworks,
    ) -> Self {
        other_clips(&mut clips);
        let people: Vec<String> = clips.iter().map(|clip| clip.pair.person()).collect();
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        let scores: Vec<_> = clips.iter().map(|clip| &clip.scores).collect();
        let mut metrics = summaries(&scores, &people);
        metrics.extend(heads_together(&clips));
        metrics.extend(fid(&clips).map(|found| ("fid".to_owned(), found)));
        files.sort();
        files.dedup();
        let mut settings = BTreeMap::from([
            ("frames_per_second", talkinghead_media::FRAME_RATE.into()),
            ("longest_side", settings.longest_side.into()),
            ("picture_side", settings.picture_side.into()),
            ("encode", format!("H.264 crf {}", settings.crf).into()),
            ("slow_metrics_every_frames", settings.every.into()),
            ("intervals", "95 %, 2000 resamplings over clips; of one clip over its seconds".into()),
        ]);
        let sources = supplied.sources.iter().map(|(name, hash)| format!("{name} {}", &hash[..hash.len().min(16)]));
        let sources = sources.collect::<Vec<_>>().join(", ");
        if !sources.is_empty() {
            settings.insert("supplied_networks_sha256", sources.into());
        }
        Self { metrics, clips, failed, files, settings, versions: Versions::now() }
    }
}

/// The control of lists: each mouth against the real mouths of the other recordings.
fn other_clips(clips: &mut [EvaluatedClip]) {
    let real: Vec<Option<Vec<f64>>> =
        clips.iter().map(|clip| clip.real_curves.as_ref().map(|curves| curves.lips.opening.clone())).collect();
    let recordings: Vec<PathBuf> = clips.iter().map(|clip| clip.pair.recording().to_owned()).collect();
    for (index, clip) in clips.iter_mut().enumerate() {
        if real[index].is_none() {
            continue;
        }
        let others = (0..real.len()).filter(|&other| recordings[other] != recordings[index]);
        let found: Vec<f64> = others.filter_map(|other| correlation(&clip.curves.lips.opening, real[other].as_ref()?)).collect();
        if !found.is_empty() {
            let value = Value::of_clip(mean(&found), clip.frames_compared);
            clip.scores.values.insert("lip_opening_correlation_other_clips", value);
        }
    }
}

/// Fréchet distance between all generated frames and all real ones that were looked at; real videos count once.
fn fid(clips: &[EvaluatedClip]) -> Option<Summary> {
    let made: Vec<Vec<f32>> = clips.iter().flat_map(|clip| clip.inception.iter().cloned()).collect();
    let mut known: Vec<&std::path::Path> = Vec::new();
    let mut real: Vec<Vec<f32>> = Vec::new();
    for clip in clips {
        if !known.contains(&clip.pair.recording()) {
            known.push(clip.pair.recording());
            real.extend(clip.real_inception.iter().cloned());
        }
    }
    let mean = frechet_distance(&made, &real)?;
    let frames = made.len().min(real.len());
    Some(Summary { frames, clips: clips.len(), ..Summary::of_list(mean) })
}

/// Whether the heads of different recordings move alike; the first clip of each recording counts.
fn heads_together(clips: &[EvaluatedClip]) -> BTreeMap<String, Summary> {
    let mut first: Vec<&EvaluatedClip> = Vec::new();
    for clip in clips {
        if first.iter().all(|known| known.pair.recording() != clip.pair.recording()) {
            first.push(clip);
        }
    }
    let heads: Vec<HeadCurve> = first.iter().map(|clip| clip.curves.head.clone()).collect();
    let real: Vec<HeadCurve> = first.iter().filter_map(|clip| Some(clip.real_curves.as_ref()?.head.clone())).collect();
    let (Some(found), real) = (unison(&heads), unison(&real)) else { return BTreeMap::new() };
    let summary =
        |mean: f64, real: Option<f64>| Summary { real, frames: found.frames, clips: first.len(), ..Summary::of_list(mean) };
    BTreeMap::from([
        ("pose_unison".to_owned(), summary(found.mean_absolute(), real.map(|u| u.mean_absolute()))),
        ("pose_unison_signed".to_owned(), summary(found.mean_signed(), real.map(|u| u.mean_signed()))),
    ])
}
