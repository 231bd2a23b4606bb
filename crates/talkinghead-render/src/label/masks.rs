//! Rectangular masks over eyes and mouth ("templates" of SPEC-data section 8).

use crate::picture::grey_image::GreyImage;
use talkinghead_face::FlatLandmarks68;

/// What a mask covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskKind {
    /// A box over the mouth.
    Mouth,
    /// A box over each eye.
    Eyes,
    /// Boxes over both eyes and the mouth.
    EyesAndMouth,
    /// One box from brow to brow and down to the eyes, and one over the mouth.
    Wide,
    /// A square of 80 pixels around the mouth.
    MouthSquare,
}

const LEFT_EYE: [usize; 6] = [36, 37, 38, 39, 40, 41];
const RIGHT_EYE: [usize; 6] = [42, 43, 44, 45, 46, 47];
const MOUTH: [usize; 5] = [48, 50, 51, 54, 57];
const BROWS_TO_EYES: [usize; 8] = [21, 22, 24, 26, 36, 39, 42, 45];

/// A mask of `width x height` bytes, 0 or 255, for 68 landmarks in its pixels.
///
/// As in the reference the last row and column stay 0.
pub fn mask(landmarks: &FlatLandmarks68, width: usize, height: usize, kind: MaskKind) -> GreyImage {
    let mut out = GreyImage::black(width, height);
    let mut cover = |points: &[usize], margin: f64| {
        let extreme =
            |axis: usize, pick: fn(f64, f64) -> f64| points.iter().map(|&i| landmarks[i][axis]).reduce(pick).unwrap_or(0.0);
        let low = [0, 1].map(|axis| (extreme(axis, f64::min) - margin).trunc());
        let high = [0, 1].map(|axis| (extreme(axis, f64::max) + margin).trunc());
        fill(&mut out, low, high);
    };
    if matches!(kind, MaskKind::Eyes | MaskKind::EyesAndMouth) {
        cover(&LEFT_EYE, 2.0);
        cover(&RIGHT_EYE, 2.0);
    }
    if kind == MaskKind::Wide {
        cover(&BROWS_TO_EYES, 5.0);
    }
    if matches!(kind, MaskKind::Mouth | MaskKind::EyesAndMouth | MaskKind::Wide) {
        cover(&MOUTH, 5.0);
    }
    if kind == MaskKind::MouthSquare {
        let centre = [0, 1].map(|axis| 0.5 * (landmarks[48][axis] + landmarks[54][axis]));
        fill(&mut out, centre.map(|v| (v - 40.0).trunc()), centre.map(|v| (v + 40.0).trunc()));
    }
    out
}

fn fill(out: &mut GreyImage, low: [f64; 2], high: [f64; 2]) {
    let clip = |v: f64, size: usize| v.clamp(0.0, size.saturating_sub(1) as f64) as usize;
    let (x0, x1) = (clip(low[0], out.width), clip(high[0], out.width));
    let (y0, y1) = (clip(low[1], out.height), clip(high[1], out.height));
    for y in y0..y1 {
        out.data[y * out.width + x0..y * out.width + x1.max(x0)].fill(255);
    }
}
