//! Pictures of one byte a pixel: label images, masks, covers.

/// A one-channel picture of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GreyImage {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// `[height * width]`.
    pub data: Vec<u8>,
}

impl GreyImage {
    /// A black picture.
    pub fn black(width: usize, height: usize) -> Self {
        Self { width, height, data: vec![0; width * height] }
    }

    /// Mirrored left to right.
    pub fn flipped(&self) -> Self {
        let data = self.data.chunks_exact(self.width.max(1)).flat_map(|row| row.iter().rev().copied()).collect();
        Self { width: self.width, height: self.height, data }
    }
}
