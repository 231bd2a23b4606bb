//! What is taken from the recording: lips and rhythm.

use std::path::Path;

use talkinghead_media::{AudioReader, Limits, MediaInfo, SAMPLE_RATE, probe};
use talkinghead_motion::{Expression, ExpressionModel, ExpressionSettings, LipFeatures, LiveLips, LookAhead, SpeechRhythm};
use talkinghead_speech::{AudioSource, Loudness, SpeechEvidence, SpeechFeatures, choose_channels};

use crate::job::Job;
use crate::options::PerformanceOptions;
use crate::{GenerationError, Stage};

/// Natural log of the amplitude of a recording's loud frames under which there is nothing at all (-113 dB of full scale).
const SILENCE: f32 = -13.0;
/// What head and eyes take the loud frames of a quiet recording for (natural log of amplitude).
const USUAL_LEVEL: f32 = -4.0;
/// Voicing from which a pitch is believed.
const VOICED: f32 = 0.5;
/// Samples that are kept in memory between the passes: three minutes, 12 MB. Longer recordings are decoded for each pass.
const MOST_KEPT_SAMPLES: usize = 180 * SAMPLE_RATE as usize;

/// What lips are made from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LipHearing {
    /// The whole recording.
    Whole(LipFeatures),
    /// What a live stream of this look-ahead hears.
    Ahead(LookAhead),
}

impl LipHearing {
    /// What a performance asks for.
    pub(crate) fn of(options: &PerformanceOptions) -> Self {
        options.look_ahead.map_or(Self::Whole(options.lip_features), Self::Ahead)
    }
}

/// A recording, analysed.
#[derive(Clone, Debug)]
pub(crate) struct SpeechAnalysis {
    /// Lips, one a frame.
    pub expressions: Vec<Expression>,
    /// Loudness, pauses, accents.
    pub rhythm: SpeechRhythm,
    /// Phones: seconds of the middle, and the symbol.
    pub phones: Vec<(f32, String)>,
    /// What was not quite right.
    pub warnings: Vec<String>,
}

impl SpeechAnalysis {
    /// Analyses a recording, frame by frame.
    pub(crate) fn of(
        path: &Path,
        info: MediaInfo,
        limits: &Limits,
        lips: LipHearing,
        job: &Job,
    ) -> Result<Self, GenerationError> {
        job.measure(Stage::Speech, || Self::listen(path, info, limits, lips, job))
    }

    fn listen(path: &Path, info: MediaInfo, limits: &Limits, hearing: LipHearing, job: &Job) -> Result<Self, GenerationError> {
        let mut warnings = Vec::new();
        let source = source(path, info, limits, job, &mut warnings)?;
        let (lip_features, live) = match hearing {
            LipHearing::Whole(features) => (features, None),
            LipHearing::Ahead(look_ahead) => (LipFeatures::Phones, Some(live_lips(&source, look_ahead, job)?)),
        };
        let mut features = SpeechFeatures::of(source)?;
        if lip_features == LipFeatures::Whisper {
            features = features.with_encoder()?;
        }
        let total = features.frame_count();
        let loudness = *features.loudness();
        let shift = loudness.loud.max(USUAL_LEVEL);
        let (mut levels, mut pitches, mut expressions) = (Vec::new(), Vec::new(), Vec::new());
        let mut phones = Vec::new();
        let mut evidence = SpeechEvidence::default();
        let mut lips = ExpressionModel::get(lip_features).stream(ExpressionSettings::default());
        for (index, frame) in features.enumerate() {
            job.check()?;
            let frame = frame?;
            evidence.push(&frame);
            levels.push(frame.level + shift);
            pitches.push(if frame.voicing > VOICED { frame.pitch } else { 0.0 });
            phones.extend(frame.spikes.iter().map(|spike| (spike.time, spike.phoneme.to_owned())));
            if live.is_none() {
                lips.push(&frame, &mut expressions);
            }
            job.tell(Stage::Speech, index + 1, Some(total));
        }
        lips.finish(&mut expressions);
        if let Some(live) = live {
            expressions = live;
        }
        if evidence.holds_speech() {
            warnings.extend(raised(path, &loudness));
            let rhythm = SpeechRhythm::from_curves(&levels, &pitches);
            tracing::debug!(frames = total, accents = rhythm.accents.len(), ?loudness, "speech analysed");
            return Ok(Self { expressions, rhythm, phones, warnings });
        }
        let what = if loudness.loud < SILENCE { "is silent" } else { "holds no speech, only other sound" };
        warnings.push(format!("{} {what}: the lips rest", path.display()));
        tracing::debug!(frames = total, ?loudness, "no speech");
        let (expressions, rhythm) = (vec![Expression::NEUTRAL; total], SpeechRhythm::silence(total));
        Ok(Self { expressions, rhythm, phones: Vec::new(), warnings })
    }
}

/// Lips as a live stream would have them.
fn live_lips(source: &AudioSource, look_ahead: LookAhead, job: &Job) -> Result<Vec<Expression>, GenerationError> {
    let (mut lips, mut expressions) = (LiveLips::new(look_ahead)?, Vec::new());
    let mut push = |samples: &[f32], expressions: &mut Vec<Expression>| {
        job.check()?;
        Ok::<(), GenerationError>(lips.push(samples, expressions)?)
    };
    match source {
        AudioSource::Samples(samples) => {
            for block in samples.chunks(SAMPLE_RATE as usize) {
                push(block, &mut expressions)?;
            }
        }
        AudioSource::File { path, limits, channels } => {
            for block in AudioReader::open_channels(path, probe(path, limits)?, limits, *channels)? {
                push(&block?, &mut expressions)?;
            }
        }
    }
    lips.finish(&mut expressions)?;
    Ok(expressions)
}

/// A word on speech so quiet that people would not hear it; the video's own sound is not touched.
fn raised(path: &Path, loudness: &Loudness) -> Option<String> {
    let decibels = loudness.raised_decibels()?;
    let name = path.display();
    Some(format!(
        "{name} is very quiet: it was raised by {decibels:.0} dB to move the lips; the video's sound is as quiet as before"
    ))
}

/// Samples in memory where the recording is short enough, so that it is decoded once. A longer one is read to its end all the
/// same: only then is known what is wrong with it.
fn source(
    path: &Path,
    info: MediaInfo,
    limits: &Limits,
    job: &Job,
    warnings: &mut Vec<String>,
) -> Result<AudioSource, GenerationError> {
    let chosen = choose_channels(path, &info, limits)?;
    warnings.extend(chosen.warning);
    let channels = chosen.channels;
    let mut reader = AudioReader::open_channels(path, info, limits, channels)?;
    let mut samples = Some(Vec::new());
    for block in reader.by_ref() {
        job.check()?;
        let block = block?;
        samples = samples.filter(|kept: &Vec<f32>| kept.len() + block.len() <= MOST_KEPT_SAMPLES);
        if let Some(kept) = &mut samples {
            kept.extend(block);
        }
    }
    warnings.extend(reader.warnings().iter().cloned());
    Ok(samples.map_or_else(|| AudioSource::file(path, limits, channels), |samples| AudioSource::Samples(samples.into())))
}
