//! Frames and a sound track into a video file.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ChildStdin;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use image::RgbImage;

use crate::audio::{input_options, numbers_only};
use crate::child::{Ending, Killer, MediaProcess, Pipes};
use crate::probe::ffmpeg_path;
use crate::processor_time::MediaWork;
use crate::{Container, FRAME_RATE, Limits, MediaError, MediaInfo, OutputFile, PlanarFrame, probe};

/// Bytes of frames that may wait between the caller and ffmpeg; at least one frame always may.
const WAITING_BYTES: usize = 8 << 20;

/// What to write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VideoOptions {
    /// Width of every frame, in pixels.
    pub width: u32,
    /// Height of every frame, in pixels.
    pub height: u32,
    /// Constant rate factor: 0 best picture, larger smaller files. `None` takes [`Container::default_crf`].
    pub crf: Option<u8>,
    /// A file whose sound becomes the sound track, cut or filled with silence to the length of the frames.
    pub audio: Option<PathBuf>,
}

/// Writes a video at 25 frames/s: H.264 (yuv420p, BT.709) and AAC in mp4 or mov, VP9 and Opus in webm.
///
/// The encoders need even sizes: an odd width or height grows by one pixel, the last column or row repeated.
/// The file appears under its name when [`VideoWriter::finish`] returns; before that, and after a drop or an
/// error, whatever was there stays untouched and nothing else is left behind.
#[derive(Debug)]
pub struct VideoWriter {
    frames: Option<SyncSender<PlanarFrame>>,
    thread: Option<JoinHandle<Result<(), MediaError>>>,
    killer: Killer,
    /// `None` once it is in its place.
    output: Option<OutputFile>,
    path: PathBuf,
    container: Container,
    options: VideoOptions,
    /// Frames that were promised, where sound is laid under them as they come.
    promised: Option<u64>,
    count: u64,
}

impl VideoWriter {
    /// Starts a video at `path`; its extension chooses the format.
    ///
    /// # Errors
    /// The extension is unknown, the folder missing or not writable, an option out of range, ffmpeg missing
    /// or without the encoders, the sound unreadable.
    pub fn create(path: &Path, options: &VideoOptions) -> Result<Self, MediaError> {
        Self::start(path, options, None)
    }

    /// As [`VideoWriter::create`] for a video of exactly `frames` frames, under which the sound of a file is laid as they come:
    /// that saves a program's start and a pass over the finished video. `sound` is what [`probe`] found in
    /// [`VideoOptions::audio`].
    ///
    /// # Errors
    /// As [`VideoWriter::create`], and if there is no sound in the file.
    pub fn create_with_sound(path: &Path, options: &VideoOptions, frames: u64, sound: &MediaInfo) -> Result<Self, MediaError> {
        Self::start(path, options, Some((frames, sound)))
    }

    fn start(path: &Path, options: &VideoOptions, sound: Option<(u64, &MediaInfo)>) -> Result<Self, MediaError> {
        let container = Container::from_path(path)?;
        check_options(container, options)?;
        // Asking takes as long as a second of video. H.264 tells by itself, at once, if it is missing; AAC never is.
        if container == Container::WebM {
            container.check_encoders()?;
        }
        let output = OutputFile::create(path)?;
        let size = (options.width.next_multiple_of(2), options.height.next_multiple_of(2));
        let under = match (sound, &options.audio) {
            (Some((frames, info)), Some(audio)) => Some(SoundUnder::new(container, audio, info, frames)?),
            _ => None,
        };
        let arguments = encoding_arguments(container, options, size, under.as_ref(), output.unfinished_path());
        let (process, stdin, _) = MediaProcess::start("ffmpeg", arguments, Pipes::Input, MediaWork::Encoding)?;
        let Some(stdin) = stdin else {
            return Err(MediaError::Encoding { path: path.to_owned(), detail: "ffmpeg takes no input".to_owned() });
        };
        let frame_bytes = size.0 as usize * size.1 as usize * 3 / 2;
        let (frames, waiting) = sync_channel::<PlanarFrame>((WAITING_BYTES / frame_bytes).clamp(1, 8));
        let killer = process.killer();
        let shown = path.to_owned();
        let thread = std::thread::spawn(move || {
            let fed = feed(stdin, waiting.iter());
            MediaWork::Encoding.add_thread();
            // A broken pipe is told better by what ffmpeg said before it died.
            drop(waiting);
            let ending = process.wait()?;
            match fed {
                Ok(()) if ending.succeeded && !out_of_space(&ending) => Ok(()),
                _ => Err(encoding_error(&shown, &ending)),
            }
        });
        Ok(Self {
            frames: Some(frames),
            thread: Some(thread),
            killer,
            output: Some(output),
            path: path.to_owned(),
            container,
            options: options.clone(),
            promised: under.is_some().then_some(sound).flatten().map(|(frames, _)| frames),
            count: 0,
        })
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// The frame has another size than promised, or ffmpeg failed (disk full, for instance).
    pub fn write(&mut self, frame: &RgbImage) -> Result<(), MediaError> {
        self.write_planar(PlanarFrame::from_rgb(frame))
    }

    /// Adds a frame that was converted already, on another thread perhaps.
    ///
    /// # Errors
    /// As [`VideoWriter::write`].
    pub fn write_planar(&mut self, frame: PlanarFrame) -> Result<(), MediaError> {
        let wanted = (self.options.width, self.options.height);
        if frame.size() != wanted {
            return Err(MediaError::WrongFrameSize { wanted, found: frame.size() });
        }
        let sent = self.frames.as_ref().is_some_and(|frames| frames.send(frame).is_ok());
        if !sent {
            self.end_encoding()?;
            return Err(MediaError::Encoding { path: self.path.clone(), detail: "ffmpeg ended too early".to_owned() });
        }
        self.count += 1;
        Ok(())
    }

    /// Frames written so far.
    pub fn frame_count(&self) -> u64 {
        self.count
    }

    /// Ends the video, adds the sound, and puts the file in its place.
    ///
    /// # Errors
    /// No frame was written, ffmpeg failed, the disk is full; then nothing is left behind.
    pub fn finish(mut self) -> Result<(), MediaError> {
        self.end_encoding()?;
        if self.count == 0 {
            return Err(MediaError::Encoding { path: self.path.clone(), detail: "no frame was written".to_owned() });
        }
        let Some(silent) = self.output.take() else { return Ok(()) };
        if let Some(promised) = self.promised {
            if promised != self.count {
                let detail = format!("{promised} frames were promised, {} came", self.count);
                return Err(MediaError::Encoding { path: self.path.clone(), detail });
            }
            return silent.commit();
        }
        let Some(audio) = &self.options.audio else { return silent.commit() };
        let with_sound = OutputFile::create(&self.path)?;
        add_sound(&self, silent.unfinished_path(), audio, with_sound.unfinished_path())?;
        with_sound.commit()
    }

    /// Closes ffmpeg's input and waits for it to end.
    fn end_encoding(&mut self) -> Result<(), MediaError> {
        self.frames = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome,
            Some(Err(_)) => Err(MediaError::Encoding { path: self.path.clone(), detail: "the writing thread failed".to_owned() }),
            None => Ok(()),
        }
    }
}

impl Drop for VideoWriter {
    fn drop(&mut self) {
        self.frames = None;
        self.killer.kill();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn check_options(container: Container, options: &VideoOptions) -> Result<(), MediaError> {
    if options.width < 2 || options.height < 2 || options.width.max(options.height) > 16_384 {
        return Err(MediaError::InvalidOption(format!(
            "a video of {}x{} pixels cannot be written: sides are 2 to 16384 pixels",
            options.width, options.height
        )));
    }
    match options.crf {
        Some(crf) if crf > container.largest_crf() => Err(MediaError::InvalidOption(format!(
            "a constant rate factor of {crf} is out of range: {} files take 0 (best) to {}",
            container.extension(),
            container.largest_crf()
        ))),
        _ => Ok(()),
    }
}

/// Sound that is laid under frames: what ffmpeg must be told to read it, and to write it.
struct SoundUnder {
    input: Vec<OsString>,
    output: Vec<OsString>,
}

impl SoundUnder {
    /// The sound of `audio`, cut or filled with silence to the length of `frames` frames.
    fn new(container: Container, audio: &Path, info: &MediaInfo, frames: u64) -> Result<Self, MediaError> {
        let found = info.audio.as_ref().ok_or_else(|| MediaError::NoAudio { path: audio.to_owned() })?;
        let seconds = frames as f64 / f64::from(FRAME_RATE);
        let mut input: Vec<OsString> = ["-protocol_whitelist", "file,pipe", "-vn"].map(Into::into).to_vec();
        input.extend(input_options(info).iter().map(Into::into));
        input.push("-i".into());
        input.push(ffmpeg_path(audio));
        let mut output: Vec<OsString> = ["-map", "0:v:0", "-map", "1:a:0", "-map_metadata", "-1", "-af"].map(Into::into).to_vec();
        let clean = numbers_only(info);
        output.push(format!("{clean}aresample=async=1:first_pts=0,apad,atrim=end={seconds:.3}").into());
        output.extend(container.audio_options(found.sample_rate, found.channels.clamp(1, 2)).into_iter().map(Into::into));
        output.extend(["-t".into(), format!("{seconds:.3}").into()]);
        Ok(Self { input, output })
    }
}

fn encoding_arguments(
    container: Container,
    options: &VideoOptions,
    size: (u32, u32),
    sound: Option<&SoundUnder>,
    output: &Path,
) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
            .map(Into::into)
            .to_vec();
    arguments.extend(["-video_size".into(), format!("{}x{}", size.0, size.1).into()]);
    arguments.extend(["-framerate".into(), FRAME_RATE.to_string().into()]);
    arguments
        .extend("-color_range tv -colorspace bt709 -color_primaries bt709 -color_trc bt709 -i pipe:0".split(' ').map(Into::into));
    arguments.extend(sound.into_iter().flat_map(|sound| sound.input.iter().cloned()));
    arguments.extend(container.video_options(options.crf.unwrap_or(container.default_crf())).into_iter().map(Into::into));
    arguments.extend("-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv".split(' ').map(Into::into));
    arguments.extend(["-flags:v", "+bitexact", "-fflags", "+bitexact"].map(Into::into));
    arguments.extend(sound.into_iter().flat_map(|sound| sound.output.iter().cloned()));
    if (options.audio.is_none() || sound.is_some()) && container != Container::WebM {
        arguments.extend(["-movflags", "+faststart"].map(Into::into));
    }
    arguments.extend(["-f", container.muxer()].map(Into::into));
    arguments.push(ffmpeg_path(output));
    arguments
}

/// Lays the sound of `audio` under the encoded frames. A pass of its own over the finished frames: only then is their number
/// known.
fn add_sound(writer: &VideoWriter, silent: &Path, audio: &Path, output: &Path) -> Result<(), MediaError> {
    let container = writer.container;
    let limits = Limits { max_seconds: f64::INFINITY, ..Limits::default() };
    let sound = SoundUnder::new(container, audio, &probe(audio, &limits)?, writer.count)?;
    let mut arguments: Vec<OsString> =
        ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-y", "-i"].map(Into::into).to_vec();
    arguments.push(ffmpeg_path(silent));
    arguments.extend(sound.input);
    arguments.extend(["-c:v", "copy"].map(Into::into));
    arguments.extend(sound.output);
    arguments.extend(["-fflags", "+bitexact"].map(Into::into));
    if container != Container::WebM {
        arguments.extend(["-movflags", "+faststart"].map(Into::into));
    }
    arguments.extend(["-f", container.muxer()].map(Into::into));
    arguments.push(ffmpeg_path(output));
    let (process, _, _) = MediaProcess::start("ffmpeg", arguments, Pipes::None, MediaWork::Muxing)?;
    let ending = process.wait()?;
    if ending.succeeded && !out_of_space(&ending) { Ok(()) } else { Err(encoding_error(&writer.path, &ending)) }
}

fn feed(mut stdin: ChildStdin, mut frames: impl Iterator<Item = PlanarFrame>) -> std::io::Result<()> {
    frames.try_for_each(|frame| stdin.write_all(frame.as_bytes()))
}

/// ffmpeg does not always fail when the disk is full; it always complains.
fn out_of_space(ending: &Ending) -> bool {
    ["No space left on device", "Disk quota exceeded", "File too large"].iter().any(|sign| ending.complaint.contains(sign))
}

fn encoding_error(path: &Path, ending: &Ending) -> MediaError {
    if out_of_space(ending) {
        return MediaError::DiskFull { path: path.to_owned() };
    }
    if ending.complaint.contains("Unknown encoder")
        && let Err(missing) = Container::from_path(path).and_then(Container::check_encoders)
    {
        return missing;
    }
    let detail = if ending.complaint.is_empty() { "ffmpeg ended too early".to_owned() } else { ending.complaint.clone() };
    MediaError::Encoding { path: path.to_owned(), detail }
}
