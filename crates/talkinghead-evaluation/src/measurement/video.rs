//! Everything that is measured on one video, whatever it is compared with.

use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use talkinghead_face::{FaceNetworks, FaceTracker, Landmarks, Smoothing};
use talkinghead_media::{MediaInfo, probe};
use talkinghead_motion::MotionTrack;

use super::encode::{Encoded, encode};
use super::encoded::EncodedFrames;
use super::frames::{FrameScores, look};
use super::networks::MeasurementNetworks;
use super::settings::{MeasurementSettings, size_within};
use super::sound::MeasuredSound;
use super::sync::{SyncScores, sync_scores};
use crate::EvaluationError;
use crate::lips::LipCurve;
use crate::pose::HeadCurve;
use crate::time::jitter;

/// A video, measured: 25 frames/s, one value a frame. Holds 12 kB a frame, a temporary file, and, until
/// [`MeasuredVideo::let_frames_go`], up to 128 MB of frames.
#[derive(Debug)]
pub struct MeasuredVideo {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the file in hexadecimal digits; empty for a folder of frames.
    pub sha256: String,
    /// Width and height that it was measured at, in pixels.
    pub size: (u32, u32),
    /// In pixels of that size, smoothed as the tracker smooths them; filled in where the face was not seen.
    pub landmarks: Vec<Landmarks>,
    /// Whether the face was seen.
    pub seen: Vec<bool>,
    /// Pose of the head.
    pub head: HeadCurve,
    /// Opening and width of the mouth.
    pub lips: LipCurve,
    /// How far the eyes are closed, 0 to 1.
    pub closed_eyes: Vec<f64>,
    /// Trembling; see [`jitter`].
    pub jitter: Option<f64>,
    /// What its pixels give.
    pub pictures: FrameScores,
    /// Its sound, if it has any.
    pub sound: Option<MeasuredSound>,
    /// How well its lips fit its sound, where SyncNet was supplied and there is sound.
    pub sync: SyncScores,
    /// What was not quite right, one sentence each.
    pub warnings: Vec<String>,
    pub(crate) encoded: EncodedFrames,
}

impl MeasuredVideo {
    /// Measures a video. `like`: the size of the one it is compared with.
    ///
    /// # Errors
    /// It cannot be read, is no video, or shows no face.
    pub fn of(
        path: &Path,
        like: Option<(u32, u32)>,
        networks: &MeasurementNetworks,
        settings: &MeasurementSettings,
    ) -> Result<Self, EvaluationError> {
        Self::of_probed(path, probe(path, &settings.limits)?, like, networks, settings)
    }

    /// The same of a file that [`probe`] has looked at already.
    ///
    /// # Errors
    /// As [`MeasuredVideo::of`].
    pub fn of_probed(
        path: &Path,
        info: MediaInfo,
        like: Option<(u32, u32)>,
        networks: &MeasurementNetworks,
        settings: &MeasurementSettings,
    ) -> Result<Self, EvaluationError> {
        let heard = info.clone();
        let (encoded, sound) =
            rayon::join(|| encode(path, info, like, settings), || MeasuredSound::of_probed(path, heard, &settings.limits));
        let Encoded { mut video, size, frames, mut warnings } = encoded?;
        // A sound track that cannot be heard does not keep the pictures from being measured.
        let sound = sound.unwrap_or_else(|error| {
            warnings.push(format!("the sound of {} was left out: {error}", path.display()));
            None
        });
        let tracker = FaceTracker::new(&networks.face, settings.face).with_smoothing(Smoothing::Off);
        let in_file = |error: talkinghead_face::FaceError| EvaluationError::Face { path: path.to_owned(), source: error };
        let raw = tracker.track(video.first_pass()?).map_err(in_file)?;
        let seen: Vec<bool> = raw.frames.iter().map(|frame| !frame.interpolated).collect();
        let missing = seen.iter().filter(|&&seen| !seen).count();
        if missing > 0 {
            warnings.push(format!("{}: no face in {missing} of {frames} frames, which do not count", path.display()));
        }
        warnings.extend(several_faces(&video, path, &networks.face)?);
        let measured: Vec<Landmarks> = raw.frames.iter().map(|frame| frame.landmarks.clone()).collect();
        let landmarks: Vec<Landmarks> = raw.smoothed().frames.into_iter().map(|frame| frame.landmarks).collect();
        let motion = MotionTrack::from_landmarks(&landmarks)?;
        let pictures = look(&video, &landmarks, &seen, networks, settings)?;
        let sync = match (&networks.supplied.syncnet, &sound) {
            (Some(network), Some(_)) => sync_scores(path, &video, &landmarks, network, settings)?,
            _ => SyncScores::default(),
        };
        Ok(Self {
            path: path.to_owned(),
            sha256: sha256(path)?,
            size,
            head: HeadCurve::of_landmarks(&landmarks),
            lips: LipCurve::of_landmarks(&landmarks),
            closed_eyes: motion.frames.iter().map(|f| f64::from(f.blink[0] + f.blink[1]) / 2.0).collect(),
            jitter: jitter(&measured),
            landmarks,
            seen,
            pictures,
            sound,
            sync,
            warnings,
            encoded: video,
        })
    }

    /// The size at which a video that was probed would be measured by itself.
    ///
    /// # Errors
    /// It is no video.
    pub fn size_of(path: &Path, info: &MediaInfo, settings: &MeasurementSettings) -> Result<(u32, u32), EvaluationError> {
        let size = info.size.ok_or_else(|| EvaluationError::NotAVideo { path: path.to_owned() })?;
        Ok(size_within(size, settings.longest_side))
    }

    /// Gives the memory of its frames back; they are read from the temporary file when they are needed again.
    pub fn let_frames_go(&mut self) {
        self.encoded.let_go();
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether there is no frame; never, once measured.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Frames in which the face was seen.
    pub fn frames_seen(&self) -> usize {
        self.seen.iter().filter(|&&seen| seen).count()
    }
}

/// A word where the first frame shows more than one face.
fn several_faces(video: &EncodedFrames, path: &Path, networks: &FaceNetworks) -> Result<Option<String>, EvaluationError> {
    let Some(frame) = video.frames()?.next() else { return Ok(None) };
    let faces = networks.find_faces(&frame?).map_err(|source| EvaluationError::Face { path: path.to_owned(), source })?;
    Ok((faces.len() > 1).then(|| {
        format!("{} shows {} faces: the chosen one was followed (--face N chooses another)", path.display(), faces.len())
    }))
}

/// A file's SHA-256 in hexadecimal digits; empty for a folder.
pub(crate) fn sha256(path: &Path) -> Result<String, EvaluationError> {
    if path.is_dir() {
        return Ok(String::new());
    }
    let failed = |source| EvaluationError::io(path, source);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let (mut hash, mut block) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut block).map_err(failed)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            count => hash.update(&block[..count]),
        }
    }
}
