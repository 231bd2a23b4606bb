//! Parts of one performance on another: taken whole, or mixed in by a weight.

use super::{MotionFrame, MotionTrack, Selection};
use crate::MotionError;

impl MotionTrack {
    /// Replaces the selected numbers by those of another track. A shorter one is played forth and back, so that nothing jumps; of a
    /// longer one the rest is not used. When the head is taken and the gaze is not, the eyes stay on what they looked at.
    ///
    /// # Errors
    /// [`MotionError::Empty`] when the other track has no frames.
    pub fn take(&mut self, other: &Self, selection: &Selection) -> Result<(), MotionError> {
        self.mix(other, selection, 1.0)
    }

    /// Mixes another track's numbers in: `weight` 0 keeps this track, 1 takes the other one. Lengths as in [`Self::take`].
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `weight` is between 0 and 1, [`MotionError::Empty`] when the other track has no frames.
    pub fn mix(&mut self, other: &Self, selection: &Selection, weight: f32) -> Result<(), MotionError> {
        if !(0.0..=1.0).contains(&weight) {
            return Err(MotionError::InvalidEdit(format!("blend weight {weight} is not between 0 and 1")));
        }
        if other.is_empty() {
            return Err(MotionError::Empty);
        }
        self.change_head(selection, |track| {
            for (index, frame) in track.frames.iter_mut().enumerate() {
                let from = other.to_and_fro(index);
                for slot in selection.slots() {
                    let (own, taken) = (slot.value(frame), slot.value(from));
                    // Exactly the other's number at 1.
                    slot.store(frame, if weight == 1.0 { taken } else { own + weight * (taken - own) });
                }
            }
        });
        Ok(())
    }

    /// The frame at `index` of a track that is played forth and back; the track has frames.
    fn to_and_fro(&self, index: usize) -> &MotionFrame {
        let last = self.len() - 1;
        let at = index % (2 * last).max(1);
        &self.frames[if at <= last { at } else { 2 * last - at }]
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::track::sample::{assert_same_lips, performance};
    use crate::{FIELDS, Part};

    fn other() -> MotionTrack {
        let mut track = performance(40);
        track.frames.rotate_left(13);
        track
    }

    #[test]
    fn each_part_can_be_taken_by_itself() {
        for part in Part::ALL {
            let (before, other, selection) = (performance(60), other(), Selection::part(part));
            let mut track = before.clone();
            track.take(&other, &selection).unwrap();
            for field in FIELDS {
                let taken = selection.holds(field.name);
                // The gaze follows a head that is taken without it.
                if field.name == "gaze" && part == Part::Pose {
                    continue;
                }
                for k in 0..60 {
                    let from = if taken { &other.frames[if k < 40 { k } else { 78 - k }] } else { &before.frames[k] };
                    assert_eq!(field.values(&track.frames[k]), field.values(from), "{} of {}, {k}", field.name, part.name());
                }
            }
        }
    }

    #[test]
    fn another_head_leaves_the_lips() {
        let before = performance(60);
        let mut track = before.clone();
        track.mix(&other(), &Selection::part(Part::Pose), 0.5).unwrap();
        assert_same_lips(&before, &track);
        let half = (before.frames[5].head_pose.yaw + other().frames[5].head_pose.yaw) / 2.0;
        assert!((track.frames[5].head_pose.yaw - half).abs() < 1e-5);
        assert!(track.mix(&other(), &Selection::part(Part::Pose), 1.5).is_err());
        assert!(matches!(track.take(&MotionTrack::default(), &Selection::part(Part::Pose)), Err(MotionError::Empty)));
    }
}
