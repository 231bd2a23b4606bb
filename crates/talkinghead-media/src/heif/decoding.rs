//! Tiles through ffmpeg and into one picture.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;

use image::{RgbImage, imageops};

use super::container::{Coding, Colours, Photo};
use crate::MediaError;
use crate::child::{MediaProcess, Pipes};
use crate::probe::ffmpeg_path;
use crate::processor_time::MediaWork;

/// Ends a sequence, so that each tile is a picture of its own.
const END_OF_SEQUENCE: [u8; 6] = [0, 0, 0, 1, 0x48, 0x01];
/// Begins a picture of AV1.
const TEMPORAL_DELIMITER: [u8; 2] = [0x12, 0x00];

/// Decodes all tiles and lays them side by side.
pub(super) fn decode(path: &Path, photo: &Photo) -> Result<RgbImage, MediaError> {
    let undecodable = |detail: &str| MediaError::Undecodable { path: path.to_owned(), detail: detail.to_owned() };
    let unwritable = |source| MediaError::Unreadable { path: path.to_owned(), source };
    let stream = stream(photo).ok_or_else(|| undecodable("its coded parts are cut short"))?;
    let mut file = tempfile::NamedTempFile::new().map_err(unwritable)?;
    file.write_all(&stream).map_err(unwritable)?;
    let (process, _, stdout) = MediaProcess::start("ffmpeg", arguments(photo, file.path()), Pipes::Output, MediaWork::Decoding)?;
    let mut picture = RgbImage::new(photo.size.0, photo.size.1);
    let mut samples = vec![0; photo.tile.0 as usize * photo.tile.1 as usize * 3];
    let mut count = 0;
    if let Some(mut stdout) = stdout {
        while count < photo.tiles.len() && stdout.read_exact(&mut samples).is_ok() {
            let (column, row) = (count as u32 % photo.grid.0, count as u32 / photo.grid.0);
            let tile = RgbImage::from_raw(photo.tile.0, photo.tile.1, samples.clone());
            let tile = tile.ok_or_else(|| undecodable("a tile has another size than it should"))?;
            imageops::replace(&mut picture, &tile, i64::from(column * photo.tile.0), i64::from(row * photo.tile.1));
            count += 1;
        }
    }
    let ending = process.wait()?;
    if count == photo.tiles.len() {
        return Ok(picture);
    }
    if ending.complaint.contains("Unknown decoder") || ending.complaint.contains("Decoder not found") {
        let format = if photo.coding == Coding::Av1 { "AVIF (AV1)" } else { "HEIC (HEVC)" };
        return Err(MediaError::PictureFormat { path: path.to_owned(), format: format.to_owned() });
    }
    let detail = format!("{count} of {} tiles could be decoded ({})", photo.tiles.len(), ending.complaint);
    Err(undecodable(detail.trim_end_matches(" ()")))
}

/// All tiles as one stream.
fn stream(photo: &Photo) -> Option<Vec<u8>> {
    let mut stream = Vec::new();
    for tile in &photo.tiles {
        match &photo.coding {
            Coding::Av1 => {
                stream.extend_from_slice(&TEMPORAL_DELIMITER);
                stream.extend_from_slice(tile);
            }
            Coding::Hevc { length_bytes, parameters } => {
                stream.extend_from_slice(parameters);
                let mut fields = super::fields::Fields(tile);
                while !fields.0.is_empty() {
                    let length = usize::try_from(fields.number(*length_bytes)?).ok()?;
                    stream.extend_from_slice(&[0, 0, 0, 1]);
                    stream.extend_from_slice(fields.take(length)?);
                }
                stream.extend_from_slice(&END_OF_SEQUENCE);
            }
        }
    }
    Some(stream)
}

fn arguments(photo: &Photo, stream: &Path) -> Vec<OsString> {
    let format = if photo.coding == Coding::Av1 { "obu" } else { "hevc" };
    let mut arguments: Vec<OsString> =
        ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-f", format, "-i"].map(Into::into).to_vec();
    arguments.push(ffmpeg_path(stream));
    let (width, height) = photo.tile;
    let filter = format!(
        "scale={width}:{height}:flags=bicubic+accurate_rnd+full_chroma_int+bitexact{}",
        photo.numbered.as_ref().map(numbered).unwrap_or_default()
    );
    arguments.extend(["-map", "0:v:0", "-vf"].map(Into::into));
    arguments.push(filter.into());
    arguments.extend(["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"].map(Into::into));
    arguments
}

/// How brightness and colour are told apart, where the file says so outside its stream.
fn numbered(colours: &Colours) -> String {
    let Colours::Numbered { matrix, full_range, .. } = colours else { return String::new() };
    let matrix = match matrix {
        1 => ":in_color_matrix=bt709",
        5 | 6 => ":in_color_matrix=bt601",
        9 => ":in_color_matrix=bt2020",
        _ => "",
    };
    format!("{matrix}:in_range={}", if *full_range { "pc" } else { "tv" })
}
