//! What is seen between the lips: cavity, tongue, lower teeth on the jaw, upper teeth on the skull, and the lips' shadow.

use super::contour::{LipLines, SkullFrame, inner_lips};
use super::lip_plate::LipPlate;
use super::own_teeth::OwnTeeth;
use super::procedural_teeth::{Row, shaded};
use super::tints::Tints;
use crate::math::smoothstep;
use crate::picture::blur::blur_mask;
use crate::picture::canvas::Canvas;
use crate::picture::polygon::{Region, polygon_mask};
use crate::portrait::geometry::{PortraitGeometry, PosedFace};
use talkinghead_face::RigidFit;

/// Half width of the line between closed lips, interocular distances.
const SEAM_WIDTH: f32 = 0.011;
/// How much of the light that line swallows.
const SEAM_STRENGTH: f32 = 0.45;

/// The mouth of one portrait, prepared once and painted into every frame.
#[derive(Clone, Debug)]
pub struct MouthScene {
    tints: Tints,
    own: Option<OwnTeeth>,
    lip_plate: Option<LipPlate>,
    /// Origin of the skull frame, frontal centimetres.
    origin: [f32; 3],
    /// Frontal centimetres in one interocular distance.
    unit: f32,
    /// The photograph's head.
    fit: RigidFit,
    iod: f32,
    colours: Colours,
}

/// What the parts of the scene are painted with, 0..255.
#[derive(Clone, Debug)]
struct Colours {
    cavity: [f32; 3],
    cheek: [f32; 3],
    tongue: [f32; 3],
    seam: [f32; 3],
    tooth: [f32; 3],
}

impl Colours {
    fn new(tints: &Tints, tooth: [f32; 3]) -> Self {
        let lip = tints.lip;
        // Shadows inside a mouth keep red longest; a grey picture has no red to keep.
        let of_lip = |share: [f32; 3]| {
            let mean = 0.3 * share[0] + 0.59 * share[1] + 0.11 * share[2];
            std::array::from_fn(|k| lip[k] * if tints.grey { mean } else { share[k] })
        };
        Self {
            cavity: of_lip([0.27, 0.14, 0.16]).map(|v| v.clamp(5.0, 46.0)),
            cheek: of_lip([0.40, 0.25, 0.25]),
            tongue: of_lip([0.74, 0.54, 0.56]),
            seam: of_lip([0.40, 0.29, 0.29]),
            tooth,
        }
    }
}

impl MouthScene {
    /// Reads lips, teeth and colours off the portrait's picture (as photographed, 0..255).
    pub fn prepare(picture: &Canvas, portrait: &PortraitGeometry) -> Self {
        let unit = portrait.centimetres_per_iod();
        let origin = origin(portrait);
        let tints = Tints::read(picture, &portrait.vertices, &portrait.irises);
        let frame = SkullFrame::new(&portrait.fit, origin, unit);
        let own = OwnTeeth::find(picture, portrait, &frame, &tints);
        let lip_plate = LipPlate::new(picture, portrait);
        let colours = Colours::new(&tints, own.as_ref().map_or(tints.tooth, |own| own.tint));
        Self { tints, own, lip_plate, origin, unit, fit: portrait.fit.clone(), iod: portrait.iod, colours }
    }

    /// The cleaned lips from which the face is to be sampled; `None` when the photographed lips are closed.
    pub fn lip_plate(&self) -> Option<&LipPlate> {
        self.lip_plate.as_ref()
    }

    /// Takes the teeth that another picture of the same person shows, when this portrait shows none; says whether it did.
    ///
    /// Both pictures may be lit differently: the teeth are brought to this face's light.
    pub fn borrow_teeth(&mut self, picture: &Canvas, portrait: &PortraitGeometry) -> bool {
        if self.own.is_some() {
            return false;
        }
        let other = Self::prepare(picture, portrait);
        if other.tints.grey && !self.tints.grey {
            return false;
        }
        let Some(teeth) = other.own else {
            return false;
        };
        let gain = std::array::from_fn(|k| (self.tints.face[k] / other.tints.face[k].max(1.0)).clamp(0.6, 1.6));
        let teeth = if self.tints.grey { teeth.lit(gain).without_colour() } else { teeth.lit(gain) };
        self.colours.tooth = teeth.tint;
        self.own = Some(teeth);
        true
    }

    /// Moves drawn teeth to another relaxed face of the portrait; own teeth stay where the photograph shows them.
    pub(crate) fn follow_neutral(&mut self, portrait: &PortraitGeometry) {
        if self.own.is_none() {
            self.origin = origin(portrait);
        }
    }

    /// Whether the portrait shows teeth of its own.
    pub fn has_own_teeth(&self) -> bool {
        self.own.is_some()
    }

    /// Paints what is seen between the lips into a frame; closed lips paint nothing.
    pub fn paint(&self, canvas: &mut Canvas, face: &PosedFace) {
        let sd = (0.009 * self.iod * face.rigid.scale).max(0.4);
        let polygon = inner_lips(&face.points);
        let Some(region) = Region::around(&polygon, 3.0 * sd + 1.0, canvas.width, canvas.height) else {
            return;
        };
        let mut alpha = polygon_mask(&polygon, region);
        // On a nodding head lips in contact may leave a sliver between them: it belongs to the lips.
        let parted = smoothstep(0.0, 0.012, face.lip_gaps.iter().copied().fold(0.0, f32::max));
        let closed = parted <= 0.0 || alpha.data.iter().all(|&a| a < 1e-3);
        if closed && self.lip_plate.is_none() {
            return;
        }
        let head = self.head(face);
        let frame = SkullFrame::new(&head, self.origin, self.unit);
        let lips = LipLines::new(&frame, &face.points);
        let pixel = 1.0 / (head.scale * self.unit);
        if self.lip_plate.is_some() {
            draw_seam(canvas, region, &frame, &lips, pixel);
        }
        if closed {
            return;
        }
        blur_mask(&mut alpha, sd);
        alpha.data.iter_mut().for_each(|a| *a *= parted);
        let mut patch = region.cut(canvas);
        for (i, (colour, &a)) in patch.data.iter_mut().zip(&alpha.data).enumerate() {
            if a > 1e-3 {
                let at = [(region.x + i % region.width) as f32, (region.y + i / region.width) as f32];
                *colour = self.colour(&frame, &lips, at, face.jaw_drop, pixel);
            }
        }
        region.blend(canvas, &patch, &alpha);
    }

    /// The posed head as a similarity from the frontal frame to the frame's picture.
    fn head(&self, face: &PosedFace) -> RigidFit {
        let rigid = &face.rigid;
        RigidFit {
            scale: self.fit.scale * rigid.scale,
            rotation: rigid.rotation * self.fit.rotation,
            translation: rigid.scale * (rigid.rotation * (self.fit.translation - rigid.centre)) + rigid.centre + rigid.shift,
        }
    }

    /// The scene's colour at one pixel.
    fn colour(&self, frame: &SkullFrame, lips: &LipLines, pixel: [f32; 2], jaw: f32, size: f32) -> [f32; 3] {
        let plane = frame.plane(pixel);
        let arch = frame.on_arch(plane);
        let (below, above) = lips.depth(plane);
        let colours = &self.colours;

        // Deep and dark in the middle; towards the corners the cheek comes near.
        let mut out = colours.cavity;
        over(&mut out, colours.cheek, 0.85 * smoothstep(0.45, 1.0, lips.aside(plane[0])));

        let r = (plane[0] / 0.30).hypot((plane[1] - 0.06 - 0.76 * jaw) / (0.08 + 0.19 * jaw));
        let light = 0.60 + 0.40 * smoothstep(0.02, 0.16, below);
        over(&mut out, colours.tongue.map(|v| v * light), 0.92 * smoothstep(1.25, 0.40, r));

        let grey = self.tints.grey;
        let tooth = Row::LOWER.at(arch[0], -(arch[1] - (-0.005 + 0.92 * jaw)), size);
        over(&mut out, shaded(colours.tooth, 0.76 * tooth.shade, grey), 0.9 * tooth.alpha);

        let light = if let Some(own) = &self.own {
            let (colour, alpha) = own.at(arch);
            over(&mut out, colour, alpha);
            (0.62 + 0.38 * smoothstep(-0.005, 0.04, below)) * (0.85 + 0.15 * smoothstep(-0.01, 0.03, above))
        } else {
            let tooth = Row::UPPER.at(arch[0], arch[1], size);
            over(&mut out, shaded(colours.tooth, tooth.shade, grey), tooth.alpha);
            (0.70 + 0.30 * smoothstep(-0.005, 0.05, below)) * (0.86 + 0.14 * smoothstep(-0.01, 0.04, above))
        };
        // Where the lips nearly meet all detail drowns in their shadow.
        let open = 0.24 + 0.76 * smoothstep(0.0, 0.055, below + above);
        std::array::from_fn(|k| out[k] * light * open + colours.seam[k] * (1.0 - open))
    }
}

/// The edge of the upper front teeth: a little under and behind where the relaxed lips meet (frontal centimetres).
fn origin(portrait: &PortraitGeometry) -> [f32; 3] {
    let unit = portrait.centimetres_per_iod();
    let (upper, lower) = (portrait.neutral[13], portrait.neutral[14]);
    let middle: [f32; 3] = std::array::from_fn(|k| 0.5 * (upper[k] + lower[k]));
    [middle[0], middle[1] + 0.02 * unit, middle[2] + 0.12 * unit]
}

/// Darkens the line where lips that were drawn together meet: their photograph shows no such line. It fades as they part,
/// when the scene's own shadow takes over.
fn draw_seam(canvas: &mut Canvas, region: Region, frame: &SkullFrame, lips: &LipLines, pixel: f32) {
    let spread = SEAM_WIDTH.max(0.6 * pixel);
    let strength = SEAM_STRENGTH * SEAM_WIDTH / spread;
    for y in region.y..region.y + region.height {
        for x in region.x..region.x + region.width {
            let plane = frame.plane([x as f32, y as f32]);
            let (below, above) = lips.depth(plane);
            let (gap, away) = (below + above, 0.5 * (below - above) / spread);
            let ends = smoothstep(1.02, 0.8, lips.aside(plane[0]));
            let s = strength * ends * smoothstep(0.06, 0.01, gap) * (-away * away).exp();
            if s > 1e-3 {
                let colour = canvas.at_mut(x, y);
                *colour = [colour[0] * (1.0 - 0.85 * s), colour[1] * (1.0 - s), colour[2] * (1.0 - s)];
            }
        }
    }
}

fn over(colour: &mut [f32; 3], top: [f32; 3], alpha: f32) {
    for k in 0..3 {
        colour[k] += alpha * (top[k] - colour[k]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portrait::expression::ExpressionScale;
    use crate::portrait::pose::pose_face;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::{FaceMotion, HeadPose};

    /// A grey-brown face with white eyes and red lips, and its geometry.
    fn portrait() -> (Canvas, PortraitGeometry) {
        let face = landmarks(&HeadPose { yaw: 4.0, roll: 3.0, ..Default::default() }, 14.0);
        let mut portrait = PortraitGeometry::from_landmarks(&face);
        // The canonical face's lips stand a little apart; this one is photographed with closed lips.
        portrait.gap = 0.0;
        let data = (0..512 * 512).map(|i| [170.0 + (i % 7) as f32, 120.0, 100.0 + (i % 5) as f32]).collect();
        (Canvas { width: 512, height: 512, data }, portrait)
    }

    fn speaking(portrait: &PortraitGeometry, gap: f32) -> PosedFace {
        let mut motion = FaceMotion::neutral();
        motion.lip_gaps = [0.35, 0.61, 0.83, 0.96, 1.0, 0.96, 0.83, 0.61, 0.35].map(|share| share * gap);
        pose_face(portrait, ExpressionScale::of(portrait), &motion).0
    }

    #[test]
    fn closed_lips_paint_nothing() {
        let (picture, portrait) = portrait();
        let scene = MouthScene::prepare(&picture, &portrait);
        let mut frame = picture.clone();
        scene.paint(&mut frame, &speaking(&portrait, 0.0));
        assert!(frame == picture, "a closed mouth was painted");
    }

    #[test]
    fn lips_that_were_drawn_together_get_a_dark_line() {
        let (picture, mut portrait) = portrait();
        portrait.gap = 0.2;
        let scene = MouthScene::prepare(&picture, &portrait);
        let mut frame = picture.clone();
        let face = speaking(&portrait, 0.0);
        scene.paint(&mut frame, &face);
        let at = |dy: f32| frame.bilinear(face.points[13][0], face.points[13][1] + dy)[1];
        assert!(at(0.0) < 85.0 && at(6.0) > 118.0, "{} {}", at(0.0), at(6.0));
    }

    #[test]
    fn an_open_mouth_shows_teeth_above_a_dark_cavity() {
        let (picture, portrait) = portrait();
        let scene = MouthScene::prepare(&picture, &portrait);
        let mut frame = picture.clone();
        let face = speaking(&portrait, 0.25);
        scene.paint(&mut frame, &face);
        let at = |share: f32| {
            let (a, b) = (face.points[13], face.points[14]);
            let p: [f32; 2] = std::array::from_fn(|k| a[k] + share * (b[k] - a[k]));
            frame.bilinear(p[0] + 3.0, p[1])[1]
        };
        assert!(at(0.3) > 1.8 * at(0.6), "{} {}", at(0.3), at(0.6));
    }

    #[test]
    fn the_scene_is_continuous_in_the_gap() {
        let (picture, portrait) = portrait();
        let scene = MouthScene::prepare(&picture, &portrait);
        let painted = |gap: f32| {
            let mut frame = picture.clone();
            scene.paint(&mut frame, &speaking(&portrait, gap));
            frame
        };
        let mut last = painted(0.0);
        // Steps of a sixth of a pixel: no pixel may jump by much more than an edge's share of that.
        for step in 1..100 {
            let next = painted(0.002 * step as f32);
            let jump = next.data.iter().zip(&last.data).map(|(a, b)| (a[1] - b[1]).abs()).fold(0.0, f32::max);
            assert!(jump < 40.0, "step {step}: {jump}");
            last = next;
        }
    }
}
