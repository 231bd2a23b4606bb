//! A recording as it is drawn beside a motion track, and where its stresses are.

use std::path::{Path, PathBuf};

use talkinghead_media::{AudioReader, Limits, MediaError, MediaInfo, SAMPLE_RATE, probe};
use talkinghead_motion::{LipFeatures, PEAKS_PER_SECOND, PlottedSound};

use crate::job::{Job, job_settings};
use crate::speech_analysis::{LipHearing, SpeechAnalysis};
use crate::{GenerationError, Stage};

/// Listens to a recording without performing it.
///
/// ```no_run
/// use talkinghead::{Listening, MotionTrack};
///
/// let heard = Listening::to("speech.wav").run()?;
/// let mut track = MotionTrack::read("track.json".as_ref())?;
/// track.nod_on_stress(&heard.sound.accents, 2.0)?;
/// # Ok::<(), talkinghead::GenerationError>(())
/// ```
#[derive(Clone)]
pub struct Listening {
    audio: PathBuf,
    limits: Limits,
    job: Job,
}

/// What was heard.
#[derive(Clone, Debug, PartialEq)]
pub struct HeardSound {
    /// Waveform, phones and accents.
    pub sound: PlottedSound,
    /// What was not quite right, one sentence each.
    pub warnings: Vec<String>,
}

impl Listening {
    /// To a sound file, or a video with sound.
    pub fn to(audio: impl Into<PathBuf>) -> Self {
        Self { audio: audio.into(), limits: Limits::default(), job: Job::default() }
    }

    /// Bounds of what is read.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    job_settings!();

    /// Does it.
    ///
    /// # Errors
    /// The file is missing or unreadable, or holds no sound.
    pub fn run(&self) -> Result<HeardSound, GenerationError> {
        let job = self.job.begin()?;
        let info = probe(&self.audio, &self.limits)?;
        if info.audio.is_none() {
            return Err(MediaError::NoAudio { path: self.audio.clone() }.into());
        }
        // What is drawn has no lips.
        let lips = LipHearing::Whole(LipFeatures::Phones);
        let speech = SpeechAnalysis::of(&self.audio, info.clone(), &self.limits, lips, &job)?;
        let warnings = speech.warnings.clone();
        Ok(HeardSound { sound: drawn(&speech, &self.audio, info, &self.limits, &job)?, warnings })
    }
}

/// An analysed recording with its waveform, which is read for it.
pub(crate) fn drawn(
    speech: &SpeechAnalysis,
    audio: &Path,
    info: MediaInfo,
    limits: &Limits,
    job: &Job,
) -> Result<PlottedSound, GenerationError> {
    job.measure(Stage::Speech, || {
        let length = SAMPLE_RATE as usize / PEAKS_PER_SECOND;
        let (mut peaks, mut peak, mut count) = (Vec::new(), 0.0_f32, 0);
        for block in AudioReader::open_probed(audio, info, limits)? {
            job.check()?;
            for sample in block? {
                peak = peak.max(sample.abs().min(1.0));
                count += 1;
                if count == length {
                    peaks.push(peak);
                    (peak, count) = (0.0, 0);
                }
            }
        }
        Ok(PlottedSound { peaks, phones: speech.phones.clone(), accents: speech.rhythm.accents.clone() })
    })
}
