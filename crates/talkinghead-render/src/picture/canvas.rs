//! Pictures and masks in floating point, and the distance transform on them.

use image::RgbImage;

/// A colour picture, RGB in 0..255 as floats, rows from top to bottom.
#[derive(Clone, Debug, PartialEq)]
pub struct Canvas {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// `[height * width]` colours, 0..255.
    pub data: Vec<[f32; 3]>,
}

impl Canvas {
    /// A picture of one colour.
    pub fn filled(width: usize, height: usize, colour: [f32; 3]) -> Self {
        Self { width, height, data: vec![colour; width * height] }
    }

    /// The same picture as floats.
    pub fn from_rgb(picture: &RgbImage) -> Self {
        let data = picture.pixels().map(|p| p.0.map(f32::from)).collect();
        Self { width: picture.width() as usize, height: picture.height() as usize, data }
    }

    /// Rounds to bytes.
    pub fn to_rgb(&self) -> RgbImage {
        let mut picture = RgbImage::new(self.width as u32, self.height as u32);
        for (out, colour) in picture.pixels_mut().zip(&self.data) {
            out.0 = colour.map(to_byte);
        }
        picture
    }

    /// The colour of a pixel inside the picture.
    pub fn at(&self, x: usize, y: usize) -> [f32; 3] {
        self.data[y * self.width + x]
    }

    /// A pixel to be painted.
    pub fn at_mut(&mut self, x: usize, y: usize) -> &mut [f32; 3] {
        &mut self.data[y * self.width + x]
    }

    /// Bilinear colour at pixel-centre coordinates (pixel `(i, j)` has its value at `(i, j)`); outside, the nearest edge.
    pub fn bilinear(&self, x: f32, y: f32) -> [f32; 3] {
        let ([a, b, c, d], share) = bilinear_taps(self.width, self.height, x, y);
        let [a, b, c, d] = [a, b, c, d].map(|i| self.data[i]);
        std::array::from_fn(|k| bilinear_mix([a[k], b[k], c[k], d[k]], share))
    }
}

/// The four pixels around a place (upper left, upper right, lower left, lower right) and the shares of right and lower ones.
///
/// The workspace's other bilinear readers differ: `FaceRegion` and `FaceCrop` read bytes, with black beyond the picture or at
/// half-pixel centres; the pull-push fill has fixed weights; [`super::resize`] antialiases as PIL does.
pub(super) fn bilinear_taps(width: usize, height: usize, x: f32, y: f32) -> ([usize; 4], [f32; 2]) {
    let (x, y) = (x.clamp(0.0, (width - 1) as f32), y.clamp(0.0, (height - 1) as f32));
    let (x0, y0) = (x as usize, y as usize);
    let (x1, y1) = ((x0 + 1).min(width - 1), (y0 + 1).min(height - 1));
    ([y0 * width + x0, y0 * width + x1, y1 * width + x0, y1 * width + x1], [x - x0 as f32, y - y0 as f32])
}

pub(super) fn bilinear_mix([a, b, c, d]: [f32; 4], [right, lower]: [f32; 2]) -> f32 {
    let top = a + (b - a) * right;
    let bottom = c + (d - c) * right;
    top + (bottom - top) * lower
}

/// Nearest byte of a value in 0..255.
pub fn to_byte(value: f32) -> u8 {
    // `as` saturates: below 0 becomes 0, above 255 becomes 255.
    (value + 0.5) as u8
}

/// A value per pixel, mostly 0..1.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// `[height * width]` values.
    pub data: Vec<f32>,
}

impl Mask {
    /// A mask of one value.
    pub fn filled(width: usize, height: usize, value: f32) -> Self {
        Self { width, height, data: vec![value; width * height] }
    }

    /// The value of a pixel inside the mask.
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.data[y * self.width + x]
    }

    /// A pixel to be painted.
    pub fn at_mut(&mut self, x: usize, y: usize) -> &mut f32 {
        &mut self.data[y * self.width + x]
    }

    /// Bilinear value at pixel-centre coordinates; outside, the nearest edge.
    pub fn bilinear(&self, x: f32, y: f32) -> f32 {
        let (corners, share) = bilinear_taps(self.width, self.height, x, y);
        bilinear_mix(corners.map(|i| self.data[i]), share)
    }

    /// Euclidean distance in pixels from each pixel's centre to the nearest pixel with a value over 0.5 (0 inside).
    ///
    /// Exact (Felzenszwalb and Huttenlocher's lower envelope of parabolas). Without such a pixel: a very large number.
    pub fn outside_distance(&self) -> Mask {
        let far = (self.width * self.width + self.height * self.height) as f32 * 4.0;
        let mut squared: Vec<f32> = self.data.iter().map(|&v| if v > 0.5 { 0.0 } else { far }).collect();
        let mut line = Envelope::new(self.width.max(self.height));
        let mut column = vec![0.0; self.height];
        for x in 0..self.width {
            for (value, row) in column.iter_mut().zip(squared.chunks_exact(self.width)) {
                *value = row[x];
            }
            line.transform(&mut column);
            for (value, row) in column.iter().zip(squared.chunks_exact_mut(self.width)) {
                row[x] = *value;
            }
        }
        for row in squared.chunks_exact_mut(self.width) {
            line.transform(row);
        }
        squared.iter_mut().for_each(|v| *v = v.sqrt());
        Mask { width: self.width, height: self.height, data: squared }
    }
}

/// Lower envelope of parabolas along one line.
struct Envelope {
    vertex: Vec<usize>,
    boundary: Vec<f64>,
    copy: Vec<f32>,
}

impl Envelope {
    fn new(length: usize) -> Self {
        Self { vertex: vec![0; length], boundary: vec![0.0; length + 1], copy: vec![0.0; length] }
    }

    fn transform(&mut self, line: &mut [f32]) {
        let f = &mut self.copy[..line.len()];
        f.copy_from_slice(line);
        let mut k = 0;
        self.vertex[0] = 0;
        self.boundary[0] = f64::NEG_INFINITY;
        self.boundary[1] = f64::INFINITY;
        for (q, &value) in f.iter().enumerate().skip(1) {
            let height = f64::from(value) + (q * q) as f64;
            // The first boundary lies at minus infinity: the search ends there at the latest.
            loop {
                let v = self.vertex[k];
                let cross = (height - f64::from(f[v]) - (v * v) as f64) / (2 * (q - v)) as f64;
                if cross > self.boundary[k] {
                    k += 1;
                    self.vertex[k] = q;
                    self.boundary[k] = cross;
                    self.boundary[k + 1] = f64::INFINITY;
                    break;
                }
                k -= 1;
            }
        }
        k = 0;
        for (q, out) in line.iter_mut().enumerate() {
            while self.boundary[k + 1] < q as f64 {
                k += 1;
            }
            let v = self.vertex[k];
            let d = q as f32 - v as f32;
            *out = d * d + f[v];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_the_way_through_floats() {
        let picture = RgbImage::from_fn(7, 5, |x, y| image::Rgb([(x * 31) as u8, (y * 50) as u8, 255]));
        assert_eq!(Canvas::from_rgb(&picture).to_rgb(), picture);
    }

    #[test]
    fn the_distance_is_the_nearest_set_pixel() {
        let mut mask = Mask::filled(23, 17, 0.0);
        let set = [(3usize, 4usize), (19, 2), (11, 16)];
        for (x, y) in set {
            *mask.at_mut(x, y) = 1.0;
        }
        let distance = mask.outside_distance();
        for y in 0..17 {
            for x in 0..23 {
                let want = set
                    .iter()
                    .map(|&(a, b)| ((x as f32 - a as f32).powi(2) + (y as f32 - b as f32).powi(2)).sqrt())
                    .fold(f32::MAX, f32::min);
                assert!((distance.at(x, y) - want).abs() < 1e-3, "{x} {y}: {} {want}", distance.at(x, y));
            }
        }
    }

    #[test]
    fn bilinear_holds_its_pixels_and_edges() {
        let mut canvas = Canvas::filled(4, 4, [10.0; 3]);
        *canvas.at_mut(2, 1) = [30.0; 3];
        assert_eq!(canvas.bilinear(2.0, 1.0), [30.0; 3]);
        assert_eq!(canvas.bilinear(1.5, 1.0), [20.0; 3]);
        assert_eq!(canvas.bilinear(-9.0, 99.0), [10.0; 3]);
    }
}
