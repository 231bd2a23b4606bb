//! Everything that is measured on one video, whatever it is compared with.

use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use talkinghead_face::{FaceNetworks, FaceTracker, IdentityEmbedding, Landmarks, Smoothing};
use talkinghead_media::{FrameReader, MediaKind, probe};
use talkinghead_motion::MotionTrack;
use tempfile::TempPath;

use super::encode::{Encoded, encode};
use super::frames::{FrameScores, look};
use super::settings::{MeasurementSettings, size_within};
use super::sound::MeasuredSound;
use crate::EvaluationError;
use crate::lips::LipCurve;
use crate::pose::HeadCurve;
use crate::time::jitter;

/// Faces of a reference that are enough to know the person.
const ENOUGH_FACES: usize = 25;

/// A video, measured: 25 frames/s, one value a frame. Holds 12 kB a frame and a temporary file.
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
    /// What was not quite right, one sentence each.
    pub warnings: Vec<String>,
    pub(super) encoded: TempPath,
}

impl MeasuredVideo {
    /// Measures a video. `like`: the size of the one it is compared with.
    ///
    /// # Errors
    /// It cannot be read, is no video, or shows no face.
    pub fn of(
        path: &Path,
        like: Option<(u32, u32)>,
        networks: &FaceNetworks,
        settings: &MeasurementSettings,
    ) -> Result<Self, EvaluationError> {
        let (encoded, sound) = rayon::join(|| encode(path, like, settings), || MeasuredSound::of(path, &settings.limits));
        let Encoded { file, size, frames, mut warnings } = encoded?;
        // A sound track that cannot be heard does not keep the pictures from being measured.
        let sound = sound.unwrap_or_else(|error| {
            warnings.push(format!("the sound of {} was left out: {error}", path.display()));
            None
        });
        let tracker = FaceTracker::new(networks, settings.face).with_smoothing(Smoothing::Off);
        let in_file = |error: talkinghead_face::FaceError| EvaluationError::Face { path: path.to_owned(), source: error };
        let raw = tracker.track(FrameReader::open(&file, &settings.limits)?).map_err(in_file)?;
        let seen: Vec<bool> = raw.frames.iter().map(|frame| !frame.interpolated).collect();
        let missing = seen.iter().filter(|&&seen| !seen).count();
        if missing > 0 {
            warnings.push(format!("{}: no face in {missing} of {frames} frames, which do not count", path.display()));
        }
        warnings.extend(several_faces(&file, path, networks, settings)?);
        let measured: Vec<Landmarks> = raw.frames.iter().map(|frame| frame.landmarks.clone()).collect();
        let landmarks: Vec<Landmarks> = raw.smoothed().frames.into_iter().map(|frame| frame.landmarks).collect();
        let motion = MotionTrack::from_landmarks(&landmarks)?;
        let pictures = look(&file, &landmarks, &seen, networks, settings)?;
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
            warnings,
            encoded: file,
        })
    }

    /// The size at which a video would be measured by itself.
    ///
    /// # Errors
    /// It cannot be read or is no video.
    pub fn size_of(path: &Path, settings: &MeasurementSettings) -> Result<(u32, u32), EvaluationError> {
        let size = probe(path, &settings.limits)?.size.ok_or_else(|| EvaluationError::NotAVideo { path: path.to_owned() })?;
        Ok(size_within(size, settings.longest_side))
    }

    /// The temporary file of its frames, as they were measured.
    pub(crate) fn encoded(&self) -> &Path {
        &self.encoded
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

/// Embeddings of a reference: a picture's face, or up to 25 of a video's.
///
/// # Errors
/// It cannot be read or shows no face.
pub fn reference_identities(
    path: &Path,
    networks: &FaceNetworks,
    settings: &MeasurementSettings,
) -> Result<Vec<IdentityEmbedding>, EvaluationError> {
    let in_file = |error: talkinghead_face::FaceError| EvaluationError::Face { path: path.to_owned(), source: error };
    let info = probe(path, &settings.limits)?;
    let expected = info.seconds.map_or(1.0, |seconds| seconds * f64::from(talkinghead_media::FRAME_RATE)) as usize;
    let every = if info.kind == MediaKind::Picture { 1 } else { (expected / ENOUGH_FACES).max(1) };
    let mut found = Vec::new();
    for frame in FrameReader::open_probed(path, info, &settings.limits)?.step_by(every).take(ENOUGH_FACES) {
        let frame = frame?;
        match networks.still_face(&frame, settings.face) {
            Ok(face) => found.push(networks.identity(&frame, &face.landmarks).map_err(in_file)?),
            Err(talkinghead_face::FaceError::NoFace { .. }) => {}
            Err(error) => return Err(in_file(error)),
        }
    }
    if found.is_empty() {
        return Err(in_file(talkinghead_face::FaceError::NoFace { place: "the reference".to_owned() }));
    }
    Ok(found)
}

/// A word where the first frame shows more than one face.
fn several_faces(
    file: &Path,
    path: &Path,
    networks: &FaceNetworks,
    settings: &MeasurementSettings,
) -> Result<Option<String>, EvaluationError> {
    let Some(frame) = FrameReader::open(file, &settings.limits)?.next() else { return Ok(None) };
    let faces = networks.find_faces(&frame?).map_err(|source| EvaluationError::Face { path: path.to_owned(), source })?;
    Ok((faces.len() > 1).then(|| {
        format!("{} shows {} faces: the chosen one was followed (--face N chooses another)", path.display(), faces.len())
    }))
}

fn sha256(path: &Path) -> Result<String, EvaluationError> {
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
