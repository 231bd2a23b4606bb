//! Reading a clip folder: ours, or one that the reference made (SPEC-data, section 2).

use std::path::{Path, PathBuf};

use talkinghead_formats::NpyArray;

use super::description::ClipDescription;
use crate::error::DatasetError;

/// A clip on this machine.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipFolder {
    /// The cropped video.
    pub video: PathBuf,
    /// The projection video, if there is one.
    pub animation: Option<PathBuf>,
    /// The sound, if there is any.
    pub audio: Option<PathBuf>,
    /// Posed landmarks, `[frames, 68]`: x right, y down, z towards the camera, pixels of the cropped video.
    pub landmarks: Vec<Vec<[f64; 3]>>,
    /// Pose of every frame: rotation vector (radians), translation (pixels).
    pub poses: Vec<[f64; 6]>,
    /// Landmarks with the pose removed, `[frames, 68]`.
    pub front: Vec<Vec<[f64; 3]>>,
    /// `clip.json`; the reference writes none.
    pub description: Option<ClipDescription>,
}

/// Endings of the reference's names, for VoxCeleb2 and for the other corpora (older and newer tool).
const VIDEO: [&str; 2] = ["_aligned.mp4", "_crop.mp4"];
const ANIMATION: [&str; 2] = ["_aligned_ani.mp4", "_ani.mp4"];
const LANDMARKS: [&str; 3] = ["_aligned.npy", "__original.npy", "_original.npy"];
const POSE: [&str; 3] = ["_aligned_rt.npy", "__rt.npy", "_rt.npy"];
const FRONT: [&str; 3] = ["_aligned_front.npy", "__front.npy", "_front.npy"];
const AUDIO: [&str; 2] = [".wav", ".m4a"];

impl ClipFolder {
    /// Opens a folder that holds one clip, or names one of several by its video (`N_aligned.mp4`).
    ///
    /// # Errors
    /// A file is missing or damaged, or the arrays do not belong together.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let (folder, stem) = if path.is_dir() { (path.to_owned(), None) } else { named_by_video(path)? };
        let stem = match stem {
            Some(stem) => stem,
            None => only_stem(&folder)?,
        };
        let find =
            |endings: &[&str]| endings.iter().map(|ending| folder.join(format!("{stem}{ending}"))).find(|path| path.exists());
        let need = |endings: &[&str], what: &str| {
            find(endings).ok_or_else(|| missing(&folder, &format!("{what} ({stem}{})", endings[0])))
        };
        let malformed = |path: &Path, wanted: &str| DatasetError::Malformed {
            file: path.display().to_string(),
            detail: format!("wanted {wanted}"),
        };
        let points = |path: &Path| -> Result<Vec<Vec<[f64; 3]>>, DatasetError> {
            let sets = NpyArray::read(path)?.to_points().filter(|sets| sets.iter().all(|points| points.len() == 68));
            sets.ok_or_else(|| malformed(path, "[frames, 68, 3]"))
        };
        let pose = need(&POSE, "the poses")?;
        let description = folder.join("clip.json");
        let clip = Self {
            video: need(&VIDEO, "the cropped video")?,
            animation: find(&ANIMATION),
            audio: find(&AUDIO),
            landmarks: points(&need(&LANDMARKS, "the landmarks")?)?,
            poses: NpyArray::read(&pose)?.to_rows().ok_or_else(|| malformed(&pose, "[frames, 6]"))?,
            front: points(&need(&FRONT, "the front landmarks")?)?,
            description: read_description(&description)?,
        };
        if clip.landmarks.len() != clip.poses.len() || clip.poses.is_empty() {
            let detail = format!("{} poses for {} frames of landmarks", clip.poses.len(), clip.landmarks.len());
            return Err(DatasetError::Malformed { file: pose.display().to_string(), detail });
        }
        Ok(clip)
    }
}

/// `clip.json`, if there is one.
fn read_description(path: &Path) -> Result<Option<ClipDescription>, DatasetError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(DatasetError::file("read", path)(error)),
    };
    let malformed = |detail| DatasetError::Malformed { file: path.display().to_string(), detail };
    ClipDescription::from_json(&bytes).map(Some).map_err(malformed)
}

fn missing(folder: &Path, what: &str) -> DatasetError {
    DatasetError::Settings(format!("{} is no clip folder: {what} is missing", folder.display()))
}

fn named_by_video(path: &Path) -> Result<(PathBuf, Option<String>), DatasetError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = VIDEO.iter().find_map(|ending| name.strip_suffix(ending));
    let stem = stem.ok_or_else(|| missing(path, "a name like 00001_aligned.mp4"))?;
    std::fs::metadata(path).map_err(DatasetError::file("read", path))?;
    Ok((folder.to_owned(), Some(stem.to_owned())))
}

fn only_stem(folder: &Path) -> Result<String, DatasetError> {
    let entries = std::fs::read_dir(folder).map_err(DatasetError::file("read", folder))?;
    let mut stems: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            VIDEO.iter().find_map(|ending| name.strip_suffix(ending).map(str::to_owned))
        })
        .collect();
    stems.sort();
    match stems.len() {
        0 => Err(missing(folder, "the cropped video (N_aligned.mp4)")),
        1 => Ok(stems.remove(0)),
        count => Err(DatasetError::Settings(format!("{} holds {count} clips; name one of the videos instead", folder.display()))),
    }
}
