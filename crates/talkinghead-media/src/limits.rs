//! How much a reader may decode before it gives up.

/// Upper bounds for anything that is decoded. The defaults suit a person's own files; a service that takes
/// files from strangers sets tighter ones.
///
/// Every bound is checked against what the file declares before decoding starts, and against what really
/// arrives while it runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Longest recording or video, in seconds.
    pub max_seconds: f64,
    /// Most pixels in one frame or picture.
    pub max_pixels: u64,
    /// Longest side of a frame or picture, in pixels.
    pub max_dimension: u32,
    /// Most bytes of decoded pixels or samples taken from one file.
    pub max_decoded_bytes: u64,
    /// What becomes of pictures that are cut short or damaged.
    pub damaged_pictures: DamagedPictures,
}

/// What becomes of a picture that its decoder complains about: the part that is missing is grey or smeared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DamagedPictures {
    /// It is an error.
    #[default]
    Refused,
    /// What could be decoded is used.
    Used,
}

impl Default for Limits {
    /// One hour, 64 megapixels a frame, sides up to 16384 pixels, one tebibyte decoded.
    fn default() -> Self {
        Self {
            max_seconds: 3600.0,
            max_pixels: 64_000_000,
            max_dimension: 16_384,
            max_decoded_bytes: 1 << 40,
            damaged_pictures: DamagedPictures::Refused,
        }
    }
}

impl Limits {
    /// The same limits with another longest duration, in seconds.
    pub fn with_max_seconds(self, max_seconds: f64) -> Self {
        Self { max_seconds, ..self }
    }
}
