//! What flows between layers.

use image::RgbImage;

/// `[channels, height, width]` numbers of one picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FeatureMap {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub values: Vec<f32>,
}

impl FeatureMap {
    /// A picture's red, green and blue, each `value * scale[c] + shift[c]`.
    pub fn of_picture(picture: &RgbImage, scale: [f32; 3], shift: [f32; 3]) -> Self {
        let pixels = picture.as_raw().as_chunks::<3>().0;
        let plane = |c: usize| pixels.iter().map(move |pixel| f32::from(pixel[c]) * scale[c] + shift[c]);
        let (height, width) = (picture.height() as usize, picture.width() as usize);
        Self { channels: 3, height, width, values: (0..3).flat_map(plane).collect() }
    }

    /// Several maps of one size, channels one after the other.
    pub fn stacked(maps: &[Self]) -> Self {
        let (height, width) = maps.first().map_or((0, 0), |map| (map.height, map.width));
        let values = maps.iter().flat_map(|map| map.values.iter().copied()).collect();
        Self { channels: maps.iter().map(|map| map.channels).sum(), height, width, values }
    }

    /// Its planes, `[height * width]` each.
    pub fn planes(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact((self.height * self.width).max(1))
    }

    /// Every channel times its scale plus its shift.
    pub fn scaled(mut self, scale: &[f32], shift: &[f32]) -> Self {
        let area = (self.height * self.width).max(1);
        for ((plane, scale), shift) in self.values.chunks_exact_mut(area).zip(scale).zip(shift) {
            plane.iter_mut().for_each(|value| *value = *value * scale + shift);
        }
        self
    }

    /// Negative numbers of every channel times its slope (He et al. 2015).
    pub fn prelu(mut self, slopes: &[f32]) -> Self {
        let area = (self.height * self.width).max(1);
        for (plane, slope) in self.values.chunks_exact_mut(area).zip(slopes) {
            plane.iter_mut().filter(|value| **value < 0.0).for_each(|value| *value *= slope);
        }
        self
    }

    /// The mean of every channel.
    pub fn means(&self) -> Vec<f32> {
        let area = (self.height * self.width).max(1) as f64;
        self.planes().map(|plane| (plane.iter().map(|&v| f64::from(v)).sum::<f64>() / area) as f32).collect()
    }
}
