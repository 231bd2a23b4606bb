//! Structural similarity (Wang et al. 2004), of one scale and of five (Wang, Simoncelli and Bovik 2003).

use image::RgbImage;

use super::plane::{Plane, gaussian};

/// Standard deviation and radius of the window: 11 x 11 pixels.
const WINDOW: (f64, usize) = (1.5, 5);
/// Guards against small denominators: `(0.01 * 255)^2` and `(0.03 * 255)^2`.
const C1: f32 = 6.5025;
const C2: f32 = 58.5225;
/// Weights of the scales, the finest first.
const SCALES: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
/// The smallest side at which the window still fits the coarsest scale.
const LEAST_SIDE_OF_SCALES: u32 = 161;
/// Subtracted before squares are taken: the variances do not change, and single precision suffices.
const MIDDLE: f32 = 128.0;

/// The two factors of the similarity, averaged over all windows.
struct Similarity {
    /// Luminance times contrast and structure.
    whole: f64,
    /// Contrast and structure alone.
    structure: f64,
}

/// How alike two pictures are, 1 for equal ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureSimilarity {
    /// Windows of 11 x 11 pixels with Gaussian weights of deviation 1.5, population covariances, each of red, green and blue, averaged
    /// over the windows that lie inside and over the channels.
    pub ssim: f64,
    /// The same over five scales; means of 2 x 2 pixels lead to the next. `None` where it was not asked for, or for a side under 161.
    pub ms_ssim: Option<f64>,
}

impl PictureSimilarity {
    /// Of one scale. `None` for pictures of different size or with a side under 11.
    pub fn between(a: &RgbImage, b: &RgbImage) -> Option<Self> {
        let pairs = channel_pairs(a, b)?;
        Some(Self { ssim: pairs.iter().map(|(a, b)| similarity(a, b).whole).sum::<f64>() / 3.0, ms_ssim: None })
    }

    /// Of one scale and of five. `None` as for [`PictureSimilarity::between`].
    pub fn of_scales(a: &RgbImage, b: &RgbImage) -> Option<Self> {
        if a.width().min(a.height()) < LEAST_SIDE_OF_SCALES {
            return Self::between(a, b);
        }
        let (mut ssim, mut ms_ssim) = (0.0, 0.0);
        for (mut a, mut b) in channel_pairs(a, b)? {
            let mut product = 1.0;
            for (scale, weight) in SCALES.iter().enumerate() {
                let last = scale + 1 == SCALES.len();
                let found = similarity(&a, &b);
                product *= (if last { found.whole } else { found.structure }).max(0.0).powf(*weight);
                if scale == 0 {
                    ssim += found.whole / 3.0;
                }
                if !last {
                    (a, b) = (a.halved(), b.halved());
                }
            }
            ms_ssim += product / 3.0;
        }
        Some(Self { ssim, ms_ssim: Some(ms_ssim) })
    }
}

fn channel_pairs(a: &RgbImage, b: &RgbImage) -> Option<Vec<(Plane, Plane)>> {
    let fits = a.dimensions() == b.dimensions() && a.width().min(a.height()) >= 11;
    fits.then(|| Plane::channels(a).into_iter().zip(Plane::channels(b)).collect())
}

fn similarity(a: &Plane, b: &Plane) -> Similarity {
    let weights = gaussian(WINDOW.0, WINDOW.1);
    let product = |x: &Plane, y: &Plane| {
        let values = x.values.iter().zip(&y.values).map(|(x, y)| (x - MIDDLE) * (y - MIDDLE)).collect();
        Plane { width: x.width, height: x.height, values }.filtered_inside(&weights)
    };
    let mean = |x: &Plane| x.filtered_inside(&weights);
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (aa, bb, ab) = (product(a, a), product(b, b), product(a, b));
    let (mut whole, mut structure) = (0.0_f64, 0.0_f64);
    for (k, (&ma, &mb)) in mean_a.values.iter().zip(&mean_b.values).enumerate() {
        let (da, db) = (ma - MIDDLE, mb - MIDDLE);
        let (va, vb, cab) = (aa.values[k] - da * da, bb.values[k] - db * db, ab.values[k] - da * db);
        let contrast = (2.0 * cab + C2) / (va + vb + C2);
        structure += f64::from(contrast);
        whole += f64::from((2.0 * ma * mb + C1) / (ma * ma + mb * mb + C1) * contrast);
    }
    let count = mean_a.values.len().max(1) as f64;
    Similarity { whole: whole / count, structure: structure / count }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn picture(change: impl Fn(u32, u32) -> u8) -> RgbImage {
        RgbImage::from_fn(176, 176, |x, y| image::Rgb([change(x, y), change(y, x), 90]))
    }

    #[test]
    fn equal_pictures_are_1_and_noise_is_less() {
        let a = picture(|x, y| (100.0 + 50.0 * ((x as f32) / 9.0).sin() + 30.0 * (y as f32 / 5.0).cos()) as u8);
        let b =
            RgbImage::from_fn(176, 176, |x, y| a.get_pixel(x, y).0.map(|v| v.wrapping_add((x * 31 + y * 17) as u8 % 12)).into());
        let same = PictureSimilarity::of_scales(&a, &a).unwrap();
        assert!((same.ssim - 1.0).abs() < 1e-6 && (same.ms_ssim.unwrap() - 1.0).abs() < 1e-6);
        let noisy = PictureSimilarity::of_scales(&a, &b).unwrap();
        assert!(noisy.ssim < 0.95 && noisy.ms_ssim.unwrap() < 0.999);
        assert_eq!(PictureSimilarity::between(&a, &b).unwrap().ssim, noisy.ssim);
        assert!(PictureSimilarity::between(&a, &RgbImage::new(10, 10)).is_none());
        assert!(PictureSimilarity::of_scales(&RgbImage::new(160, 200), &RgbImage::new(160, 200)).unwrap().ms_ssim.is_none());
    }
}
