//! Colours of the mouth, read from the picture: lips, skin, white of the eyes.

use super::contour::{inner_lips, outer_lips};
use crate::math::planar_distance;
use crate::picture::canvas::{Canvas, Mask};
use crate::picture::polygon::{Region, polygon_mask};

/// Colours that the scene behind the lips is painted with, 0..255.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tints {
    /// Median colour of the lips.
    pub lip: [f32; 3],
    /// Fully lit tooth.
    pub tooth: [f32; 3],
    /// Brightness of bright skin.
    pub skin: f32,
    /// Median colour of the face.
    pub face: [f32; 3],
    /// A picture without colour.
    pub grey: bool,
}

const FACE_OVAL: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172,
    58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];
const LEFT_EYE: [usize; 16] = [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7];
const RIGHT_EYE: [usize; 16] = [362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382];

pub(crate) fn luminance(c: [f32; 3]) -> f32 {
    0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]
}

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
        let skin = quantile(oval.iter().map(|&c| luminance(c)).collect(), 0.9);
        let sclera = quantile(white.iter().map(|&c| luminance(c)).collect(), 0.8);
        let bright = (0.95 * sclera).max(0.98 * skin).clamp(120.0, 225.0);
        let tooth = if grey { [bright; 3] } else { [bright, 0.94 * bright, 0.85 * bright] };
        Self { lip, tooth, skin, face, grey }
    }
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
