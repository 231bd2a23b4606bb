//! The eyeballs: a fixed plate behind each pair of lids, with the gaze shifted on it.

use nalgebra::{Matrix3, Vector3};
use talkinghead_face::CanonicalMesh;

use crate::math::{planar_distance, smoothstep};
use crate::picture::blur::blur_mask;
use crate::picture::canvas::{Canvas, Mask};
use crate::picture::fill::pull_push;
use crate::picture::polygon::{Region, polygon_mask};
use crate::picture::texture::Texture;
use crate::portrait::geometry::{PortraitGeometry, PosedFace};

/// Share of an eye's width and height that shows eyeball for certain; lids and lashes lie beyond.
const KEPT: [f32; 2] = [0.97, 0.86];
/// Blink from which on the eye is all plate.
const HIDDEN: f32 = 0.1;
/// Largest gaze shift in eye widths.
const GAZE_LIMIT: f32 = 0.12;

/// Both eyes of a portrait.
#[derive(Clone, Debug)]
pub struct EyeScene {
    eyes: Vec<Eye>,
}

#[derive(Clone, Debug)]
struct Eye {
    /// Mesh points around the eye.
    ring: &'static [usize],
    /// The ring in the photograph.
    contour: Vec<[f32; 3]>,
    /// Upper left corner of the plate in the photograph.
    corner: [f32; 2],
    plate: Texture,
    iris: [f32; 2],
    /// Pixels.
    width: f32,
}

impl EyeScene {
    /// Cuts the eyeballs out of the photograph and grows them outwards under the lids.
    pub fn prepare(picture: &Canvas, portrait: &PortraitGeometry) -> Self {
        let mesh = CanonicalMesh::get();
        let eyes = ["image_left_eye", "image_right_eye"]
            .iter()
            .enumerate()
            .filter_map(|(side, name)| Eye::prepare(picture, portrait, side, &mesh.contours[*name]))
            .collect();
        Self { eyes }
    }

    /// Paints the eyeballs where lids have moved or the gaze has; open eyes that look as photographed are left alone.
    pub fn paint(&self, frame: &mut Canvas, portrait: &PortraitGeometry, face: &PosedFace) {
        let gaze = limited(face.gaze);
        let looking = smoothstep(0.002, 0.02, (gaze[0] * gaze[0] + gaze[1] * gaze[1]).sqrt());
        for (side, eye) in self.eyes.iter().enumerate() {
            let strength = lid_strength(face.blink[side]).max(looking);
            if strength > 0.0 {
                eye.paint(frame, portrait, face, gaze, strength);
            }
        }
    }
}

/// Opacity of the plate for a blink: the photograph's own eye gives way early.
fn lid_strength(blink: f32) -> f32 {
    smoothstep(0.01, HIDDEN, blink)
}

/// Whether the plate hides the photograph's own eye altogether.
pub(crate) fn hides_own_eye(blink: f32) -> bool {
    blink >= HIDDEN
}

fn limited(gaze: [f32; 2]) -> [f32; 2] {
    let length = (gaze[0] * gaze[0] + gaze[1] * gaze[1]).sqrt();
    let factor = if length > GAZE_LIMIT { GAZE_LIMIT / length } else { 1.0 };
    gaze.map(|v| v * factor)
}

impl Eye {
    fn prepare(picture: &Canvas, portrait: &PortraitGeometry, side: usize, ring: &'static [usize]) -> Option<Self> {
        let contour: Vec<[f32; 3]> = ring.iter().map(|&i| portrait.vertices[i]).collect();
        let (outer, inner) = if side == 0 { (33, 133) } else { (362, 263) };
        let [a, b] = [outer, inner].map(|i: usize| portrait.vertices[i]);
        let width = planar_distance(a, b).max(1.0);
        let axis = [(b[0] - a[0]) / width, (b[1] - a[1]) / width];
        let count = contour.len() as f32;
        let middle = [0, 1].map(|k| contour.iter().map(|p| p[k]).sum::<f32>() / count);
        let shrunk: Vec<[f32; 2]> = contour
            .iter()
            .map(|p| {
                let (dx, dy) = (p[0] - middle[0], p[1] - middle[1]);
                let along = KEPT[0] * (dx * axis[0] + dy * axis[1]);
                let across = KEPT[1] * (dy * axis[0] - dx * axis[1]);
                [middle[0] + along * axis[0] - across * axis[1], middle[1] + along * axis[1] + across * axis[0]]
            })
            .collect();
        let outline: Vec<[f32; 2]> = contour.iter().map(|p| [p[0], p[1]]).collect();
        let region = Region::around(&outline, 0.3 * portrait.iod + 2.0, picture.width, picture.height)?;
        let cut = region.cut(picture);
        let weight = polygon_mask(&shrunk, region);
        let filled = pull_push(&cut, &weight);
        let mut plate = filled;
        for ((out, own), &w) in plate.data.iter_mut().zip(&cut.data).zip(&weight.data) {
            *out = std::array::from_fn(|k| out[k] + w * (own[k] - out[k]));
        }
        let iris = portrait.irises.get(5 * side).map_or(middle, |p| [p[0], p[1]]);
        let plate = Texture::new(&plate, 2, 0.15);
        Some(Self { ring, contour, corner: [region.x as f32, region.y as f32], plate, iris, width })
    }

    fn paint(&self, frame: &mut Canvas, portrait: &PortraitGeometry, face: &PosedFace, gaze: [f32; 2], strength: f32) {
        let outline: Vec<[f32; 2]> = self.ring.iter().map(|&i| [face.points[i][0], face.points[i][1]]).collect();
        let sd = (0.008 * portrait.iod).max(0.5);
        let Some(region) = Region::around(&outline, 3.0 * sd + 1.0, frame.width, frame.height) else { return };
        let posed: Vec<[f32; 3]> = self.contour.iter().map(|&p| face.rigid.apply(p)).collect();
        let Some(back) = affine_between(&posed, &self.contour) else { return };
        let mut alpha: Mask = polygon_mask(&outline, region);
        blur_mask(&mut alpha, sd);
        for row in 0..region.height {
            for column in 0..region.width {
                let a = strength * alpha.at(column, row);
                if a < 1e-3 {
                    continue;
                }
                let (x, y) = ((region.x + column) as f32, (region.y + row) as f32);
                let mut place: [f32; 2] = std::array::from_fn(|k| back[k][0] * x + back[k][1] * y + back[k][2]);
                let from_iris = ((place[0] - self.iris[0]).powi(2) + (place[1] - self.iris[1]).powi(2)).sqrt() / self.width;
                let follows = 1.0 - smoothstep(0.22, 0.48, from_iris);
                (0..2).for_each(|k| place[k] -= gaze[k] * self.width * follows + self.corner[k]);
                let colour = self.plate.sample(place[0], place[1]);
                let out = frame.at_mut(region.x + column, region.y + row);
                (0..3).for_each(|k| out[k] += a * (colour[k].clamp(0.0, 255.0) - out[k]));
            }
        }
    }
}

/// Least-squares affine map in the picture plane from `from` to `to`: two rows of three numbers.
pub(crate) fn affine_between(from: &[[f32; 3]], to: &[[f32; 3]]) -> Option<[[f32; 3]; 2]> {
    // Centred on the first point for precision.
    let (ox, oy) = (from.first()?[0], from.first()?[1]);
    let mut normal = Matrix3::<f64>::zeros();
    let mut right = [Vector3::<f64>::zeros(); 2];
    for (p, q) in from.iter().zip(to) {
        let row = Vector3::new(f64::from(p[0] - ox), f64::from(p[1] - oy), 1.0);
        normal += row * row.transpose();
        right[0] += row * f64::from(q[0]);
        right[1] += row * f64::from(q[1]);
    }
    let inverse = normal.try_inverse()?;
    Some(right.map(|r| {
        let s = inverse * r;
        [s[0] as f32, s[1] as f32, (s[2] - s[0] * f64::from(ox) - s[1] * f64::from(oy)) as f32]
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::portrait::expression::ExpressionScale;
    use crate::portrait::pose::pose_face;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::{FaceMotion, HeadPose};

    fn scene() -> (Canvas, PortraitGeometry, EyeScene) {
        let portrait = PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 12.0));
        let mut picture = Canvas::filled(512, 512, [200.0, 150.0, 120.0]);
        for side in [0, 5] {
            let p = portrait.irises[side];
            for y in 0..512 {
                for x in 0..512 {
                    if (x as f32 - p[0]).powi(2) + (y as f32 - p[1]).powi(2) < 36.0 {
                        *picture.at_mut(x, y) = [20.0, 20.0, 60.0];
                    }
                }
            }
        }
        let eyes = EyeScene::prepare(&picture, &portrait);
        (picture, portrait, eyes)
    }

    #[test]
    fn open_eyes_looking_ahead_are_left_alone() {
        let (picture, portrait, eyes) = scene();
        let (face, _) = pose_face(&portrait, ExpressionScale::of(&portrait), &FaceMotion::neutral());
        let mut frame = picture.clone();
        eyes.paint(&mut frame, &portrait, &face);
        assert_eq!(frame, picture);
    }

    #[test]
    fn the_iris_follows_the_gaze() {
        let (picture, portrait, eyes) = scene();
        let motion = FaceMotion { gaze: [0.1, 0.0], ..FaceMotion::neutral() };
        let (face, _) = pose_face(&portrait, ExpressionScale::of(&portrait), &motion);
        let mut frame = picture.clone();
        eyes.paint(&mut frame, &portrait, &face);
        let centre_of_dark = |canvas: &Canvas| {
            let (mut sum, mut weight) = (0.0, 0.0);
            for y in 150..300 {
                for x in 150..256 {
                    let dark = (200.0 - canvas.at(x, y)[0]).max(0.0);
                    sum += dark * x as f32;
                    weight += dark;
                }
            }
            sum / weight
        };
        let shift = centre_of_dark(&frame) - centre_of_dark(&picture);
        assert!(shift > 1.0, "{shift}");
    }

    #[test]
    fn an_affine_map_is_found() {
        let from = [[10.0, 20.0, 0.0], [30.0, 25.0, 0.0], [15.0, 60.0, 0.0], [50.0, 50.0, 0.0]];
        let to = from.map(|p| [1.1 * p[0] - 0.2 * p[1] + 3.0, 0.3 * p[0] + 0.9 * p[1] - 7.0, 0.0]);
        let map = affine_between(&from, &to).unwrap();
        assert!((map[0][0] - 1.1).abs() < 1e-4 && (map[1][2] + 7.0).abs() < 1e-2);
    }
}
