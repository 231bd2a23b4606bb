//! What is seen between the lips: cavity, tongue, lower teeth on the jaw, upper teeth on the skull, and the lips' shadow.

use super::colours::Colours;
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

/// How much is seen of the drawn teeth in a mouth that is rounded and little open.
const ROUNDED_TEETH: f32 = 0.05;

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
    /// Distance of the relaxed mouth's corners, frontal centimetres.
    width: f32,
    colours: Colours,
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
        Self {
            tints,
            own,
            lip_plate,
            origin,
            unit,
            fit: portrait.fit.clone(),
            iod: portrait.iod,
            width: width(&portrait.neutral),
            colours,
        }
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
        self.width = width(&portrait.neutral);
        match self.own.take() {
            None => self.origin = origin(portrait),
            Some(own) => self.own = Some(own.reaching((origin(portrait)[1] - self.origin[1]) / self.unit)),
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
        let spread = self.spread(face);
        let mut patch = region.cut(canvas);
        for (i, (colour, &a)) in patch.data.iter_mut().zip(&alpha.data).enumerate() {
            if a > 1e-3 {
                let at = [(region.x + i % region.width) as f32, (region.y + i / region.width) as f32];
                *colour = self.colour(&frame, &lips, at, face.jaw_drop, spread, pixel);
            }
        }
        region.blend(canvas, &patch, &alpha);
    }

    /// How far drawn upper teeth are seen: a rounded mouth draws its lips over them unless it is wide open.
    fn spread(&self, face: &PosedFace) -> f32 {
        let widest = face.lip_gaps.iter().copied().fold(0.0, f32::max);
        let hidden = ROUNDED_TEETH + (0.8 - ROUNDED_TEETH) * smoothstep(0.12, 0.28, widest);
        hidden + (1.0 - hidden) * smoothstep(0.85, 1.05, width(&face.frontal) / self.width)
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
    fn colour(&self, frame: &SkullFrame, lips: &LipLines, pixel: [f32; 2], jaw: f32, spread: f32, size: f32) -> [f32; 3] {
        let plane = frame.plane(pixel);
        let arch = frame.on_arch(plane);
        let (below, above) = lips.depth(plane);
        let colours = &self.colours;

        // Deep and dark in the middle; towards the corners the cheek comes near.
        let mut out = colours.cavity;
        over(&mut out, colours.cheek, 0.85 * smoothstep(0.45, 1.0, lips.aside(plane[0])));

        let r = (plane[0] / 0.36).hypot((plane[1] - 0.05 - 0.70 * jaw) / (0.10 + 0.24 * jaw));
        let light = 0.70 + 0.30 * smoothstep(0.02, 0.16, below);
        over(&mut out, colours.tongue.map(|v| v * light), 0.95 * smoothstep(1.25, 0.40, r));
        // What lies just behind the lower lip has its light and its colour.
        over(&mut out, colours.tongue, 0.5 * smoothstep(0.08, 0.0, above));

        let grey = self.tints.grey;
        let tooth = Row::LOWER.at(arch[0], -(arch[1] - (-0.005 + 0.92 * jaw)), size);
        over(&mut out, shaded(colours.tooth, 0.75 * tooth.shade, grey), 0.9 * tooth.alpha);

        let light = if let Some(own) = &self.own {
            let (colour, alpha) = own.at(arch);
            over(&mut out, colour, alpha);
            // The photograph holds some of the lips' shadow already.
            (0.74 + 0.26 * smoothstep(-0.005, 0.04, below)) * (0.88 + 0.12 * smoothstep(-0.01, 0.03, above))
        } else {
            let tooth = Row::UPPER.at(arch[0], arch[1], size);
            over(&mut out, shaded(colours.tooth, 0.95 * tooth.shade, grey), spread * tooth.alpha);
            (0.70 + 0.30 * smoothstep(-0.005, 0.05, below)) * (0.92 + 0.08 * smoothstep(-0.01, 0.04, above))
        };
        // Where the lips nearly meet all detail drowns between them.
        let open = smoothstep(0.0, 0.075, below + above);
        std::array::from_fn(|k| out[k] * light * open + colours.seam[k] * (1.0 - open))
    }
}

/// Distance of the mouth's corners, at least a hair.
fn width(face: &[[f32; 3]]) -> f32 {
    let (a, b) = (face[61], face[291]);
    (a[0] - b[0]).hypot(a[1] - b[1]).max(1e-3)
}

/// The edge of the upper front teeth: a little under and behind where the relaxed lips meet (frontal centimetres).
fn origin(portrait: &PortraitGeometry) -> [f32; 3] {
    let unit = portrait.centimetres_per_iod();
    let (upper, lower) = (portrait.neutral[13], portrait.neutral[14]);
    let middle: [f32; 3] = std::array::from_fn(|k| 0.5 * (upper[k] + lower[k]));
    [middle[0], middle[1] + 0.01 * unit, middle[2] + 0.12 * unit]
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
