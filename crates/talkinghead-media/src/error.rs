//! What can go wrong with files, and what a person can do about it.

use std::io;
use std::path::PathBuf;

use crate::PictureOutput;

/// An error about a media file. `Display` is one line that names the file; [`MediaError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// `ffmpeg` or `ffprobe` is not on the `PATH`.
    #[error("the program `{program}` was not found")]
    ProgramMissing {
        /// `ffmpeg` or `ffprobe`.
        program: &'static str,
    },
    /// The installed ffmpeg was built without an encoder that the output format needs.
    #[error("the installed ffmpeg has no encoder `{encoder}`, which {extension} files need")]
    EncoderMissing {
        /// ffmpeg's name of the encoder.
        encoder: &'static str,
        /// The output's extension, with its dot.
        extension: &'static str,
    },
    /// No file or folder of that name.
    #[error("{} does not exist", path.display())]
    NotFound {
        /// The path as given.
        path: PathBuf,
    },
    /// The system refused to read a file.
    #[error("cannot read {}: {}", path.display(), plain(source))]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Neither a plain file nor a folder.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// The path as given.
        path: PathBuf,
    },
    /// The file holds no picture.
    #[error("{} holds no video and no picture", path.display())]
    NoVideo {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no sound.
    #[error("{} holds no sound", path.display())]
    NoAudio {
        /// The file.
        path: PathBuf,
    },
    /// A folder of frames without frames.
    #[error("the folder {} holds no pictures", path.display())]
    NoPictures {
        /// The folder.
        path: PathBuf,
    },
    /// The content could not be decoded.
    #[error("cannot decode {}: {detail}", path.display())]
    Undecodable {
        /// The file.
        path: PathBuf,
        /// The decoder's own last words.
        detail: String,
    },
    /// A picture is cut short or damaged, and such are refused ([`crate::DamagedPictures`]).
    #[error("{} is damaged: {detail}", path.display())]
    Damaged {
        /// The picture.
        path: PathBuf,
        /// The decoder's own last words.
        detail: String,
    },
    /// A picture of a kind that neither we nor ffmpeg can decode.
    #[error("{} is a picture in {format}, which cannot be decoded here", path.display())]
    PictureFormat {
        /// The picture.
        path: PathBuf,
        /// Name of the format, with its coding.
        format: String,
    },
    /// A bound of [`crate::Limits`] was passed.
    #[error("{} is over the limit: {found} where at most {limit} are allowed", path.display())]
    OverLimit {
        /// The file.
        path: PathBuf,
        /// Which bound.
        bound: Bound,
        /// What the file has, with its unit.
        found: String,
        /// What is allowed, with its unit.
        limit: String,
    },
    /// The output's extension names no format that can be written.
    #[error("cannot tell the format of {} from its extension", path.display())]
    UnknownExtension {
        /// The output.
        path: PathBuf,
    },
    /// The ending of a picture's name names no format that can be written.
    #[error("cannot tell the format of the picture {} from its ending", path.display())]
    UnknownPictureExtension {
        /// The output.
        path: PathBuf,
    },
    /// Another run is writing the same output.
    #[error("another run is writing {} now", path.display())]
    OutputInUse {
        /// The output.
        path: PathBuf,
    },
    /// The output exists and nobody may write to it.
    #[error("{} is there already and protected from writing", path.display())]
    OutputProtected {
        /// The output.
        path: PathBuf,
    },
    /// The folder that should hold the output does not exist.
    #[error("the folder {} for the output does not exist", path.display())]
    OutputFolderMissing {
        /// The folder.
        path: PathBuf,
    },
    /// The output exists and is a folder or a device.
    #[error("the output {} exists and is not a regular file", path.display())]
    OutputNotAFile {
        /// The output.
        path: PathBuf,
    },
    /// The output is one of the inputs.
    #[error("the output {} is also an input", path.display())]
    OutputIsInput {
        /// The output.
        path: PathBuf,
    },
    /// The output cannot be written.
    #[error("cannot write {}: {}", path.display(), plain(source))]
    Unwritable {
        /// The output.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// No space is left where the output goes.
    #[error("the disk is full: {} could not be written", path.display())]
    DiskFull {
        /// The output.
        path: PathBuf,
    },
    /// ffmpeg failed while encoding.
    #[error("cannot encode {}: {detail}", path.display())]
    Encoding {
        /// The output.
        path: PathBuf,
        /// ffmpeg's own last words.
        detail: String,
    },
    /// An option of the writer makes no sense.
    #[error("{0}")]
    InvalidOption(String),
    /// A frame of another size than the video's.
    #[error("a frame of {}x{} pixels was given to a video of {}x{}", found.0, found.1, wanted.0, wanted.1)]
    WrongFrameSize {
        /// Width and height that were promised.
        wanted: (u32, u32),
        /// Width and height that came.
        found: (u32, u32),
    },
    /// [`crate::stop_everything`] was called, usually because of Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// The bounds of [`crate::Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// [`crate::Limits::max_seconds`].
    Seconds,
    /// [`crate::Limits::max_pixels`] or [`crate::Limits::max_dimension`].
    PictureSize,
    /// [`crate::Limits::max_decoded_bytes`].
    DecodedBytes,
}

impl MediaError {
    /// What a person can do about it, as one sentence without a full stop; `None` when the message says it all.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::ProgramMissing { .. } => {
                "install ffmpeg (Debian, Ubuntu: `sudo apt install ffmpeg`; macOS: `brew install ffmpeg`) and make sure it is on the PATH"
            }
            Self::EncoderMissing { .. } => {
                "install the full build of ffmpeg, or write .mp4, .mov or .webm, whichever it can encode"
            }
            Self::NotFound { .. } => "check the spelling; relative paths start from the current folder",
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "you may not read this file: change its permissions (`chmod u+r`) or copy it"
            }
            Self::Unreadable { .. } => "check that the path is right and the disk is healthy",
            Self::NotAFile { .. } => {
                "give a file or a folder of frames; pipes and devices cannot be read, save their content first"
            }
            Self::NoVideo { .. } => "give a picture, a video, or a folder of pictures of one person",
            Self::NoAudio { .. } => "give a recording, or a video with a sound track",
            Self::NoPictures { .. } => "put the frames in it as PNG, JPEG, WebP, BMP or TIFF files",
            Self::Undecodable { .. } => {
                "the file may be damaged, cut short or no media file at all: play it, or convert it again with `ffmpeg -i IN OUT`"
            }
            Self::Damaged { .. } => {
                "copy or download it again, or save it anew from a picture viewer; --allow-damaged uses what is left of it"
            }
            Self::PictureFormat { path, .. } => {
                let name = shown(path);
                return Some(format!(
                    "convert it: `heif-convert {name} picture.jpg` (Debian, Ubuntu: `sudo apt install libheif-examples`), or on macOS `sips -s format jpeg {name} --out picture.jpg`"
                ));
            }
            Self::OverLimit { bound: Bound::Seconds, .. } => {
                "cut the recording into parts, or raise the limit with --max-seconds"
            }
            Self::OverLimit { bound: Bound::PictureSize, .. } => {
                "scale the picture down first; a face 300 to 500 pixels high is enough"
            }
            Self::OverLimit { bound: Bound::DecodedBytes, .. } => "give a shorter or smaller file",
            Self::UnknownExtension { .. } => "name the output .mp4, .mov or .webm",
            Self::UnknownPictureExtension { .. } => {
                return Some(format!("name it {}", PictureOutput::ENDINGS));
            }
            Self::OutputInUse { .. } => "wait until it is done, or give this run an output of its own",
            Self::OutputProtected { path } => {
                return Some(format!("choose another name for the output, or allow it first: `chmod u+w {}`", shown(path)));
            }
            Self::OutputFolderMissing { path } => return Some(format!("make it first: `mkdir -p {}`", shown(path))),
            Self::OutputNotAFile { .. } => "name a file that does not exist yet or may be replaced",
            Self::OutputIsInput { .. } => "choose another name for the output, so that the input stays as it is",
            Self::Unwritable { .. } => "choose a folder that you may write to, or change its permissions",
            Self::DiskFull { .. } => "free some space or write to another disk; nothing was left behind",
            Self::Encoding { .. } => "check the installed ffmpeg with `talkinghead doctor`",
            Self::Interrupted => "nothing was left behind; run the same command again to start over",
            Self::InvalidOption(_) | Self::WrongFrameSize { .. } => return None,
        };
        Some(text.to_owned())
    }
}

fn shown(path: &std::path::Path) -> String {
    path.display().to_string()
}

/// The system's reason without its error number: people read this line.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}
