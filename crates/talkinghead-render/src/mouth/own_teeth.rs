//! The upper teeth that a smiling portrait shows, cut out along their lower edge and spread on the dental arch.

use super::contour::{SkullFrame, inner_lips, scaled};
use super::tints::{Tints, quantile};
use super::tooth_pixels::tooth_pixels;
use crate::math::{luminance, smoothstep};
use crate::picture::bicubic::bicubic;
use crate::picture::blur::blur_mask;
use crate::picture::canvas::{Canvas, Mask};
use crate::picture::fill::pull_push;
use crate::picture::polygon::{Region, polygon_mask};
use crate::portrait::geometry::PortraitGeometry;

/// Half width of the plate, interocular distances.
const HALF_WIDTH: f32 = 0.62;
/// Top of the plate above the skull frame's origin.
const TOP: f32 = -0.45;
/// Bottom of the plate under it.
const BOTTOM: f32 = 0.45;
/// Plate pixels per pixel of the picture: reading it again then costs no sharpness.
const DENSITY: f32 = 1.5;
/// Gap of the photographed lips (interocular distances) from which own teeth are looked for.
const LEAST_GAP: f32 = 0.07;
/// The most that teeth are lowered to reach the relaxed lips, interocular distances.
const MOST_LOWERED: f32 = 0.16;

/// The portrait's own upper teeth, a picture over the arch's x and y.
#[derive(Clone, Debug)]
pub(crate) struct OwnTeeth {
    plate: Canvas,
    /// Plate pixels per interocular distance.
    density: f32,
    /// Height of the teeth's lower edge in each column of the plate, interocular distances.
    edge: Vec<f32>,
    /// Lateral ends of the teeth, interocular distances.
    sides: (f32, f32),
    /// How much lower than photographed the teeth are shown, interocular distances.
    lowered: f32,
    /// Colour of the bright teeth.
    pub tint: [f32; 3],
}

impl OwnTeeth {
    /// Looks for teeth between the lips; `None` when the mouth is too closed or nothing between the lips looks like teeth.
    pub fn find(picture: &Canvas, portrait: &PortraitGeometry, frame: &SkullFrame, tints: &Tints) -> Option<Self> {
        if portrait.gap <= LEAST_GAP {
            return None;
        }
        let density = DENSITY * portrait.iod;
        let (width, height) = ((2.0 * HALF_WIDTH * density) as usize, ((BOTTOM - TOP) * density) as usize);
        let place = |column: usize, row: usize| [column as f32 / density - HALF_WIDTH, row as f32 / density + TOP];
        let mut plate = Canvas::filled(width, height, [0.0; 3]);
        for (i, colour) in plate.data.iter_mut().enumerate() {
            let [x, y] = frame.arch_to_picture(place(i % width, i / width));
            *colour = bicubic(picture, x, y).map(|v| v.clamp(0.0, 255.0));
        }
        let polygon: Vec<[f32; 2]> = scaled(&inner_lips(&portrait.vertices), [0.985, 0.95])
            .into_iter()
            .map(|p| frame.on_arch(frame.plane(p)))
            .map(|p| [(p[0] + HALF_WIDTH) * density, (p[1] - TOP) * density])
            .collect();
        let mouth = polygon_mask(&polygon, Region::whole(width, height));

        let teeth = tooth_pixels(&plate, &mouth, tints)?;
        let (edge, sides) = lower_edge(&teeth, density)?;
        let edge: Vec<f32> = edge.iter().map(|row| row / density + TOP - 0.012).collect();
        let mut weight = Mask {
            width,
            height,
            data: (0..width * height)
                .map(|i| if mouth.data[i] > 0.5 && place(i % width, i / width)[1] < edge[i % width] { 1.0 } else { 0.0 })
                .collect(),
        };
        drop_dark_spots(&plate, &teeth, &mut weight, 0.06 * density);
        let bright: Vec<[f32; 3]> = plate
            .data
            .iter()
            .zip(&teeth.data)
            .zip(&weight.data)
            .filter(|&((_, &t), &w)| t > 0.5 && w > 0.5)
            .map(|((c, _), _)| *c)
            .collect();
        if bright.is_empty() {
            return None;
        }
        let tint = std::array::from_fn(|k| quantile(bright.iter().map(|c| c[k]).collect(), 0.7));
        let sides = (sides.0 / density - HALF_WIDTH, sides.1 / density - HALF_WIDTH);
        let teeth = Self { plate: pull_push(&plate, &weight), density, edge, sides, lowered: 0.0, tint };
        // Between lips that are hardly open teeth lie in shadow; an open mouth shows them in more light.
        let gain = (0.7 * luminance(tints.tooth) / luminance(tint).max(1.0)).clamp(1.0, 1.35);
        Some(teeth.lit([gain; 3]).reaching(0.0))
    }

    /// The same teeth, lowered where their edge would lie above `rest`, the height where the relaxed lips meet (interocular
    /// distances under the frame's origin): teeth reach the lips of a mouth at rest. A smile that was taken off a little too
    /// far would else hide them for good.
    pub fn reaching(mut self, rest: f32) -> Self {
        let (left, right) = ((self.edge.len() * 2 / 5), self.edge.len() * 3 / 5);
        let edge = quantile(self.edge[left..right.max(left + 1)].to_vec(), 0.5);
        self.lowered = (rest - edge).clamp(0.0, MOST_LOWERED);
        self
    }

    /// The same teeth under another light: every channel times a gain.
    pub fn lit(mut self, gain: [f32; 3]) -> Self {
        for colour in self.plate.data.iter_mut().chain(std::iter::once(&mut self.tint)) {
            *colour = std::array::from_fn(|k| (colour[k] * gain[k]).clamp(0.0, 255.0));
        }
        self
    }

    /// The same teeth without colour.
    pub fn without_colour(mut self) -> Self {
        for colour in self.plate.data.iter_mut().chain(std::iter::once(&mut self.tint)) {
            *colour = [luminance(*colour); 3];
        }
        self
    }

    /// Colour and alpha at a place of the arch.
    pub fn at(&self, [x, y]: [f32; 2]) -> ([f32; 3], f32) {
        let y = y - self.lowered;
        let (column, row) = ((x + HALF_WIDTH) * self.density, (y - TOP) * self.density);
        let at = column.clamp(0.0, (self.edge.len() - 1) as f32);
        let i = (at as usize).min(self.edge.len() - 2);
        let edge = self.edge[i] + (at - i as f32) * (self.edge[i + 1] - self.edge[i]);
        let inside = (x - self.sides.0).min(self.sides.1 - x);
        let alpha = smoothstep(-0.010, 0.010, edge - y) * smoothstep(-0.16, -0.06, inside);
        if alpha <= 0.0 {
            return ([0.0; 3], 0.0);
        }
        let light = 0.25 + 0.75 * smoothstep(-0.10, 0.03, inside);
        (bicubic(&self.plate, column, row).map(|v| v.clamp(0.0, 255.0) * light), alpha)
    }
}

/// Takes the weight from pixels much darker than the teeth around them (a missing tooth, a view into the mouth): they would
/// stand as black marks in the middle of the row. Lines between teeth stay.
fn drop_dark_spots(plate: &Canvas, teeth: &Mask, weight: &mut Mask, sd: f32) {
    let mut light = Mask {
        width: plate.width,
        height: plate.height,
        data: plate.data.iter().zip(&teeth.data).map(|(&c, &t)| t * luminance(c)).collect(),
    };
    let mut count = teeth.clone();
    blur_mask(&mut light, sd);
    blur_mask(&mut count, sd);
    for (i, w) in weight.data.iter_mut().enumerate() {
        let around = light.data[i] / count.data[i].max(1e-3);
        let own = luminance(plate.data[i]);
        *w *= if count.data[i] > 0.05 { smoothstep(0.58, 0.74, own / around.max(1.0)) } else { 1.0 };
    }
    // The spots' soft rims go with them.
    let old = weight.clone();
    let reach = (0.010 * sd / 0.06).round().max(1.0) as isize;
    let (width, height) = (old.width as isize, old.height as isize);
    for i in (0..old.data.len()).filter(|&i| old.data[i] < 0.3 && teeth.data[i] < 0.5 && count.data[i] > 0.05) {
        let (x, y) = (i as isize % width, i as isize / width);
        for (dx, dy) in (-reach..=reach).flat_map(|dx| (-reach..=reach).map(move |dy| (dx, dy))) {
            let (x, y) = ((x + dx).clamp(0, width - 1), (y + dy).clamp(0, height - 1));
            let near = &mut weight.data[(y * width + x) as usize];
            *near = near.min(0.3);
        }
    }
}

/// The row of the teeth's lower edge for every column, smooth, and the columns where teeth begin and end.
fn lower_edge(teeth: &Mask, density: f32) -> Option<(Vec<f32>, (f32, f32))> {
    let longest_break = (0.03 * density).max(1.0) as usize;
    let least_height = (0.02 * density).max(2.0) as usize;
    let mut rows: Vec<Option<f32>> = Vec::with_capacity(teeth.width);
    for x in 0..teeth.width {
        let (mut first, mut last, mut count) = (None, 0, 0);
        for y in 0..teeth.height {
            if teeth.data[y * teeth.width + x] > 0.5 {
                if first.is_some() && y - last > longest_break {
                    break;
                }
                first = first.or(Some(y));
                last = y;
                count += 1;
            }
        }
        rows.push((first.is_some() && count >= least_height).then_some(last as f32 + 1.0));
    }
    let found: Vec<usize> = (0..rows.len()).filter(|&x| rows[x].is_some()).collect();
    let (&left, &right) = (found.first()?, found.last()?);
    if ((right - left) as f32) < 0.25 * density {
        return None;
    }
    // Columns without teeth take the nearest column's edge.
    let nearest = |x: usize| found.iter().min_by_key(|&&f| f.abs_diff(x)).and_then(|&f| rows[f]).unwrap_or(0.0);
    let filled: Vec<f32> = (0..rows.len()).map(nearest).collect();
    let smooth = |width: f32, sd: f32| {
        let half = (0.5 * width * density) as usize;
        let around = |x: usize| quantile(filled[x.saturating_sub(half)..(x + half + 1).min(filled.len())].to_vec(), 0.5);
        let mut line = Mask { width: filled.len(), height: 1, data: (0..filled.len()).map(around).collect() };
        blur_mask(&mut line, sd * density);
        line.data
    };
    // The row's course, and each tooth's own end near it.
    let (course, teeth) = (smooth(0.14, 0.05), smooth(0.045, 0.012));
    let edge = course.iter().zip(teeth).map(|(&c, t)| t.clamp(c - 0.014 * density, c + 0.010 * density)).collect();
    Some((edge, (left as f32, right as f32)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_edge_lies_under_the_first_row_of_teeth() {
        let mut teeth = Mask::filled(100, 60, 0.0);
        for x in 20..80 {
            (10..25).for_each(|y| *teeth.at_mut(x, y) = 1.0);
            (40..50).for_each(|y| *teeth.at_mut(x, y) = 1.0);
        }
        let (edge, sides) = lower_edge(&teeth, 100.0).unwrap();
        assert_eq!(sides, (20.0, 79.0));
        assert!(edge.iter().all(|e| (e - 25.0).abs() < 0.5));
    }

    #[test]
    fn teeth_reach_the_relaxed_lips() {
        let teeth = OwnTeeth {
            plate: Canvas::filled(124, 90, [200.0; 3]),
            density: 100.0,
            edge: vec![-0.09; 124],
            sides: (-0.3, 0.3),
            lowered: 0.0,
            tint: [200.0; 3],
        };
        // The smile's edge lies above the lips of the relaxed mouth: nothing would be seen under the upper lip.
        assert_eq!(teeth.at([0.0, -0.02]).1, 0.0);
        let lowered = teeth.clone().reaching(0.0);
        assert_eq!(lowered.at([0.0, -0.02]).1, 1.0);
        // A row that hangs lower stays where it is, also after the neutral face changed.
        let low = OwnTeeth { edge: vec![0.05; 124], ..teeth }.reaching(0.3).reaching(0.0);
        assert_eq!(low.lowered, 0.0);
    }
}
