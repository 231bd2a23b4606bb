//! From finished sources to a data set: identities, splits, duplicates, manifest, report, shards. Everything here follows
//! from the records alone, so that merging the parts of many machines gives what one machine would have given.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::preprocess::DATASET;
use crate::signature::Signature;
use crate::splits::{Split, split_identities};
use crate::work::{CLIPS, WORK};
use crate::{ClipDescription, DatasetDescription, DatasetError, Format, MergeSettings, OfficialSplit, Place, Quality, PoseRange, Reason, Rejection, WorkRecord};

/// Faces of two clips nearer than this are one person, where the corpus names nobody.
const SAME_PERSON: f32 = 0.5;

/// One line of `manifest.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestRow {
    /// Name of the clip.
    pub clip: String,
    /// Its folder in the output.
    pub folder: String,
    /// The tar shard that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// The corpus.
    pub dataset: String,
    /// Who speaks: from the corpus, or `person-00001` and so on from comparing faces.
    pub identity: String,
    /// Whether to train, validate or test with it.
    pub split: Split,
    /// Official part of the corpus.
    pub official_split: Option<OfficialSplit>,
    /// Acted emotion.
    pub emotion: Option<String>,
    /// Frames at 25 frames/s.
    pub frames: usize,
    /// Seconds.
    pub seconds: f64,
    /// The video it comes from.
    pub source: String,
    /// First frame in it.
    pub first_frame: usize,
    /// The frame whose head is turned least.
    pub key_frame: usize,
    /// What is said.
    pub transcript: Option<String>,
    /// By how much the sound was moved to earlier times, milliseconds.
    pub sound_moved_ms: f64,
    /// Correlation of lips and sound at the best shift.
    pub sync: f64,
    /// Measured quality.
    pub quality: Quality,
    /// Head pose, degrees.
    pub pose: PoseRange,
}

/// What a merge found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MergeSummary {
    /// Sources with a record, of all in the corpus.
    pub sources: usize,
    /// Sources in the corpus.
    pub sources_expected: usize,
    /// Clips in the manifest.
    pub clips: usize,
    /// Their seconds.
    pub seconds: f64,
    /// Identities.
    pub identities: usize,
    /// Clips in each split.
    pub splits: BTreeMap<Split, usize>,
    /// Lines of `rejected.jsonl`.
    pub rejected: usize,
    /// The same by reason.
    pub reasons: BTreeMap<Reason, usize>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// Everything that the report shows.
pub(crate) struct Merged {
    pub(crate) description: DatasetDescription,
    pub(crate) rows: Vec<ManifestRow>,
    pub(crate) rejected: Vec<Rejection>,
    pub(crate) summary: MergeSummary,
}

/// Writes `manifest.jsonl`, `rejected.jsonl`, `report.html`, and tar shards when asked for.
///
/// # Errors
/// The output holds no run, or cannot be read or written.
pub fn merge(output: &Place, settings: &MergeSettings) -> Result<MergeSummary, DatasetError> {
    let mut merged = collect(output, settings)?;
    if settings.format == Format::Webdataset {
        crate::webdataset::write_shards(output, &mut merged.rows, settings.clips_per_shard)?;
    }
    output.write("manifest.jsonl", &lines(&merged.rows)?)?;
    output.write("rejected.jsonl", &lines(&merged.rejected)?)?;
    output.write("report.html", crate::report::page(output, &merged)?.as_bytes())?;
    // What killed runs left behind.
    if matches!(output, Place::Folder(_)) {
        output.remove(".staging")?;
    }
    Ok(merged.summary)
}

fn lines<T: Serialize>(items: &[T]) -> Result<Vec<u8>, DatasetError> {
    let mut text = Vec::new();
    for item in items {
        serde_json::to_writer(&mut text, item).map_err(|error| DatasetError::Malformed { file: "the manifest".to_owned(), detail: error.to_string() })?;
        text.push(b'\n');
    }
    Ok(text)
}

fn collect(output: &Place, settings: &MergeSettings) -> Result<Merged, DatasetError> {
    let text = output
        .read(DATASET)?
        .ok_or_else(|| DatasetError::Settings(format!("{output} holds no {DATASET}; run `preprocess` before merging")))?;
    let description: DatasetDescription = serde_json::from_slice(&text)
        .map_err(|error| DatasetError::Malformed { file: DATASET.to_owned(), detail: error.to_string() })?;
    let fingerprint = description.settings.fingerprint();
    let mut summary = MergeSummary { sources_expected: description.sources, ..MergeSummary::default() };
    let (mut clips, mut rejected, mut stale) = (Vec::new(), description.problems.clone(), 0);
    for name in output.files_under(WORK)? {
        if !name.ends_with(".json") {
            continue;
        }
        let record = output.read(&name)?.and_then(|bytes| serde_json::from_slice::<WorkRecord>(&bytes).ok());
        match record {
            Some(record) if record.settings == fingerprint => {
                summary.sources += 1;
                clips.extend(record.clips);
                rejected.extend(record.rejected);
            }
            _ => stale += 1,
        }
    }
    if stale > 0 {
        summary.warnings.push(format!("{stale} records were made with other settings and are left out"));
    }
    if summary.sources < summary.sources_expected {
        let missing = summary.sources_expected - summary.sources;
        summary.warnings.push(format!("{missing} of {} sources are not done yet", summary.sources_expected));
    }
    clips.sort_by(|a: &ClipDescription, b| a.clip.cmp(&b.clip));
    let clips = without_duplicates(clips, &mut rejected);
    rejected.sort_by(|a, b| (&a.source, a.first_frame, a.reason).cmp(&(&b.source, b.first_frame, b.reason)));
    let identities = identities(&clips);
    let splits = split_identities(&clips, &identities, settings, &mut summary.warnings);
    let rows: Vec<ManifestRow> = clips.iter().zip(&identities).map(|(clip, identity)| row(clip, identity, splits[identity])).collect();
    summary.clips = rows.len();
    summary.seconds = crate::clip::rounded(rows.iter().map(|row| row.seconds).sum(), 2);
    summary.identities = identities.iter().collect::<BTreeSet<_>>().len();
    rows.iter().for_each(|row| *summary.splits.entry(row.split).or_default() += 1);
    summary.rejected = rejected.len();
    rejected.iter().for_each(|rejection| *summary.reasons.entry(rejection.reason).or_default() += 1);
    Ok(Merged { description, rows, rejected, summary })
}

fn row(clip: &ClipDescription, identity: &str, split: Split) -> ManifestRow {
    ManifestRow {
        clip: clip.clip.clone(),
        folder: format!("{CLIPS}/{}", clip.clip),
        shard: None,
        dataset: clip.dataset.clone(),
        identity: identity.to_owned(),
        split,
        official_split: clip.official_split,
        emotion: clip.emotion.clone(),
        frames: clip.frames,
        seconds: clip.frames as f64 / f64::from(clip.frame_rate.max(1)),
        source: clip.source.clone(),
        first_frame: clip.first_frame,
        key_frame: clip.key_frame,
        transcript: clip.transcript.clone(),
        sound_moved_ms: clip.sync.moved_ms,
        sync: clip.sync.found.correlation,
        quality: clip.quality.clone(),
        pose: clip.pose,
    }
}

/// Leaves out copies of earlier clips: the same file twice, or the same recording encoded anew.
fn without_duplicates(clips: Vec<ClipDescription>, rejected: &mut Vec<Rejection>) -> Vec<ClipDescription> {
    let mut exact: HashMap<(String, usize), usize> = HashMap::new();
    // Copies share at least one quarter of the sound's bits, nearly always.
    let mut quarters: HashMap<(usize, u16), Vec<usize>> = HashMap::new();
    let mut kept: Vec<ClipDescription> = Vec::with_capacity(clips.len());
    for clip in clips {
        let signature = Signature::parse(&clip.signature);
        let bands = signature.map_or([0; 4], |s| std::array::from_fn(|band| (s.sound >> (16 * band)) as u16));
        let place = (clip.source_sha256.clone(), clip.first_frame);
        let earlier = exact.get(&place).copied().or_else(|| {
            let candidates = bands.iter().enumerate().filter_map(|(band, &bits)| quarters.get(&(band, bits))).flatten();
            candidates.copied().filter(|&other| is_copy(&kept[other], &clip, signature)).min()
        });
        if let Some(earlier) = earlier {
            rejected.push(Rejection {
                first_frame: Some(clip.first_frame),
                frames: Some(clip.frames),
                ..Rejection::of_source(clip.source, Reason::Duplicate, format!("the same recording as {}", kept[earlier].clip))
            });
            continue;
        }
        exact.insert(place, kept.len());
        if signature.is_some() {
            bands.iter().enumerate().for_each(|(band, &bits)| quarters.entry((band, bits)).or_default().push(kept.len()));
        }
        kept.push(clip);
    }
    kept
}

fn is_copy(one: &ClipDescription, other: &ClipDescription, signature: Option<Signature>) -> bool {
    one.frames.abs_diff(other.frames) <= 2
        && Signature::parse(&one.signature).zip(signature).is_some_and(|(one, other)| one.same_recording(other))
}

/// Who speaks in each clip. Where the corpus says nothing, clips with like faces are one person.
fn identities(clips: &[ClipDescription]) -> Vec<String> {
    struct Person {
        sum: Vec<f32>,
        count: f32,
    }
    let mut persons: Vec<Person> = Vec::new();
    clips
        .iter()
        .map(|clip| {
            if let Some(identity) = &clip.identity {
                return identity.clone();
            }
            let distance = |person: &Person| {
                let difference = |(sum, value): (&f32, &f32)| (sum / person.count - value).powi(2);
                person.sum.iter().zip(&clip.embedding).map(difference).sum::<f32>().sqrt()
            };
            let nearest = (0..persons.len()).min_by(|&a, &b| distance(&persons[a]).total_cmp(&distance(&persons[b])));
            let number = match nearest.filter(|&person| !clip.embedding.is_empty() && distance(&persons[person]) < SAME_PERSON) {
                Some(number) => {
                    let person = &mut persons[number];
                    person.sum.iter_mut().zip(&clip.embedding).for_each(|(sum, value)| *sum += value);
                    person.count += 1.0;
                    number
                }
                None => {
                    persons.push(Person { sum: clip.embedding.clone(), count: 1.0 });
                    persons.len() - 1
                }
            };
            format!("person-{:05}", number + 1)
        })
        .collect()
}
