//! Copies of one recording, found by content and by signature.

use std::collections::HashMap;

use crate::clip::ClipDescription;
use crate::quality::Signature;
use crate::rejection::{Reason, Rejection};

/// Leaves out copies of earlier clips: the same file twice, or the same recording encoded anew.
pub(crate) fn without_duplicates(clips: Vec<ClipDescription>, rejected: &mut Vec<Rejection>) -> Vec<ClipDescription> {
    let mut exact: HashMap<(String, usize), usize> = HashMap::new();
    // Copies share at least one quarter of the sound's bits, nearly always.
    let mut quarters: HashMap<(usize, u16), Vec<usize>> = HashMap::new();
    let mut kept: Vec<ClipDescription> = Vec::with_capacity(clips.len());
    for clip in clips {
        let signature = Signature::parse(&clip.signature);
        let bands = signature.map_or([0; 4], |s| std::array::from_fn(|band| (s.sound >> (16 * band)) as u16));
        let origin = (clip.source_sha256.clone(), clip.first_frame);
        let earlier = exact.get(&origin).copied().or_else(|| {
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
        exact.insert(origin, kept.len());
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
