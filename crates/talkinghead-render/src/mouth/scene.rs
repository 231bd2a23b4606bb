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
        Self { tints, own, lip_plate, origin, unit, fit: portrait.fit.clone(), iod: portrait.iod }
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
        let lip = self.tints.lip;
        let depth_light = 0.55 + 0.75 * smoothstep(0.3, 0.0, plane[0].abs());
        let cavity = if self.tints.grey { [0.17; 3] } else { [0.24, 0.13, 0.16] };
        let mut out: [f32; 3] = std::array::from_fn(|k| (lip[k] * cavity[k]).clamp(4.0, 40.0) * depth_light);

        let tongue = if self.tints.grey { [0.6; 3] } else { [0.72, 0.52, 0.55] };
        let r = (plane[0] / 0.29).hypot((plane[1] - 0.07 - 0.8 * jaw) / (0.075 + 0.16 * jaw));
        let light = 0.62 + 0.38 * smoothstep(0.02, 0.14, below);
        over(&mut out, std::array::from_fn(|k| lip[k] * tongue[k] * light), 0.9 * smoothstep(1.25, 0.45, r));

        let tooth = Row::LOWER.at(arch[0], -(arch[1] - (-0.005 + 0.92 * jaw)), size);
        let tint = self.own.as_ref().map_or(self.tints.tooth, |own| own.tint);
        over(&mut out, shaded(tint, 0.66 * tooth.shade, self.tints.grey), 0.9 * tooth.alpha);

        let seam = 0.30 + 0.70 * smoothstep(0.0, 0.05, below + above);
        let light = if let Some(own) = &self.own {
            let (colour, alpha) = own.at(arch);
            over(&mut out, colour, alpha);
            (0.62 + 0.38 * smoothstep(-0.005, 0.04, below)) * (0.85 + 0.15 * smoothstep(-0.01, 0.03, above))
        } else {
            let tooth = Row::UPPER.at(arch[0], arch[1], size);
            over(&mut out, shaded(tint, tooth.shade, self.tints.grey), tooth.alpha);
            (0.62 + 0.38 * smoothstep(-0.005, 0.055, below)) * (0.80 + 0.20 * smoothstep(-0.01, 0.04, above))
        };
        out.map(|v| v * light * seam)
    }
}

fn over(colour: &mut [f32; 3], top: [f32; 3], alpha: f32) {
    for k in 0..3 {
        colour[k] += alpha * (top[k] - colour[k]);
    }
}
