//! What is seen between the lips: cavity, tongue, lower teeth on the jaw, upper teeth on the skull, and the lips' shadow.

use super::contour::{LipLines, SkullFrame, inner_lips};
use super::lip_plate::LipPlate;
use super::own_teeth::OwnTeeth;
use super::procedural_teeth::{Row, shaded};
use super::tints::Tints;
use crate::blur::blur_mask;
use crate::polygon::{Region, polygon_mask};
use crate::{Canvas, PortraitGeometry, PosedFace, smoothstep};
use talkinghead_face::RigidFit;

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
        let (upper, lower) = (portrait.neutral[13], portrait.neutral[14]);
        let middle: [f32; 3] = std::array::from_fn(|k| 0.5 * (upper[k] + lower[k]));
        let origin = [middle[0], middle[1] + 0.02 * unit, middle[2] + 0.12 * unit];
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
        if alpha.data.iter().all(|&a| a < 1e-3) {
            return;
        }
        blur_mask(&mut alpha, sd);
        let head = self.head(face);
        let frame = SkullFrame::new(&head, self.origin, self.unit);
        let lips = LipLines::new(&frame, &face.points);
        let pixel = 1.0 / (head.scale * self.unit);
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
        over(&mut out, shaded(colours.tooth, 0.68 * tooth.shade, grey), 0.9 * tooth.alpha);

        let light = if let Some(own) = &self.own {
            let (colour, alpha) = own.at(arch);
            over(&mut out, colour, alpha);
            (0.62 + 0.38 * smoothstep(-0.005, 0.04, below)) * (0.85 + 0.15 * smoothstep(-0.01, 0.03, above))
        } else {
            let tooth = Row::UPPER.at(arch[0], arch[1], size);
            over(&mut out, shaded(colours.tooth, tooth.shade, grey), tooth.alpha);
            (0.66 + 0.34 * smoothstep(-0.005, 0.055, below)) * (0.82 + 0.18 * smoothstep(-0.01, 0.04, above))
        };
        // Where the lips nearly meet all detail drowns in their shadow.
        let open = 0.30 + 0.70 * smoothstep(0.0, 0.05, below + above);
        std::array::from_fn(|k| out[k] * light * open + colours.seam[k] * (1.0 - open))
    }
}

fn over(colour: &mut [f32; 3], top: [f32; 3], alpha: f32) {
    for k in 0..3 {
        colour[k] += alpha * (top[k] - colour[k]);
    }
}
