//! The unit of work: one source, named by its content and the settings, done whole or not at all.

use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::settings::hex;
use crate::{ClipDescription, DatasetError, Place, Rejection, Source};

/// What became of a source: `work/<source>.json`, written when all its clips are in their place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkRecord {
    /// Follows from the content of the source's files, its place in the corpus and the settings.
    pub key: String,
    /// [`crate::ClipSettings::fingerprint`].
    pub settings: String,
    /// The source's name.
    pub source: String,
    /// Sizes and times of change of the source's files: equal ones need not be read again.
    pub stamp: String,
    /// Its clips.
    pub clips: Vec<ClipDescription>,
    /// Pieces of it, or all of it, that became no clip.
    pub rejected: Vec<Rejection>,
}

/// Folder of the clips in the output.
pub(crate) const CLIPS: &str = "clips";
/// Folder of the records in the output.
pub(crate) const WORK: &str = "work";

impl WorkRecord {
    /// Where the record of a source lies.
    pub fn place(source: &str) -> String {
        format!("{WORK}/{source}.json")
    }

    /// Where the contact strip of a source lies.
    pub fn strip_place(source: &str) -> String {
        format!("{WORK}/{source}.jpg")
    }

    /// The record of a source, if there is one that parses: a damaged one counts as missing.
    ///
    /// # Errors
    /// The output cannot be read.
    pub fn read(output: &Place, source: &str) -> Result<Option<Self>, DatasetError> {
        Ok(output.read(&Self::place(source))?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Writes it.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn write(&self, output: &Place) -> Result<(), DatasetError> {
        let mut bytes = serde_json::to_vec(self)
            .map_err(|error| DatasetError::Malformed { file: Self::place(&self.source), detail: error.to_string() })?;
        bytes.push(b'\n');
        output.write(&Self::place(&self.source), &bytes)
    }

    /// Whether all its clips are there.
    ///
    /// # Errors
    /// The output cannot be read.
    pub fn is_complete(&self, output: &Place) -> Result<bool, DatasetError> {
        for clip in &self.clips {
            if !output.exists(&format!("{CLIPS}/{}/clip.json", clip.clip))? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Sizes and times of change of all files of a source.
pub(crate) fn stamp(source: &Source) -> String {
    let files = [Some(&source.video), source.audio.as_ref(), source.transcript.as_ref()];
    files.map(|file| file.map_or("-", |file| file.stamp.as_str())).join(" ")
}

/// SHA-256 of a file.
pub(crate) fn sha256_of(path: &Path) -> Result<String, std::io::Error> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hex(&hasher.finalize())),
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The key of a source: `contents` are the hashes of its files.
pub(crate) fn key(source: &Source, settings: &str, contents: &[String]) -> String {
    let about = format!(
        "{settings}\n{}\n{}\n{:?} {:?} {:?} {:?}\n{}",
        source.name,
        source.clip,
        source.identity,
        source.recording,
        source.official_split,
        source.emotion,
        contents.join("\n")
    );
    hex(&Sha256::digest(about))
}
