//! The unit of work: one source, named by its content and the settings, done whole or not at all.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clip::ClipDescription;
use crate::corpus::Source;
use crate::error::DatasetError;
use crate::hash::hex;
use crate::rejection::Rejection;
use crate::store::Location;

/// What became of a source: `work/<source>.json`, written when all its clips are where they belong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkRecord {
    /// Follows from the content of the source's files, its path in the corpus and the settings.
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
    pub fn path(source: &str) -> String {
        format!("{WORK}/{source}.json")
    }

    /// Where the contact strip of a source lies.
    pub fn contact_strip_path(source: &str) -> String {
        format!("{WORK}/{source}.jpg")
    }

    /// The record of a source, if there is one that parses: a damaged one counts as missing.
    ///
    /// # Errors
    /// The output cannot be read.
    pub fn read(output: &Location, source: &str) -> Result<Option<Self>, DatasetError> {
        Ok(output.read(&Self::path(source))?.and_then(|bytes| Self::from_json(&bytes).ok()))
    }

    /// Parses a record.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    /// Writes it.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn write(&self, output: &Location) -> Result<(), DatasetError> {
        let mut bytes = serde_json::to_vec(self)
            .map_err(|error| DatasetError::Malformed { file: Self::path(&self.source), detail: error.to_string() })?;
        bytes.push(b'\n');
        output.write(&Self::path(&self.source), &bytes)
    }

    /// Whether all its clips are there.
    ///
    /// # Errors
    /// The output cannot be read.
    pub fn is_complete(&self, output: &Location) -> Result<bool, DatasetError> {
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
