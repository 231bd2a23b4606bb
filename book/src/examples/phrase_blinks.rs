//! Blinks where a phrase ends, as people who read aloud do.

use talkinghead_media::FRAME_RATE;

use crate::SpeechRhythm;

/// Blinks at the start of every pause, and where none comes for long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhraseBlinkModel {
    /// Longest time without a blink, seconds.
    pub longest: f32,
    /// Shortest time between two blinks, seconds.
    pub shortest: f32,
}

impl Default for PhraseBlinkModel {
    fn default() -> Self {
        Self { longest: 6.0, shortest: 1.0 }
    }
}

/// How far the eyes are closed in the frames of one blink: two closing, one closed, three opening.
const COURSE: [f32; 6] = [0.5, 0.95, 1.0, 0.72, 0.34, 0.1];

impl PhraseBlinkModel {
    /// How far the eyes are closed in each frame, 0 open to 1 shut: image-left eye, image-right eye.
    pub fn generate(&self, rhythm: &SpeechRhythm) -> Vec<[f32; 2]> {
        let mut closed = vec![[0.0; 2]; rhythm.len()];
        let mut since_last = 0.0;
        for frame in 1..rhythm.len() {
            since_last += 1.0 / FRAME_RATE as f32;
            let phrase_ends = rhythm.pause[frame] && !rhythm.pause[frame - 1];
            if since_last >= self.longest || (phrase_ends && since_last >= self.shortest) {
                for (eyes, value) in closed[frame..].iter_mut().zip(COURSE) {
                    *eyes = [value; 2];
                }
                since_last = 0.0;
            }
        }
        closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames in which the eyes are shut.
    fn shut(rhythm: &SpeechRhythm) -> Vec<usize> {
        let closed = PhraseBlinkModel::default().generate(rhythm);
        (0..closed.len()).filter(|&frame| closed[frame] == [1.0; 2]).collect()
    }

    #[test]
    fn a_phrase_that_ends_is_followed_by_a_blink() {
        let mut rhythm = SpeechRhythm::silence(100);
        // Speech in frames 0 to 59, then a pause.
        rhythm.pause[..60].fill(false);
        assert_eq!(shut(&rhythm), [62]);
    }

    #[test]
    fn without_pauses_there_is_a_blink_every_six_seconds() {
        let mut rhythm = SpeechRhythm::silence(400);
        rhythm.pause.fill(false);
        let shut = shut(&rhythm);
        assert_eq!(shut.len(), 2);
        assert!((150..156).contains(&(shut[1] - shut[0])), "{shut:?}");
    }
}
