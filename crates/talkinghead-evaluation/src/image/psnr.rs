//! Peak signal-to-noise ratio.

use image::RgbImage;

/// What two equal pictures are given, in decibels: half a grey level of error in one of a thousand values has about this.
pub const PSNR_OF_EQUAL_DB: f64 = 100.0;

/// Peak signal-to-noise ratio in decibels over all pixels and the three channels, `10 lg(255^2 / mean squared error)`; at most
/// [`PSNR_OF_EQUAL_DB`]. `None` for pictures of different size.
pub fn psnr_db(a: &RgbImage, b: &RgbImage) -> Option<f64> {
    if a.dimensions() != b.dimensions() || a.as_raw().is_empty() {
        return None;
    }
    let square = |(a, b): (&u8, &u8)| u64::from(a.abs_diff(*b)).pow(2);
    let error = a.as_raw().iter().zip(b.as_raw()).map(square).sum::<u64>() as f64 / a.as_raw().len() as f64;
    Some(if error == 0.0 { PSNR_OF_EQUAL_DB } else { (10.0 * (255.0_f64.powi(2) / error).log10()).min(PSNR_OF_EQUAL_DB) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_of_one_grey_level_is_48_decibels() {
        let (a, b) = (RgbImage::from_pixel(4, 4, image::Rgb([10; 3])), RgbImage::from_pixel(4, 4, image::Rgb([11; 3])));
        assert!((psnr_db(&a, &b).unwrap_or_default() - 48.130_803_6).abs() < 1e-6);
        assert_eq!(psnr_db(&a, &a), Some(PSNR_OF_EQUAL_DB));
        assert_eq!(psnr_db(&a, &RgbImage::new(4, 5)), None);
    }
}
