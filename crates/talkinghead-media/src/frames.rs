//! Frames out of anything that holds pictures.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ChildStdout;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use image::RgbImage;

use crate::child::{Killer, MediaProcess, Pipes};
use crate::dynamic_range::DynamicRange;
use crate::error::Bound;
use crate::frame_folder::list_frames;
use crate::interruption::locked;
use crate::probe::{MediaKind, ffmpeg_path, probe_with_ffprobe, without_path};
use crate::processor_time::MediaWork;
use crate::{FRAME_RATE, Limits, MediaError, MediaInfo, probe, read_image};

/// Bytes of frames that may wait between ffmpeg and the caller; at least one frame always may.
const WAITING_BYTES: usize = 16 << 20;

/// The frames of a video at 25 frames/s, of a still picture (one frame), or of a folder of frames, one after
/// the other. Frames of a video all have the size of [`FrameReader::info`]; those of a folder have their own.
///
/// A video's first frame is the one shown at the start of the file's clock, so frame `i` lies at `i / 25` s of
/// the sound that [`crate::AudioReader`] reads from the same file. Frames are repeated or left out to reach
/// 25 frames/s, never blended. Rotation metadata are applied and pixels made square.
///
/// After an error the iterator ends. A file that breaks off gives the frames before the break, then ends with
/// a line in [`FrameReader::warnings`].
#[derive(Debug)]
pub struct FrameReader {
    info: MediaInfo,
    source: Source,
    warnings: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug)]
enum Source {
    Pictures { paths: std::vec::IntoIter<PathBuf>, limits: Limits, decoded_bytes: u64 },
    Video { frames: Option<Receiver<Result<RgbImage, MediaError>>>, killer: Killer, thread: Option<JoinHandle<()>> },
}

impl FrameReader {
    /// Opens a video, a still picture or a folder of frames.
    ///
    /// # Errors
    /// The path is missing or unreadable, holds no picture, or is over `limits`; ffmpeg is missing.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, MediaError> {
        Self::open_probed(path, probe(path, limits)?, limits)
    }

    /// As [`FrameReader::open`] for what [`probe`] has looked at already, which saves a process.
    ///
    /// # Errors
    /// As [`FrameReader::open`].
    pub fn open_probed(path: &Path, info: MediaInfo, limits: &Limits) -> Result<Self, MediaError> {
        let warnings = Arc::new(Mutex::new(Vec::new()));
        let source = match info.kind {
            MediaKind::Picture => Source::pictures(vec![path.to_owned()], limits),
            MediaKind::FrameFolder => Source::pictures(list_frames(path)?, limits),
            MediaKind::Video => Source::video(path, &info, limits, Arc::clone(&warnings))?,
            MediaKind::Audio => return Err(MediaError::NoVideo { path: path.to_owned() }),
        };
        Ok(Self { info, source, warnings })
    }

    /// The frames of a file as ffmpeg gives them, even where it is a picture.
    pub(crate) fn open_as_video(path: &Path, limits: &Limits) -> Result<Self, MediaError> {
        let info = probe_with_ffprobe(path, limits)?;
        let warnings = Arc::new(Mutex::new(Vec::new()));
        let source = Source::video(path, &info, limits, Arc::clone(&warnings))?;
        Ok(Self { info, source, warnings })
    }

    /// What the path holds.
    pub fn info(&self) -> &MediaInfo {
        &self.info
    }

    /// What went wrong without ending the reading; complete once the iterator has ended.
    pub fn warnings(&self) -> Vec<String> {
        locked(&self.warnings).clone()
    }
}

impl Iterator for FrameReader {
    type Item = Result<RgbImage, MediaError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.source {
            Source::Pictures { paths, limits, decoded_bytes } => {
                let path = paths.next()?;
                let frame = read_image(&path, limits).and_then(|frame| {
                    *decoded_bytes += frame.as_raw().len() as u64;
                    check_decoded(&path, *decoded_bytes, limits).map(|()| frame)
                });
                if frame.is_err() {
                    *paths = Vec::new().into_iter();
                }
                Some(frame)
            }
            Source::Video { frames, .. } => {
                let frame = frames.as_ref()?.recv().ok();
                if !matches!(frame, Some(Ok(_))) {
                    *frames = None;
                }
                frame
            }
        }
    }
}

impl Source {
    fn pictures(paths: Vec<PathBuf>, limits: &Limits) -> Self {
        Self::Pictures { paths: paths.into_iter(), limits: *limits, decoded_bytes: 0 }
    }

    fn video(path: &Path, info: &MediaInfo, limits: &Limits, warnings: Arc<Mutex<Vec<String>>>) -> Result<Self, MediaError> {
        let (width, height) = info.size.ok_or_else(|| MediaError::NoVideo { path: path.to_owned() })?;
        let (process, _, stdout) = MediaProcess::start(
            "ffmpeg",
            video_arguments(path, info, width, height, limits),
            Pipes::Output,
            MediaWork::Decoding,
        )?;
        let Some(stdout) = stdout else {
            return Err(MediaError::Undecodable { path: path.to_owned(), detail: "ffmpeg gave no output".to_owned() });
        };
        let frame_bytes = width as usize * height as usize * 3;
        let (sender, frames) = sync_channel((WAITING_BYTES / frame_bytes.max(1)).clamp(1, 8));
        let killer = process.killer();
        let (size, range, declared) = ((width, height), info.dynamic_range, info.seconds);
        let decoding = Decoding { path: path.to_owned(), size, range, limits: *limits, declared, warnings };
        let thread = std::thread::spawn(move || {
            decoding.run(process, stdout, &sender);
            MediaWork::Decoding.add_thread();
        });
        Ok(Self::Video { frames: Some(frames), killer, thread: Some(thread) })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Self::Video { frames, killer, thread } = self {
            // In this order: with nobody to send to and no child to read from, the thread ends at once.
            *frames = None;
            killer.kill();
            if let Some(thread) = thread.take() {
                let _ = thread.join();
            }
        }
    }
}

fn video_arguments(path: &Path, info: &MediaInfo, width: u32, height: u32, limits: &Limits) -> Vec<std::ffi::OsString> {
    // Without a declared matrix, high definition means BT.709; swscale would take BT.601.
    let matrix = if info.unspecified_colours && height.min(width) >= 720 { ":in_color_matrix=bt709" } else { "" };
    let filter = format!(
        "fps={FRAME_RATE}:start_time=0,scale={width}:{height}:flags=bicubic+accurate_rnd+full_chroma_int+bitexact{matrix},setsar=1"
    );
    let mut arguments: Vec<std::ffi::OsString> =
        ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error"].map(Into::into).to_vec();
    arguments.extend(["-protocol_whitelist", "file,pipe", "-max_pixels"].map(Into::into));
    arguments.push(limits.max_pixels.min(i32::MAX as u64).to_string().into());
    arguments.push("-i".into());
    arguments.push(ffmpeg_path(path));
    arguments.extend(["-map", "0:V:0", "-vf"].map(Into::into));
    arguments.push(filter.into());
    let (format, _) = info.dynamic_range.pixel_format();
    arguments.extend(["-f", "rawvideo", "-pix_fmt", format, "pipe:1"].map(Into::into));
    arguments
}

/// The thread between ffmpeg and the caller.
struct Decoding {
    path: PathBuf,
    size: (u32, u32),
    range: DynamicRange,
    limits: Limits,
    declared: Option<f64>,
    warnings: Arc<Mutex<Vec<String>>>,
}

impl Decoding {
    fn run(self, process: MediaProcess, mut stdout: ChildStdout, sender: &SyncSender<Result<RgbImage, MediaError>>) {
        let mut count = 0_u64;
        let problem = loop {
            match self.read_frame(&mut stdout, count) {
                Ok(Some(frame)) => {
                    count += 1;
                    if sender.send(Ok(frame)).is_err() {
                        return; // The reader was dropped; so is the process, which kills it.
                    }
                }
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        drop(stdout);
        let outcome = match problem {
            Some(error) => Err(error),
            None => process.wait().and_then(|ending| self.judge(count, &ending)),
        };
        if let Err(error) = outcome {
            let _ = sender.send(Err(error));
        }
    }

    fn read_frame(&self, stdout: &mut ChildStdout, before: u64) -> Result<Option<RgbImage>, MediaError> {
        let (width, height) = self.size;
        let mut pixels = vec![0_u8; width as usize * height as usize * self.range.pixel_format().1];
        if !fill(stdout, &mut pixels).map_err(|source| MediaError::Unreadable { path: self.path.clone(), source })? {
            return Ok(None);
        }
        let seconds = (before + 1) as f64 / f64::from(FRAME_RATE);
        crate::probe::check_seconds(&self.path, Some(seconds), &self.limits)?;
        check_decoded(&self.path, (before + 1) * pixels.len() as u64, &self.limits)?;
        Ok(RgbImage::from_raw(width, height, self.range.to_standard(pixels)))
    }

    /// Frames without complaint are fine; none are an error; some with a complaint are worth a warning.
    fn judge(&self, count: u64, ending: &crate::child::Ending) -> Result<(), MediaError> {
        let complaint = without_path(&ending.complaint, &self.path);
        if count == 0 {
            let detail = if complaint.is_empty() { "no frame in it".to_owned() } else { complaint };
            return Err(MediaError::Undecodable { path: self.path.clone(), detail });
        }
        let read = count as f64 / f64::from(FRAME_RATE);
        let name = self.path.display();
        if let Some(declared) = self.declared.filter(|declared| read < 0.9 * declared - 1.0) {
            let warning = format!("{name} breaks off after {read:.1} of {declared:.1} seconds; what could be read was used");
            locked(&self.warnings).push(warning);
        } else if !complaint.is_empty() {
            locked(&self.warnings).push(format!("{name} is damaged in places ({complaint}); what could be read was used"));
        }
        Ok(())
    }
}

fn check_decoded(path: &Path, bytes: u64, limits: &Limits) -> Result<(), MediaError> {
    if bytes <= limits.max_decoded_bytes {
        return Ok(());
    }
    Err(MediaError::OverLimit {
        path: path.to_owned(),
        bound: Bound::DecodedBytes,
        found: format!("more than {} decoded bytes", limits.max_decoded_bytes),
        limit: limits.max_decoded_bytes.to_string(),
    })
}

/// Fills `buffer`; false when the stream ends first.
fn fill(stream: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<bool> {
    match stream.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
