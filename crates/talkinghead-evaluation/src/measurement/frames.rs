//! The pass over a video's frames once its face is known: everything that needs pixels of one video alone.

use image::RgbImage;
use rayon::prelude::*;
use talkinghead_face::{IdentityEmbedding, Landmarks};

use super::aligned_face::aligned_face;
use super::embeddings::FaceEmbeddings;
use super::encode::resized;
use super::encoded::EncodedFrames;
use super::networks::MeasurementNetworks;
use super::settings::{MeasurementSettings, size_within};
use crate::EvaluationError;
use crate::image::{Plane, cpbd, laplacian_variance};
use crate::time::{SeamProfile, flicker, is_frozen, seam_profile};

/// Frames that are looked at together.
pub(super) const BATCH: usize = 32;

/// What the frames of one video give, each `None` where the face was not seen or the frame is not one of those that are looked at.
#[derive(Clone, Debug)]
pub struct FrameScores {
    /// Sharpness of the whole frame; see [`cpbd`].
    pub cpbd: Vec<Option<f64>>,
    /// Fine detail of the aligned face; see [`laplacian_variance`].
    pub detail: Vec<Option<f64>>,
    /// See [`flicker`]; the first frame has none.
    pub flicker: Vec<Option<f64>>,
    /// Whether the frame repeats the one before.
    pub frozen: Vec<bool>,
    /// Jump across contours around the face.
    pub seam: SeamProfile,
    /// Who it is.
    pub faces: FaceEmbeddings,
    /// What Inception says of whole frames, where it was supplied.
    pub inception: Vec<Vec<f32>>,
}

struct OneFrame {
    cpbd: Option<f64>,
    detail: Option<f64>,
    flicker: Option<f64>,
    frozen: bool,
    seam: Option<SeamProfile>,
    face: Option<(IdentityEmbedding, Option<Vec<f32>>)>,
    inception: Option<Vec<f32>>,
}

/// Looks at every frame of an encoded video.
pub(super) fn look(
    video: &EncodedFrames,
    landmarks: &[Landmarks],
    seen: &[bool],
    networks: &MeasurementNetworks,
    settings: &MeasurementSettings,
) -> Result<FrameScores, EvaluationError> {
    let mut reader = video.frames()?;
    let mut scores = FrameScores {
        cpbd: Vec::new(),
        detail: Vec::new(),
        flicker: Vec::new(),
        frozen: Vec::new(),
        seam: SeamProfile::empty(),
        faces: FaceEmbeddings::default(),
        inception: Vec::new(),
    };
    let mut before: Option<Plane> = None;
    loop {
        let start = scores.frozen.len();
        let batch = reader.by_ref().take(BATCH.min(landmarks.len() - start)).collect::<Result<Vec<RgbImage>, _>>()?;
        if batch.is_empty() {
            return Ok(scores);
        }
        let mut lumas: Vec<Plane> = before.take().into_iter().collect();
        let older = lumas.len();
        lumas.par_extend(batch.par_iter().map(Plane::luma));
        let found = batch.par_iter().enumerate().map(|(k, frame)| -> Result<OneFrame, EvaluationError> {
            let (index, luma) = (start + k, &lumas[older + k]);
            let previous = (older + k).checked_sub(1).map(|p| &lumas[p]);
            let (face, due) = (&landmarks[index], index.is_multiple_of(settings.every));
            let seen_before = index > 0 && seen[index] && seen[index - 1];
            let small = || resized(frame.clone(), size_within(frame.dimensions(), settings.picture_side));
            let detail = || laplacian_variance(&Plane::luma(&aligned_face(frame, face, settings.picture_side)));
            let embeddings = || FaceEmbeddings::of_face(frame, face, networks);
            let inception = networks.supplied.inception.as_ref().filter(|_| due);
            Ok(OneFrame {
                cpbd: due.then(|| cpbd(&Plane::luma(&small()))),
                detail: (due && seen[index]).then(detail),
                flicker: previous.filter(|_| seen_before).and_then(|p| flicker((p, &landmarks[index - 1]), (luma, face))),
                frozen: previous.is_some_and(|previous| is_frozen(previous, luma)),
                seam: (due && seen[index]).then(|| seam_profile(luma, face)),
                face: (due && seen[index]).then(embeddings).transpose()?,
                inception: inception.map(|network| network.features(frame)).transpose()?,
            })
        });
        for frame in found.collect::<Result<Vec<OneFrame>, EvaluationError>>()? {
            scores.cpbd.push(frame.cpbd);
            scores.detail.push(frame.detail);
            scores.flicker.push(frame.flicker);
            scores.frozen.push(frame.frozen);
            frame.seam.iter().for_each(|seam| scores.seam.add(seam));
            frame.face.into_iter().for_each(|face| scores.faces.add(face));
            scores.inception.extend(frame.inception);
        }
        before = lumas.pop();
    }
}
