//! Structural similarity (Wang et al. 2004), of one scale and of five (Wang, Simoncelli and Bovik 2003).

use image::RgbImage;

use talkinghead_simd::{InstructionSet, Job, Simd, run};

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

/// Of two planes of one size, at least as large as the window.
fn similarity(a: &Plane, b: &Plane) -> Similarity {
    run(InstructionSet::chosen_or_fastest(), Windows { a, b, weights: &window() })
}

/// Half of the window's weights with the middle one last: it is symmetric.
fn window() -> [f32; WINDOW.1 + 1] {
    let weights = gaussian(WINDOW.0, WINDOW.1);
    std::array::from_fn(|k| weights[k])
}

/// All windows of two planes.
struct Windows<'a> {
    a: &'a Plane,
    b: &'a Plane,
    weights: &'a [f32; WINDOW.1 + 1],
}

impl Job for Windows<'_> {
    type Output = Similarity;

    // Plain Rust, compiled for the processor's vectors: sums and products are the same on all of them.
    #[expect(unsafe_code, reason = "the trait's signature; nothing here is unsafe")]
    #[inline(always)]
    unsafe fn run<S: Simd>(self) -> Similarity {
        self.similarity()
    }
}

/// Rows of a window.
const ROWS: usize = 2 * WINDOW.1 + 1;
/// What is averaged over windows: a, b, a² + b², a b.
const MOMENTS: usize = 4;
/// Sums that go on side by side.
const LANES: usize = 8;

impl Windows<'_> {
    #[inline(always)]
    fn similarity(&self) -> Similarity {
        let (width, height) = (self.a.width, self.a.height);
        let inside = width - (ROWS - 1);
        let mut moments: [Vec<f32>; MOMENTS] = std::array::from_fn(|_| vec![0.0; width]);
        // The last rows, averaged across, in a ring.
        let mut across: [[Vec<f32>; ROWS]; MOMENTS] = std::array::from_fn(|_| std::array::from_fn(|_| vec![0.0; inside]));
        let mut means: [Vec<f32>; MOMENTS] = std::array::from_fn(|_| vec![0.0; inside]);
        let mut sums = [[0.0_f64; LANES]; 2];
        for y in 0..height {
            let rows = y * width..(y + 1) * width;
            products(&self.a.values[rows.clone()], &self.b.values[rows], &mut moments);
            for (moment, ring) in moments.iter().zip(&mut across) {
                let taps: [&[f32]; ROWS] = std::array::from_fn(|k| &moment[k..k + inside]);
                weighted(taps, self.weights, &mut ring[y % ROWS]);
            }
            if y + 1 < ROWS {
                continue;
            }
            for (ring, mean) in across.iter().zip(&mut means) {
                let taps: [&[f32]; ROWS] = std::array::from_fn(|k| &ring[(y + 1 + k) % ROWS][..inside]);
                weighted(taps, self.weights, mean);
            }
            let [a, b, squares, product] = &means;
            add_windows([a, b, squares, product].map(|mean| &mean[..inside]), &mut sums);
        }
        let count = (inside * (height - (ROWS - 1))).max(1) as f64;
        let [whole, structure] = sums.map(|sums| sums.iter().sum::<f64>() / count);
        Similarity { whole, structure }
    }
}

/// The moments of one row; a grey of 128 is 0.
#[inline(always)]
fn products(a: &[f32], b: &[f32], moments: &mut [Vec<f32>; MOMENTS]) {
    let [of_a, of_b, squares, product] = moments;
    let of_pair = of_a.iter_mut().zip(of_b.iter_mut()).zip(squares.iter_mut().zip(product.iter_mut()));
    for ((a, b), ((to_a, to_b), (squares, product))) in a.iter().zip(b).zip(of_pair) {
        let (a, b) = (a - MIDDLE, b - MIDDLE);
        (*to_a, *to_b, *squares, *product) = (a, b, a * a + b * b, a * b);
    }
}

/// Weighted sums of eleven rows; those that lie opposite each other have the same weight.
#[inline(always)]
fn weighted(taps: [&[f32]; ROWS], weights: &[f32; WINDOW.1 + 1], out: &mut [f32]) {
    let length = out.len();
    let taps = taps.map(|tap| &tap[..length]);
    for (i, out) in out.iter_mut().enumerate() {
        let mut sum = weights[WINDOW.1] * taps[WINDOW.1][i];
        for k in 0..WINDOW.1 {
            sum += weights[k] * (taps[k][i] + taps[ROWS - 1 - k][i]);
        }
        *out = sum;
    }
}

/// Adds the similarities of one row of windows.
#[inline(always)]
fn add_windows([a, b, squares, product]: [&[f32]; MOMENTS], sums: &mut [[f64; LANES]; 2]) {
    let factors = |a: f32, b: f32, squares: f32, product: f32| {
        // Of both variances only the sum is needed.
        let variances = squares - (a * a + b * b);
        let contrast = (2.0 * (product - a * b) + C2) / (variances + C2);
        let (a, b) = (a + MIDDLE, b + MIDDLE);
        [(2.0 * a * b + C1) / (a * a + b * b + C1) * contrast, contrast]
    };
    let whole = a.len() / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        let part = |row: &[f32]| -> [f32; LANES] { std::array::from_fn(|k| row[at + k]) };
        let (a, b, squares, product) = (part(a), part(b), part(squares), part(product));
        for k in 0..LANES {
            let [whole, structure] = factors(a[k], b[k], squares[k], product[k]);
            sums[0][k] += f64::from(whole);
            sums[1][k] += f64::from(structure);
        }
    }
    for at in whole..a.len() {
        let [whole, structure] = factors(a[at], b[at], squares[at], product[at]);
        sums[0][0] += f64::from(whole);
        sums[1][0] += f64::from(structure);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Window by window, as the definition has it.
    fn plain(a: &Plane, b: &Plane) -> [f64; 2] {
        let weights: Vec<f64> = gaussian(WINDOW.0, WINDOW.1).into_iter().map(f64::from).collect();
        let (mut sums, mut count) = ([0.0, 0.0], 0.0);
        for top in 0..=a.height - ROWS {
            for left in 0..=a.width - ROWS {
                let mean = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
                    let places = (0..ROWS).flat_map(|j| (0..ROWS).map(move |i| (i, j)));
                    let value = |(i, j)| of(f64::from(a.at(left + i, top + j)), f64::from(b.at(left + i, top + j)));
                    places.map(|(i, j)| weights[i] * weights[j] * value((i, j))).sum()
                };
                let (ma, mb) = (mean(&|a, _| a), mean(&|_, b| b));
                let variances = mean(&|a, b| (a - ma).powi(2) + (b - mb).powi(2));
                let contrast = (2.0 * mean(&|a, b| (a - ma) * (b - mb)) + f64::from(C2)) / (variances + f64::from(C2));
                sums[0] += (2.0 * ma * mb + f64::from(C1)) / (ma * ma + mb * mb + f64::from(C1)) * contrast;
                sums[1] += contrast;
                count += 1.0;
            }
        }
        sums.map(|sum| sum / count)
    }

    #[test]
    fn windows_are_those_of_the_definition_on_every_processor() {
        let wave = |x: usize, y: usize, k: f32| 128.0 + 100.0 * (x as f32 * k).sin() * (y as f32 * 0.3).cos();
        let (a, b) = (Plane::from_fn(31, 17, |x, y| wave(x, y, 0.4)), Plane::from_fn(31, 17, |x, y| wave(x + 1, y, 0.37)));
        let wanted = plain(&a, &b);
        let mut found = Vec::new();
        for instructions in InstructionSet::available() {
            let similarity = run(instructions, Windows { a: &a, b: &b, weights: &window() });
            assert!((similarity.whole - wanted[0]).abs() < 1e-5 && (similarity.structure - wanted[1]).abs() < 1e-5);
            found.push((similarity.whole.to_bits(), similarity.structure.to_bits()));
        }
        assert!(found.windows(2).all(|pair| pair[0] == pair[1]));
    }

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
        assert!((PictureSimilarity::between(&a, &b).unwrap().ssim - noisy.ssim).abs() < 1e-12);
        assert!(PictureSimilarity::between(&a, &RgbImage::new(10, 10)).is_none());
        assert!(PictureSimilarity::of_scales(&RgbImage::new(160, 200), &RgbImage::new(160, 200)).unwrap().ms_ssim.is_none());
    }
}
