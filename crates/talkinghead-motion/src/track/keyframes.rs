//! Keyframes: values that a track meets exactly at their time and that it comes to and leaves smoothly.
//!
//! Not the values but their *differences* from the performance are eased, so that everything that moves goes on moving on the way
//! to a keyframe and from it. Two keyframes of the same field whose reaches touch are joined directly; otherwise the performance
//! is as it was between them. The easing is a raised cosine: no corner in the movement, at rest where it starts and ends.

use talkinghead_media::FRAME_RATE;

use super::selection::Slot;
use super::{MotionTrack, Selection};
use crate::MotionError;

/// Most keyframes that are read.
pub const MAX_KEYFRAMES: usize = 20_000;
/// Seconds over which a keyframe is come to, and left, when it does not say.
pub const KEYFRAME_REACH: f64 = 0.8;
/// Shortest and longest reach in seconds.
const REACHES: (f64, f64) = (0.04, 60.0);

/// Some of a frame's numbers at a time.
#[derive(Clone, Debug)]
pub struct Keyframe {
    time: f64,
    reach: f64,
    values: Vec<(Slot, f32)>,
}

impl Keyframe {
    /// A keyframe at `time` in seconds; it is met at the nearest frame (1/25 s).
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `time` is a number from 0 on.
    pub fn at(time: f64) -> Result<Self, MotionError> {
        // Written so that NaN fails too.
        if !(time >= 0.0 && time.is_finite()) {
            return Err(MotionError::InvalidEdit(format!("`time` is {time}; give seconds from 0 on")));
        }
        Ok(Self { time, reach: KEYFRAME_REACH, values: Vec::new() })
    }

    /// Seconds over which it is come to, and left.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `seconds` is between 0.04 and 60.
    pub fn reach(mut self, seconds: f64) -> Result<Self, MotionError> {
        if !(REACHES.0..=REACHES.1).contains(&seconds) {
            return Err(MotionError::InvalidEdit(format!("`reach` is {seconds}; give {} to {} seconds", REACHES.0, REACHES.1)));
        }
        self.reach = seconds;
        Ok(self)
    }

    /// Asks for values of a field or one of its numbers (names as of [`Selection`]).
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] when there is no such field, it has another number of values, or one is out of its range.
    pub fn with(mut self, field: &str, values: &[f64]) -> Result<Self, MotionError> {
        let selection: Selection = field.parse()?;
        let slots = selection.slots();
        if slots.len() != values.len() {
            let (found, wanted) = (values.len(), slots.len());
            return Err(MotionError::InvalidEdit(format!("field `{field}`: {found} numbers where {wanted} are wanted")));
        }
        for (slot, &value) in slots.iter().zip(values) {
            let (low, high) = slot.field.range;
            if !(low..=high).contains(&value) {
                return Err(MotionError::InvalidEdit(format!("field `{field}`: {value} is not between {low} and {high}")));
            }
            self.values.retain(|(known, _)| !same(known, slot));
            self.values.push((*slot, value as f32));
        }
        Ok(self)
    }

    fn frame(&self) -> usize {
        (self.time * f64::from(FRAME_RATE)).round() as usize
    }

    fn reach_frames(&self) -> usize {
        ((self.reach * f64::from(FRAME_RATE)).round() as usize).max(1)
    }
}

/// One number's keyframe on the way to be met.
#[derive(Clone, Copy)]
struct Mark {
    frame: usize,
    reach: usize,
    target: f32,
    difference: f32,
}

impl MotionTrack {
    /// Changes the performance so that it meets every keyframe. A turned head carries its translation and scale with the neck and the
    /// gaze stays on what it looked at, unless keyframes name them.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] with the number of the keyframe (from 0) that lies beyond the end or contradicts another one.
    pub fn meet(&mut self, keyframes: &[Keyframe]) -> Result<(), MotionError> {
        if keyframes.len() > MAX_KEYFRAMES {
            return Err(MotionError::InvalidEdit(format!("more than {MAX_KEYFRAMES} keyframes")));
        }
        let mut slots: Vec<Slot> = Vec::new();
        for (index, keyframe) in keyframes.iter().enumerate() {
            if keyframe.frame() >= self.len() {
                let (time, seconds) = (keyframe.time, self.seconds());
                return Err(MotionError::InvalidEdit(format!("keyframe {index}: {time} s lies beyond the end ({seconds:.2} s)")));
            }
            for (slot, _) in &keyframe.values {
                if !slots.iter().any(|known| same(known, slot)) {
                    slots.push(*slot);
                }
            }
        }
        let marks = slots.iter().map(|slot| self.marks(slot, keyframes)).collect::<Result<Vec<_>, _>>()?;
        self.change_head(&Selection::of_slots("keyframes", slots.clone()), |track| {
            for (slot, marks) in slots.iter().zip(&marks) {
                track.follow(slot, marks);
            }
        });
        Ok(())
    }

    /// The keyframes of one number, in the order of time.
    fn marks(&self, slot: &Slot, keyframes: &[Keyframe]) -> Result<Vec<Mark>, MotionError> {
        let mut marks: Vec<(Mark, usize)> = Vec::new();
        for (index, keyframe) in keyframes.iter().enumerate() {
            let Some((_, target)) = keyframe.values.iter().find(|(known, _)| same(known, slot)) else { continue };
            let frame = keyframe.frame();
            let difference = target - slot.value(&self.frames[frame]);
            marks.push((Mark { frame, reach: keyframe.reach_frames(), target: *target, difference }, index));
        }
        marks.sort_by_key(|(mark, _)| mark.frame);
        for pair in marks.windows(2) {
            let ((a, first), (b, second)) = (&pair[0], &pair[1]);
            if a.frame == b.frame && a.target != b.target {
                let name = slot.field.name;
                return Err(MotionError::InvalidEdit(format!(
                    "keyframe {second}: `{name}` is {} where keyframe {first} wants {} at the same frame",
                    b.target, a.target
                )));
            }
        }
        let mut marks: Vec<Mark> = marks.into_iter().map(|(mark, _)| mark).collect();
        marks.dedup_by_key(|mark| mark.frame);
        Ok(marks)
    }

    fn follow(&mut self, slot: &Slot, marks: &[Mark]) {
        let (Some(first), Some(last)) = (marks.first(), marks.last()) else { return };
        let end = last.frame.saturating_add(last.reach).min(self.frames.len());
        let mut add = |frames: std::ops::Range<usize>, difference: &dyn Fn(usize) -> f32| {
            for k in frames {
                let value = slot.value(&self.frames[k]) + difference(k);
                slot.store(&mut self.frames[k], value);
            }
        };
        add(first.frame.saturating_sub(first.reach)..first.frame, &|k| coming(first, k));
        for pair in marks.windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            let between = b.frame - a.frame;
            if between <= a.reach.saturating_add(b.reach) {
                let joined =
                    |k: usize| a.difference + (b.difference - a.difference) * ease((k - a.frame) as f32 / between as f32);
                add(a.frame + 1..b.frame, &joined);
            } else {
                add(a.frame + 1..a.frame + a.reach, &|k| leaving(a, k));
                add(b.frame - b.reach..b.frame, &|k| coming(b, k));
            }
        }
        add(last.frame + 1..end.max(last.frame + 1), &|k| leaving(last, k));
        for mark in marks {
            slot.store(&mut self.frames[mark.frame], mark.target);
        }
    }
}

fn coming(mark: &Mark, frame: usize) -> f32 {
    mark.difference * (1.0 - ease((mark.frame - frame) as f32 / mark.reach as f32))
}

fn leaving(mark: &Mark, frame: usize) -> f32 {
    mark.difference * (1.0 - ease((frame - mark.frame) as f32 / mark.reach as f32))
}

/// A raised cosine from 0 at 0 to 1 at 1.
fn ease(part: f32) -> f32 {
    0.5 - 0.5 * (std::f32::consts::PI * part.clamp(0.0, 1.0)).cos()
}

fn same(a: &Slot, b: &Slot) -> bool {
    a.field.name == b.field.name && a.place == b.place
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::track::sample::{assert_same_lips, performance};

    fn key(time: f64, field: &str, value: f64) -> Keyframe {
        Keyframe::at(time).unwrap().with(field, &[value]).unwrap()
    }

    #[test]
    fn a_keyframe_is_met_exactly_and_left_smoothly() {
        let before = performance(200);
        let mut track = before.clone();
        track.meet(&[key(2.4, "yaw", 10.0)]).unwrap();
        assert_eq!(track.frames[60].head_pose.yaw, 10.0);
        assert_same_lips(&before, &track);
        let added: Vec<f32> = (0..200).map(|k| track.frames[k].head_pose.yaw - before.frames[k].head_pose.yaw).collect();
        assert!(added[40] == 0.0 && added[80] == 0.0 && added[50] > 1.0, "0.8 s to it and from it");
        let most = added[60] * std::f32::consts::FRAC_PI_2 / 20.0;
        assert!(added.windows(2).all(|w| (w[1] - w[0]).abs() < 1.05 * most), "no jumps");
        assert_ne!(track.frames[60].head_pose.translation, before.frames[60].head_pose.translation, "the neck carries it");
        assert_eq!(track.frames[100], before.frames[100]);
    }

    #[test]
    fn keyframes_near_each_other_are_joined_and_far_ones_let_go_between() {
        let before = performance(300);
        let mut track = before.clone();
        let keys = [key(4.0, "pitch", 6.0), key(3.0, "pitch", 6.0), key(8.0, "pitch", -5.0), key(8.0, "gaze.x", 0.05)];
        track.meet(&keys).unwrap();
        let pitch = |t: &MotionTrack, k: usize| t.frames[k].head_pose.pitch;
        assert_eq!([75, 100, 200].map(|k| pitch(&track, k)), [6.0, 6.0, -5.0]);
        assert!(pitch(&track, 87) - pitch(&before, 87) > 1.0, "joined between 3 s and 4 s");
        assert_eq!(pitch(&track, 150), pitch(&before, 150), "untouched between 4.8 s and 7.2 s");
        assert_eq!(track.frames[200].gaze[0], 0.05);
        // What is met already is not changed by meeting it again.
        let again = track.clone();
        track.meet(&keys).unwrap();
        for (a, b) in track.frames.iter().zip(&again.frames) {
            assert_eq!(a, b);
        }
    }

    #[test]
    fn contradictions_and_times_beyond_the_end_are_named() {
        let mut track = performance(50);
        let error = track.meet(&[key(0.0, "yaw", 1.0), key(2.0, "yaw", 1.0)]).unwrap_err().to_string();
        assert!(error.contains("keyframe 1") && error.contains("2 s"), "{error}");
        let error = track.meet(&[key(1.0, "yaw", 1.0), key(1.01, "yaw", 2.0)]).unwrap_err().to_string();
        assert!(error.contains("keyframe 1") && error.contains("`yaw`"), "{error}");
        assert!(Keyframe::at(f64::NAN).is_err() && Keyframe::at(1.0).unwrap().reach(0.0).is_err());
        assert!(
            Keyframe::at(1.0).unwrap().with("yaw", &[91.0]).is_err() && Keyframe::at(1.0).unwrap().with("gaze", &[0.0]).is_err()
        );
    }
}
