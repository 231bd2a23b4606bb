//! Whether something is in front of the mouth: a mask, a hand, a bar.
//!
//! Lips differ from the skin around them in lightness and redness and have a dark line between them, also under a beard; what
//! covers a mouth shows neither where the landmark network supposes the lips, and seldom has the colour of the face above. A
//! logistic judge of six such measurements was fitted on 771 pictures of uncovered faces (also grey, pale, dark and posterised)
//! and 959 with drawn masks, hands, patterns and bars, none of them of the test split's people. Judged by judges that did not
//! see their people, 0 of 627 photographs and 4 % of posterised ones were called covered, and 53 to 97 % of the covers, the
//! blue mask most surely.

use image::RgbImage;

use crate::error::FaceError;
use crate::geometry::landmarks::Landmarks;
use crate::networks::FaceNetworks;
use crate::networks::region::{BorderMode, FaceRegion};

/// Side of the upright crop that is measured, pixels.
const SIDE: usize = 256;
const OUTER_LIPS: [usize; 20] = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185];
const INNER_LIPS: [usize; 20] = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191];
/// Edges of upper and lower lip from corner to corner.
const UPPER_EDGE: [usize; 11] = [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291];
const LOWER_EDGE: [usize; 11] = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291];
/// Points of cheeks, nose bridge and forehead.
const UPPER_FACE: [usize; 10] = [50, 280, 101, 330, 6, 197, 151, 9, 108, 337];
/// Weights of the judge, in the order of [`judge`]'s measurements, and its offset.
const WEIGHTS: [f32; 6] = [-12.184, -0.514, -1.499, -2.872, 2.095, -0.565];
const OFFSET: f32 = 21.748;
/// From here on a mouth is said to be covered, and from here on it is: photographs of uncovered mouths reach -1.7 (62 of the
/// train people, portraits and synthetic faces), covers with shade and folds are at -3 to 10.
const DOUBTFUL: f32 = 0.5;
const COVERED: f32 = 2.5;
/// Both lie higher where less can be told: in a picture without colours (lips in a beard) and for eyes nearer to each other than
/// this many pixels.
const COLOURLESS_MARGIN: f32 = 4.0;
const SMALL_MARGIN: f32 = 2.0;
const SMALL_IOD: f32 = 60.0;
/// The upper face's outline: forehead, temples, cheeks, tip of the nose.
const UPPER_OUTLINE: [usize; 18] = [10, 67, 54, 162, 234, 93, 50, 205, 4, 425, 280, 323, 454, 389, 284, 332, 297, 338];
/// Neighbouring pixels that differ by less than this (lightness, 0 to 100) lie on one patch of paint.
const ONE_PAINT: f32 = 0.15;
/// Share of such pixels from which a face is drawn or painted in flat patches rather than photographed: 0.00 to 0.14 in 102
/// photographs and frames, 0.25 to 0.90 in the same portraits as oil painting, posterised and as cartoon.
const DRAWN: f32 = 0.2;
/// Lightness steps within which a tint is one colour.
const TINT_STEPS: usize = 26;
/// Distance from grey (CIE Lab) of cheeks and chin, or of the whole from a single tint, up to which a picture has no colours.
const COLOURLESS: f32 = 1.5;

/// Whether a mouth can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouthView {
    /// Nothing is in front of it.
    Free,
    /// It seems covered.
    Doubtful,
    /// It is covered.
    Covered,
}

impl FaceNetworks {
    /// Whether something is in front of the mouth of a face whose landmarks are known.
    ///
    /// # Errors
    /// [`FaceError::Network`], [`FaceError::PictureSize`].
    pub fn mouth_view(&self, picture: &RgbImage, landmarks: &Landmarks) -> Result<MouthView, FaceError> {
        let region = FaceRegion::around_landmarks(landmarks);
        let certainty = self.mesh_pass(picture, &region)?.certainty;
        let small = if landmarks.interocular_distance() < SMALL_IOD { SMALL_MARGIN } else { 0.0 };
        let crop = Crop::of(picture, landmarks, &region);
        let (score, flat) = (judge(&crop, certainty) - small, crop.flatness());
        tracing::debug!(score, certainty, flat, "mouth view");
        Ok(match score {
            // Drawn lips may be a single line: what the judge knows of photographs is no reason to refuse them.
            s if s >= COVERED && flat < DRAWN => MouthView::Covered,
            s if s >= DOUBTFUL => MouthView::Doubtful,
            _ => MouthView::Free,
        })
    }
}

/// The face upright in CIE Lab, with its landmarks.
struct Crop {
    /// `[SIDE * SIDE]`.
    lab: Vec<[f32; 3]>,
    /// `[478]`, pixels of the crop.
    points: Vec<[f32; 2]>,
}

impl Crop {
    fn of(picture: &RgbImage, landmarks: &Landmarks, region: &FaceRegion) -> Self {
        let mut lab = vec![[0.0; 3]; SIDE * SIDE];
        region.sample(picture, SIDE, BorderMode::Nearest, |index, colour| lab[index] = to_lab(colour));
        let (sin, cos) = region.rotation.sin_cos();
        let place = |p: &[f32; 3]| {
            let (dx, dy) = (p[0] - region.centre[0], p[1] - region.centre[1]);
            let (x, y) = (cos * dx + sin * dy, cos * dy - sin * dx);
            [(x / region.width + 0.5) * SIDE as f32, (y / region.height + 0.5) * SIDE as f32]
        };
        Self { lab, points: landmarks.points().iter().map(place).collect() }
    }

    fn polygon(&self, points: &[usize], growth: [f32; 2]) -> Vec<[f32; 2]> {
        let all: Vec<[f32; 2]> = points.iter().map(|&i| self.points[i]).collect();
        let middle: [f32; 2] = std::array::from_fn(|k| all.iter().map(|p| p[k]).sum::<f32>() / all.len() as f32);
        all.iter().map(|p| std::array::from_fn(|k| middle[k] + growth[k] * (p[k] - middle[k]))).collect()
    }

    /// Colours of the pixels for which `wanted` holds.
    fn colours(&self, wanted: impl Fn([f32; 2]) -> bool) -> Vec<[f32; 3]> {
        let at = |i: usize| [(i % SIDE) as f32, (i / SIDE) as f32];
        self.lab.iter().enumerate().filter(|(i, _)| wanted(at(*i))).map(|(_, &colour)| colour).collect()
    }

    fn lightness(&self, [x, y]: [f32; 2]) -> f32 {
        let most = (SIDE - 1) as f32;
        let (x, y) = (x.clamp(0.0, most), y.clamp(0.0, most));
        let (x0, y0) = ((x as usize).min(SIDE - 2), (y as usize).min(SIDE - 2));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let l = |x: usize, y: usize| self.lab[y * SIDE + x][0];
        let top = l(x0, y0) + fx * (l(x0 + 1, y0) - l(x0, y0));
        let bottom = l(x0, y0 + 1) + fx * (l(x0 + 1, y0 + 1) - l(x0, y0 + 1));
        top + fy * (bottom - top)
    }

    /// Share of the upper face's pixels that are as light as their neighbours to the right and below.
    fn flatness(&self) -> f32 {
        let outline = self.polygon(&UPPER_OUTLINE, [1.0; 2]);
        let inside =
            (0..SIDE * (SIDE - 1)).filter(|i| i % SIDE + 1 < SIDE && holds(&outline, [(i % SIDE) as f32, (i / SIDE) as f32]));
        let (mut flat, mut all) = (0_usize, 0_usize);
        for i in inside {
            let differs = |other: usize| (self.lab[i][0] - self.lab[other][0]).abs() >= ONE_PAINT;
            flat += usize::from(!differs(i + 1) && !differs(i + SIDE));
            all += 1;
        }
        flat as f32 / all.max(1) as f32
    }

    /// By how much the darkest place between the lips is darker than the darker lip: median along the mouth.
    fn dark_line(&self) -> f32 {
        let along = |edge: &[usize; 11], t: f32| -> [f32; 2] {
            let (first, part) = ((10.0 * t) as usize, (10.0 * t).fract());
            let (a, b) = (self.points[edge[first]], self.points[edge[(first + 1).min(10)]]);
            [a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])]
        };
        let mut depths: Vec<f32> = (0..13)
            .map(|k| {
                let t = 0.2 + 0.05 * k as f32;
                let (top, bottom) = (along(&UPPER_EDGE, t), along(&LOWER_EDGE, t));
                let down: Vec<f32> = (0..21)
                    .map(|s| {
                        let s = s as f32 / 20.0;
                        self.lightness([top[0] + s * (bottom[0] - top[0]), top[1] + s * (bottom[1] - top[1])])
                    })
                    .collect();
                let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
                let darkest = down[5..16].iter().copied().fold(f32::MAX, f32::min);
                mean(&down[..5]).min(mean(&down[16..])) - darkest
            })
            .collect();
        median(&mut depths)
    }
}

/// The judge's score: above 0 a mouth is covered rather than not.
fn judge(crop: &Crop, certainty: f32) -> f32 {
    let (lips, inner) = (crop.polygon(&OUTER_LIPS, [1.0; 2]), crop.polygon(&INNER_LIPS, [1.0; 2]));
    let (around, near) = (crop.polygon(&OUTER_LIPS, [1.35, 1.9]), crop.polygon(&OUTER_LIPS, [1.12; 2]));
    let red = crop.colours(|p| holds(&lips, p) && !holds(&inner, p));
    let ring = crop.colours(|p| holds(&around, p) && !holds(&near, p));
    let above = crop.colours(|p| UPPER_FACE.iter().any(|&i| (0..2).all(|k| (p[k] - crop.points[i][k]).abs() <= 4.5)));
    let (lip, skin, face) = (middle_colour(&red), middle_colour(&ring), middle_colour(&above));
    let contrast: [f32; 3] = std::array::from_fn(|k| lip[k] - skin[k]);
    let spread = |k: usize| ring.iter().map(|c| (c[k] - skin[k]).powi(2)).sum::<f32>() / ring.len().max(1) as f32;
    let measured = [
        certainty.clamp(12.0, 20.0) / 10.0,
        contrast[1].max(0.0).ln_1p(),
        (contrast[0].powi(2) + (1.5 * contrast[1]).powi(2) + contrast[2].powi(2)).sqrt().ln_1p(),
        crop.dark_line() / 10.0,
        (skin[1] - face[1]).hypot(skin[2] - face[2]).ln_1p(),
        (spread(1) + spread(2)).sqrt().ln_1p(),
    ];
    let all: Vec<[f32; 3]> = [red.as_slice(), &ring, &above].concat();
    let colourless = [skin, face].iter().all(|c| c[1].hypot(c[2]) < COLOURLESS) || spread_of_tint(&all) < COLOURLESS;
    let margin = if colourless { COLOURLESS_MARGIN } else { 0.0 };
    WEIGHTS.iter().zip(measured).map(|(w, m)| w * m).sum::<f32>() + OFFSET - margin
}

/// How far colours of one lightness lie apart (standard deviation, CIE Lab): next to nothing in sepia, bronze and other pictures of a
/// single tint.
fn spread_of_tint(colours: &[[f32; 3]]) -> f32 {
    let mut steps = [[0.0_f32; 4]; TINT_STEPS];
    for &[l, a, b] in colours {
        let step = &mut steps[((l / 100.0 * TINT_STEPS as f32).max(0.0) as usize).min(TINT_STEPS - 1)];
        for (sum, value) in step.iter_mut().zip([1.0, a, b, a * a + b * b]) {
            *sum += value;
        }
    }
    let within = |[count, a, b, squares]: &[f32; 4]| squares - (a * a + b * b) / count.max(1.0);
    (steps.iter().map(within).sum::<f32>().max(0.0) / colours.len().max(1) as f32).sqrt()
}

/// Whether a polygon holds a point (even-odd rule).
fn holds(polygon: &[[f32; 2]], [x, y]: [f32; 2]) -> bool {
    let mut inside = false;
    let mut last = polygon.len().saturating_sub(1);
    for (k, a) in polygon.iter().enumerate() {
        let b = polygon[last];
        if (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0] {
            inside = !inside;
        }
        last = k;
    }
    inside
}

fn middle_colour(colours: &[[f32; 3]]) -> [f32; 3] {
    std::array::from_fn(|k| median(&mut colours.iter().map(|c| c[k]).collect::<Vec<_>>()))
}

fn median(values: &mut [f32]) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// sRGB, 0..255, as CIE Lab (D65).
fn to_lab(colour: [f32; 3]) -> [f32; 3] {
    let linear = colour.map(|v| {
        let v = v / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    });
    let row = |m: [f32; 3], white: f32| {
        let v = (m[0] * linear[0] + m[1] * linear[1] + m[2] * linear[2]) / white;
        if v > 0.008_856 { v.cbrt() } else { 7.787 * v + 16.0 / 116.0 }
    };
    let x = row([0.4124, 0.3576, 0.1805], 0.95047);
    let y = row([0.2126, 0.7152, 0.0722], 1.0);
    let z = row([0.0193, 0.1192, 0.9505], 1.089);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_and_red_are_where_they_belong() {
        let white = to_lab([255.0; 3]);
        assert!((white[0] - 100.0).abs() < 0.1 && white[1].abs() < 0.5 && white[2].abs() < 0.5, "{white:?}");
        let red = to_lab([255.0, 0.0, 0.0]);
        assert!((red[0] - 53.2).abs() < 0.5 && (red[1] - 80.1).abs() < 1.0, "{red:?}");
    }

    #[test]
    fn a_polygon_holds_its_inside() {
        let square = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];
        assert!(holds(&square, [5.0, 5.0]) && !holds(&square, [15.0, 5.0]) && !holds(&square, [5.0, -1.0]));
    }
}
