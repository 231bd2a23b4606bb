//! Colours of the mouth, read from the picture: lips, skin, white of the eyes.

use super::contour::{inner_lips, outer_lips};
use crate::math::{luminance, planar_distance, smoothstep};
use crate::picture::canvas::{Canvas, Mask};
use crate::picture::polygon::{Region, polygon_mask};

/// Colours that the scene behind the lips is painted with, 0..255.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tints {
    /// Median colour of the lips.
    pub lip: [f32; 3],
    /// Fully lit tooth.
    pub tooth: [f32; 3],
    /// Median colour of the face.
    pub face: [f32; 3],
    /// A picture without colour.
    pub grey: bool,
}

/// A tooth's colour as multiples of the skin's, the median of eighteen people's.
const SKIN_TO_TOOTH: [f32; 3] = [1.20, 1.38, 1.50];
/// The brightest channel of a drawn tooth: below it its form is still seen.
const BRIGHTEST_TOOTH: f32 = 242.0;

const FACE_OVAL: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172,
    58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];
const LEFT_EYE: [usize; 16] = [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7];
const RIGHT_EYE: [usize; 16] = [362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382];

impl Tints {
    /// Reads the colours off a picture (0..255) with its 468 mesh points and ten iris points, in pixels.
    pub fn read(picture: &Canvas, vertices: &[[f32; 3]], irises: &[[f32; 3]]) -> Self {
        let points = vertices;
        let ring = |numbers: &[usize]| numbers.iter().map(|&i| [points[i][0], points[i][1]]).collect::<Vec<_>>();
        let oval = colours(picture, &ring(&FACE_OVAL), |_| true);
        let spread =
            oval.iter().map(|c| c[0].max(c[1]).max(c[2]) - c[0].min(c[1]).min(c[2])).sum::<f32>() / oval.len().max(1) as f32;
        let grey = spread < 3.0;

        let inner = inner_lips(points);
        let mut lips = lip_colours(picture, &outer_lips(points), &inner);
        if lips.is_empty() {
            lips.push([150.0, 90.0, 85.0]);
        }
        let median = |k: usize| quantile(lips.iter().map(|c| c[k]).collect(), 0.5);
        let lip = [median(0), median(1), median(2)];

        let mut white = Vec::new();
        for (eye, iris) in [(&LEFT_EYE, 0), (&RIGHT_EYE, 5)] {
            let Some(&c) = irises.get(iris) else { continue };
            let radius = irises[iris + 1..].iter().take(4).map(|&p| planar_distance(p, c)).sum::<f32>() / 4.0;
            white.extend(colours(picture, &ring(eye), |p| (p[0] - c[0]).hypot(p[1] - c[1]) > 1.1 * radius));
        }
        let face = std::array::from_fn(|k| quantile(oval.iter().map(|c| c[k]).collect(), 0.5));
        let tooth = tooth_colour(face, &mut white);
        let tooth = if grey { [luminance(tooth); 3] } else { tooth };
        Self { lip, tooth, face, grey }
    }
}

/// A fully lit tooth under the light that falls on the face: brighter than the skin and less red, by as much as teeth of
/// real people are. The white of the eyes tells the light's colour too, where it is seen.
fn tooth_colour(face: [f32; 3], white: &mut [[f32; 3]]) -> [f32; 3] {
    let of_skin: [f32; 3] = std::array::from_fn(|k| face[k] * SKIN_TO_TOOTH[k]);
    let light = luminance(of_skin);
    white.sort_by(|a, b| luminance(*a).total_cmp(&luminance(*b)));
    let brightest = &white[white.len() * 7 / 10..white.len() * 9 / 10];
    let mut colour = of_skin;
    if !brightest.is_empty() {
        let mean: [f32; 3] = std::array::from_fn(|k| brightest.iter().map(|c| c[k]).sum::<f32>() / brightest.len() as f32);
        let gain = light / luminance(mean).max(1.0);
        // Eyes in shadow or nearly shut show no white.
        let seen = 0.5 * smoothstep(0.7, 1.0, luminance(mean) / luminance(face).max(1.0));
        colour = std::array::from_fn(|k| of_skin[k] + seen * (mean[k] * gain - of_skin[k]));
    }
    let brightest = colour.into_iter().fold(1.0, f32::max);
    colour.map(|v| v * (BRIGHTEST_TOOTH / brightest).min(1.0))
}

/// Colours of the pixels inside a polygon that a rule keeps.
fn colours(picture: &Canvas, polygon: &[[f32; 2]], keep: impl Fn([f32; 2]) -> bool) -> Vec<[f32; 3]> {
    let Some(region) = Region::around(polygon, 0.0, picture.width, picture.height) else {
        return Vec::new();
    };
    let mask = polygon_mask(polygon, region);
    inside(picture, region, &mask).filter(|&(p, _)| keep(p)).map(|(_, c)| c).collect()
}

fn lip_colours(picture: &Canvas, outer: &[[f32; 2]], inner: &[[f32; 2]]) -> Vec<[f32; 3]> {
    let Some(region) = Region::around(outer, 0.0, picture.width, picture.height) else {
        return Vec::new();
    };
    let mut mask = polygon_mask(outer, region);
    let hole = polygon_mask(inner, region);
    mask.data.iter_mut().zip(&hole.data).for_each(|(m, h)| *m -= 2.0 * h);
    inside(picture, region, &mask).map(|(_, c)| c).collect()
}

/// Places and colours of the pixels whose mask is over a half.
fn inside<'a>(picture: &'a Canvas, region: Region, mask: &'a Mask) -> impl Iterator<Item = ([f32; 2], [f32; 3])> + 'a {
    mask.data.iter().enumerate().filter(|&(_, &m)| m > 0.5).map(move |(i, _)| {
        let (x, y) = (region.x + i % region.width, region.y + i / region.width);
        ([x as f32, y as f32], picture.data[y * picture.width + x])
    })
}

/// The value below which the share `q` lies; 0 for nothing.
pub(crate) fn quantile(mut values: Vec<f32>, q: f32) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let k = ((values.len() - 1) as f32 * q).round() as usize;
    *values.select_nth_unstable_by(k, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn teeth_take_the_lights_colour_and_strength() {
        let warm = tooth_colour([190.0, 140.0, 112.0], &mut []);
        assert!(warm[0] > warm[2] && luminance(warm) > luminance([190.0, 140.0, 112.0]), "{warm:?}");
        // A lilac light: the skin's blue is not below its green.
        let lilac = tooth_colour([178.0, 145.0, 150.0], &mut []);
        assert!(lilac[2] > lilac[1] && lilac[2] / lilac[0] > warm[2] / warm[0] + 0.1, "{lilac:?} {warm:?}");
        // Half the light, half the brightness.
        let dim = tooth_colour([95.0, 70.0, 56.0], &mut []);
        assert!((0..3).all(|k| (dim[k] - 0.5 * warm[k]).abs() < 2.0), "{dim:?} {warm:?}");
        assert!(tooth_colour([250.0, 240.0, 235.0], &mut []).into_iter().all(|v| v <= BRIGHTEST_TOOTH + 1e-3));
    }

    #[test]
    fn a_seen_white_of_the_eye_mends_the_colour_and_a_shaded_one_does_not() {
        let face = [190.0, 140.0, 112.0];
        let alone = tooth_colour(face, &mut []);
        let seen = tooth_colour(face, &mut [[200.0, 195.0, 192.0]; 20]);
        assert!(seen[2] / seen[0] > alone[2] / alone[0] + 0.05, "{seen:?} {alone:?}");
        assert_eq!(tooth_colour(face, &mut [[80.0, 40.0, 20.0]; 20]), alone);
    }
}
