//! What is in a file, without decoding it.

use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use crate::child::{MediaProcess, Pipes};
use crate::dynamic_range::DynamicRange;
use crate::error::Bound;
use crate::frame_folder::list_frames;
use crate::full_scale::{BeyondFullScale, beyond_full_scale};
use crate::picture::{PictureFormat, check_size, open, picture_format};
use crate::plain_wav::probe_plain_wav;
use crate::processor_time::MediaWork;
use crate::wav::{WrongLength, correct_length};
use crate::{FRAME_RATE, Limits, MediaError, heif};

/// What a path holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// One still picture.
    Picture,
    /// A folder of frames.
    FrameFolder,
    /// A video, with or without sound.
    Video,
    /// Sound only.
    Audio,
}

/// What [`probe`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaInfo {
    /// What it is, by content, not by name.
    pub kind: MediaKind,
    /// Format's name as ffmpeg or the picture decoder calls it.
    pub format: String,
    /// Width and height in pixels as shown: rotation applied, pixels made square. Of the first frame in a
    /// folder; `None` for sound.
    pub size: Option<(u32, u32)>,
    /// Mean frames per second of a video.
    pub frame_rate: Option<f64>,
    /// Duration in seconds, where the file declares one.
    pub seconds: Option<f64>,
    /// The sound track, if there is one.
    pub audio: Option<AudioInfo>,
    /// Frames of a video, where the file declares them.
    pub(crate) frames: Option<u64>,
    pub(crate) unspecified_colours: bool,
    pub(crate) dynamic_range: DynamicRange,
    pub(crate) wrong_length: Option<WrongLength>,
    pub(crate) beyond_full_scale: Option<BeyondFullScale>,
}

/// A sound track as it lies in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioInfo {
    /// Samples per second.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u32,
    /// Codec's name as ffmpeg calls it.
    pub codec: String,
    /// Duration in seconds, where the file declares one.
    pub seconds: Option<f64>,
}

/// Says what a file or a folder holds. Told by content: a picture named `.mp4` is a picture.
///
/// # Errors
/// The path is missing, unreadable, or holds neither picture, video nor sound; or it is over `limits`.
pub fn probe(path: &Path, limits: &Limits) -> Result<MediaInfo, MediaError> {
    if path.is_dir() {
        return probe_folder(path, limits);
    }
    match picture_format(path)? {
        Some(PictureFormat::Image(format)) => probe_picture(path, format, limits),
        Some(PictureFormat::Heif) => Ok(picture_info("heif", heif::size(path, limits)?)),
        None => {
            if let Some(info) = probe_plain_wav(path)? {
                check_seconds(path, info.seconds, limits)?;
                return Ok(info);
            }
            let mut info = probe_with_ffprobe(path, limits)?;
            if info.kind == MediaKind::Video && info.is_single_frame(path)? {
                info = MediaInfo { kind: MediaKind::Picture, frame_rate: None, ..info };
            }
            Ok(info)
        }
    }
}

fn probe_folder(folder: &Path, limits: &Limits) -> Result<MediaInfo, MediaError> {
    let frames = list_frames(folder)?;
    let seconds = frames.len() as f64 / f64::from(FRAME_RATE);
    check_seconds(folder, Some(seconds), limits)?;
    let first = probe(&frames[0], limits)?;
    Ok(MediaInfo { kind: MediaKind::FrameFolder, frame_rate: Some(f64::from(FRAME_RATE)), seconds: Some(seconds), ..first })
}

fn probe_picture(path: &Path, format: image::ImageFormat, limits: &Limits) -> Result<MediaInfo, MediaError> {
    use image::ImageDecoder;
    let undecodable = |error: image::ImageError| MediaError::Undecodable {
        path: path.to_owned(),
        detail: error.to_string().replace('\n', " "),
    };
    let reader = image::ImageReader::with_format(std::io::BufReader::new(open(path)?), format);
    let mut decoder = reader.into_decoder().map_err(undecodable)?;
    let (width, height) = decoder.dimensions();
    check_size(path, width, height, limits)?;
    use image::metadata::Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    let turned = matches!(decoder.orientation(), Ok(Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH));
    let name = format.extensions_str().first().copied().unwrap_or("picture");
    Ok(picture_info(name, if turned { (height, width) } else { (width, height) }))
}

fn picture_info(format: &str, size: (u32, u32)) -> MediaInfo {
    MediaInfo {
        kind: MediaKind::Picture,
        format: format.to_owned(),
        size: Some(size),
        frame_rate: None,
        seconds: None,
        audio: None,
        frames: None,
        unspecified_colours: false,
        dynamic_range: DynamicRange::Standard,
        wrong_length: None,
        beyond_full_scale: None,
    }
}

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    streams: Vec<Stream>,
    format: Option<Format>,
}

#[derive(Deserialize)]
struct Format {
    #[serde(default)]
    format_name: String,
    duration: Option<String>,
}

#[derive(Deserialize)]
struct Stream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    sample_aspect_ratio: Option<String>,
    color_space: Option<String>,
    color_transfer: Option<String>,
    nb_frames: Option<String>,
    nb_read_packets: Option<String>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    duration: Option<String>,
    sample_rate: Option<String>,
    channels: Option<u32>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Deserialize, Default)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
}

#[derive(Deserialize, Default)]
struct Tags {
    rotate: Option<String>,
}

#[derive(Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

/// Formats that are lists of other files or addresses: reading one would read what it names.
const LISTS: [&str; 6] = ["hls", "concat", "dash", "sdp", "rtsp", "imf"];

/// What ffprobe says of a file, also of a picture.
pub(crate) fn probe_with_ffprobe(path: &Path, limits: &Limits) -> Result<MediaInfo, MediaError> {
    let report = ffprobe(path, &["-show_format", "-show_streams"])?;
    let mut info = info(path, &report, limits)?;
    correct_length(path, &mut info)?;
    check_seconds(path, info.seconds, limits)?;
    info.beyond_full_scale = beyond_full_scale(path, &info)?;
    Ok(info)
}

impl MediaInfo {
    /// Whether a video is one single frame: a photo by another name. Where the file does not declare its frames, its first
    /// packets are counted, unless it is long.
    fn is_single_frame(&self, path: &Path) -> Result<bool, MediaError> {
        const SHORT: f64 = 10.0;
        if self.frames.is_some() || self.seconds.is_some_and(|seconds| seconds > SHORT) {
            return Ok(self.frames == Some(1));
        }
        let count = ["-select_streams", "V:0", "-count_packets", "-read_intervals", "%+#3", "-show_streams"];
        let packets = ffprobe(path, &count)?.streams.into_iter().find_map(|stream| stream.nb_read_packets);
        Ok(packets.as_deref() == Some("1"))
    }
}

fn ffprobe(path: &Path, what: &[&str]) -> Result<Report, MediaError> {
    let mut arguments: Vec<std::ffi::OsString> = ["-v", "error", "-protocol_whitelist", "file"].map(Into::into).to_vec();
    arguments.extend(what.iter().map(Into::into));
    arguments.extend(["-of", "json", "-i"].map(Into::into));
    arguments.push(ffmpeg_path(path));
    let (process, _, stdout) = MediaProcess::start("ffprobe", &arguments, Pipes::Output, MediaWork::Probing)?;
    let mut text = Vec::new();
    if let Some(stdout) = stdout {
        // A report is some kilobytes; a file made to give more is cut and fails to parse.
        stdout.take(4 << 20).read_to_end(&mut text).map_err(|source| MediaError::Unreadable { path: path.to_owned(), source })?;
    }
    let ending = process.wait()?;
    let undecodable = |detail: String| MediaError::Undecodable { path: path.to_owned(), detail };
    if !ending.succeeded {
        return Err(undecodable(without_path(&ending.complaint, path)));
    }
    serde_json::from_slice(&text).map_err(|error| undecodable(format!("ffprobe's report: {error}")))
}

fn info(path: &Path, report: &Report, limits: &Limits) -> Result<MediaInfo, MediaError> {
    let format = report.format.as_ref();
    let format_name = format.map(|format| format.format_name.clone()).unwrap_or_default();
    if format_name.split(',').any(|name| LISTS.contains(&name)) {
        return Err(MediaError::Undecodable {
            path: path.to_owned(),
            detail: format!("it is a list of other files ({format_name}), not a recording"),
        });
    }
    let of_kind = |kind: &str| report.streams.iter().find(|stream| stream.codec_type.as_deref() == Some(kind));
    let video = report
        .streams
        .iter()
        .find(|stream| stream.codec_type.as_deref() == Some("video") && stream.disposition.attached_pic == 0);
    let whole = format.and_then(|format| number(format.duration.as_deref()));
    let audio = of_kind("audio").map(|stream| AudioInfo {
        sample_rate: stream.sample_rate.as_deref().and_then(|rate| rate.parse().ok()).unwrap_or(0),
        channels: stream.channels.unwrap_or(0),
        codec: stream.codec_name.clone().unwrap_or_default(),
        seconds: number(stream.duration.as_deref()).or(whole),
    });
    if video.is_none() && audio.is_none() {
        return Err(MediaError::NoVideo { path: path.to_owned() });
    }
    let size = video.map(|stream| shown_size(path, stream)).transpose()?;
    if let Some((width, height)) = size {
        check_size(path, width, height, limits)?;
    }
    let seconds = whole.or_else(|| number(video.and_then(|stream| stream.duration.as_deref())));
    check_seconds(path, seconds, limits)?;
    Ok(MediaInfo {
        kind: if video.is_some() { MediaKind::Video } else { MediaKind::Audio },
        format: format_name,
        size,
        frame_rate: video.and_then(|stream| ratio(stream.avg_frame_rate.as_deref()).or(ratio(stream.r_frame_rate.as_deref()))),
        seconds,
        audio,
        unspecified_colours: video
            .is_some_and(|stream| stream.color_space.as_deref().is_none_or(|space| matches!(space, "unknown" | "reserved"))),
        frames: video.and_then(|stream| stream.nb_frames.as_deref()?.parse().ok()),
        dynamic_range: DynamicRange::of(video.and_then(|stream| stream.color_transfer.as_deref())),
        wrong_length: None,
        beyond_full_scale: None,
    })
}

/// Checks a duration against the limits.
pub(crate) fn check_seconds(path: &Path, seconds: Option<f64>, limits: &Limits) -> Result<(), MediaError> {
    match seconds {
        Some(seconds) if seconds > limits.max_seconds => Err(MediaError::OverLimit {
            path: path.to_owned(),
            bound: Bound::Seconds,
            found: duration(seconds),
            limit: duration(limits.max_seconds),
        }),
        _ => Ok(()),
    }
}

/// A duration for people.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 120.0 { format!("{seconds:.1} seconds") } else { format!("{:.1} minutes", seconds / 60.0) }
}

fn shown_size(path: &Path, stream: &Stream) -> Result<(u32, u32), MediaError> {
    let (Some(width @ 1..), Some(height @ 1..)) = (stream.width, stream.height) else {
        return Err(MediaError::Undecodable { path: path.to_owned(), detail: "the video declares no size".to_owned() });
    };
    let aspect = ratio(stream.sample_aspect_ratio.as_deref().map(|text| text.replace(':', "/")).as_deref())
        .filter(|aspect| (0.2..=5.0).contains(aspect))
        .unwrap_or(1.0);
    // The cast is exact enough and in range: a width is at most some ten thousands.
    let width = (f64::from(width) * aspect).round().max(1.0) as u32;
    let degrees = stream
        .side_data_list
        .iter()
        .find_map(|data| data.rotation)
        .or_else(|| stream.tags.rotate.as_deref().and_then(|text| text.parse().ok()))
        .unwrap_or(0.0);
    let quarter_turned = ((degrees / 90.0).round() as i64).rem_euclid(2) == 1;
    Ok(if quarter_turned { (height, width) } else { (width, height) })
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0)
}

/// A ratio such as `30000/1001`.
fn ratio(text: Option<&str>) -> Option<f64> {
    let (above, below) = text?.split_once('/')?;
    let value = above.parse::<f64>().ok()? / below.parse::<f64>().ok()?;
    (value.is_finite() && value > 0.0).then_some(value)
}

/// A path as ffmpeg takes it: marked as a file, so that no name is mistaken for an option or an address.
pub(crate) fn ffmpeg_path(path: &Path) -> std::ffi::OsString {
    let mut marked = std::ffi::OsString::from("file:");
    marked.push(path);
    marked
}

/// ffmpeg's words begin with the path, which our own message names already.
pub(crate) fn without_path(complaint: &str, path: &Path) -> String {
    complaint.replace(&format!("{}: ", path.display()), "")
}
