//! Light on closed lids: a lid that comes out of the shadow of a deep-set eye is lit nearly like the cheek below.

use talkinghead_face::CanonicalMesh;

use crate::math::smoothstep;
use crate::picture::blur::{blur_canvas, blur_mask};
use crate::picture::canvas::{Canvas, Mask};
use crate::picture::polygon::{Region, polygon_mask};
use crate::portrait::geometry::{PortraitGeometry, PosedFace};
use crate::portrait::lids::{lid_outline, under_eye};
use crate::warp::paint::WarpMap;

/// A closed lid's brightness as a share of the cheek's under it.
const SHARE: f32 = 0.74;
/// Most that is added, 0..255.
const LIMIT: f32 = 110.0;

/// What is added to the skin of both upper lids as they close.
#[derive(Clone, Debug)]
pub(crate) struct LidLight {
    lids: Vec<Lid>,
}

#[derive(Clone, Debug)]
struct Lid {
    side: usize,
    region: Region,
    /// Added at full blink, in the photograph's pixels; low frequencies only.
    lift: Canvas,
}

impl LidLight {
    /// Compares the low frequencies of the lids with the cheeks'.
    pub fn prepare(picture: &Canvas, portrait: &PortraitGeometry) -> Self {
        Self { lids: (0..2).filter_map(|side| Lid::prepare(picture, portrait, side)).collect() }
    }

    /// Lifts the closing lids of a warped frame. `frame` and `face` begin at `corner` of what `map` maps, which says where
    /// in the photograph each pixel came from.
    pub fn apply(&self, frame: &mut Canvas, map: &WarpMap, corner: [usize; 2], face: &PosedFace) {
        for lid in &self.lids {
            let strength = smoothstep(0.15, 0.9, face.blink[lid.side]);
            if strength > 0.0 {
                lid.apply(frame, |x, y| map.at(x + corner[0], y + corner[1]), face, strength);
            }
        }
    }
}

impl Lid {
    fn prepare(picture: &Canvas, portrait: &PortraitGeometry, side: usize) -> Option<Self> {
        let at = |i: &usize| [portrait.vertices[*i][0], portrait.vertices[*i][1]];
        let outline: Vec<[f32; 2]> = lid_outline(side).iter().map(at).collect();
        let below: Vec<[f32; 2]> = under_eye(side).iter().map(at).collect();
        let all: Vec<[f32; 2]> = outline.iter().chain(&below).copied().collect();
        let iod = portrait.iod;
        let region = Region::around(&all, 0.12 * iod + 2.0, picture.width, picture.height)?;
        let cut = region.cut(picture);

        // Low frequencies of the skin alone: eyeball and lashes are left out of the mean.
        let mut skin = eye_mask(portrait, side, region);
        skin.data.iter_mut().for_each(|v| *v = (1.0 - *v).max(1e-4));
        let mut low = cut.clone();
        for (colour, &w) in low.data.iter_mut().zip(&skin.data) {
            *colour = colour.map(|v| v * w);
        }
        blur_canvas(&mut low, 0.06 * iod);
        blur_mask(&mut skin, 0.06 * iod);
        for (colour, &w) in low.data.iter_mut().zip(&skin.data) {
            *colour = colour.map(|v| v / w.max(1e-4));
        }

        let mut cheek = [0.0f32; 3];
        for p in &below {
            let colour = low.bilinear(p[0] - region.x as f32, p[1] - region.y as f32);
            (0..3).for_each(|k| cheek[k] += colour[k] / below.len() as f32);
        }
        let mut weight = polygon_mask(&outline, region);
        blur_mask(&mut weight, 0.03 * iod);
        let mut lift = low;
        for (colour, &w) in lift.data.iter_mut().zip(&weight.data) {
            *colour = std::array::from_fn(|k| w * (SHARE * cheek[k] - colour[k]).clamp(0.0, LIMIT));
        }
        let needed = lift.data.iter().flatten().any(|&v| v > 2.0);
        needed.then_some(Self { side, region, lift })
    }

    fn apply(&self, frame: &mut Canvas, place: impl Fn(usize, usize) -> [f32; 2], face: &PosedFace, strength: f32) {
        let outline: Vec<[f32; 2]> = lid_outline(self.side).iter().map(|&i| [face.points[i][0], face.points[i][1]]).collect();
        let margin = 0.25 * self.region.height as f32 + 2.0;
        let Some(region) = Region::around(&outline, margin, frame.width, frame.height) else { return };
        let (right, bottom) = ((self.region.width - 1) as f32, (self.region.height - 1) as f32);
        for y in region.y..region.y + region.height {
            for x in region.x..region.x + region.width {
                let i = y * frame.width + x;
                let [u, v] = place(x, y);
                let (u, v) = (u - self.region.x as f32, v - self.region.y as f32);
                if u < 0.0 || v < 0.0 || u > right || v > bottom {
                    continue;
                }
                let lift = self.lift.bilinear(u, v);
                let out = &mut frame.data[i];
                (0..3).for_each(|k| out[k] = (out[k] + strength * lift[k]).min(255.0));
            }
        }
    }
}

fn eye_mask(portrait: &PortraitGeometry, side: usize, region: Region) -> Mask {
    let name = ["image_left_eye", "image_right_eye"][side];
    let ring = &CanonicalMesh::get().contours[name];
    let outline: Vec<[f32; 2]> = ring.iter().map(|&i| [portrait.vertices[i][0], portrait.vertices[i][1]]).collect();
    polygon_mask(&outline, region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portrait::expression::ExpressionScale;
    use crate::portrait::pose::pose_face;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::{FaceMotion, HeadPose};

    fn closed(picture: &Canvas) -> (Canvas, PortraitGeometry) {
        let portrait = PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 12.0));
        let light = LidLight::prepare(picture, &portrait);
        let motion = FaceMotion { blink: [1.0; 2], ..FaceMotion::neutral() };
        let (face, _) = pose_face(&portrait, ExpressionScale::of(&portrait), &motion);
        let mut frame = picture.clone();
        light.apply(&mut frame, &WarpMap::still(512, 512), [0, 0], &face);
        (frame, portrait)
    }

    #[test]
    fn even_skin_is_left_alone() {
        let picture = Canvas::filled(512, 512, [180.0, 140.0, 120.0]);
        assert_eq!(closed(&picture).0, picture);
    }

    #[test]
    fn a_lid_in_shadow_is_lifted() {
        let mut picture = Canvas::filled(512, 512, [180.0, 140.0, 120.0]);
        let lid_height = landmarks(&HeadPose::default(), 12.0).points()[159][1] as usize;
        for y in 0..lid_height {
            for x in 0..512 {
                *picture.at_mut(x, y) = [20.0; 3];
            }
        }
        let (frame, portrait) = closed(&picture);
        let p = portrait.vertices[27];
        assert!(frame.at(p[0] as usize, p[1] as usize + 3)[0] > 50.0);
    }
}
