//! Puts a performance together: lips from the expression model; head, lids and gaze from theirs; gains last.

use crate::head_motion::HeadMaterial;
use crate::rhythm::standardised;
use crate::track::gaussian;
use crate::{
    BlinkModel, Expression, GazeModel, HeadMotionModel, HeadStyle, MeasuredHead, MotionError, MotionFrame, MotionTrack,
    SpeechRhythm, TrackSource,
};

/// Where head movement comes from.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum HeadMotion {
    /// Generated, livelier where there is speech.
    #[default]
    Audio,
    /// Held still, but alive.
    Still,
    /// As another head moved.
    Measured(MeasuredHead),
}

impl HeadMotion {
    /// The word for it on the command line and in a track's source.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Still => "still",
            Self::Measured(_) => "video",
        }
    }
}

/// Whether the eyes blink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Blinking {
    /// At a human rate.
    #[default]
    On,
    /// Never.
    Off,
}

/// Choices for everything that moves and is not a lip.
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    /// Where head movement comes from.
    pub head_motion: HeadMotion,
    /// Whether the eyes blink.
    pub blinking: Blinking,
    /// How the person's head moves in speech, if that is known; [`HeadMotion::Audio`] keeps to it.
    pub head_style: Option<HeadStyle>,
    /// Factor on head movement, 0 to 10.
    pub head_gain: f32,
    /// Factor on the expression, 0 to 10.
    pub expression_gain: f32,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for Performance {
    fn default() -> Self {
        Self {
            head_motion: HeadMotion::Audio,
            blinking: Blinking::On,
            head_style: None,
            head_gain: 1.0,
            expression_gain: 1.0,
            seed: 0,
        }
    }
}

/// Brow rise at a strong accent in interocular distances.
const ACCENT_BROW: f32 = 0.02;
/// The same at the end of a question.
const QUESTION_BROW: f32 = 0.025;
/// How much of the brows' movement follows loudness: its standard deviation in interocular distances.
const LOUDNESS_BROW: f32 = 0.003;

impl Performance {
    /// A track with these lips (one expression a frame) to this rhythm. Both have the same length; the shorter decides.
    ///
    /// # Errors
    /// [`MotionError::Empty`] without frames, [`MotionError::InvalidEdit`] for a gain out of range.
    pub fn perform(&self, expressions: &[Expression], rhythm: &SpeechRhythm) -> Result<MotionTrack, MotionError> {
        let count = expressions.len().min(rhythm.len());
        if count == 0 {
            return Err(MotionError::Empty);
        }
        let head = match &self.head_motion {
            HeadMotion::Audio => HeadMotionModel::of(self.head_style).generate(rhythm, self.seed),
            HeadMotion::Still => HeadMotionModel::still().generate(rhythm, self.seed),
            HeadMotion::Measured(head) => head.retarget(rhythm.len()),
        };
        let blink = match self.blinking {
            Blinking::On => BlinkModel::default().generate(rhythm, self.seed),
            Blinking::Off => vec![[0.0; 2]; rhythm.len()],
        };
        let mut frames: Vec<MotionFrame> = (0..count)
            .map(|k| MotionFrame { head_pose: head[k], expression: expressions[k], blink: blink[k], gaze: [0.0; 2] })
            .collect();
        raise_brows(&mut frames, rhythm);
        let source = TrackSource {
            head_motion: Some(self.head_motion.name().to_owned()),
            seed: Some(self.seed),
            ..TrackSource::default()
        };
        let mut track = MotionTrack { source, frames };
        track.scale_head(self.head_gain)?;
        // The eyes make up for the head as it is shown.
        let head: Vec<_> = track.frames.iter().map(|frame| frame.head_pose).collect();
        let gaze = GazeModel::default().generate(&head, rhythm, self.seed);
        track.frames.iter_mut().zip(gaze).for_each(|(frame, gaze)| frame.gaze = gaze);
        track.scale_expression(self.expression_gain)?;
        Ok(track.rounded())
    }
}

/// Brows rise at accents and at the end of a question, and follow loudness a little.
fn raise_brows(frames: &mut [MotionFrame], rhythm: &SpeechRhythm) {
    let [.., answer] = HeadMaterial::get().respond(&rhythm.loudness);
    for (frame, answer) in frames.iter_mut().zip(gaussian(&standardised(&answer), 2.0)) {
        frame.expression.brow += LOUDNESS_BROW * answer.clamp(-2.0, 2.5);
    }
    for accent in &rhythm.accents {
        raise(frames, accent.frame, ACCENT_BROW * accent.strength, 5.0);
    }
    for &end in &rhythm.rises {
        raise(frames, end, QUESTION_BROW, 8.0);
    }
}

/// A rise of the brows by `height` around a frame; `width`: standard deviation in frames.
fn raise(frames: &mut [MotionFrame], at: usize, height: f32, width: f32) {
    let reach = (3.0 * width) as usize;
    for (frame, value) in frames.iter_mut().enumerate().take(at + reach + 1).skip(at.saturating_sub(reach)) {
        value.expression.brow += height * (-0.5 * ((frame as f32 - at as f32) / width).powi(2)).exp();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn rhythm() -> SpeechRhythm {
        let levels: Vec<f32> = (0..500).map(|k| if k % 100 < 80 { -3.0 + 0.5 * (k as f32).sin() } else { -10.0 }).collect();
        SpeechRhythm::from_curves(&levels, &[])
    }

    #[test]
    fn same_seed_same_track_and_the_lips_do_not_hang_on_the_head() {
        let lips = vec![Expression { opening: 0.1, ..Expression::NEUTRAL }; 500];
        let audio = Performance::default().perform(&lips, &rhythm()).unwrap();
        assert_eq!(audio, Performance::default().perform(&lips, &rhythm()).unwrap());
        let still = Performance { head_motion: HeadMotion::Still, ..Default::default() };
        let still = still.perform(&lips, &rhythm()).unwrap();
        for (a, b) in audio.frames.iter().zip(&still.frames) {
            assert_eq!((a.expression, a.blink), (b.expression, b.blink));
        }
        assert_ne!(audio.frames[200].head_pose, still.frames[200].head_pose);
        let other = Performance { seed: 1, ..Default::default() }.perform(&lips, &rhythm()).unwrap();
        assert_ne!(audio, other);
        assert_eq!(MotionTrack::from_json(audio.to_json().as_bytes()).unwrap(), audio);
    }

    #[test]
    fn gains_and_switches_do_what_they_say() {
        let lips = vec![Expression { opening: 0.1, ..Expression::NEUTRAL }; 500];
        let quiet = Performance { head_gain: 0.0, expression_gain: 2.0, blinking: Blinking::Off, ..Default::default() };
        let track = quiet.perform(&lips, &rhythm()).unwrap();
        assert!(track.frames.iter().all(|f| f.head_pose.yaw == 0.0 && f.blink == [0.0; 2] && f.expression.opening == 0.2));
        // A head that is held still leaves the eyes their own jumps alone.
        let own = GazeModel::default().generate(&vec![talkinghead_face::HeadPose::default(); 500], &rhythm(), 0);
        assert!(
            track.frames.iter().zip(own).all(|(f, own)| (f.gaze[0] - own[0]).abs() < 1e-3 && (f.gaze[1] - own[1]).abs() < 1e-3)
        );
        assert!(Performance { head_gain: -1.0, ..Default::default() }.perform(&lips, &rhythm()).is_err());
        assert!(matches!(Performance::default().perform(&[], &rhythm()), Err(MotionError::Empty)));
    }
}
