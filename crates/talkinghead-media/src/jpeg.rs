//! JPEG files, decoded so that what is missing of them is told, and inks become colours by their profile.

use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::colour::{ToSrgb, plain_inks};
use crate::picture::{check_size, upright};
use crate::{DamagedPictures, Limits, MediaError};

/// What the decoder says, when it is strict, about files in which nothing is missing.
const HARMLESS: &str = "Extra bytes between headers";

/// Decodes a JPEG file.
pub(crate) fn decode(path: &Path, bytes: &[u8], limits: &Limits) -> Result<RgbImage, MediaError> {
    match read(path, bytes, limits, Care::Strict)? {
        Ok(picture) => Ok(picture),
        Err(detail) if detail.contains(HARMLESS) || limits.damaged_pictures == DamagedPictures::Used => {
            read(path, bytes, limits, Care::Lenient)?.map_err(|detail| MediaError::Undecodable { path: path.to_owned(), detail })
        }
        Err(detail) => Err(MediaError::Damaged { path: path.to_owned(), detail }),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    Strict,
    Lenient,
}

/// The picture, or what the decoder complained about.
fn read(path: &Path, bytes: &[u8], limits: &Limits, care: Care) -> Result<Result<RgbImage, String>, MediaError> {
    let undecodable = |detail: String| MediaError::Undecodable { path: path.to_owned(), detail: one_line(&detail) };
    let options = DecoderOptions::default().set_strict_mode(care == Care::Strict);
    let options = options.set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    if let Err(error) = decoder.decode_headers() {
        return if care == Care::Strict { Ok(Err(one_line(&error.to_string()))) } else { Err(undecodable(error.to_string())) };
    }
    let (Some((width, height)), Some(space)) = (decoder.dimensions(), decoder.input_colorspace()) else {
        return Err(undecodable("it declares no size".to_owned()));
    };
    let (width, height) = (width as u32, height as u32);
    check_size(path, width, height, limits)?;
    let wanted = match space {
        ColorSpace::Luma | ColorSpace::CMYK | ColorSpace::YCCK => space,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(decoder.options().jpeg_set_out_colorspace(wanted));
    let samples = match decoder.decode() {
        Ok(samples) => samples,
        Err(error) => return Ok(Err(one_line(&error.to_string()))),
    };
    let way = decoder.icc_profile().and_then(|icc| ToSrgb::from_icc(&icc));
    let orientation = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    let picture = match wanted {
        ColorSpace::Luma => GrayImage::from_raw(width, height, samples)
            .map(|gray| way.as_ref().and_then(|way| way.gray(&gray)).unwrap_or_else(|| DynamicImage::from(gray).into_rgb8())),
        ColorSpace::CMYK | ColorSpace::YCCK => {
            let inks = inks(samples, wanted, is_inverted(bytes));
            let colours = way.and_then(|way| way.inks(&inks)).unwrap_or_else(|| plain_inks(&inks));
            RgbImage::from_raw(width, height, colours)
        }
        _ => RgbImage::from_raw(width, height, samples).map(|rgb| match way {
            Some(way) => way.rgb(rgb),
            None => rgb,
        }),
    };
    let picture = picture.ok_or_else(|| undecodable("the decoder gave too few samples".to_owned()))?;
    Ok(Ok(upright(DynamicImage::from(picture), orientation).into_rgb8()))
}

/// Inks (0 none, 255 full) of samples as they lie in the file.
fn inks(mut samples: Vec<u8>, space: ColorSpace, inverted: bool) -> Vec<u8> {
    for pixel in samples.chunks_exact_mut(4) {
        if space == ColorSpace::YCCK {
            let [y, blue, red] = [f32::from(pixel[0]), f32::from(pixel[1]) - 128.0, f32::from(pixel[2]) - 128.0];
            // The usual equations give red, green and blue; the inks of such a file are their complements.
            let light = [y + 1.402 * red, y - 0.344_136 * blue - 0.714_136 * red, y + 1.772 * blue];
            for (sample, light) in pixel.iter_mut().zip(light) {
                *sample = (255.0 - light).round().clamp(0.0, 255.0) as u8;
            }
        }
        if inverted {
            pixel.iter_mut().for_each(|sample| *sample = 255 - *sample);
        }
    }
    samples
}

/// Whether the file was written by a program that stores inks upside down: all that leave Adobe's mark.
fn is_inverted(bytes: &[u8]) -> bool {
    bytes.windows(9).take(1 << 20).any(|window| window[0] == 0xFF && window[1] == 0xEE && &window[4..9] == b"Adobe")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A file of 8x8 pixels of one colour in four inks, written as `transform` says (0: inks, 2: YCCK).
    fn flat(samples: [u8; 4], transform: u8) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xEE, 0, 14];
        bytes.extend(b"Adobe\0\x64\0\0\0\0");
        bytes.extend([transform, 0xFF, 0xDB, 0, 67, 0]);
        bytes.extend([1; 64]);
        bytes.extend([0xFF, 0xC0, 0, 20, 8, 0, 8, 0, 8, 4]);
        (1..=4).for_each(|id| bytes.extend([id, 0x11, 0]));
        // Sixteen lengths of coefficients in codes of four bits; one code, of one bit, for the end of a block.
        bytes.extend([0xFF, 0xC4, 0, 31, 0x00, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(0..12);
        bytes.extend([0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([0xFF, 0xDA, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
        let mut bits = String::new();
        for sample in samples {
            let value = 8 * (i32::from(sample) - 128);
            let length = (32 - value.unsigned_abs().leading_zeros()) as usize;
            let code = if value < 0 { value - 1 } else { value };
            bits += &format!("{length:04b}");
            bits += &(0..length).rev().map(|bit| if code >> bit & 1 == 1 { '1' } else { '0' }).collect::<String>();
            bits.push('0');
        }
        while !bits.len().is_multiple_of(8) {
            bits.push('1');
        }
        for byte in bits.as_bytes().chunks(8) {
            let byte = byte.iter().fold(0_u8, |byte, bit| byte << 1 | (bit - b'0'));
            bytes.push(byte);
            if byte == 0xFF {
                bytes.push(0);
            }
        }
        bytes.extend([0xFF, 0xD9]);
        bytes
    }

    #[test]
    fn inks_become_colours() {
        let colour = |samples, transform| {
            decode(Path::new("inks.jpg"), &flat(samples, transform), &Limits::default()).unwrap().get_pixel(4, 4).0
        };
        let near = |found: [u8; 3], wanted: [u8; 3]| found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 3);
        // Adobe's files hold what is left of the light: 255 is no ink.
        for (samples, transform, wanted) in [
            ([255, 255, 255, 255], 0, [255, 255, 255]),
            ([200, 150, 130, 255], 0, [200, 150, 130]),
            ([255, 255, 255, 50], 0, [50, 50, 50]),
            ([0, 128, 128, 255], 2, [255, 255, 255]),
            ([155, 128, 128, 255], 2, [100, 100, 100]),
        ] {
            let found = colour(samples, transform);
            assert!(near(found, wanted), "{samples:?} {transform}: {found:?}, not {wanted:?}");
        }
    }
}
