//! Still pictures in.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageBuffer, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage};

use crate::colour::ToSrgb;
use crate::error::Bound;
use crate::transparency::over_surroundings;
use crate::{DamagedPictures, Limits, MediaError, heif, jpeg};

/// What decodes a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PictureFormat {
    /// A decoder of ours.
    Image(ImageFormat),
    /// HEIC or AVIF: a container of ours, ffmpeg's decoder.
    Heif,
}

/// Which picture format a file holds, told from its first bytes; `None` for everything else. The name plays
/// no part: pictures are found behind `.mp4`, and videos behind `.png`.
pub(crate) fn picture_format(path: &Path) -> Result<Option<PictureFormat>, MediaError> {
    let mut start = [0_u8; 32];
    let mut file = open(path)?;
    let mut filled = 0;
    while filled < start.len() {
        match file.read(&mut start[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(source) => return Err(MediaError::Unreadable { path: path.to_owned(), source }),
        }
    }
    if heif::is_heif(&start[..filled]) {
        return Ok(Some(PictureFormat::Heif));
    }
    let format = image::guess_format(&start[..filled]).ok();
    Ok(format.filter(|format| format.reading_enabled()).map(PictureFormat::Image))
}

/// Opens a plain file for reading, with errors that say what is the matter.
pub(crate) fn open(path: &Path) -> Result<File, MediaError> {
    let unreadable = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => MediaError::NotFound { path: path.to_owned() },
        _ => MediaError::Unreadable { path: path.to_owned(), source },
    };
    let found = std::fs::metadata(path).map_err(unreadable)?;
    if !found.is_file() {
        return Err(MediaError::NotAFile { path: path.to_owned() });
    }
    File::open(path).map_err(unreadable)
}

/// Reads a still picture: turned upright, its colours brought to sRGB by their profile, transparent parts filled with the colours
/// around them, 8 bits a channel. Other files (a video) give their first frame through ffmpeg.
///
/// # Errors
/// The file is missing, no picture, damaged, or over `limits`.
pub fn read_image(path: &Path, limits: &Limits) -> Result<RgbImage, MediaError> {
    match picture_format(path)? {
        Some(PictureFormat::Image(ImageFormat::Jpeg)) => {
            let mut bytes = Vec::new();
            let unreadable = |source| MediaError::Unreadable { path: path.to_owned(), source };
            open(path)?.read_to_end(&mut bytes).map_err(unreadable)?;
            jpeg::decode(path, &bytes, limits)
        }
        Some(PictureFormat::Image(format)) => decode(path, BufReader::new(open(path)?), format, limits),
        Some(PictureFormat::Heif) => heif::read(path, limits),
        None => first_frame(path, limits),
    }
}

/// Reads a picture from bytes in memory, by the rules of [`read_image`]; `name` appears in errors.
///
/// # Errors
/// The bytes are no picture of a known format, damaged, or over `limits`.
pub fn decode_image(bytes: &[u8], name: &Path, limits: &Limits) -> Result<RgbImage, MediaError> {
    let format = image::guess_format(bytes).map_err(|_| MediaError::NoVideo { path: name.to_owned() })?;
    if format == ImageFormat::Jpeg {
        return jpeg::decode(name, bytes, limits);
    }
    decode(name, Cursor::new(bytes), format, limits)
}

fn decode(
    path: &Path,
    source: impl std::io::BufRead + Seek,
    format: ImageFormat,
    limits: &Limits,
) -> Result<RgbImage, MediaError> {
    let undecodable = |error: ImageError| MediaError::Undecodable { path: path.to_owned(), detail: one_line(&error) };
    // The header was read: what goes wrong from there on is damage.
    let damaged = |error: ImageError| match error {
        error @ (ImageError::IoError(_) | ImageError::Decoding(_)) => {
            MediaError::Damaged { path: path.to_owned(), detail: one_line(&error) }
        }
        error => undecodable(error),
    };
    let mut reader = ImageReader::with_format(source, format);
    let mut bounds = image::Limits::no_limits();
    bounds.max_alloc = Some(limits.max_decoded_bytes.min(limits.max_pixels.saturating_mul(32)));
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(undecodable)?;
    let (width, height) = decoder.dimensions();
    check_size(path, width, height, limits)?;
    let orientation = decoder.orientation().ok();
    let way = decoder.icc_profile().ok().flatten().and_then(|icc| ToSrgb::from_icc(&icc));
    let picture = if limits.damaged_pictures == DamagedPictures::Used {
        what_is_left(decoder)
            .ok_or_else(|| MediaError::Damaged { path: path.to_owned(), detail: "nothing is left of it".into() })?
    } else {
        DynamicImage::from_decoder(decoder).map_err(damaged)?
    };
    let has_alpha = picture.color().has_alpha();
    let picture = match way {
        Some(way) if has_alpha => DynamicImage::from(way.rgba(picture.into_rgba8())),
        Some(way) if !picture.color().has_color() => {
            let gray = picture.into_luma8();
            DynamicImage::from(way.gray(&gray).unwrap_or_else(|| DynamicImage::from(gray).into_rgb8()))
        }
        Some(way) => DynamicImage::from(way.rgb(picture.into_rgb8())),
        None => picture,
    };
    let picture = upright(picture, orientation);
    Ok(if has_alpha { over_surroundings(&picture.into_rgba8()) } else { picture.into_rgb8() })
}

/// The picture as far as its decoder comes, grey from there on.
fn what_is_left(decoder: impl ImageDecoder) -> Option<DynamicImage> {
    let ((width, height), colours) = (decoder.dimensions(), decoder.color_type());
    let mut samples = vec![128; usize::try_from(decoder.total_bytes()).ok()?];
    // What it complains about is what the caller wants to overlook.
    let complaint = decoder.read_image(&mut samples);
    tracing::debug!(?complaint, "damage overlooked");
    let wide = || samples.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]])).collect();
    match colours {
        ColorType::L16 => ImageBuffer::from_raw(width, height, wide()).map(DynamicImage::ImageLuma16),
        ColorType::La16 => ImageBuffer::from_raw(width, height, wide()).map(DynamicImage::ImageLumaA16),
        ColorType::Rgb16 => ImageBuffer::from_raw(width, height, wide()).map(DynamicImage::ImageRgb16),
        ColorType::Rgba16 => ImageBuffer::from_raw(width, height, wide()).map(DynamicImage::ImageRgba16),
        ColorType::L8 => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLuma8),
        ColorType::La8 => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLumaA8),
        ColorType::Rgb8 => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgb8),
        ColorType::Rgba8 => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgba8),
        _ => None,
    }
}

/// A picture turned as its camera says.
pub(crate) fn upright(mut picture: DynamicImage, orientation: Option<Orientation>) -> DynamicImage {
    picture.apply_orientation(orientation.unwrap_or(Orientation::NoTransforms));
    picture
}

/// The first frame that ffmpeg makes of a file.
fn first_frame(path: &Path, limits: &Limits) -> Result<RgbImage, MediaError> {
    let frame = crate::FrameReader::open_as_video(path, limits)?.next();
    frame.unwrap_or_else(|| Err(MediaError::NoVideo { path: path.to_owned() }))
}

/// Checks a picture's or a video's size against the limits.
pub(crate) fn check_size(path: &Path, width: u32, height: u32, limits: &Limits) -> Result<(), MediaError> {
    let over = |limit: String| MediaError::OverLimit {
        path: path.to_owned(),
        bound: Bound::PictureSize,
        found: format!("{width}x{height} pixels"),
        limit,
    };
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > limits.max_dimension {
        return Err(over(format!("{} pixels a side", limits.max_dimension)));
    }
    if pixels > limits.max_pixels {
        return Err(over(format!("{} pixels", limits.max_pixels)));
    }
    if pixels.saturating_mul(3) > limits.max_decoded_bytes {
        return Err(over(format!("{} bytes", limits.max_decoded_bytes)));
    }
    Ok(())
}

pub(crate) fn one_line(error: &ImageError) -> String {
    error.to_string().replace('\n', " ")
}
