//! Stronger, weaker, shifted: factors and offsets on some of a track's numbers.

use super::{MotionTrack, Selection};
use crate::MotionError;

impl MotionTrack {
    /// Multiplies the distance from rest of the selected numbers by `factor`; 0 is rest, 1 changes nothing, below 0 mirrors.
    /// Results are brought into each field's range.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `factor` is between -10 and 10.
    pub fn gain(&mut self, selection: &Selection, factor: f32) -> Result<(), MotionError> {
        if !(-10.0..=10.0).contains(&factor) {
            return Err(MotionError::InvalidEdit(format!("gain of {selection}: {factor} is not between -10 and 10")));
        }
        if factor != 1.0 {
            self.change_head(selection, |track| track.change(selection, |value, rest| rest + factor * (value - rest)));
        }
        Ok(())
    }

    /// Adds `amount` (in the fields' own units) to the selected numbers. Results are brought into each field's range.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `amount` is between -180 and 180.
    pub fn offset(&mut self, selection: &Selection, amount: f32) -> Result<(), MotionError> {
        if !(-180.0..=180.0).contains(&amount) {
            return Err(MotionError::InvalidEdit(format!("offset of {selection}: {amount} is not between -180 and 180")));
        }
        self.change_head(selection, |track| track.change(selection, |value, _| value + amount));
        Ok(())
    }

    /// Holds the selected numbers between `low` and `high`.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `low` and `high` are numbers in that order.
    pub fn clamp(&mut self, selection: &Selection, low: f32, high: f32) -> Result<(), MotionError> {
        // Written so that NaN fails too.
        if !(low <= high && low.is_finite() && high.is_finite()) {
            return Err(MotionError::InvalidEdit(format!("clamp of {selection}: nothing lies between {low} and {high}")));
        }
        self.change_head(selection, |track| track.change(selection, |value, _| value.clamp(low, high)));
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::track::sample::{assert_same_lips, performance};

    #[test]
    fn a_gain_is_about_rest_and_stays_in_range() {
        let mut track = performance(50);
        let before = track.clone();
        track.gain(&"scale".parse().unwrap(), 0.5).unwrap();
        let (a, b) = (before.frames[20].head_pose.scale, track.frames[20].head_pose.scale);
        assert!(a != 1.0 && (b - 1.0 - 0.5 * (a - 1.0)).abs() < 1e-6);
        track.gain(&"blink".parse().unwrap(), 10.0).unwrap();
        track.validate().unwrap();
        track.gain(&"gaze".parse().unwrap(), 0.0).unwrap();
        assert!(track.frames.iter().all(|frame| frame.gaze == [0.0; 2]));
        assert!(track.gain(&"yaw".parse().unwrap(), f32::NAN).is_err());
    }

    #[test]
    fn offsets_and_clamps_do_what_they_say() {
        let mut track = performance(50);
        let before = track.clone();
        track.offset(&"pitch".parse().unwrap(), 3.0).unwrap();
        assert_eq!(track.frames[7].head_pose.pitch, before.frames[7].head_pose.pitch + 3.0);
        assert_ne!(track.frames[7].head_pose.translation, before.frames[7].head_pose.translation, "the neck carries it");
        track.clamp(&"yaw".parse().unwrap(), -1.0, 0.5).unwrap();
        assert!(track.frames.iter().all(|frame| (-1.0..=0.5).contains(&frame.head_pose.yaw)));
        assert!(track.clamp(&"yaw".parse().unwrap(), 1.0, 0.5).is_err() && track.offset(&"yaw".parse().unwrap(), 1e6).is_err());
    }

    #[test]
    fn lips_are_the_same_to_the_bit_when_the_head_changes() {
        let edits: [fn(&mut MotionTrack); 3] = [
            |track| track.gain(&"pose".parse().unwrap(), 2.0).unwrap(),
            |track| track.offset(&"yaw".parse().unwrap(), 12.0).unwrap(),
            |track| track.clamp(&"roll".parse().unwrap(), -0.5, 0.5).unwrap(),
        ];
        for edit in edits {
            let mut track = performance(80);
            let before = track.clone();
            edit(&mut track);
            assert_same_lips(&before, &track);
        }
    }
}
