//! All clips of a training.

use std::path::{Path, PathBuf};

use rand::seq::SliceRandom;
use talkinghead_dataset::{DatasetError, Split, read_manifest, unpack_shards};

use super::ItemError;
use super::choice::{frames_needed, mixed, target_run};
use super::search::Found;
use super::{ItemOrder, ItemPosition, ItemSettings, TrainingClip};

/// Clips that teach and clips to judge by.
#[derive(Debug, Clone)]
pub struct ClipSet {
    /// Those that teach, by name.
    pub training: Vec<TrainingClip>,
    /// Those of the split `validation`; where there are none the result is judged by the clips that teach.
    pub validation: Vec<TrainingClip>,
    /// Clips that were left out because they are too short.
    pub too_short: usize,
}

impl ClipSet {
    /// Opens the output of `preprocess`, whose manifest says which clips teach; any folder of clip folders, all of which do; or a folder
    /// of tar shards alone, whose names say which teach, and which are unpacked once below `cache` (or below `data` without one).
    ///
    /// # Errors
    /// There are no clips, or other videos beside them; a clip is damaged; all are too short; a projection is needed and missing.
    pub fn open(data: &Path, settings: &ItemSettings, projections: bool, cache: Option<&Path>) -> Result<Self, ItemError> {
        let (training, validation) = clip_paths(data, cache.unwrap_or(data))?;
        let open = |paths: &[PathBuf]| paths.iter().map(|path| TrainingClip::open(path, cache)).collect::<Result<Vec<_>, _>>();
        let (training, validation) = (open(&training)?, open(&validation)?);
        if training.is_empty() {
            return Err(ItemError::NoClips { path: data.to_owned(), videos: 0 });
        }
        if let Some(clip) = training.iter().chain(&validation).find(|clip| projections && clip.projection.is_none()) {
            return Err(ItemError::NoProjection { clip: clip.frames.video().display().to_string() });
        }
        let (wanted, all) = (frames_needed(settings), training.len());
        let longest = training.iter().map(|clip| clip.usable().len()).max().unwrap_or(0);
        let least = settings.sequence.least();
        let is_long = |clip: &TrainingClip| clip.usable().len() >= wanted && target_run(clip.usable(), settings) >= least;
        let long = |clips: Vec<TrainingClip>| clips.into_iter().filter(is_long).collect::<Vec<_>>();
        let (training, validation) = (long(training), long(validation));
        if training.is_empty() {
            let path = data.to_owned();
            return Err(ItemError::TooShort { path, clips: all, wanted, shots: settings.shots, targets: least, longest });
        }
        Ok(Self { too_short: all - training.len(), training, validation })
    }

    /// Items of an epoch; where several processes train together, of the one that has most.
    pub fn items(&self, settings: &ItemSettings) -> usize {
        self.training.len().div_ceil(settings.share.ranks.max(1)) * settings.items_per_clip.max(1)
    }

    /// The clip of an item; indices beyond the epoch's items begin again.
    pub(super) fn clip(&self, settings: &ItemSettings, position: ItemPosition) -> &TrainingClip {
        if settings.share.ranks > 1 {
            return self.shared_clip(settings, position);
        }
        let items = self.items(settings);
        let index = (position.index % items as u64) as usize;
        let clips = self.training.len();
        if settings.order == ItemOrder::Serial {
            return &self.training[index % clips];
        }
        // Every clip once before any comes again.
        let round = (index / clips) as u64;
        let mut order: Vec<usize> = (0..clips).collect();
        let shuffle = ItemPosition { epoch: position.epoch, index: round, attempt: 0 };
        order.shuffle(&mut shuffle.random(mixed(settings.seed, u64::MAX)));
        &self.training[order[index % clips]]
    }

    /// The clip of an item of one of several processes: in an epoch each has clips of its own, the first round of them those of a single
    /// process in turn. One with fewer clips than another begins again.
    fn shared_clip(&self, settings: &ItemSettings, position: ItemPosition) -> &TrainingClip {
        let clips = self.training.len();
        let mut order: Vec<usize> = (0..clips).collect();
        let serial = settings.order == ItemOrder::Serial;
        let mixer = mixed(settings.seed, u64::MAX);
        if !serial {
            order.shuffle(&mut ItemPosition { index: 0, attempt: 0, ..position }.random(mixer));
        }
        let (rank, ranks) = (settings.share.rank % clips, settings.share.ranks);
        let mut own: Vec<usize> = order.into_iter().skip(rank).step_by(ranks).collect();
        let (round, within) = (position.index / own.len() as u64, (position.index % own.len() as u64) as usize);
        if round > 0 && !serial {
            own.shuffle(&mut ItemPosition { index: round, attempt: rank as u64 + 1, ..position }.random(mixer));
        }
        &self.training[own[within]]
    }

    /// A word that is the same exactly when names and lengths of the clips that teach are.
    pub fn fingerprint(&self) -> String {
        let lines = self.training.iter().map(|clip| format!("{} {}\n", clip.name, clip.usable().len()));
        let text: String = lines.collect();
        format!("{:016x}", talkinghead_synthesis::procedural::fnv1a64(&text))
    }
}

/// Where the clips are that teach, and those to judge by.
fn clip_paths(data: &Path, cache: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), ItemError> {
    let manifest = data.join("manifest.jsonl");
    // What was copied without its clip folders is shards with a manifest beside them.
    if manifest.is_file() && (data.join("clips").is_dir() || !data.join("shards").is_dir()) {
        let bytes =
            std::fs::read(&manifest).map_err(|source| DatasetError::File { action: "read", path: manifest.clone(), source })?;
        let rows = read_manifest(&bytes)?;
        let of = |split: Split| {
            let mut paths: Vec<PathBuf> =
                rows.iter().filter(|row| row.split == split).map(|row| data.join(&row.folder)).collect();
            paths.sort();
            paths
        };
        let (training, validation) = (of(Split::Train), of(Split::Validation));
        if training.is_empty() {
            return Err(ItemError::NoClips { path: data.to_owned(), videos: 0 });
        }
        return Ok((training, validation));
    }
    let found = Found::below(data)?;
    if found.clips.is_empty() && !found.shards.is_empty() {
        return clips_of_shards(data, &found.shards, &cache.join(".unpacked"));
    }
    match (found.clips.len(), found.others.first()) {
        (0, _) => Err(ItemError::NoClips { path: data.to_owned(), videos: found.others.len() }),
        (clips, Some(example)) => {
            let (path, videos) = (data.to_owned(), found.others.len());
            Err(ItemError::Mixed { path, clips, videos, example: example.clone() })
        }
        _ => Ok((found.clips, Vec::new())),
    }
}

/// Unpacks the shards that teach, `train-….tar` or with a name of another kind, and those to judge by.
fn clips_of_shards(data: &Path, shards: &[PathBuf], to: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), ItemError> {
    let split = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        [Split::Validation, Split::Test].into_iter().find(|split| name.starts_with(&format!("{}-", split.name())))
    };
    let of = |wanted: Option<Split>| -> Result<Vec<PathBuf>, ItemError> {
        let shards: Vec<PathBuf> = shards.iter().filter(|path| split(path) == wanted).cloned().collect();
        Ok(unpack_shards(&shards, to)?)
    };
    let (training, validation) = (of(None)?, of(Some(Split::Validation))?);
    if training.is_empty() {
        return Err(ItemError::NoClips { path: data.to_owned(), videos: 0 });
    }
    Ok((training, validation))
}
