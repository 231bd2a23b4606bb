//! What is asked of a clip.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use talkinghead_face::CropMode;

use crate::corpus::Corpus;
use crate::hash::hex;
use crate::quality::Thresholds;

/// Changes whenever the same source and settings would give other clips.
const OUTPUT_VERSION: u32 = 1;

/// Settings that decide what becomes of a source. Two runs with the same settings give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClipSettings {
    /// The corpus.
    pub dataset: Corpus,
    /// Crop.
    pub crop: CropMode,
    /// Shortest clip, seconds.
    pub least_seconds: f64,
    /// Longest clip, seconds; longer shots are cut after so much.
    pub most_seconds: f64,
    /// Longest source, seconds.
    pub most_source_seconds: f64,
    /// Constant rate factor of the videos written.
    pub crf: u8,
    /// Quality control.
    pub thresholds: Thresholds,
    /// Move the sound when its offset to the lips is sure.
    pub correct_sync: bool,
}

impl ClipSettings {
    /// The usual settings for a corpus.
    pub fn new(dataset: Corpus) -> Self {
        Self {
            dataset,
            crop: CropMode::Static,
            least_seconds: 1.0,
            most_seconds: 30.0,
            most_source_seconds: 4.0 * 3600.0,
            crf: 16,
            thresholds: Thresholds::default(),
            correct_sync: true,
        }
    }

    /// A word that is the same exactly when the settings (and the program's output) are.
    pub fn fingerprint(&self) -> String {
        let text = match serde_json::to_string(self) {
            Ok(text) => text,
            // Nothing must stand in for it: all settings would be the same then.
            Err(error) => panic!("a struct of plain numbers and words is not written as JSON: {error}"),
        };
        hex(&Sha256::digest(format!("{OUTPUT_VERSION}\n{text}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_follows_the_settings() {
        let usual = ClipSettings::new(Corpus::Grid);
        assert_eq!(usual.fingerprint(), ClipSettings::new(Corpus::Grid).fingerprint());
        assert_ne!(usual.fingerprint(), ClipSettings::new(Corpus::Videos).fingerprint());
        assert_ne!(usual.fingerprint(), ClipSettings { crf: 20, ..usual.clone() }.fingerprint());
    }
}
