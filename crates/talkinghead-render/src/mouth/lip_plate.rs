//! Closes the lips of a picture that shows teeth: what lies between them is filled with lip.
//!
//! The face is sampled from this plate, so that no bright tooth pixel hangs on a lip's edge when the lips meet.

use super::contour::{inner_lips, outer_lips};
use crate::picture::blur::blur_mask;
use crate::picture::canvas::{Canvas, Mask};
use crate::picture::fill::pull_push;
use crate::picture::polygon::{Region, polygon_mask};
use crate::portrait::geometry::PortraitGeometry;

/// Gap of the photographed lips (interocular distances) from which the plate is needed.
const LEAST_GAP: f32 = 0.05;
/// How much skin counts where lips are filled.
const SKIN_WEIGHT: f32 = 0.02;
/// From this gap on the mouth's corners are cleaned too.
const WIDE_GAP: f32 = 0.1;

/// The cleaned part of a picture.
#[derive(Clone, Debug)]
pub struct LipPlate {
    region: Region,
    colours: Canvas,
    alpha: Mask,
}

impl LipPlate {
    /// The plate of a portrait; `None` when its lips are closed enough.
    pub fn new(picture: &Canvas, portrait: &PortraitGeometry) -> Option<Self> {
        if portrait.gap <= LEAST_GAP {
            return None;
        }
        let (iod, points) = (portrait.iod, &portrait.vertices);
        let outer = outer_lips(points);
        let region = Region::around(&outer, 0.35 * iod, picture.width, picture.height)?;
        let inner = inner_lips(points);
        let mut hole = grown(&inner, region, 0.018 * iod);
        let mut corners = Mask::filled(region.width, region.height, 0.0);
        // Skin near a corner counts, else the corner is painted with lip.
        let mut skin = Mask::filled(region.width, region.height, SKIN_WEIGHT);
        if portrait.gap > WIDE_GAP {
            let across = [points[308][0] - points[78][0], points[308][1] - points[78][1]];
            let length = across[0].hypot(across[1]).max(1e-3);
            let right = across.map(|v| v / length);
            for (corner, side) in [(78, -1.0), (308, 1.0)] {
                let shift = side * 0.02 * iod;
                let at = [points[corner][0] + shift * right[0], points[corner][1] + shift * right[1]];
                add(&mut corners, &polygon_mask(&ellipse(at, right, [0.05 * iod, 0.035 * iod]), region));
                for (i, weight) in skin.data.iter_mut().enumerate() {
                    let (x, y) = ((region.x + i % region.width) as f32, (region.y + i / region.width) as f32);
                    let away = (x - at[0]).hypot(y - at[1]) / (0.10 * iod);
                    *weight = weight.max(0.7 * (-away * away).exp());
                }
            }
        }
        let lips = polygon_mask(&outer, region);
        let kept = hole.data.iter().zip(&corners.data).zip(&lips.data).zip(&skin.data);
        let weight = Mask {
            width: region.width,
            height: region.height,
            data: kept.map(|(((&h, &c), &l), &s)| if h.max(c) > 0.02 { 0.0 } else { s + (1.0 - s) * l }).collect(),
        };
        let colours = pull_push(&region.cut(picture), &weight);
        blur_mask(&mut hole, 0.008 * iod);
        // Outside the lips a hard edge would show on the cheek.
        blur_mask(&mut corners, 0.02 * iod);
        add(&mut hole, &corners);
        Some(Self { region, colours, alpha: hole })
    }

    /// Paints the plate over the picture it was made from.
    pub fn apply(&self, picture: &mut Canvas) {
        self.region.blend(picture, &self.colours, &self.alpha);
    }
}

/// A polygon's mask grown by about `radius` pixels.
fn grown(polygon: &[[f32; 2]], region: Region, radius: f32) -> Mask {
    let mut mask = polygon_mask(polygon, region);
    let steps = 16;
    for step in 0..steps {
        let (sin, cos) = (std::f32::consts::TAU * step as f32 / steps as f32).sin_cos();
        let moved: Vec<_> = polygon.iter().map(|p| [p[0] + radius * cos, p[1] + radius * sin]).collect();
        add(&mut mask, &polygon_mask(&moved, region));
    }
    mask
}

fn add(mask: &mut Mask, other: &Mask) {
    mask.data.iter_mut().zip(&other.data).for_each(|(m, &o)| *m = m.max(o));
}

fn ellipse(at: [f32; 2], right: [f32; 2], radii: [f32; 2]) -> Vec<[f32; 2]> {
    (0..24)
        .map(|i| {
            let (sin, cos) = (std::f32::consts::TAU * i as f32 / 24.0).sin_cos();
            let (a, b) = (radii[0] * cos, radii[1] * sin);
            [at[0] + a * right[0] - b * right[1], at[1] + a * right[1] + b * right[0]]
        })
        .collect()
}
