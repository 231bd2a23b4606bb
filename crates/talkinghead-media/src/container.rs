//! The file formats that can be written, and how ffmpeg is asked for each.

use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;

use crate::MediaError;
use crate::child::{MediaProcess, Pipes};
use crate::processor_time::MediaWork;

/// A file format for videos, chosen by extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// `.mp4`, `.m4v`: H.264 and AAC.
    Mp4,
    /// `.mov`: H.264 and AAC.
    Mov,
    /// `.webm`: VP9 and Opus.
    WebM,
}

impl Container {
    /// The format that a path's extension names.
    ///
    /// # Errors
    /// [`MediaError::UnknownExtension`].
    pub fn from_path(path: &Path) -> Result<Self, MediaError> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("mp4" | "m4v") => Ok(Self::Mp4),
            Some("mov") => Ok(Self::Mov),
            Some("webm") => Ok(Self::WebM),
            _ => Err(MediaError::UnknownExtension { path: path.to_owned() }),
        }
    }

    /// The extension with its dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Mp4 => ".mp4",
            Self::Mov => ".mov",
            Self::WebM => ".webm",
        }
    }

    /// The constant rate factor used when none is asked for: close to the eye's limit, not beyond it.
    pub fn default_crf(self) -> u8 {
        match self {
            Self::Mp4 | Self::Mov => 18,
            Self::WebM => 28,
        }
    }

    /// The largest constant rate factor the encoder knows (worst picture, smallest file); 0 is the best.
    pub fn largest_crf(self) -> u8 {
        match self {
            Self::Mp4 | Self::Mov => 51,
            Self::WebM => 63,
        }
    }

    pub(crate) fn muxer(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::WebM => "webm",
        }
    }

    /// ffmpeg's options for the video stream. Thread counts are fixed because the encoders' output depends on
    /// them: the same frames give the same bytes on every machine with the same ffmpeg.
    pub(crate) fn video_options(self, crf: u8) -> Vec<String> {
        let text = match self {
            Self::Mp4 | Self::Mov => format!("-c:v libx264 -preset veryfast -crf {crf} -threads 4 -g 125 -pix_fmt yuv420p"),
            Self::WebM => format!(
                "-c:v libvpx-vp9 -deadline realtime -cpu-used 7 -row-mt 1 -tile-columns 1 -threads 4 -crf {crf} -b:v 0 -g 125 -pix_fmt yuv420p"
            ),
        };
        text.split(' ').map(str::to_owned).collect()
    }

    /// ffmpeg's options for the sound track. At 44.1 or 48 kHz a packet is 21 ms long, so that the sound ends
    /// within a frame of the pictures even in players that play the last packet to its end.
    pub(crate) fn audio_options(self, sample_rate: u32, channels: u32) -> Vec<String> {
        let (encoder, kilobits) = match self {
            Self::Mp4 | Self::Mov => ("aac", if channels == 1 { 96 } else { 160 }),
            Self::WebM => ("libopus", if channels == 1 { 64 } else { 112 }),
        };
        let family_of_44100 = self != Self::WebM && sample_rate > 0 && 44_100 % sample_rate == 0;
        let rate = if family_of_44100 { 44_100 } else { 48_000 };
        format!("-c:a {encoder} -b:a {kilobits}k -ac {channels} -ar {rate} -flags:a +bitexact")
            .split(' ')
            .map(str::to_owned)
            .collect()
    }

    /// Whether the installed ffmpeg has the encoders this format needs.
    ///
    /// # Errors
    /// ffmpeg is missing, or it lacks an encoder.
    pub fn check_encoders(self) -> Result<(), MediaError> {
        let needed: [&'static str; 2] = match self {
            Self::Mp4 | Self::Mov => ["libx264", "aac"],
            Self::WebM => ["libvpx-vp9", "libopus"],
        };
        let installed = installed_encoders()?;
        match needed.into_iter().find(|name| !installed.split_whitespace().any(|word| word == *name)) {
            Some(encoder) => Err(MediaError::EncoderMissing { encoder, extension: self.extension() }),
            None => Ok(()),
        }
    }
}

/// What `ffmpeg -encoders` prints, asked once.
fn installed_encoders() -> Result<&'static str, MediaError> {
    static LIST: OnceLock<String> = OnceLock::new();
    if let Some(list) = LIST.get() {
        return Ok(list);
    }
    let list = output_of("ffmpeg", &["-hide_banner", "-encoders"])?;
    Ok(LIST.get_or_init(|| list))
}

/// The version of the installed `ffmpeg`, as it calls itself.
///
/// # Errors
/// [`MediaError::ProgramMissing`].
pub fn ffmpeg_version() -> Result<String, MediaError> {
    version_of("ffmpeg")
}

/// The version of the installed `ffprobe`, as it calls itself.
///
/// # Errors
/// [`MediaError::ProgramMissing`].
pub fn ffprobe_version() -> Result<String, MediaError> {
    version_of("ffprobe")
}

fn version_of(program: &'static str) -> Result<String, MediaError> {
    let text = output_of(program, &["-version"])?;
    let first = text.lines().next().unwrap_or_default();
    Ok(first.split_whitespace().nth(2).unwrap_or(first).to_owned())
}

fn output_of(program: &'static str, arguments: &[&str]) -> Result<String, MediaError> {
    let (process, _, stdout) = MediaProcess::start(program, arguments, Pipes::Output, MediaWork::Probing)?;
    let mut text = Vec::new();
    if let Some(mut stdout) = stdout {
        stdout.read_to_end(&mut text).map_err(|source| MediaError::Unreadable { path: program.into(), source })?;
    }
    process.wait()?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
