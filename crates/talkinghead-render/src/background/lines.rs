//! Straight lines on both sides of a head: bricks, tiles, planks, blinds, shelves.
//!
//! A line that bends with every nod is seen however faint it is, and where lines stand on both sides the pattern is known that
//! goes on behind the head. Lines on one side only (a flag's pole, an edge of a desk) say nothing about what the head hides.

use std::f32::consts::TAU;

use crate::math::luminance;
use crate::picture::blur::blur_mask;
use crate::picture::canvas::{Canvas, Mask};
use crate::portrait::geometry::PortraitGeometry;
use crate::portrait::head_region::HeadRegion;

/// Interocular distance at which lines are looked for, pixels; larger pictures are looked at smaller.
const LOOKED_AT: f32 = 40.0;
/// Blur before slopes are taken, pixels of the small picture.
const GRAIN: f32 = 0.8;
/// Steeper than this (luminance, 0..255, a pixel of the small picture) is an edge.
const EDGE: f32 = 1.5;
/// How far from the head lines are looked for, interocular distances.
const NEAR: f32 = 1.2;
/// The person may have part in a pixel this near to one whose matte is higher than [`TOUCHED`](super::matte::TOUCHED).
const CLEAR: usize = 2;
/// Shorter than this is no line, interocular distances.
const SHORTEST: f32 = 0.63;
/// How much more edges a line has than its surroundings, of the same direction.
const STANDS_OUT: f32 = 2.0;
const DIRECTIONS: usize = 60;
/// Width of a line's bin, pixels of the small picture.
const BIN: f32 = 1.5;
/// Half the width of a line's surroundings, bins.
const AROUND: usize = 4;

/// Total length of the lines left or right of the head, whichever is the smaller, in interocular distances. Bricks, planks and
/// tiles have 5 to 20, blinds up to 65; studio backdrops, gardens and blurred rooms mostly under 3.
pub(super) fn on_both_sides(picture: &Canvas, matte: &Mask, region: &HeadRegion, portrait: &PortraitGeometry) -> f32 {
    let small = Small::of(picture, matte, portrait.iod);
    let [nose_x, nose_y, _] = portrait.vertices[4];
    let mut sides = [Votes::new(&small), Votes::new(&small)];
    for y in 2..small.height.saturating_sub(2) {
        for x in 2..small.width.saturating_sub(2) {
            let [slope_x, slope_y] = small.slope(x, y);
            let steep = slope_x.hypot(slope_y) > EDGE && small.is_clear(x, y);
            let place = [x, y].map(|v| (v as f32 + 0.5) * small.factor as f32 - 0.5);
            if steep && region.from_core(place[0], place[1]) < NEAR {
                let right = (place[0] - nose_x) * portrait.down[1] - (place[1] - nose_y) * portrait.down[0] > 0.0;
                sides[usize::from(right)].add([x as f32, y as f32], slope_y.atan2(slope_x));
            }
        }
    }
    let [left, right] = sides.map(|votes| votes.length_of_lines(SHORTEST * small.iod) / small.iod);
    tracing::debug!(left, right, "lines beside the head");
    left.min(right)
}

/// The picture at a size at which lines are looked for.
struct Small {
    width: usize,
    height: usize,
    /// How many pixels of the picture one of these is wide.
    factor: usize,
    iod: f32,
    light: Mask,
    /// The largest matte within a pixel.
    matte: Mask,
}

impl Small {
    fn of(picture: &Canvas, matte: &Mask, iod: f32) -> Self {
        let factor = ((iod / LOOKED_AT).round() as usize).max(1);
        let (width, height) = (picture.width / factor, picture.height / factor);
        let (mut light, mut most) = (Mask::filled(width, height, 0.0), Mask::filled(width, height, 0.0));
        for (y, x) in (0..height * factor).flat_map(|y| (0..width * factor).map(move |x| (y, x))) {
            let (from, to) = (y * picture.width + x, y / factor * width + x / factor);
            light.data[to] += luminance(picture.data[from]) / (factor * factor) as f32;
            most.data[to] = most.data[to].max(matte.data[from]);
        }
        blur_mask(&mut light, GRAIN);
        Self { width, height, factor, iod: iod / factor as f32, light, matte: most }
    }

    /// Whether no person has part in the surroundings of a pixel, which is not at the border.
    fn is_clear(&self, x: usize, y: usize) -> bool {
        (y - CLEAR..=y + CLEAR).all(|y| (x - CLEAR..=x + CLEAR).all(|x| self.matte.at(x, y) < super::matte::TOUCHED))
    }

    /// Change of the luminance for a pixel right and a pixel down (Sobel).
    fn slope(&self, x: usize, y: usize) -> [f32; 2] {
        let at = |dx: usize, dy: usize| self.light.at(x + dx - 1, y + dy - 1);
        let (across, down) = (|row: usize| at(2, row) - at(0, row), |column: usize| at(column, 2) - at(column, 0));
        [(across(0) + 2.0 * across(1) + across(2)) / 8.0, (down(0) + 2.0 * down(1) + down(2)) / 8.0]
    }
}

/// Hough's votes of edges for lines: by direction, and distance from the corner of the picture.
struct Votes {
    /// Bins of one direction.
    bins: usize,
    /// `[DIRECTIONS * bins]`.
    votes: Vec<f32>,
}

impl Votes {
    fn new(small: &Small) -> Self {
        let farthest = (small.width as f32).hypot(small.height as f32) / BIN;
        let bins = 2 * (farthest as usize + AROUND + 2);
        Self { bins, votes: vec![0.0; DIRECTIONS * bins] }
    }

    /// An edge at a place, its slope in a direction (radians); it votes for the neighbouring directions as well.
    fn add(&mut self, [x, y]: [f32; 2], direction: f32) {
        let nearest = (direction / TAU * DIRECTIONS as f32).round() as isize;
        for step in nearest - 1..=nearest + 1 {
            let step = step.rem_euclid(DIRECTIONS as isize) as usize;
            let (sin, cos) = (step as f32 / DIRECTIONS as f32 * TAU).sin_cos();
            let bin = ((x * cos + y * sin) / BIN + self.bins as f32 / 2.0).round() as usize;
            self.votes[step * self.bins + bin.min(self.bins - 1)] += 1.0;
        }
    }

    fn at(&self, direction: usize, bin: usize) -> f32 {
        self.votes[direction % DIRECTIONS * self.bins + bin]
    }

    /// Total length in pixels of lines longer than `shortest`: the largest bins among their neighbours that stand out.
    fn length_of_lines(&self, shortest: f32) -> f32 {
        let mut sum = 0.0;
        for direction in 0..DIRECTIONS {
            for bin in AROUND..self.bins - AROUND {
                let length = self.at(direction, bin) / BIN;
                if length <= shortest {
                    continue;
                }
                let near = (0..5).flat_map(|d| (bin - 1..=bin + 1).map(move |b| (direction + DIRECTIONS - 2 + d, b)));
                let largest = near.map(|(d, b)| self.at(d, b)).fold(0.0, f32::max);
                let around = bin - AROUND..=bin + AROUND;
                let mean = around.map(|b| self.at(direction, b)).sum::<f32>() / (2 * AROUND + 1) as f32;
                if self.at(direction, bin) >= largest && self.at(direction, bin) > STANDS_OUT * mean {
                    sum += length;
                }
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portrait::head_region::HeadMattes;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::HeadPose;

    const SIDE: usize = 512;

    /// Lines on both sides of a made head before a background.
    fn lines(background: impl Fn(usize, usize) -> f32) -> f32 {
        let portrait = PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 9.0));
        let centre = portrait.vertices[6];
        let (mut picture, mut person) = (Canvas::filled(SIDE, SIDE, [0.0; 3]), Mask::filled(SIDE, SIDE, 0.0));
        for (x, y) in (0..SIDE * SIDE).map(|i| (i % SIDE, i / SIDE)) {
            let inside = (x as f32 - centre[0]).hypot(y as f32 - centre[1]) < 2.0 * portrait.iod;
            *person.at_mut(x, y) = f32::from(inside);
            *picture.at_mut(x, y) = if inside { [120.0, 80.0, 60.0] } else { [background(x, y); 3] };
        }
        let hair = Mask::filled(SIDE, SIDE, 0.0);
        let mattes = HeadMattes { person, hair };
        let region = HeadRegion::find(&portrait, Some(&mattes), SIDE, SIDE);
        on_both_sides(&picture, &mattes.person, &region, &portrait)
    }

    /// A number that looks random.
    fn noise(x: usize, y: usize) -> f32 {
        ((x * 7919 + y * 104_729) % 1009 * 31 % 997) as f32 / 997.0
    }

    #[test]
    fn faint_lines_of_a_wall_are_seen_from_both_sides() {
        let planks = lines(|x, y| 150.0 - if x % 58 < 4 { 18.0 } else { 0.0 } + 2.0 * noise(x, y));
        assert!(planks > 5.0, "{planks}");
        let slanting = lines(|x, y| 150.0 - if (2 * x + y) % 130 < 9 { 18.0 } else { 0.0 });
        assert!(slanting > 5.0, "{slanting}");
    }

    #[test]
    fn grain_hills_and_lines_on_one_side_are_no_wall() {
        let grain = lines(|x, y| 120.0 + 60.0 * noise(x / 3, y / 3));
        let hills = lines(|x, y| 120.0 + 50.0 * (x as f32 / 37.0).sin() * (y as f32 / 41.0).cos());
        let flag = lines(|x, _| if x < SIDE / 2 && x % 40 < 6 { 60.0 } else { 200.0 });
        assert!(grain < 3.0 && hills < 3.0 && flag < 3.0, "{grain} {hills} {flag}");
    }
}
