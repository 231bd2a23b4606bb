//! The pass over two videos in step: how near their pictures are to each other.

use image::RgbImage;
use rayon::prelude::*;

use super::aligned_face::aligned_face;
use super::encode::resized;
use super::frames::BATCH;
use super::settings::{MeasurementSettings, same_proportions, size_within};
use super::video::MeasuredVideo;
use crate::EvaluationError;
use crate::image::{PerceptualNetwork, PictureSimilarity, psnr_db};
use crate::supplied::{Lpips, SuppliedNetworks};

/// One value a frame of the common length, `None` where it was not taken.
#[derive(Clone, Debug, Default)]
pub struct PictureScores {
    /// Whole frames, where they show the same: all `None` where their proportions differ.
    pub psnr_db: Vec<Option<f64>>,
    /// Whole frames.
    pub ssim: Vec<Option<f64>>,
    /// Whole frames.
    pub ms_ssim: Vec<Option<f64>>,
    /// Aligned faces.
    pub face_psnr_db: Vec<Option<f64>>,
    /// Aligned faces.
    pub face_ssim: Vec<Option<f64>>,
    /// Aligned faces, every few frames.
    pub face_perceptual: Vec<Option<f64>>,
    /// LPIPS of whole frames, every few frames, where the network was supplied.
    pub lpips_alex: Vec<Option<f64>>,
    /// LPIPS on the other network.
    pub lpips_vgg: Vec<Option<f64>>,
    /// Whether whole frames were compared.
    pub comparable: bool,
}

struct OneFrame {
    whole: Option<(f64, PictureSimilarity)>,
    face: Option<(f64, f64)>,
    perceptual: Option<f64>,
    lpips: [Option<f64>; 2],
}

impl PictureScores {
    /// Compares frame with frame.
    ///
    /// # Errors
    /// A temporary file cannot be read, or the network fails.
    pub fn of(
        generated: &MeasuredVideo,
        real: &MeasuredVideo,
        supplied: &SuppliedNetworks,
        settings: &MeasurementSettings,
    ) -> Result<Self, EvaluationError> {
        let comparable = same_proportions(generated.size, real.size);
        let size = size_within(real.size, settings.picture_side);
        let count = generated.len().min(real.len());
        let mut pairs =
            generated.encoded.frames()?.zip(real.encoded.frames()?).take(count).map(|(a, b)| Ok::<_, EvaluationError>((a?, b?)));
        let network = PerceptualNetwork::get();
        let mut scores = Self { comparable, ..Self::default() };
        loop {
            let start = scores.psnr_db.len();
            let batch = pairs.by_ref().take(BATCH).collect::<Result<Vec<(RgbImage, RgbImage)>, _>>()?;
            if batch.is_empty() {
                return Ok(scores);
            }
            let found = batch.into_par_iter().enumerate().map(|(k, (made, actual))| -> Result<OneFrame, EvaluationError> {
                let index = start + k;
                let seen = generated.seen[index] && real.seen[index];
                let face =
                    |frame: &RgbImage, video: &MeasuredVideo| aligned_face(frame, &video.landmarks[index], settings.picture_side);
                let faces = seen.then(|| (face(&made, generated), face(&actual, real)));
                let similar = |(a, b): &(RgbImage, RgbImage)| Some((psnr_db(a, b)?, PictureSimilarity::between(a, b)?.ssim));
                let due = index.is_multiple_of(settings.every);
                let perceptual = faces.as_ref().filter(|_| due).map(|(a, b)| network.distance(a, b)).transpose()?;
                let face = faces.as_ref().and_then(similar);
                let whole = comparable.then(|| (resized(made, size), resized(actual, size)));
                let lpips = |network: &Option<Lpips>| match (network, &whole) {
                    (Some(network), Some((a, b))) if due => network.distance(a, b),
                    _ => Ok(None),
                };
                let lpips = [lpips(&supplied.lpips_alex)?, lpips(&supplied.lpips_vgg)?];
                let whole = whole.and_then(|(a, b)| Some((psnr_db(&a, &b)?, PictureSimilarity::of_scales(&a, &b)?)));
                Ok(OneFrame { whole, face, perceptual, lpips })
            });
            for frame in found.collect::<Result<Vec<OneFrame>, EvaluationError>>()? {
                scores.psnr_db.push(frame.whole.as_ref().map(|(psnr, _)| *psnr));
                scores.ssim.push(frame.whole.as_ref().map(|(_, similarity)| similarity.ssim));
                scores.ms_ssim.push(frame.whole.and_then(|(_, similarity)| similarity.ms_ssim));
                scores.face_psnr_db.push(frame.face.map(|(psnr, _)| psnr));
                scores.face_ssim.push(frame.face.map(|(_, ssim)| ssim));
                scores.face_perceptual.push(frame.perceptual);
                scores.lpips_alex.push(frame.lpips[0]);
                scores.lpips_vgg.push(frame.lpips[1]);
            }
        }
    }
}
