//! Colours by their profile: pictures of phones and cameras in Display P3 or Adobe RGB, of printers in inks, become sRGB.

use image::{GrayImage, RgbImage, RgbaImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Colours that differ by no more than this are the same: the profile is sRGB by another name.
const SAME: u8 = 2;

/// A way from a picture's own colours to sRGB.
pub(crate) struct ToSrgb {
    profile: ColorProfile,
}

impl ToSrgb {
    /// The way that an ICC profile describes; `None` where it cannot be read or is sRGB itself: colours stay as they are then.
    pub(crate) fn from_icc(icc: &[u8]) -> Option<Self> {
        let found = Self { profile: ColorProfile::new_from_slice(icc).ok()? };
        (found.profile.color_space != DataColorSpace::Rgb || found.changes_colours()).then_some(found)
    }

    /// The way from Display P3, which files without a profile may name by number.
    pub(crate) fn from_display_p3() -> Self {
        Self { profile: ColorProfile::new_display_p3() }
    }

    fn changes_colours(&self) -> bool {
        let before: Vec<u8> = (0..27_u8).flat_map(|n| [n % 3, n / 3 % 3, n / 9]).map(|level| 30 + 90 * level).collect();
        let after = self.converted(&before, Layout::Rgb, 3, Layout::Rgb, 3);
        after.is_some_and(|after| before.iter().zip(&after).any(|(before, after)| before.abs_diff(*after) > SAME))
    }

    /// Converts samples of `from.1` channels to samples of `to.1`; `None` where the profile is not for such samples.
    fn converted(&self, samples: &[u8], from: Layout, width: usize, to: Layout, wanted: usize) -> Option<Vec<u8>> {
        let fits = match self.profile.color_space {
            DataColorSpace::Rgb => matches!(from, Layout::Rgb) || (matches!(from, Layout::Rgba) && wanted == 4),
            DataColorSpace::Gray => matches!(from, Layout::Gray),
            DataColorSpace::Cmyk => matches!(from, Layout::Rgba) && wanted == 3,
            _ => false,
        };
        if !fits {
            return None;
        }
        let srgb = ColorProfile::new_srgb();
        let transform = self.profile.create_transform_8bit(from, &srgb, to, TransformOptions::default()).ok()?;
        let mut converted = vec![0; samples.len() / width * wanted];
        transform.transform(samples, &mut converted).ok()?;
        Some(converted)
    }

    /// Converts a picture; one that the profile does not fit stays as it is.
    pub(crate) fn rgb(&self, picture: RgbImage) -> RgbImage {
        let (width, height) = picture.dimensions();
        let converted = self.converted(picture.as_raw(), Layout::Rgb, 3, Layout::Rgb, 3);
        converted.and_then(|samples| RgbImage::from_raw(width, height, samples)).unwrap_or(picture)
    }

    /// Converts a picture with transparency, which stays as it is.
    pub(crate) fn rgba(&self, picture: RgbaImage) -> RgbaImage {
        let (width, height) = picture.dimensions();
        let converted = self.converted(picture.as_raw(), Layout::Rgba, 4, Layout::Rgba, 4);
        converted.and_then(|samples| RgbaImage::from_raw(width, height, samples)).unwrap_or(picture)
    }

    /// Converts a picture without colours; `None` where the profile is not for such.
    pub(crate) fn gray(&self, picture: &GrayImage) -> Option<RgbImage> {
        let samples = self.converted(picture.as_raw(), Layout::Gray, 1, Layout::Rgb, 3)?;
        RgbImage::from_raw(picture.width(), picture.height(), samples)
    }

    /// Converts inks (cyan, magenta, yellow, black; 0 none, 255 full); `None` where the profile is not for such.
    pub(crate) fn inks(&self, inks: &[u8]) -> Option<Vec<u8>> {
        self.converted(inks, Layout::Rgba, 4, Layout::Rgb, 3)
    }
}

/// Inks without a profile: as light that each of them lets through.
pub(crate) fn plain_inks(inks: &[u8]) -> Vec<u8> {
    let light = |ink: u8, black: u8| {
        let product = u32::from(255 - ink) * u32::from(255 - black);
        u8::try_from((product + 127) / 255).unwrap_or(u8::MAX)
    };
    inks.chunks_exact(4).flat_map(|p| [light(p[0], p[3]), light(p[1], p[3]), light(p[2], p[3])]).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use image::Rgb;

    #[test]
    fn srgb_by_name_changes_nothing_and_others_do() {
        let icc = |profile: ColorProfile| profile.encode().unwrap();
        assert!(ToSrgb::from_icc(&icc(ColorProfile::new_srgb())).is_none());
        assert!(ToSrgb::from_icc(b"no profile").is_none());
        for profile in [ColorProfile::new_display_p3(), ColorProfile::new_adobe_rgb()] {
            let way = ToSrgb::from_icc(&icc(profile)).unwrap();
            let skin = way.rgb(RgbImage::from_pixel(2, 2, Rgb([200, 150, 130]))).get_pixel(0, 0).0;
            assert!(skin[0] > 203 && skin[2] <= 130, "more colourful: {skin:?}");
            let grey = way.rgb(RgbImage::from_pixel(1, 1, Rgb([128; 3]))).get_pixel(0, 0).0;
            assert!(grey.iter().all(|v| v.abs_diff(128) <= 2), "grey stays grey: {grey:?}");
            assert!(way.inks(&[0; 4]).is_none(), "it is not for inks");
        }
    }

    #[test]
    fn inks_take_light_away() {
        assert_eq!(plain_inks(&[0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 255]), [255, 255, 255, 255, 0, 0, 0, 0, 0]);
    }
}
