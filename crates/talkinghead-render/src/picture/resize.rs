//! Resizing as PIL does it, bit for bit: separable, bytes between the passes, antialiased when shrinking (SPEC-data section 7).

/// The interpolation's kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Triangle.
    Bilinear,
    /// Keys with a = -0.5.
    Bicubic,
}

impl Kernel {
    fn reach(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        let x = x.abs();
        match self {
            Self::Bilinear => (1.0 - x).max(0.0),
            Self::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => -0.5 * (((x - 5.0) * x + 8.0) * x - 4.0),
            Self::Bicubic => 0.0,
        }
    }
}

/// Bytes of `[rows, columns, channels]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytes {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Values a pixel.
    pub channels: usize,
    /// `[height * width * channels]`.
    pub data: Vec<u8>,
}

/// Resizes to `width x height`: across first, then down.
pub fn resize(picture: &Bytes, width: usize, height: usize, kernel: Kernel) -> Bytes {
    let channels = picture.channels;
    let across = taps(picture.width, width, kernel);
    let mut wide = Vec::with_capacity(picture.height * width * channels);
    for row in picture.data.chunks_exact((picture.width * channels).max(1)) {
        for (first, weights) in &across {
            for channel in 0..channels {
                let sum: f64 =
                    weights.iter().enumerate().map(|(k, w)| w * f64::from(row[(first + k) * channels + channel])).sum();
                wide.push(round(sum));
            }
        }
    }
    let down = taps(picture.height, height, kernel);
    let line = width * channels;
    let mut data = Vec::with_capacity(height * line);
    for (first, weights) in &down {
        for i in 0..line {
            let sum: f64 = weights.iter().enumerate().map(|(k, w)| w * f64::from(wide[(first + k) * line + i])).sum();
            data.push(round(sum));
        }
    }
    Bytes { height, width, channels, data }
}

fn round(value: f64) -> u8 {
    (value + 0.5).clamp(0.0, 255.0) as u8
}

/// For each place of the result the first source index and the weights from there on.
fn taps(length: usize, size: usize, kernel: Kernel) -> Vec<(usize, Vec<f64>)> {
    let scale = length as f64 / size as f64;
    let stretch = scale.max(1.0);
    let support = kernel.reach() * stretch;
    (0..size)
        .map(|i| {
            let centre = (i as f64 + 0.5) * scale;
            let first = (centre - support + 0.5).trunc().max(0.0) as usize;
            let end = ((centre + support + 0.5).trunc() as usize).min(length);
            let mut weights: Vec<f64> = (first..end).map(|j| kernel.weight((j as f64 - centre + 0.5) / stretch)).collect();
            let sum: f64 = weights.iter().sum();
            weights.iter_mut().for_each(|w| *w /= sum);
            (first, weights)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_size_is_the_same_picture() {
        let picture = Bytes { height: 3, width: 5, channels: 2, data: (0..30).map(|v| v * 8).collect() };
        for kernel in [Kernel::Bilinear, Kernel::Bicubic] {
            assert_eq!(resize(&picture, 5, 3, kernel), picture);
        }
    }

    #[test]
    fn shrinking_averages() {
        let picture = Bytes { height: 1, width: 4, channels: 1, data: vec![0, 100, 100, 200] };
        let small = resize(&picture, 1, 1, Kernel::Bilinear);
        assert_eq!(small.data, vec![100]);
    }
}
