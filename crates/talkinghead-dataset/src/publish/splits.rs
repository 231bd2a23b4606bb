//! Which identities are trained, validated and tested with. No identity is in two splits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::settings::MergeSettings;
use crate::clip::ClipDescription;
use crate::corpus::OfficialSplit;

/// What a clip is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Learning.
    Train,
    /// Choosing.
    Validation,
    /// Reporting.
    Test,
}

impl Split {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// The split of every identity. The official test part, where there is one, is the test split (with everything else of its
/// identities); else, and for validation, identities are drawn by the seed.
pub(crate) fn split_identities(
    clips: &[ClipDescription],
    identities: &[String],
    settings: &MergeSettings,
    warnings: &mut Vec<String>,
) -> HashMap<String, Split> {
    let mut official: BTreeMap<&str, BTreeSet<Option<OfficialSplit>>> = BTreeMap::new();
    for (clip, identity) in clips.iter().zip(identities) {
        official.entry(identity).or_default().insert(clip.official_split);
    }
    let in_test = |parts: &BTreeSet<Option<OfficialSplit>>| parts.contains(&Some(OfficialSplit::Test));
    let mixed = official.values().filter(|parts| in_test(parts) && parts.len() > 1).count();
    if mixed > 0 {
        warnings.push(format!("{mixed} identities are in the official test part and in another; all their clips are in `test`"));
    }
    let has_official_test = official.values().any(in_test);
    let mut splits: HashMap<String, Split> = HashMap::new();
    let mut free: Vec<(Vec<u8>, &str)> = Vec::new();
    for (identity, parts) in &official {
        if in_test(parts) {
            splits.insert((*identity).to_owned(), Split::Test);
        } else {
            free.push((Sha256::digest(format!("{}\n{identity}", settings.seed)).to_vec(), identity));
        }
    }
    free.sort();
    let quota =
        |share: f64| if share <= 0.0 || free.len() < 3 { 0 } else { ((free.len() as f64 * share).round() as usize).max(1) };
    let test = if has_official_test { 0 } else { quota(settings.test_share) };
    let validation = quota(settings.validation_share);
    for (number, (_, identity)) in free.iter().enumerate() {
        let split = match number {
            number if number < test => Split::Test,
            number if number < test + validation => Split::Validation,
            _ => Split::Train,
        };
        splits.insert((*identity).to_owned(), split);
    }
    splits
}
