//! Keeps a structured background still while the head before it moves.
//!
//! The one warp bends the lines of blinds or bricks beside a nodding head. Where the background has structure and the matte
//! can tell it from the head, the warp's colours are put over a background that stays: out of a warped pixel that came
//! from `q` and stands at `p`, the share `1 - matte(q)` of the old background is taken and the new one's put in,
//! `C(q) + (1 - matte(q)) (B(p) - B(q))`. Hair keeps its own colours, and where the background is smooth nothing changes,
//! however wrong the matte is. Behind the head's edge the background is filled; where the filling has structure that the
//! photograph contradicts, what stands before it is limited to what head and matte make likely.

use super::lines;
use super::matte::{TOUCHED, person, structure, trust};
use super::plate::fill_behind;
use crate::math::{luminance, smoothstep};
use crate::picture::blur::blur_mask;
use crate::picture::canvas::{Canvas, Mask};
use crate::picture::fill::pull_push;
use crate::picture::frame::{Frame, bytes};
use crate::portrait::geometry::PortraitGeometry;
use crate::portrait::head_region::{HeadMattes, HeadRegion};
use crate::warp::field::STILL;
use crate::warp::paint::WarpMap;

/// Mean deviation of the luminance (0..255) from its surroundings above which a background counts as structured. Blinds have
/// 22. A flag's folds (7) or a desk (5) hardly show that they bend, but what is filled in behind the head does show.
const STRUCTURED: f32 = 10.0;
/// The same for a wall with lines on both sides of the head, whose bending shows and whose filling is known: white bricks
/// have 3.
const FAINTLY_STRUCTURED: f32 = 2.0;
/// Length of lines on each side, interocular distances, that makes a wall.
const WALL: f32 = 5.0;
/// The matte's edge is not trusted to be nearer than this, interocular distances.
const MARGIN: f32 = 0.07;

/// What a pixel of the photograph is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Part {
    /// Moves with the warp.
    Person,
    /// Soft edge, or background that was filled.
    Edge,
    /// Background as photographed.
    Background,
}

/// The background of one portrait.
#[derive(Clone, Debug)]
pub(crate) struct StillBackground {
    parts: Vec<Part>,
    /// Share of the background in each pixel.
    open: Mask,
    /// The background as if nobody stood before it.
    plate: Canvas,
    /// What is taken from a warped pixel before the background is put in.
    taken: Canvas,
}

impl StillBackground {
    /// The background of `picture`; `None` where it has no structure near the head, or no matte tells it from the head.
    pub fn find(picture: &Canvas, mattes: Option<&HeadMattes>, region: &HeadRegion, portrait: &PortraitGeometry) -> Option<Self> {
        let mattes = mattes?;
        let (width, height) = (picture.width, picture.height);
        let iod = portrait.iod;
        let matte = person(mattes, region, portrait);
        let structure = structure(picture, &matte, region, iod);
        tracing::debug!(structure, "background");
        let is_wall = || lines::on_both_sides(picture, &matte, region, portrait) > WALL;
        if structure < FAINTLY_STRUCTURED || (structure < STRUCTURED && !is_wall()) {
            return None;
        }
        let trust = trust(picture, &matte, iod);
        let open = Mask {
            width,
            height,
            data: matte.data.iter().zip(&trust.data).map(|(&m, &t)| t * smoothstep(0.95, 0.08, m)).collect(),
        };
        // Whatever the matte's edge may have missed is filled: no hair stays behind in the background.
        let touched = Mask { width, height, data: matte.data.iter().map(|&m| f32::from(m > TOUCHED)).collect() };
        let away = touched.outside_distance();
        let known: Vec<bool> = away.data.iter().map(|&d| d > MARGIN * iod).collect();
        let inside = Mask { width, height, data: known.iter().map(|&k| f32::from(k)).collect() }.outside_distance();
        let plate = fill_behind(picture, &known, &inside, iod);
        let parts = (0..width * height)
            .map(|i| match () {
                () if open.data[i] < 0.004 => Part::Person,
                () if known[i] && open.data[i] > 0.996 => Part::Background,
                () => Part::Edge,
            })
            .collect();
        let taken = taken(picture, &matte, &open, &plate, iod);
        Some(Self { parts, open, plate, taken })
    }

    /// Puts the still background into a warped frame; `map` says where in the photograph each pixel came from.
    /// `photograph` is what was warped, without sharpening.
    pub fn apply(&self, photograph: &Frame, frame: &mut Frame, map: &WarpMap) {
        let (width, height) = (frame.width, frame.height);
        if (width, height) != (self.plate.width, self.plate.height) {
            return;
        }
        for (y, row) in frame.data.chunks_mut(width).enumerate() {
            let columns = map.moved(y);
            let places = &map.row(y)[columns.clone()];
            for ((x, colour), place) in columns.clone().zip(&mut row[columns]).zip(places) {
                if (place[0] - x as f32).abs() + (place[1] - y as f32).abs() <= STILL {
                    continue;
                }
                let column = (place[0] + 0.5).clamp(0.0, (width - 1) as f32) as usize;
                let line = (place[1] + 0.5).clamp(0.0, (height - 1) as f32) as usize;
                match self.parts[line * width + column] {
                    Part::Person => {}
                    Part::Background => *colour = bytes(self.plate.data[y * width + x]),
                    Part::Edge => {
                        let open = self.open.bilinear(place[0], place[1]);
                        let (taken, now) = (self.taken.bilinear(place[0], place[1]), self.plate.data[y * width + x]);
                        // Sharpened edges of the old background are no part of the head.
                        let plain = photograph.bilinear(place[0], place[1]);
                        let own = |k: usize| f32::from(colour[k]);
                        let before = |k: usize| own(k) + open * (plain[k] - own(k)) - taken[k];
                        *colour = bytes(std::array::from_fn(|k| (before(k) + open * now[k]).clamp(0.0, 255.0)));
                    }
                }
            }
        }
    }
}

/// What a pixel holds of the background: its share of the plate, or whatever leaves no more than the head may show there.
fn taken(picture: &Canvas, matte: &Mask, open: &Mask, plate: &Canvas, iod: f32) -> Canvas {
    let (width, height) = (picture.width, picture.height);
    let inner = Mask { width, height, data: matte.data.iter().map(|&m| smoothstep(0.9, 1.0, m)).collect() };
    let head = pull_push(picture, &inner);
    let light: Vec<f32> = plate.data.iter().map(|&c| luminance(c)).collect();
    let mut mean = Mask { width, height, data: light.clone() };
    let mut square = Mask { width, height, data: light.iter().map(|l| l * l).collect() };
    blur_mask(&mut mean, 0.06 * iod);
    blur_mask(&mut square, 0.06 * iod);
    let mut taken = plate.clone();
    for (i, out) in taken.data.iter_mut().enumerate() {
        let open = open.data[i];
        let structure = (square.data[i] - mean.data[i].powi(2)).max(0.0).sqrt();
        let doubt = 8.0 + 130.0 * (1.0 - open) + 250.0 * smoothstep(9.0, 3.0, structure);
        for (k, out) in out.iter_mut().enumerate() {
            let likely = (1.0 - open) * head.data[i][k];
            let before = picture.data[i][k] - open * plate.data[i][k];
            *out = picture.data[i][k] - before.clamp(likely - doubt, likely + doubt);
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::HeadPose;

    const SIDE: usize = 512;
    const HEAD: [f32; 3] = [120.0, 80.0, 60.0];

    /// How much of a head (a disc about the face) covers a pixel.
    fn head(portrait: &PortraitGeometry, x: f32, y: f32) -> f32 {
        let centre = portrait.vertices[6];
        smoothstep(2.6 * portrait.iod + 2.0, 2.6 * portrait.iod - 2.0, 1.3 * (x - centre[0]).hypot(y - centre[1]))
    }

    /// A head before a background; with mattes, and its geometry.
    fn scene(background: impl Fn(usize) -> [f32; 3]) -> (Canvas, HeadMattes, HeadRegion, PortraitGeometry) {
        let portrait = PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 9.0));
        let (mut picture, mut person) = (Canvas::filled(SIDE, SIDE, HEAD), Mask::filled(SIDE, SIDE, 0.0));
        for (i, colour) in picture.data.iter_mut().enumerate() {
            let cover = head(&portrait, (i % SIDE) as f32, (i / SIDE) as f32);
            let behind = background(i % SIDE);
            *colour = std::array::from_fn(|k| behind[k] + cover * (HEAD[k] - behind[k]));
            person.data[i] = cover;
        }
        let mattes = HeadMattes { person, hair: Mask::filled(SIDE, SIDE, 0.0) };
        let region = HeadRegion::find(&portrait, Some(&mattes), SIDE, SIDE);
        (picture, mattes, region, portrait)
    }

    fn stripes(x: usize) -> [f32; 3] {
        if x % 22 < 4 { [110.0, 118.0, 125.0] } else { [236.0, 238.0, 232.0] }
    }

    /// The picture moved to the right by `shift` pixels, and where its pixels came from.
    fn moved(picture: &Canvas, shift: f32) -> (Frame, WarpMap) {
        let mut map = WarpMap::still(SIDE, SIDE);
        let mut data = Vec::new();
        for (x, y) in (0..SIDE * SIDE).map(|i| (i % SIDE, i / SIDE)) {
            let place = [x as f32 - shift, y as f32];
            map.set(x, y, place);
            data.push(picture.bilinear(place[0], place[1]));
        }
        (Frame::from_canvas(&Canvas { width: SIDE, height: SIDE, data }), map)
    }

    #[test]
    fn stripes_stay_while_the_head_moves() {
        let (picture, mattes, region, portrait) = scene(stripes);
        let background = StillBackground::find(&picture, Some(&mattes), &region, &portrait).unwrap();
        let shift = 9.0;
        let (mut frame, map) = moved(&picture, shift);
        let bent = frame.clone();
        background.apply(&Frame::from_canvas(&picture), &mut frame, &map);
        let error = |frame: &Frame| {
            let (mut sum, mut count) = (0.0f32, 0.0f32);
            for (i, colour) in frame.data.iter().enumerate() {
                let (x, y) = (i % SIDE, i / SIDE);
                let cover = head(&portrait, x as f32 - shift, y as f32);
                let behind = stripes(x);
                if (0.06 * SIDE as f32..0.94 * SIDE as f32).contains(&(x as f32)) && y < SIDE * 9 / 10 {
                    let wanted: [f32; 3] = std::array::from_fn(|k| behind[k] + cover * (HEAD[k] - behind[k]));
                    sum += (f32::from(colour[1]) - wanted[1]).abs();
                    count += 1.0;
                }
            }
            sum / count
        };
        let (before, after) = (error(&bent), error(&frame));
        assert!(after < 1.5 && after < 0.1 * before, "{before} {after}");
    }

    #[test]
    fn a_plain_background_and_one_without_a_matte_keep_the_one_warp() {
        let (picture, mattes, region, portrait) = scene(|x| [200.0 + (x % 3) as f32, 205.0, 210.0]);
        assert!(StillBackground::find(&picture, Some(&mattes), &region, &portrait).is_none());
        let (picture, _, region, portrait) = scene(stripes);
        assert!(StillBackground::find(&picture, None, &region, &portrait).is_none());
    }

    #[test]
    fn a_hat_that_the_matte_loses_moves_with_the_head() {
        let (picture, mut mattes, region, portrait) = scene(stripes);
        // The matte ends in the middle of the head.
        let top = portrait.vertices[6][1] - 0.9 * portrait.iod;
        for (i, m) in mattes.person.data.iter_mut().enumerate() {
            *m *= smoothstep(top - 2.0, top + 2.0, (i / SIDE) as f32);
        }
        let background = StillBackground::find(&picture, Some(&mattes), &region, &portrait).unwrap();
        let (mut frame, map) = moved(&picture, 9.0);
        let warped = frame.clone();
        background.apply(&Frame::from_canvas(&picture), &mut frame, &map);
        let x = portrait.vertices[6][0] as usize;
        for y in [top as usize - 12, top as usize - 4, top as usize + 6] {
            let (got, want) = (frame.data[y * SIDE + x], warped.data[y * SIDE + x]);
            assert!(got[1].abs_diff(want[1]) < 6, "row {y}: {got:?} {want:?}");
        }
    }

    #[test]
    fn what_does_not_move_keeps_its_bytes() {
        let (picture, mattes, region, portrait) = scene(stripes);
        let background = StillBackground::find(&picture, Some(&mattes), &region, &portrait).unwrap();
        let (mut frame, map) = moved(&picture, 0.0);
        background.apply(&Frame::from_canvas(&picture), &mut frame, &map);
        assert!(frame == Frame::from_canvas(&picture));
    }

    #[test]
    fn an_ear_that_the_matte_half_sees_moves_whole_and_a_patch_of_wall_does_not() {
        let (picture, mut mattes, region, portrait) = scene(stripes);
        let ear = portrait.vertices[234];
        let (x, y) = ((ear[0] - 0.15 * portrait.iod) as usize, ear[1] as usize);
        for (i, m) in mattes.person.data.iter_mut().enumerate() {
            let (column, row) = ((i % SIDE) as f32, (i / SIDE) as f32);
            let near = (column - x as f32).hypot(row - y as f32) < 0.12 * portrait.iod;
            let wall = column > 470.0 && (200.0..240.0).contains(&row);
            *m = if near {
                0.5
            } else if wall {
                0.3
            } else {
                *m
            };
        }
        let matte = person(&mattes, &region, &portrait);
        assert!(matte.at(x, y) > 0.95 && matte.at(490, 220) == 0.0, "{} {}", matte.at(x, y), matte.at(490, 220));
        assert!(StillBackground::find(&picture, Some(&mattes), &region, &portrait).is_some());
    }
}
