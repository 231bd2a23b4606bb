//! Still pictures in and out.

use std::fs::File;
use std::io::{BufReader, BufWriter, Cursor, Read, Seek, Write};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageError, ImageFormat, ImageReader, RgbImage};

use crate::error::Bound;
use crate::output_file::write_error;
use crate::{Limits, MediaError, OutputFile};

/// Which picture format a file holds, told from its first bytes; `None` for everything else. The name plays
/// no part: pictures are found behind `.mp4`, and videos behind `.png`.
pub(crate) fn picture_format(path: &Path) -> Result<Option<ImageFormat>, MediaError> {
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
    let format = image::guess_format(&start[..filled]).ok();
    Ok(format.filter(|format| format.reading_enabled()))
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

/// Reads a still picture: its EXIF orientation applied, transparency laid over white, 8 bits a channel. Other
/// files (HEIC, a video) give their first frame through ffmpeg.
///
/// # Errors
/// The file is missing, no picture, damaged, or over `limits`.
pub fn read_image(path: &Path, limits: &Limits) -> Result<RgbImage, MediaError> {
    match picture_format(path)? {
        Some(format) => decode(path, BufReader::new(open(path)?), format, limits),
        None => {
            crate::FrameReader::open(path, limits)?.next().unwrap_or_else(|| Err(MediaError::NoVideo { path: path.to_owned() }))
        }
    }
}

/// Reads a picture from bytes in memory, by the rules of [`read_image`]; `name` appears in errors.
///
/// # Errors
/// The bytes are no picture of a known format, damaged, or over `limits`.
pub fn decode_image(bytes: &[u8], name: &Path, limits: &Limits) -> Result<RgbImage, MediaError> {
    let format = image::guess_format(bytes).map_err(|_| MediaError::NoVideo { path: name.to_owned() })?;
    decode(name, Cursor::new(bytes), format, limits)
}

fn decode(
    path: &Path,
    source: impl std::io::BufRead + Seek,
    format: ImageFormat,
    limits: &Limits,
) -> Result<RgbImage, MediaError> {
    let undecodable = |error: ImageError| MediaError::Undecodable { path: path.to_owned(), detail: one_line(&error) };
    let mut reader = ImageReader::with_format(source, format);
    let mut bounds = image::Limits::no_limits();
    bounds.max_alloc = Some(limits.max_decoded_bytes.min(limits.max_pixels.saturating_mul(32)));
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(undecodable)?;
    let (width, height) = decoder.dimensions();
    check_size(path, width, height, limits)?;
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
    picture.apply_orientation(orientation);
    Ok(if picture.color().has_alpha() { over_white(&picture) } else { picture.into_rgb8() })
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

fn over_white(picture: &DynamicImage) -> RgbImage {
    let with_alpha = picture.to_rgba8();
    let mut flat = RgbImage::new(with_alpha.width(), with_alpha.height());
    for (from, to) in with_alpha.pixels().zip(flat.pixels_mut()) {
        let alpha = u32::from(from[3]);
        for channel in 0..3 {
            let value = (u32::from(from[channel]) * alpha + 255 * (255 - alpha) + 127) / 255;
            to[channel] = u8::try_from(value).unwrap_or(u8::MAX);
        }
    }
    flat
}

/// Writes a picture as PNG, whole or not at all.
///
/// # Errors
/// As [`OutputFile`].
pub fn write_png(path: &Path, picture: &RgbImage) -> Result<(), MediaError> {
    let mut output = OutputFile::create(path)?;
    let mut sink = BufWriter::new(output.file());
    let encoder = image::codecs::png::PngEncoder::new(&mut sink);
    encoder.write_image(picture.as_raw(), picture.width(), picture.height(), image::ExtendedColorType::Rgb8).map_err(
        |error| match error {
            ImageError::IoError(source) => write_error(path, source),
            other => MediaError::Encoding { path: path.to_owned(), detail: one_line(&other) },
        },
    )?;
    sink.flush().map_err(|source| write_error(path, source))?;
    drop(sink);
    output.commit()
}

fn one_line(error: &ImageError) -> String {
    error.to_string().replace('\n', " ")
}
