//! Frames of the references one by one, for what learns a person.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use talkinghead_face::FaceNetworks;
use talkinghead_render::{Shot, key_frame};

use crate::job::Job;
use crate::person::{check_inputs, probe_references};
use crate::reference_identity::IdentityCheck;
use crate::tracked_reference::{ReferenceTracker, TrackedReference};
use crate::{GenerationError, PersonOptions, Stage};

/// A frame of a reference, upright, with its face.
#[derive(Debug, Clone)]
pub struct ReferenceFrame {
    /// Picture and landmarks.
    pub shot: Shot,
    /// Where it came from.
    pub path: PathBuf,
    /// Its number in the reference, counted from 0.
    pub number: usize,
}

/// What was noticed on the way.
#[derive(Debug, Clone, Default)]
pub struct ReferenceFrames {
    /// Frames handed out.
    pub frames: usize,
    /// Frames with a face that there are.
    pub available: usize,
    /// What was not quite right with the references, one sentence each.
    pub warnings: Vec<String>,
}

/// Hands out frames; see [`crate::PersonBuilder::frames`].
pub(crate) fn hand_out(
    paths: &[PathBuf],
    options: &PersonOptions,
    most: NonZeroUsize,
    job: &Job,
    take: &mut dyn FnMut(ReferenceFrame),
) -> Result<ReferenceFrames, GenerationError> {
    check_inputs(paths.iter().map(PathBuf::as_path))?;
    let probed = probe_references(paths, options)?;
    let networks = FaceNetworks::load();
    let limits = &options.limits;
    let mut warnings = Vec::new();
    job.tell(Stage::Reference, 0, None);
    let tracker = ReferenceTracker::new(&networks, options.face, limits, job).with_size(options.size);
    let mut references = tracker.track(probed, &mut warnings)?;
    let check = IdentityCheck { networks: &networks, identities: options.identities, limits, job };
    check.keep_one_person(&mut references, &mut warnings)?;

    let base = references.first().map_or(0, |first| key_frame(&first.landmarks()).unwrap_or(0));
    let available = references.iter().map(|reference| reference.frames.len()).sum();
    let chosen = spread_around(base, available, most.get());
    // The base by a reading of its own, so that it comes first.
    for wanted in [&chosen[..chosen.len().min(1)], chosen.get(1..).unwrap_or(&[])] {
        let mut first = 0;
        for reference in &references {
            let count = reference.frames.len();
            let own: Vec<usize> = wanted.iter().filter_map(|at| at.checked_sub(first)).filter(|at| *at < count).collect();
            read(reference, &own, options, job, take)?;
            first += count;
        }
    }
    Ok(ReferenceFrames { frames: chosen.len(), available, warnings })
}

/// Hands out some of a reference's frames, by rising place.
fn read(
    reference: &TrackedReference,
    places: &[usize],
    options: &PersonOptions,
    job: &Job,
    take: &mut dyn FnMut(ReferenceFrame),
) -> Result<(), GenerationError> {
    if places.is_empty() {
        return Ok(());
    }
    let mut reader = reference.reader(&options.limits)?;
    for (number, landmarks) in places.iter().filter_map(|place| reference.frames.get(*place)) {
        job.check()?;
        let shot = Shot { picture: reader.frame(*number)?, landmarks: landmarks.clone() };
        take(ReferenceFrame { shot, path: reference.path.clone(), number: *number });
    }
    Ok(())
}

/// `base`, then up to `most - 1` others of `available`, spread evenly and rising.
fn spread_around(base: usize, available: usize, most: usize) -> Vec<usize> {
    let others = available.saturating_sub(1);
    let count = others.min(most.saturating_sub(1));
    let other = |k: usize| {
        let at = (2 * k + 1) * others / (2 * count.max(1));
        at + usize::from(at >= base)
    };
    (0..available.min(1)).map(|_| base).chain((0..count).map(other)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_spread_around_the_base() {
        assert_eq!(spread_around(0, 1, 8), [0]);
        assert_eq!(spread_around(2, 4, 8), [2, 0, 1, 3]);
        assert_eq!(spread_around(50, 101, 5), [50, 12, 37, 63, 88]);
        assert!(spread_around(0, 0, 5).is_empty());
        for (base, available, most) in [(0, 10, 10), (9, 10, 7), (3, 75, 16)] {
            let chosen = spread_around(base, available, most);
            assert_eq!(chosen.len(), most.min(available));
            assert!(chosen[1..].windows(2).all(|pair| pair[0] < pair[1]) && !chosen[1..].contains(&base));
            assert!(chosen.iter().all(|at| *at < available));
        }
    }
}
