//! Still pictures out, in the format of their name.

use std::io::{BufWriter, Write};
use std::path::Path;

use image::codecs::{bmp::BmpEncoder, jpeg::JpegEncoder, png::PngEncoder, tiff::TiffEncoder, webp::WebPEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageError, ImageResult, RgbImage};

use crate::output_file::write_error;
use crate::picture::one_line;
use crate::{MediaError, OutputFile};

/// Quality of JPEG files, 1 to 100: no eye sees a difference.
const JPEG_QUALITY: u8 = 95;

/// A picture format that can be written, chosen by the ending of the file's name. All but JPEG keep every value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureOutput {
    /// `.png`.
    Png,
    /// `.jpg`, `.jpeg`.
    Jpeg,
    /// `.webp`.
    WebP,
    /// `.bmp`.
    Bmp,
    /// `.tif`, `.tiff`.
    Tiff,
}

impl PictureOutput {
    /// The endings there are, for messages.
    pub const ENDINGS: &'static str = ".png, .jpg, .webp, .bmp or .tiff";

    /// The format that the ending of a path names.
    ///
    /// # Errors
    /// [`MediaError::UnknownPictureExtension`].
    pub fn from_path(path: &Path) -> Result<Self, MediaError> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("png") => Ok(Self::Png),
            Some("jpg" | "jpeg") => Ok(Self::Jpeg),
            Some("webp") => Ok(Self::WebP),
            Some("bmp") => Ok(Self::Bmp),
            Some("tif" | "tiff") => Ok(Self::Tiff),
            _ => Err(MediaError::UnknownPictureExtension { path: path.to_owned() }),
        }
    }

    fn encode(self, picture: &RgbImage, mut sink: impl Write + std::io::Seek) -> ImageResult<()> {
        let (bytes, width, height, colours) = (picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8);
        match self {
            Self::Png => PngEncoder::new(sink).write_image(bytes, width, height, colours),
            Self::Jpeg => JpegEncoder::new_with_quality(sink, JPEG_QUALITY).write_image(bytes, width, height, colours),
            Self::WebP => WebPEncoder::new_lossless(sink).write_image(bytes, width, height, colours),
            Self::Bmp => BmpEncoder::new(&mut sink).write_image(bytes, width, height, colours),
            Self::Tiff => TiffEncoder::new(sink).write_image(bytes, width, height, colours),
        }
    }
}

/// Writes a picture in the format of its name, whole or not at all.
///
/// # Errors
/// [`MediaError::UnknownPictureExtension`], and as [`OutputFile`]; a side too long for the format.
pub fn write_picture(path: &Path, picture: &RgbImage) -> Result<(), MediaError> {
    let format = PictureOutput::from_path(path)?;
    let mut output = OutputFile::create(path)?;
    let mut sink = BufWriter::new(output.file());
    format.encode(picture, &mut sink).map_err(|error| match error {
        ImageError::IoError(source) => write_error(path, source),
        other => MediaError::Encoding { path: path.to_owned(), detail: one_line(&other) },
    })?;
    sink.flush().map_err(|source| write_error(path, source))?;
    drop(sink);
    output.commit()
}
