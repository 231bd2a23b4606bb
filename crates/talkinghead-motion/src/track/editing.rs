//! Changes to a whole track: gains, smoothing, slicing, resampling.

use talkinghead_media::FRAME_RATE;

use talkinghead_face::HeadPose;

use super::{FIELDS, MotionFrame, MotionTrack};
use crate::MotionError;

impl MotionTrack {
    /// Multiplies head movement (angles, shift, change of size) by `gain`; 0 holds the head still, 1 changes nothing.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `gain` is between 0 and 10.
    pub fn scale_head(&mut self, gain: f32) -> Result<(), MotionError> {
        check_gain("head gain", gain)?;
        for frame in &mut self.frames {
            let pose = &mut frame.head_pose;
            let limit = |value: f32, most: f32| (value * gain).clamp(-most, most);
            *pose = HeadPose {
                yaw: limit(pose.yaw, 90.0),
                pitch: limit(pose.pitch, 90.0),
                roll: limit(pose.roll, 180.0),
                translation: pose.translation.map(|v| limit(v, 20.0)),
                scale: (1.0 + (pose.scale - 1.0) * gain).clamp(0.1, 10.0),
            };
        }
        Ok(())
    }

    /// Multiplies the expression (opening, width, shape, brow) by `gain`; 0 is a face at rest, 1 changes nothing.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `gain` is between 0 and 10.
    pub fn scale_expression(&mut self, gain: f32) -> Result<(), MotionError> {
        check_gain("expression gain", gain)?;
        for frame in &mut self.frames {
            for field in FIELDS.iter().filter(|f| ["opening", "width", "shape", "brow"].contains(&f.name)) {
                let (low, high) = (field.range.0 as f32, field.range.1 as f32);
                field.update(frame, |value| (value * gain).clamp(low, high));
            }
        }
        Ok(())
    }

    /// Smooths head pose and expression over time with a Gaussian of `seconds` standard deviation, without delay;
    /// blinks and gaze keep their speed. 0 changes nothing.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `seconds` is between 0 and 10.
    pub fn smooth(&mut self, seconds: f32) -> Result<(), MotionError> {
        if !(0.0..=10.0).contains(&seconds) {
            return Err(MotionError::InvalidEdit(format!("cannot smooth over {seconds} s; give 0 to 10")));
        }
        let deviation = seconds * FRAME_RATE as f32;
        if deviation < 1e-3 {
            return Ok(());
        }
        for field in FIELDS.iter().filter(|f| !["blink", "gaze"].contains(&f.name)) {
            let count = field.values(&MotionFrame::default()).len();
            for k in 0..count {
                let curve: Vec<f32> = self.frames.iter().map(|f| field.values(f)[k]).collect();
                for (frame, value) in self.frames.iter_mut().zip(gaussian(&curve, deviation)) {
                    field.values_mut(frame)[k] = value;
                }
            }
        }
        Ok(())
    }

    /// The part from frame `start` on, at most `count` frames.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] when the part would hold no frame.
    pub fn slice(&self, start: usize, count: usize) -> Result<Self, MotionError> {
        let end = start.saturating_add(count).min(self.frames.len());
        if start >= end {
            return Err(MotionError::InvalidEdit(format!(
                "the part from frame {start} with {count} frames is empty; the track has {}",
                self.frames.len()
            )));
        }
        Ok(Self { source: self.source.clone(), frames: self.frames[start..end].to_vec() })
    }

    /// Frames that were taken at another rate, brought to 25 a second by linear interpolation of every number.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `from_rate` is between 1 and 1000 frames a second.
    pub fn resample(&self, from_rate: f64) -> Result<Self, MotionError> {
        if !(1.0..=1000.0).contains(&from_rate) {
            return Err(MotionError::InvalidEdit(format!("cannot resample from {from_rate} frames a second; give 1 to 1000")));
        }
        let step = from_rate / f64::from(FRAME_RATE);
        let count = ((self.frames.len() as f64 / step).round() as usize).max(usize::from(!self.frames.is_empty()));
        self.interpolated(step, count)
    }

    /// The same performance stretched or squeezed to `count` frames.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] when `count` is 0, [`MotionError::Empty`] when there is nothing to stretch.
    pub fn stretch(&self, count: usize) -> Result<Self, MotionError> {
        if count == 0 {
            return Err(MotionError::InvalidEdit("cannot squeeze a track to 0 frames".to_owned()));
        }
        self.interpolated((self.frames.len().max(1) - 1) as f64 / (count.max(2) - 1) as f64, count)
    }

    /// Brings every number into its range; NaN becomes rest.
    pub(crate) fn clamp_to_ranges(&mut self) {
        let rest = MotionFrame::default();
        for frame in &mut self.frames {
            for field in FIELDS {
                let (low, high) = (field.range.0 as f32, field.range.1 as f32);
                for (value, rest) in field.values_mut(frame).iter_mut().zip(field.values(&rest)) {
                    *value = if value.is_nan() { *rest } else { value.clamp(low, high) };
                }
            }
        }
    }

    fn interpolated(&self, step: f64, count: usize) -> Result<Self, MotionError> {
        let last = self.frames.len().checked_sub(1).ok_or(MotionError::Empty)?;
        let frames = (0..count)
            .map(|index| {
                let at = (index as f64 * step).min(last as f64);
                let low = (at.floor() as usize).min(last);
                blend(&self.frames[low], &self.frames[(low + 1).min(last)], (at - low as f64) as f32)
            })
            .collect();
        Ok(Self { source: self.source.clone(), frames })
    }
}

/// `a` at 0, `b` at 1, straight lines between.
pub(crate) fn blend(a: &MotionFrame, b: &MotionFrame, weight: f32) -> MotionFrame {
    let mut mixed = *a;
    for field in FIELDS {
        for (value, target) in field.values_mut(&mut mixed).iter_mut().zip(field.values(b)) {
            *value += (target - *value) * weight;
        }
    }
    mixed
}

/// Gaussian smoothing with the ends repeated; `deviation` in frames.
pub(crate) fn gaussian(curve: &[f32], deviation: f32) -> Vec<f32> {
    let reach = (3.0 * deviation).ceil() as isize;
    let weights: Vec<f32> = (-reach..=reach).map(|k| (-0.5 * (k as f32 / deviation).powi(2)).exp()).collect();
    let total: f32 = weights.iter().sum();
    let last = curve.len() as isize - 1;
    (0..curve.len() as isize)
        .map(|i| {
            let sum: f32 =
                weights.iter().enumerate().map(|(k, w)| w * curve[(i + k as isize - reach).clamp(0, last) as usize]).sum();
            sum / total
        })
        .collect()
}

fn check_gain(name: &str, gain: f32) -> Result<(), MotionError> {
    if (0.0..=10.0).contains(&gain) {
        Ok(())
    } else {
        Err(MotionError::InvalidEdit(format!("{name} {gain} is not between 0 and 10")))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn ramp(count: usize) -> MotionTrack {
        let frames = (0..count)
            .map(|k| {
                let mut frame = MotionFrame::default();
                frame.head_pose.yaw = k as f32 * 0.1;
                frame.head_pose.scale = 1.1;
                frame.expression.opening = 0.2;
                frame
            })
            .collect();
        MotionTrack { frames, ..Default::default() }
    }

    #[test]
    fn gains_scale_what_they_name_and_nothing_else() {
        let mut track = ramp(3);
        track.scale_head(0.5).unwrap();
        assert!((track.frames[2].head_pose.yaw - 0.1).abs() < 1e-6 && (track.frames[0].head_pose.scale - 1.05).abs() < 1e-6);
        assert_eq!(track.frames[0].expression.opening, 0.2);
        track.scale_expression(0.0).unwrap();
        assert_eq!(track.frames[0].expression.opening, 0.0);
        assert!(track.scale_head(f32::NAN).is_err() && track.scale_expression(-1.0).is_err());
    }

    #[test]
    fn resampling_keeps_duration_and_slope() {
        let track = ramp(50).resample(50.0).unwrap();
        assert_eq!(track.len(), 25);
        assert!((track.frames[10].head_pose.yaw - 2.0).abs() < 1e-5);
        assert_eq!(ramp(20).stretch(39).unwrap().len(), 39);
        assert!((ramp(20).stretch(39).unwrap().frames[38].head_pose.yaw - 1.9).abs() < 1e-5);
        assert!(ramp(5).resample(0.0).is_err() && ramp(5).stretch(0).is_err());
    }

    #[test]
    fn slices_stop_at_the_end() {
        assert_eq!(ramp(10).slice(8, 100).unwrap().len(), 2);
        assert!(ramp(10).slice(10, 1).is_err());
    }

    #[test]
    fn smoothing_keeps_a_straight_line_and_calms_noise() {
        let mut track = ramp(100);
        for (k, frame) in track.frames.iter_mut().enumerate() {
            frame.head_pose.pitch = if k % 2 == 0 { 1.0 } else { -1.0 };
        }
        track.smooth(0.08).unwrap();
        assert!((track.frames[50].head_pose.yaw - 5.0).abs() < 1e-4);
        assert!(track.frames[50].head_pose.pitch.abs() < 0.05);
    }
}
