//! The background as if nobody stood before it, as far as a moving head uncovers it.

use crate::math::{luminance, smoothstep};
use crate::picture::blur::{blur_canvas, blur_mask};
use crate::picture::canvas::{Canvas, Mask};
use crate::picture::fill::pull_push;
use crate::picture::patch_fill::patch_fill;

/// How far behind the head's edge the background is filled with structure, interocular distances: as far as heads move.
const DEPTH: f32 = 0.32;
/// Coarser than this the filling is smooth, interocular distances.
const LIGHT: f32 = 0.10;
/// Differences of luminance from a slightly blurred picture that a blurred and a sharp background have.
const SHARP: (f32, f32) = (1.2, 3.5);
/// From this on a patch's colour is stray in a sharp background.
const STRAY: f32 = 45.0;
/// Mean squared differences from their surroundings at which copies are wholly and not at all believed: where nothing like the
/// rim is found (a flag's star, a thing on a desk), smooth colours are less wrong than a wrong thing.
const MISFIT: (f32, f32) = (300.0, 1200.0);

/// The picture with everything that is not `known` replaced: with structure near the known part, smoothly farther in.
/// `inside` is the distance from the known part in pixels.
pub(super) fn fill_behind(picture: &Canvas, known: &[bool], inside: &Mask, iod: f32) -> Canvas {
    let (width, height) = (picture.width, picture.height);
    let weight = Mask { width, height, data: known.iter().map(|&k| f32::from(k)).collect() };
    let mut plate = pull_push(picture, &weight);
    for (out, (colour, _)) in plate.data.iter_mut().zip(picture.data.iter().zip(known)).filter(|(_, (_, k))| **k) {
        *out = *colour;
    }
    let wanted: Vec<bool> = inside.data.iter().map(|&d| d > 0.0 && d <= DEPTH * iod).collect();
    let mut patched = plate.clone();
    let mut misfit = patch_fill(&mut patched, known, &wanted, iod);
    blur_mask(&mut misfit, 0.04 * iod);
    // Patches give the structure, the smooth filling the light: wholly where the background is blurred and a seam would be
    // seen, only for stray colours where it is sharp.
    let sharp = sharpness(picture, known, iod);
    let (mut light, mut of_patches) = (plate.clone(), patched.clone());
    blur_canvas(&mut light, LIGHT * iod);
    blur_canvas(&mut of_patches, LIGHT * iod);
    for i in (0..plate.data.len()).filter(|&i| wanted[i]) {
        let sharp = smoothstep(SHARP.0, SHARP.1, sharp.data[i]);
        let fits = smoothstep(MISFIT.1, MISFIT.0, misfit.data[i]);
        let share = smoothstep(DEPTH * iod, 0.5 * DEPTH * iod, inside.data[i]) * sharp * fits;
        let believed = STRAY * sharp;
        let smooth = plate.data[i];
        plate.data[i] = std::array::from_fn(|k| {
            let off = light.data[i][k] - of_patches.data[i][k];
            let structured = (patched.data[i][k] + off - off.clamp(-believed, believed)).clamp(0.0, 255.0);
            smooth[k] + share * (structured - smooth[k])
        });
    }
    plate
}

/// How sharp the background is around each pixel: mean difference of its luminance from a slightly blurred one.
fn sharpness(picture: &Canvas, known: &[bool], iod: f32) -> Mask {
    let (width, height) = (picture.width, picture.height);
    let light: Vec<f32> = picture.data.iter().map(|&c| luminance(c)).collect();
    let mut blurred = Mask { width, height, data: light.clone() };
    blur_mask(&mut blurred, 0.03 * iod);
    let mut sum = Mask { width, height, data: Vec::with_capacity(light.len()) };
    sum.data.extend((0..light.len()).map(|i| if known[i] { (light[i] - blurred.data[i]).abs() } else { 0.0 }));
    let mut count = Mask { width, height, data: known.iter().map(|&k| f32::from(k)).collect() };
    blur_mask(&mut sum, 0.3 * iod);
    blur_mask(&mut count, 0.3 * iod);
    sum.data.iter_mut().zip(&count.data).for_each(|(s, &c)| *s /= c.max(1e-3));
    sum
}
