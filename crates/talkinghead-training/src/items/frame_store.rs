//! Frames of a video, decoded once and kept uncompressed in a file: any one of them is one short read.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use image::RgbImage;
use sha2::{Digest, Sha256};
use talkinghead_media::{FrameReader, Limits, OutputFile};

use super::ItemError;

const MAGIC: &[u8; 8] = b"THFRAME1";
/// Magic number, width, height.
const HEADER: u64 = 16;

/// Where the frames of one video are found. Cheap to copy; files are open only while they are read.
#[derive(Debug, Clone)]
pub struct FrameStore {
    video: PathBuf,
    /// The file that keeps them; none: the video is decoded for every frame.
    kept: Option<PathBuf>,
}

impl FrameStore {
    /// The frames of `video`, kept in the folder `cache` from the first look on. The file's name follows from the video's content.
    ///
    /// # Errors
    /// The video cannot be read.
    pub fn new(video: &Path, cache: Option<&Path>) -> Result<Self, ItemError> {
        let kept = match cache {
            None => None,
            Some(folder) => Some(folder.join(format!("{}.frames", content_name(video)?))),
        };
        Ok(Self { video: video.to_owned(), kept })
    }

    /// The video.
    pub fn video(&self) -> &Path {
        &self.video
    }

    /// A frame, counted from 0.
    ///
    /// # Errors
    /// [`ItemError::Frame`]: the video is shorter, broken or gone; others: the cache cannot be written.
    pub fn frame(&self, index: usize) -> Result<RgbImage, ItemError> {
        let Some(kept) = &self.kept else { return self.decoded(index) };
        if !kept.exists() {
            self.fill(kept)?;
        }
        let unreadable = |reason: String| ItemError::Frame { video: self.video.clone(), frame: index, reason };
        read_frame(kept, index)
            .map_err(|error| unreadable(error.to_string()))?
            .ok_or_else(|| unreadable("the video has fewer frames than landmarks".to_owned()))
    }

    /// Decodes up to a frame.
    fn decoded(&self, index: usize) -> Result<RgbImage, ItemError> {
        let unreadable = |reason: String| ItemError::Frame { video: self.video.clone(), frame: index, reason };
        let mut frames = FrameReader::open(&self.video, &Limits::default()).map_err(|error| unreadable(error.to_string()))?;
        let frame = frames.nth(index).ok_or_else(|| unreadable("the video has fewer frames than landmarks".to_owned()))?;
        frame.map_err(|error| unreadable(error.to_string()))
    }

    /// Decodes the whole video into its file. A video that breaks off gives the frames before the break.
    fn fill(&self, kept: &Path) -> Result<(), ItemError> {
        if talkinghead_media::is_stopped() {
            return Err(talkinghead_media::MediaError::Interrupted.into());
        }
        let unreadable = |frame: usize, reason: String| ItemError::Frame { video: self.video.clone(), frame, reason };
        let frames = FrameReader::open(&self.video, &Limits::default()).map_err(|error| unreadable(0, error.to_string()))?;
        let mut output = OutputFile::create(kept)?;
        let path = kept.to_owned();
        let full = |error: std::io::Error| {
            ItemError::from(talkinghead_dataset::DatasetError::File { action: "write", path: path.clone(), source: error })
        };
        let mut writer = BufWriter::with_capacity(1 << 20, output.file());
        let mut size = None;
        for (index, frame) in frames.enumerate() {
            // What cannot be decoded is missed when it is asked for.
            let Ok(frame) = frame else { break };
            if size.is_none() {
                let (width, height) = frame.dimensions();
                writer.write_all(MAGIC).map_err(&full)?;
                writer.write_all(&width.to_le_bytes()).map_err(&full)?;
                writer.write_all(&height.to_le_bytes()).map_err(&full)?;
                size = Some(frame.dimensions());
            }
            if size != Some(frame.dimensions()) {
                return Err(unreadable(index, "its size differs from the first frame's".to_owned()));
            }
            writer.write_all(frame.as_raw()).map_err(&full)?;
        }
        if size.is_none() {
            return Err(unreadable(0, "the video holds no frame".to_owned()));
        }
        writer.flush().map_err(&full)?;
        drop(writer);
        Ok(output.commit()?)
    }
}

/// A frame of a file; none if it has fewer.
fn read_frame(kept: &Path, index: usize) -> std::io::Result<Option<RgbImage>> {
    let malformed = || std::io::Error::new(std::io::ErrorKind::InvalidData, "the cache of frames is damaged: delete it");
    let mut file = File::open(kept)?;
    let mut header = [0; HEADER as usize];
    file.read_exact(&mut header).map_err(|_| malformed())?;
    let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (width, height) = (number(8), number(12));
    let bytes = u64::from(width) * u64::from(height) * 3;
    if &header[..8] != MAGIC || bytes == 0 || bytes > 1 << 30 {
        return Err(malformed());
    }
    let start = HEADER + bytes * index as u64;
    if start + bytes > file.metadata()?.len() {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(start))?;
    let mut pixels = vec![0; bytes as usize];
    file.read_exact(&mut pixels)?;
    Ok(RgbImage::from_raw(width, height, pixels))
}

/// A name that is the same for the same bytes.
fn content_name(video: &Path) -> Result<String, ItemError> {
    let unreadable = |error: std::io::Error| ItemError::Frame { video: video.to_owned(), frame: 0, reason: error.to_string() };
    let mut file = File::open(video).map_err(unreadable)?;
    let mut hash = Sha256::new();
    std::io::copy(&mut file, &mut hash).map_err(unreadable)?;
    Ok(hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use talkinghead_media::{VideoOptions, VideoWriter};

    fn video(path: &Path, frames: u8) {
        let options = VideoOptions { width: 64, height: 48, crf: Some(4), audio: None };
        let mut writer = VideoWriter::create(path, &options).unwrap();
        (0..frames).for_each(|i| writer.write(&RgbImage::from_pixel(64, 48, image::Rgb([20 * i; 3]))).unwrap());
        writer.finish().unwrap();
    }

    #[test]
    fn kept_frames_are_the_decoded_ones_and_missing_ones_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        video(&path, 5);
        let kept = FrameStore::new(&path, Some(folder.path())).unwrap();
        let plain = FrameStore::new(&path, None).unwrap();
        for index in [4, 0, 2] {
            assert_eq!(kept.frame(index).unwrap(), plain.frame(index).unwrap());
        }
        for store in [&kept, &plain] {
            let error = store.frame(5).unwrap_err();
            assert!(error.is_of_one_frame() && error.to_string().contains("fewer frames"), "{error}");
        }
        // A cache that was cut short.
        let file = kept.kept.clone().unwrap();
        std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(HEADER + 64 * 48 * 3 + 7).unwrap();
        assert!(kept.frame(0).is_ok() && kept.frame(1).unwrap_err().is_of_one_frame());
        std::fs::write(&file, b"nonsense and more of it").unwrap();
        assert!(kept.frame(0).unwrap_err().to_string().contains("damaged"));
    }
}
