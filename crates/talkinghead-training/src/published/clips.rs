//! Clips with sound, as both networks learn from them.

use std::path::{Path, PathBuf};

use talkinghead_dataset::ClipFolder;
use talkinghead_media::{AudioReader, Limits};

use super::PublishedMotionError;

/// A clip folder and its sound.
#[derive(Debug, Clone)]
pub struct SoundClip {
    /// The folder.
    pub path: PathBuf,
    /// Landmarks and poses, 25 frames a second.
    pub clip: ClipFolder,
    /// Samples, -1..1, at the rate that was asked for.
    pub samples: Vec<f32>,
}

/// All clip folders below a folder that have sound and at least `least_frames` frames, in the order of their paths, the sound at
/// `rate` samples a second.
///
/// # Errors
/// A folder cannot be listed, a clip or its sound cannot be read, or there are fewer than `wanted` such clips.
pub fn read_clips(folder: &Path, rate: u32, least_frames: usize, wanted: usize) -> Result<Vec<SoundClip>, PublishedMotionError> {
    let mut paths = Vec::new();
    find(folder, &mut paths)?;
    paths.sort();
    let mut clips = Vec::new();
    for path in paths {
        let clip = ClipFolder::open(&path)?;
        let Some(audio) = clip.audio.clone().filter(|_| clip.landmarks.len() >= least_frames) else { continue };
        let mut samples = Vec::new();
        for block in AudioReader::open_at_rate(&audio, &Limits::default(), rate)? {
            samples.extend(block?);
        }
        clips.push(SoundClip { path, clip, samples });
    }
    if clips.len() < wanted {
        return Err(PublishedMotionError::TooFew { path: folder.to_owned(), found: clips.len(), frames: least_frames, wanted });
    }
    Ok(clips)
}

/// Folders with a `clip.json`.
fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), PublishedMotionError> {
    let failed = |source| PublishedMotionError::Folder { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            find(&path, found)?;
        } else if path.file_name().is_some_and(|name| name == "clip.json") {
            found.push(folder.to_owned());
        }
    }
    Ok(())
}
