//! Is a clip good enough to learn from? Every measure has a threshold and a reason.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::measurement::Quality;
use crate::error::DatasetError;
use crate::rejection::Reason;

/// What a clip must reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Least size of the face in the source: longer side of the box of the 68 landmarks, median over frames, pixels.
    pub least_face_pixels: f64,
    /// Least sharpness, see [`Quality::sharpness`].
    pub least_sharpness: f64,
    /// Largest share of frames without the face.
    pub most_lost: f64,
    /// Largest share of frames with the head turned by more than 60 degrees or nodded by more than 40.
    pub most_turned: f64,
    /// Largest share of frames with part of the face outside the picture.
    pub most_cut_off: f64,
    /// Largest share of frames with the face too dark or too bright.
    pub most_badly_exposed: f64,
    /// Largest share of frames looked at that hold a second face at least half as large.
    pub most_second_face: f64,
    /// Largest distance of the face in a frame from the clip's own face; different people are at least 0.56 apart.
    pub most_identity_spread: f64,
    /// Least loudness while speaking, dBFS.
    pub least_speech_dbfs: f64,
    /// Largest share of samples at full scale.
    pub most_clipped_samples: f64,
    /// Least correlation of lips and sound, at the best shift, for clips of at least 5 s; below, the voice is another's.
    pub least_sync: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            least_face_pixels: 60.0,
            least_sharpness: 0.01,
            most_lost: 0.2,
            most_turned: 0.3,
            most_cut_off: 0.2,
            most_badly_exposed: 0.3,
            most_second_face: 0.3,
            most_identity_spread: 0.65,
            least_speech_dbfs: -50.0,
            most_clipped_samples: 0.01,
            least_sync: 0.1,
        }
    }
}

impl Thresholds {
    /// Reads a JSON file that names some of them; the others keep their usual values.
    ///
    /// # Errors
    /// The file cannot be read, is no JSON, or names a threshold that there is none of.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        let bytes = std::fs::read(path).map_err(DatasetError::file("read", path))?;
        Self::from_json(&bytes).map_err(|detail| DatasetError::Thresholds { path: path.to_owned(), detail })
    }

    /// Parses such a file.
    ///
    /// # Errors
    /// It is no JSON, or names a threshold that there is none of.
    pub fn from_json(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}

/// A failed threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedThreshold {
    /// Why.
    pub reason: Reason,
    /// For people.
    pub detail: String,
    /// What was measured.
    pub measured: f64,
    /// What was asked for.
    pub threshold: f64,
}

impl Quality {
    /// What fails, the graver reason first. `sync` is the correlation at the best shift for clips long enough to judge.
    pub fn failed_thresholds(&self, thresholds: &Thresholds, sync: Option<f64>) -> Vec<FailedThreshold> {
        let t = thresholds;
        let too_little = |reason, measured: f64, threshold: f64, what: &str| {
            (measured < threshold).then(|| FailedThreshold {
                reason,
                detail: format!("{what} {measured:.4}, wanted at least {threshold}"),
                measured,
                threshold,
            })
        };
        let too_much = |reason, measured: f64, threshold: f64, what: &str| {
            (measured > threshold).then(|| FailedThreshold {
                reason,
                detail: format!("{what} {measured:.4}, wanted at most {threshold}"),
                measured,
                threshold,
            })
        };
        [
            too_much(Reason::FaceLost, self.lost, t.most_lost, "share of frames without the face"),
            too_much(Reason::IdentityChanges, self.identity_spread, t.most_identity_spread, "identity distance within the clip"),
            too_much(Reason::SeveralFaces, self.second_face, t.most_second_face, "share of frames with a second face"),
            too_little(Reason::FaceTooSmall, self.face_pixels, t.least_face_pixels, "face size in pixels"),
            too_much(Reason::FaceCutOff, self.cut_off, t.most_cut_off, "share of frames with the face cut off"),
            too_much(Reason::ExtremePose, self.turned, t.most_turned, "share of frames turned away"),
            too_much(Reason::Exposure, self.badly_exposed, t.most_badly_exposed, "share of frames badly exposed"),
            too_little(Reason::Blurred, self.sharpness, t.least_sharpness, "sharpness"),
            too_little(Reason::TooQuiet, self.speech_dbfs, t.least_speech_dbfs, "speech level in dBFS"),
            too_much(Reason::AudioClipped, self.clipped_samples, t.most_clipped_samples, "share of clipped samples"),
            sync.and_then(|sync| too_little(Reason::OutOfSync, sync, t.least_sync, "correlation of lips and sound")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::quality::measurement::tests::good;

    #[test]
    fn every_threshold_has_its_reason() {
        let t = Thresholds { least_face_pixels: 40.0, ..Thresholds::default() };
        assert_eq!(good().failed_thresholds(&t, Some(0.5)), []);
        let reasons = |quality: Quality, sync| quality.failed_thresholds(&t, sync).iter().map(|s| s.reason).collect::<Vec<_>>();
        assert_eq!(reasons(Quality { face_pixels: 39.0, ..good() }, None), [Reason::FaceTooSmall]);
        assert_eq!(reasons(Quality { sharpness: 0.001, ..good() }, None), [Reason::Blurred]);
        assert_eq!(reasons(Quality { lost: 0.5, ..good() }, None), [Reason::FaceLost]);
        assert_eq!(reasons(Quality { turned: 0.5, ..good() }, None), [Reason::ExtremePose]);
        assert_eq!(reasons(Quality { cut_off: 0.5, ..good() }, None), [Reason::FaceCutOff]);
        assert_eq!(reasons(Quality { badly_exposed: 0.5, ..good() }, None), [Reason::Exposure]);
        assert_eq!(reasons(Quality { second_face: 0.5, ..good() }, None), [Reason::SeveralFaces]);
        assert_eq!(reasons(Quality { identity_spread: 0.8, ..good() }, None), [Reason::IdentityChanges]);
        assert_eq!(reasons(Quality { speech_dbfs: -70.0, ..good() }, None), [Reason::TooQuiet]);
        assert_eq!(reasons(Quality { clipped_samples: 0.1, ..good() }, None), [Reason::AudioClipped]);
        assert_eq!(reasons(good(), Some(0.02)), [Reason::OutOfSync]);
    }

    #[test]
    fn a_file_may_name_a_few() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), r#"{"least_face_pixels": 90}"#).unwrap();
        let read = Thresholds::read(file.path()).unwrap();
        assert_eq!(read, Thresholds { least_face_pixels: 90.0, ..Thresholds::default() });
        std::fs::write(file.path(), r#"{"least_face": 90}"#).unwrap();
        assert!(Thresholds::read(file.path()).unwrap_err().to_string().contains("least_face"));
    }
}
