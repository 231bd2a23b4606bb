//! Light on a remembered mouth, brought to that of the frame: by region, skin and lips each on its own.

use image::RgbImage;
use talkinghead_face::Landmarks;

use super::spread::spread;
use crate::mouth::contour::{inner_lips, outer_lips, scaled};
use crate::mouth::tints::quantile;
use crate::picture::blur::blur_mask;
use crate::picture::canvas::{Canvas, Mask};
use crate::picture::polygon::{Region, polygon_mask};
use crate::portrait::geometry::PosedFace;

/// Blur of the light's difference, interocular distances.
const LIGHT_BLUR: f32 = 0.06;
/// Bounds of what light is multiplied by, a channel.
const SKIN_GAIN: (f32, f32) = (0.4, 2.5);
const LIP_GAIN: (f32, f32) = (0.6, 1.6);
/// Added to both sides of a quotient, so that noise in the dark stays noise.
const FLOOR: f32 = 4.0;
/// Difference of light (logarithm of the gain) from which lips begin to be brought to the portrait's, and are wholly. Below, the
/// lips of the recording are the better ones: what differs then is what they do.
const LIPS_MATCHED: (f32, f32) = (0.08, 0.25);
/// Softness of the lips' edge, interocular distances.
const LIP_SOFTNESS: f32 = 0.03;
/// The ring around the lips in which a face's light is measured: its inner and outer edge in sizes of the lips.
const RING: [[f32; 2]; 2] = [[1.12, 1.12], [1.35, 1.9]];
/// Two lights whose colours differ by more than this factor between channels cannot be brought together.
const MOST_TINT: f32 = 1.5;
/// Skin brighter than this in a channel has lost its colour.
const CLIPPED: f32 = 250.0;
/// Nor can two of which one is brighter than the other by more than this factor.
const MOST_BRIGHTNESS: f32 = 2.5;

/// The light around a mouth: median colour of the skin there, 0..255.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MouthLight([f32; 3]);

impl MouthLight {
    /// Measures it; `None` where the mouth lies outside the picture.
    pub fn of(picture: &RgbImage, landmarks: &Landmarks) -> Option<Self> {
        let lips = outer_lips(landmarks.points());
        let outer = scaled(&lips, RING[1]);
        let region = Region::around(&outer, 1.0, picture.width() as usize, picture.height() as usize)?;
        let (outer, inner) = (polygon_mask(&outer, region), polygon_mask(&scaled(&lips, RING[0]), region));
        let mut colours = [const { Vec::new() }; 3];
        for (index, _) in outer.data.iter().zip(&inner.data).enumerate().filter(|(_, (a, b))| **a > 0.5 && **b < 0.5) {
            let (x, y) = (region.x + index % region.width, region.y + index / region.width);
            let colour = picture.get_pixel(x as u32, y as u32).0;
            (0..3).for_each(|k| colours[k].push(f32::from(colour[k])));
        }
        (!colours[0].is_empty()).then(|| Self(colours.map(|values| quantile(values, 0.5))))
    }

    /// Whether a mouth in this light can be shown in the other: light is matched, but not any light.
    pub fn can_match(&self, other: &Self) -> bool {
        if self.0.iter().zip(other.0).any(|(&a, b)| (a > CLIPPED) != (b > CLIPPED)) {
            return false;
        }
        let gains: [f32; 3] = std::array::from_fn(|k| (other.0[k] + FLOOR) / (self.0[k] + FLOOR));
        let (least, most) = gains.iter().fold((f32::MAX, f32::MIN), |(a, b), &g| (a.min(g), b.max(g)));
        most / least <= MOST_TINT && most <= MOST_BRIGHTNESS && least >= 1.0 / MOST_BRIGHTNESS
    }
}

/// Brings a warped mouth to the frame's light. `region` is the patch's place in the frame, `base` what the frame shows there,
/// `alpha` where the mouth will be seen.
pub(super) fn relit(patch: Canvas, base: &Canvas, alpha: &Mask, face: &PosedFace, region: Region, iod: f32) -> Canvas {
    let ring = Mask {
        width: alpha.width,
        height: alpha.height,
        data: alpha.data.iter().map(|&a| if a > 0.02 && a < 0.6 { 1.0 } else { 0.0 }).collect(),
    };
    if ring.data.iter().all(|&w| w == 0.0) {
        return patch;
    }
    let mut patch = patch;
    let difference = multiply(&mut patch, base, &ring, iod);
    add_rest(&mut patch, base, &ring, iod);
    let share = crate::math::smoothstep(LIPS_MATCHED.0, LIPS_MATCHED.1, difference);
    if share > 0.0 {
        match_lips(&mut patch, base, face, region, share, iod);
    }
    patch
}

/// Multiplies by the quotient of the lights on the ring, carried inward; gives how much the lights differ.
fn multiply(patch: &mut Canvas, base: &Canvas, ring: &Mask, iod: f32) -> f32 {
    let (here, there) = (spread(base, ring, LIGHT_BLUR * iod), spread(patch, ring, LIGHT_BLUR * iod));
    let (mut difference, mut count) = (0.0, 0.0);
    for (((pixel, a), b), &weight) in patch.data.iter_mut().zip(&here.data).zip(&there.data).zip(&ring.data) {
        let mut largest = 0.0_f32;
        for k in 0..3 {
            let gain = ((a[k] + FLOOR) / (b[k] + FLOOR)).clamp(SKIN_GAIN.0, SKIN_GAIN.1);
            pixel[k] *= gain;
            if weight > 0.0 {
                largest = largest.max(gain.ln().abs());
            }
        }
        difference += weight * largest;
        count += weight;
    }
    difference / f32::max(count, 1.0)
}

/// Brings the mean colour of the red of the lips to that of the frame's own lips.
fn match_lips(patch: &mut Canvas, base: &Canvas, face: &PosedFace, region: Region, share: f32, iod: f32) {
    let mut red = polygon_mask(&outer_lips(&face.points), region);
    let inner = polygon_mask(&inner_lips(&face.points), region);
    red.data.iter_mut().zip(&inner.data).for_each(|(a, b)| *a *= 1.0 - b);
    let total: f32 = red.data.iter().sum();
    if total < 4.0 {
        return;
    }
    let mean = |picture: &Canvas, k: usize| picture.data.iter().zip(&red.data).map(|(c, w)| c[k] * w).sum::<f32>() / total;
    let gain: [f32; 3] =
        std::array::from_fn(|k| ((mean(base, k) + FLOOR) / (mean(patch, k) + FLOOR)).clamp(LIP_GAIN.0, LIP_GAIN.1));
    blur_mask(&mut red, LIP_SOFTNESS * iod);
    for (pixel, w) in patch.data.iter_mut().zip(&red.data) {
        (0..3).for_each(|k| pixel[k] = (pixel[k] * (1.0 + share * w * (gain[k] - 1.0))).min(255.0));
    }
}

/// Adds what difference is left on the ring, carried inward.
fn add_rest(patch: &mut Canvas, base: &Canvas, ring: &Mask, iod: f32) {
    let mut difference = base.clone();
    difference.data.iter_mut().zip(&patch.data).for_each(|(d, p)| (0..3).for_each(|k| d[k] -= p[k]));
    let light = spread(&difference, ring, LIGHT_BLUR * iod);
    patch.data.iter_mut().zip(&light.data).for_each(|(p, l)| (0..3).for_each(|k| p[k] = (p[k] + l[k]).clamp(0.0, 255.0)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_lights_match_and_far_ones_do_not() {
        let day = MouthLight([180.0, 140.0, 120.0]);
        assert!(day.can_match(&MouthLight([150.0, 125.0, 115.0])));
        assert!(day.can_match(&MouthLight([90.0, 70.0, 60.0])));
        assert!(!day.can_match(&MouthLight([220.0, 130.0, 60.0])), "candle light");
        assert!(!day.can_match(&MouthLight([252.0, 160.0, 130.0])), "clipped");
        assert!(!day.can_match(&MouthLight([40.0, 30.0, 25.0])), "night");
    }
}
