//! Which pixels between the lips are teeth, told by the mouth's own light.

use super::tints::{Tints, quantile};
use crate::math::luminance;
use crate::picture::canvas::{Canvas, Mask};

/// Least part of the opening that a row of teeth takes.
const LEAST_SHARE: f32 = 0.125;

/// The pixels between the lips that look like teeth (1) and the others (0).
pub(super) fn tooth_pixels(plate: &Canvas, mouth: &Mask, tints: &Tints) -> Option<Mask> {
    let score = |c: [f32; 3]| if tints.grey { luminance(c) } else { c[1] + c[2] - 0.9 * c[0] };
    let scores: Vec<f32> = plate.data.iter().map(|&c| score(c)).collect();
    let among: Vec<f32> = scores.iter().zip(&mouth.data).filter(|&(_, &m)| m > 0.5).map(|(&s, _)| s).collect();
    let area = among.len();
    if area < 30 {
        return None;
    }
    // In a laugh a lit tongue lies on the teeth's side of the first limit: a second one parts the two.
    let first = otsu(&among);
    let brighter: Vec<f32> = among.iter().copied().filter(|&s| s > first).collect();
    [(first, false), (otsu(&brighter), true)].into_iter().find_map(|(limit, beside_tongue)| {
        let data = scores.iter().zip(&mouth.data).map(|(&s, &m)| if m > 0.5 && s > limit { 1.0 } else { 0.0 }).collect();
        let mut teeth = Mask { width: plate.width, height: plate.height, data };
        close(&mut teeth);
        drop_small_parts(&mut teeth, (0.04 * area as f32) as usize);
        let of = |tooth: bool| {
            let within = plate.data.iter().zip(&teeth.data).zip(&mouth.data);
            let chosen: Vec<_> = within.filter(|&((_, &t), &m)| m > 0.5 && (t > 0.5) == tooth).map(|((&c, _), _)| c).collect();
            std::array::from_fn(|k| quantile(chosen.iter().map(|c: &[f32; 3]| c[k]).collect(), if tooth { 0.6 } else { 0.5 }))
        };
        let share = teeth.data.iter().sum::<f32>() / area as f32;
        let (bright, rest) = (of(true), of(false));
        let enough =
            if beside_tongue { share > 0.4 * LEAST_SHARE && paler_than_lips(bright, tints) > 1.2 } else { share > LEAST_SHARE };
        (enough && are_teeth(bright, rest, tints)).then_some(teeth)
    })
}

/// Green and blue for a unit of red.
fn paleness(colour: [f32; 3]) -> f32 {
    0.5 * (colour[1] + colour[2]) / colour[0].max(1.0)
}

/// How much less red a colour is than the lips: teeth are, tongue and lining are not.
fn paler_than_lips(colour: [f32; 3], tints: &Tints) -> f32 {
    paleness(colour) / paleness(tints.lip).max(1e-3)
}

/// Whether what is bright between the lips is teeth, and not a tongue or a lit lip: measured by the mouth's own light, the lips'
/// and the rest of the opening's, since teeth in a shadow are darker than any skin.
fn are_teeth(bright: [f32; 3], rest: [f32; 3], tints: &Tints) -> bool {
    let of_lip = luminance(bright) / luminance(tints.lip).max(1.0);
    let of_rest = luminance(bright) / luminance(rest).max(1.0);
    let paler = paler_than_lips(bright, tints);
    if tints.grey {
        return of_lip > 0.95 && of_rest > 1.3;
    }
    // A rim of lip around a black opening stands out from it far more than a row of teeth in the same shadow.
    let dim = paler > 1.075 && of_lip > 0.75 && (1.2..4.5).contains(&of_rest);
    let plain = paler > 1.15 && of_lip > 1.0 && of_rest > 1.2;
    // Lips in a white beard are read too pale.
    let between_pale_lips = paler > 0.97 && of_lip > 0.95 && of_rest > 1.4 && paleness(bright) < 2.0 * paleness(rest);
    dim || plain || between_pale_lips
}

/// The threshold that parts values into two groups best (Otsu).
fn otsu(values: &[f32]) -> f32 {
    let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(l, h), &v| (l.min(v), h.max(v)));
    let step = ((high - low) / 128.0).max(1e-6);
    let mut bins = [0.0f32; 129];
    for &v in values {
        bins[((v - low) / step) as usize] += 1.0;
    }
    let total: f32 = values.len() as f32;
    let sum: f32 = bins.iter().enumerate().map(|(i, n)| i as f32 * n).sum();
    let (mut below, mut below_sum, mut best, mut at) = (0.0, 0.0, -1.0, 64);
    for (i, n) in bins.iter().enumerate() {
        below += n;
        below_sum += i as f32 * n;
        if below == 0.0 || below == total {
            continue;
        }
        let difference = below_sum / below - (sum - below_sum) / (total - below);
        let between = below * (total - below) * difference * difference;
        if between > best {
            (best, at) = (between, i);
        }
    }
    low + (at as f32 + 1.0) * step
}

/// Morphological closing by 3x3.
fn close(mask: &mut Mask) {
    for grow in [true, false] {
        let old = mask.data.clone();
        for y in 1..mask.height.saturating_sub(1) {
            for x in 1..mask.width - 1 {
                let around = (0..9).map(|k| old[(y + k / 3 - 1) * mask.width + x + k % 3 - 1]);
                mask.data[y * mask.width + x] = if grow { around.fold(0.0, f32::max) } else { around.fold(1.0, f32::min) };
            }
        }
    }
}

/// Empties connected parts of fewer than `least` pixels.
fn drop_small_parts(mask: &mut Mask, least: usize) {
    let mut seen = vec![false; mask.data.len()];
    for start in 0..mask.data.len() {
        if seen[start] || mask.data[start] < 0.5 {
            continue;
        }
        let (mut part, mut next) = (vec![start], 0);
        seen[start] = true;
        while let Some(&i) = part.get(next) {
            next += 1;
            let (x, y) = (i % mask.width, i / mask.width);
            let near = [
                (x > 0).then(|| i - 1),
                (x + 1 < mask.width).then_some(i + 1),
                (y > 0).then(|| i - mask.width),
                (y + 1 < mask.height).then_some(i + mask.width),
            ];
            for j in near.into_iter().flatten() {
                if !seen[j] && mask.data[j] > 0.5 {
                    seen[j] = true;
                    part.push(j);
                }
            }
        }
        if part.len() < least {
            part.iter().for_each(|&i| mask.data[i] = 0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn otsu_parts_two_groups() {
        let values: Vec<f32> = (0..50).map(|i| 20.0 + (i % 7) as f32).chain((0..30).map(|i| 120.0 + (i % 9) as f32)).collect();
        let limit = otsu(&values);
        assert!(limit > 26.0 && limit < 120.5, "{limit}");
    }

    #[test]
    fn specks_are_dropped() {
        let mut teeth = Mask::filled(30, 30, 0.0);
        (5..25).for_each(|x| *teeth.at_mut(x, 10) = 1.0);
        *teeth.at_mut(3, 20) = 1.0;
        drop_small_parts(&mut teeth, 4);
        assert_eq!(teeth.data.iter().sum::<f32>(), 20.0);
    }

    /// A mouth of 60x30 pixels in a light: teeth above, tongue in the middle, a black void below.
    fn mouth(light: f32, tooth: [f32; 3]) -> (Canvas, Mask, Tints) {
        let lit = |c: [f32; 3]| c.map(|v| v * light);
        let mut plate = Canvas::filled(80, 50, lit([150.0, 90.0, 85.0]));
        let mut mask = Mask::filled(80, 50, 0.0);
        for y in 10..40 {
            for x in 10..70 {
                *mask.at_mut(x, y) = 1.0;
                let grain = ((x * 7 + y * 5) % 9) as f32;
                let colour = if y < 22 {
                    tooth
                } else if y < 30 {
                    [130.0, 72.0, 74.0]
                } else {
                    [24.0, 10.0, 10.0]
                };
                *plate.at_mut(x, y) = lit(colour.map(|v| v + grain));
            }
        }
        let skin = lit([190.0, 140.0, 115.0]);
        let tints = Tints { lip: lit([150.0, 90.0, 85.0]), tooth: lit([228.0, 193.0, 172.0]), face: skin, grey: false };
        (plate, mask, tints)
    }

    #[test]
    fn teeth_are_found_in_any_light_and_beside_a_lit_tongue() {
        for light in [1.0, 0.5, 0.25] {
            let (plate, mask, tints) = mouth(light, [200.0, 175.0, 160.0]);
            let teeth = tooth_pixels(&plate, &mask, &tints).unwrap();
            let of = |rows: std::ops::Range<usize>| rows.clone().map(|y| teeth.at(40, y)).sum::<f32>() / rows.len() as f32;
            assert!(of(11..21) > 0.9 && of(23..40) < 0.1, "light {light}: {} {}", of(11..21), of(23..40));
        }
    }

    #[test]
    fn dim_teeth_in_the_lips_shadow_are_teeth() {
        // Less than half of the skin's brightness.
        let (plate, mask, tints) = mouth(0.6, [118.0, 90.0, 78.0]);
        assert!(tooth_pixels(&plate, &mask, &tints).is_some());
    }

    #[test]
    fn a_lit_tongue_alone_is_no_row_of_teeth() {
        let (plate, mask, tints) = mouth(1.0, [140.0, 80.0, 78.0]);
        assert!(tooth_pixels(&plate, &mask, &tints).is_none());
    }
}
