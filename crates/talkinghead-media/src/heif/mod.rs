//! Photos of phones: HEIC and AVIF, whose container most installed versions of ffmpeg do not know or know in part. The container
//! is read here, tiles, turns and colour profile included; ffmpeg decodes what lies in it, HEVC or AV1.

mod container;
mod decoding;
mod fields;

use std::path::Path;

use image::{DynamicImage, RgbImage, imageops};

use crate::colour::ToSrgb;
use crate::picture::check_size;
use crate::{Limits, MediaError};
use container::{Colours, Container, Photo, Transformation};

/// Largest file that is read, in bytes; photos have a few megabytes.
const MOST_BYTES: u64 = 512 << 20;

/// Whether a file that begins so is a still picture in this container.
pub(crate) fn is_heif(start: &[u8]) -> bool {
    const BRANDS: [&[u8]; 7] = [b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"mif2"];
    start.get(4..8) == Some(b"ftyp") && start.get(8..12).is_some_and(|brand| BRANDS.contains(&brand))
}

/// Width and height as shown.
///
/// # Errors
/// The file is damaged, over `limits`, or codes its picture in a way that ffmpeg does not decode.
pub(crate) fn size(path: &Path, limits: &Limits) -> Result<(u32, u32), MediaError> {
    photo(path, limits).map(|photo| photo.shown_size())
}

/// Decodes the main picture of a file.
///
/// # Errors
/// As [`size`]; ffmpeg is missing.
pub(crate) fn read(path: &Path, limits: &Limits) -> Result<RgbImage, MediaError> {
    let photo = photo(path, limits)?;
    let picture = decoding::decode(path, &photo)?;
    let way = match &photo.colours {
        Some(Colours::Icc(profile)) => ToSrgb::from_icc(profile),
        Some(Colours::Numbered { primaries: 12, .. }) => Some(ToSrgb::from_display_p3()),
        _ => None,
    };
    let picture = match way {
        Some(way) => way.rgb(picture),
        None => picture,
    };
    Ok(photo.transformations.iter().fold(picture, transformed))
}

fn photo(path: &Path, limits: &Limits) -> Result<Photo, MediaError> {
    let unreadable = |source| MediaError::Unreadable { path: path.to_owned(), source };
    let file = crate::picture::open(path)?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file, MOST_BYTES), &mut bytes).map_err(unreadable)?;
    let damaged = |detail: &str| MediaError::Undecodable { path: path.to_owned(), detail: detail.to_owned() };
    let container = Container::read(&bytes).ok_or_else(|| damaged("its index is cut short or damaged"))?;
    let photo = container.photo(&bytes).map_err(|problem| match problem {
        container::Problem::Damaged => damaged("its index names parts that are not there"),
        container::Problem::Coding(coding) => {
            MediaError::PictureFormat { path: path.to_owned(), format: format!("HEIF coded as `{coding}`") }
        }
    })?;
    check_size(path, photo.size.0, photo.size.1, limits)?;
    // The picture lies within its tiles, which may be larger than all of it.
    check_size(path, photo.tile.0, photo.tile.1, limits)?;
    Ok(photo)
}

fn transformed(picture: RgbImage, step: &Transformation) -> RgbImage {
    match *step {
        Transformation::TurnLeft(0) => picture,
        Transformation::TurnLeft(1) => imageops::rotate270(&picture),
        Transformation::TurnLeft(2) => imageops::rotate180(&picture),
        Transformation::TurnLeft(_) => imageops::rotate90(&picture),
        Transformation::FlipUpsideDown => imageops::flip_vertical(&picture),
        Transformation::FlipSideways => imageops::flip_horizontal(&picture),
        Transformation::Cut { x, y, width, height } => DynamicImage::from(picture).crop_imm(x, y, width, height).into_rgb8(),
    }
}
