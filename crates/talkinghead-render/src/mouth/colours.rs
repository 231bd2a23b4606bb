//! What the parts of the mouth are painted with: the lining's colours follow lips and skin, and so the light on the face.

use super::tints::Tints;

/// Skin without its surface: the lining of a mouth as multiples of the skin's colour.
const SKIN_TO_LINING: [f32; 3] = [0.85, 0.62, 0.66];
/// The same in a picture without colour.
const GREY_LINING: f32 = 0.7;

/// Colours of the scene, 0..255.
#[derive(Clone, Debug)]
pub(crate) struct Colours {
    /// The mouth's back.
    pub cavity: [f32; 3],
    /// The inside of the cheeks, near the corners.
    pub cheek: [f32; 3],
    /// The tongue, and the inside of the lower lip.
    pub tongue: [f32; 3],
    /// Between lips that nearly meet.
    pub seam: [f32; 3],
    /// A fully lit tooth.
    pub tooth: [f32; 3],
}

impl Colours {
    /// Colours under the light of `tints`. The shares are what real mouths show, tuned on the frames of 25 people: no part
    /// of a mouth that speaks is black.
    pub fn new(tints: &Tints, tooth: [f32; 3]) -> Self {
        // Between lips and skin, so that neither lipstick nor a pale lip decides alone.
        let lining: [f32; 3] = std::array::from_fn(|k| {
            let of_skin = tints.face[k] * if tints.grey { GREY_LINING } else { SKIN_TO_LINING[k] };
            (tints.lip[k] * of_skin).max(0.0).sqrt()
        });
        // Shadows inside a mouth keep red longest; a grey picture has no red to keep.
        let shaded = |light: f32, green: f32, blue: f32| {
            let share = if tints.grey { [0.3 + 0.59 * green + 0.11 * blue; 3] } else { [1.0, green, blue] };
            std::array::from_fn(|k| lining[k] * light * share[k])
        };
        Self {
            cavity: shaded(0.42, 0.84, 0.84),
            cheek: shaded(0.50, 0.84, 0.84),
            tongue: shaded(0.95, 0.96, 1.0),
            seam: shaded(0.65, 0.92, 0.96),
            tooth,
        }
    }
}
