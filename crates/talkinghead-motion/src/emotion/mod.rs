//! Emotions laid over a performance: where brows, lids, corners of the mouth and head rest, and how lively the head is.
//!
//! What each emotion does is taken from published descriptions of facial actions, as far as a track can show them: the pairings of
//! action units with emotions of Ekman and Friesen (Facial Action Coding System, 1978, table 11-1; Investigator's Guide, 2002). That
//! emotional speech moves heads in another range and speed is from Busso et al., "Rigid Head Motion in Expressive Speech Animation"
//! (2007); directions and amounts were chosen by looking. Only the mouth's shapes are learned: a smile and stretched lips
//! from the basis that takes smiles off portraits (`assets/models/unsmile.md`: 68 people, each neutral and smiling).
//!
//! | emotion | action units | shown | not shown |
//! | --- | --- | --- | --- |
//! | happy | 6, 12 | corners of the mouth out and up, lids a little closed, livelier head | folds beside the eyes |
//! | sad | 1, 4, 15 | corners down, heavy lids, head lowered and calm | slanted brows |
//! | angry | 4, 5, 7, 23 | brows down, lids tightened, lips narrower, head lowered and lively | folds between the brows |
//! | surprised | 1, 2, 5, 26 | brows up, head back | wide eyes, dropped jaw: the lips belong to the speech |
//! | fearful | 1, 2, 4, 5, 20, 25 | brows up, lips stretched, head back | slanted brows, wide eyes |
//! | disgusted | 9, 10, 15, 17 | brows down, corners down, lids a little closed, head back | wrinkled nose, raised upper lip |
//!
//! The opening of the lips is never changed but by a factor: what was closed stays closed.

mod liveliness;
mod mouth;

use std::str::FromStr;

use crate::{MotionError, MotionTrack, Selection};

/// What a performance feels like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Emotion {
    /// As it is.
    #[default]
    Neutral,
    /// Smiling.
    Happy,
    /// Corners of the mouth down, calm.
    Sad,
    /// Brows down.
    Angry,
    /// Brows up.
    Surprised,
    /// Brows up, lips stretched.
    Fearful,
    /// Brows and corners of the mouth down, head back.
    Disgusted,
}

/// What an emotion does at full strength.
struct Actions {
    /// Brows raised, in interocular distances.
    brow: f32,
    /// Lids closed, 0 to 1.
    lids: f32,
    /// Smile, stretched lips (1 = as strong as photographs of posed smiles), and width of the mouth in interocular distances.
    smile: f32,
    stretch: f32,
    width: f32,
    /// Head lowered, degrees.
    pitch: f32,
    /// Factors on lips and on the head's slow and fast movement.
    lips: f32,
    slow: f32,
    fast: f32,
}

const NOTHING: Actions =
    Actions { brow: 0.0, lids: 0.0, smile: 0.0, stretch: 0.0, width: 0.0, pitch: 0.0, lips: 1.0, slow: 1.0, fast: 1.0 };

impl Emotion {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Neutral, Self::Happy, Self::Sad, Self::Angry, Self::Surprised, Self::Fearful, Self::Disgusted];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Happy => "happy",
            Self::Sad => "sad",
            Self::Angry => "angry",
            Self::Surprised => "surprised",
            Self::Fearful => "fearful",
            Self::Disgusted => "disgusted",
        }
    }

    fn actions(self) -> Actions {
        match self {
            Self::Neutral => NOTHING,
            Self::Happy => Actions { smile: 0.7, lids: 0.08, brow: 0.01, lips: 1.1, slow: 1.15, fast: 1.25, ..NOTHING },
            // Corners down without a narrower mouth: a smile taken back, the lips stretched as much.
            Self::Sad => Actions {
                smile: -0.5,
                stretch: 0.57,
                lids: 0.18,
                brow: -0.01,
                pitch: 3.5,
                lips: 0.85,
                slow: 0.7,
                fast: 0.5,
                ..NOTHING
            },
            Self::Angry => Actions {
                brow: -0.07,
                lids: 0.1,
                width: -0.03,
                smile: -0.15,
                pitch: 2.0,
                lips: 1.15,
                slow: 1.1,
                fast: 1.4,
                ..NOTHING
            },
            Self::Surprised => Actions { brow: 0.08, pitch: -2.0, lips: 1.15, slow: 1.1, fast: 1.1, ..NOTHING },
            Self::Fearful => Actions { brow: 0.07, stretch: 0.5, pitch: -1.5, lips: 0.95, slow: 0.8, fast: 1.3, ..NOTHING },
            Self::Disgusted => Actions {
                brow: -0.05,
                lids: 0.14,
                smile: -0.35,
                stretch: 0.3,
                pitch: -2.5,
                lips: 0.95,
                slow: 0.9,
                fast: 0.9,
                ..NOTHING
            },
        }
    }
}

impl FromStr for Emotion {
    type Err = MotionError;

    fn from_str(text: &str) -> Result<Self, MotionError> {
        Self::ALL.into_iter().find(|emotion| emotion.name() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            MotionError::InvalidEdit(format!("`{text}` is no emotion; known are {known}"))
        })
    }
}

impl MotionTrack {
    /// Lays an emotion over the performance; `strength` 0 changes nothing, 1 is a clear expression.
    ///
    /// Lips that touch go on touching: `opening` is multiplied only. The head starts in the pose it had, and takes a second to lower or
    /// raise itself.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `strength` is between 0 and 1.
    pub fn feel(&mut self, emotion: Emotion, strength: f32) -> Result<(), MotionError> {
        if !(0.0..=1.0).contains(&strength) {
            return Err(MotionError::InvalidEdit(format!("emotion strength {strength} is not between 0 and 1")));
        }
        if strength == 0.0 || emotion == Emotion::Neutral {
            return Ok(());
        }
        let actions = emotion.actions();
        let factor = |full: f32| 1.0 + strength * (full - 1.0);
        self.gain(&"expression".parse()?, factor(actions.lips))?;
        self.liven(factor(actions.slow), factor(actions.fast));
        let mouth = mouth::offset(strength * actions.smile, strength * actions.stretch, strength * actions.width);
        for frame in &mut self.frames {
            let expression = &mut frame.expression;
            expression.width = (expression.width + mouth.width).clamp(-2.0, 2.0);
            for (component, added) in expression.shape.iter_mut().zip(mouth.shape) {
                *component = (*component + added).clamp(-50.0, 50.0);
            }
            expression.brow = (expression.brow + strength * actions.brow).clamp(-1.0, 1.0);
            // A shut eye stays shut.
            frame.blink = frame.blink.map(|shut| 1.0 - (1.0 - shut) * (1.0 - strength * actions.lids));
        }
        self.lower_head(strength * actions.pitch)
    }

    /// Lowers the head by some degrees within its first second.
    fn lower_head(&mut self, degrees: f32) -> Result<(), MotionError> {
        let pitch: Selection = "pitch".parse()?;
        let rate = talkinghead_media::FRAME_RATE as f32;
        self.change_head(&pitch, |track| {
            for (index, frame) in track.frames.iter_mut().enumerate() {
                let part = (index as f32 / rate).min(1.0);
                let eased = 0.5 - 0.5 * (std::f32::consts::PI * part).cos();
                frame.head_pose.pitch = (frame.head_pose.pitch + eased * degrees).clamp(-90.0, 90.0);
            }
        });
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ExpressionBasis;
    use crate::track::sample::performance;

    /// A performance whose lips close now and then.
    fn closing() -> MotionTrack {
        let mut track = performance(120);
        for (k, frame) in track.frames.iter_mut().enumerate() {
            frame.expression.opening = (0.15 * (k as f32 * 0.4).sin()).max(0.0);
        }
        track
    }

    #[test]
    fn closures_survive_every_emotion() {
        let before = closing();
        for emotion in Emotion::ALL {
            for strength in [0.5, 1.0] {
                let mut track = before.clone();
                track.feel(emotion, strength).unwrap();
                track.validate().unwrap();
                for (a, b) in before.frames.iter().zip(&track.frames) {
                    let (was, is) = (a.expression.opening, b.expression.opening);
                    assert_eq!(was == 0.0, is == 0.0, "{}", emotion.name());
                    assert!((is - was).abs() <= 0.16 * was);
                    if was == 0.0 {
                        assert_eq!(ExpressionBasis::get().decode(&b.expression).lip_gaps, [0.0; 9], "{}", emotion.name());
                    }
                }
            }
        }
    }

    #[test]
    fn neutral_and_no_strength_change_nothing() {
        let before = closing();
        let mut track = before.clone();
        track.feel(Emotion::Neutral, 1.0).unwrap();
        track.feel(Emotion::Angry, 0.0).unwrap();
        assert_eq!(track, before);
        assert!(track.feel(Emotion::Happy, 1.5).is_err() && track.feel(Emotion::Happy, f32::NAN).is_err());
        assert!("glad".parse::<Emotion>().is_err());
    }

    #[test]
    fn faces_show_what_the_table_says() {
        let corners = |emotion: Emotion| {
            let mut track = MotionTrack { frames: vec![crate::MotionFrame::default(); 50], ..Default::default() };
            track.feel(emotion, 1.0).unwrap();
            let moved = ExpressionBasis::get().decode(&track.frames[40].expression).displacement;
            // Centimetres by which the corners lie lower than the middle of the lips, and the brows higher.
            ((moved[61][1] + moved[291][1] - moved[13][1] - moved[14][1]) / 2.0, -moved[105][1], track.frames[40].head_pose.pitch)
        };
        let (happy, sad, angry, surprised) =
            (corners(Emotion::Happy), corners(Emotion::Sad), corners(Emotion::Angry), corners(Emotion::Surprised));
        assert!(happy.0 < -0.2, "corners up: {happy:?}");
        assert!(sad.0 > 0.15 && sad.2 > 3.0, "corners and head down: {sad:?}");
        assert!(angry.1 < -0.3 && surprised.1 > 0.4, "brows: {angry:?} {surprised:?}");
    }
}
