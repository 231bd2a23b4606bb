//! Motion tracks without a picture: from a recording, or measured on a video.

use std::path::{Path, PathBuf};

use talkinghead_face::{FaceChoice, FaceNetworks};
use talkinghead_media::Limits;
use talkinghead_motion::{HeadMotion, MotionTrack, Performance, TrackSource};

use crate::hearing::Heard;
use crate::subject::measure_video;
use crate::{Cancellation, GenerationError, HeadMotionChoice, PerformanceOptions, Progress, Stage};

/// The performance that [`crate::Generation`] would make of a recording.
///
/// # Errors
/// The recording or the head-motion video cannot be read, a gain is out of range.
pub fn track_from_audio(
    audio: &Path,
    options: &PerformanceOptions,
    limits: &Limits,
    on_progress: &dyn Fn(Progress),
) -> Result<(MotionTrack, Vec<String>), GenerationError> {
    let tell = |stage| move |done, total| on_progress(Progress { stage, done, total });
    let hearing = tell(Stage::Speech);
    let heard = Heard::listen(audio, limits, &Cancellation::default(), |done, total| hearing(done, Some(total)))?;
    let mut warnings = Vec::new();
    if heard.silent {
        warnings.push(format!("{} is silent: the lips rest", audio.display()));
    }
    let head_motion = match &options.head_motion {
        HeadMotionChoice::Audio => HeadMotion::Audio,
        HeadMotionChoice::Still => HeadMotion::Still,
        HeadMotionChoice::Video(path) => {
            let networks = FaceNetworks::load();
            let (face, found) = measure_video(path, FaceChoice::Main, limits, &networks, tell(Stage::HeadMotion))?;
            warnings.extend(found);
            HeadMotion::Measured(face.head())
        }
    };
    let performance = Performance {
        head_motion,
        blinking: options.blinking,
        head_gain: options.head_gain,
        expression_gain: options.expression_gain,
        seed: options.seed,
    };
    let mut track = performance.perform(&heard.expressions, &heard.rhythm)?;
    track.source.audio = audio.file_name().map(|name| name.to_string_lossy().into_owned());
    track.source.program = Some(program());
    Ok((track, warnings))
}

/// The performance seen in a video: head, lips, lids and gaze of the chosen face.
///
/// # Errors
/// The video cannot be read or shows no face.
pub fn track_from_video(
    video: &Path,
    face: FaceChoice,
    limits: &Limits,
    on_progress: &dyn Fn(Progress),
) -> Result<(MotionTrack, Vec<String>), GenerationError> {
    let networks = FaceNetworks::load();
    let tell = |done, total| on_progress(Progress { stage: Stage::HeadMotion, done, total });
    let (face, warnings) = measure_video(video, face, limits, &networks, tell)?;
    let mut track = face.track()?;
    track.source = TrackSource {
        video: video.file_name().map(PathBuf::from).map(|name| name.to_string_lossy().into_owned()),
        program: Some(program()),
        ..TrackSource::default()
    };
    Ok((track, warnings))
}

pub(crate) fn program() -> String {
    format!("talkinghead {}", env!("CARGO_PKG_VERSION"))
}
