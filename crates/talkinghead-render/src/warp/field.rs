//! The triangles of a frame, and where in the photograph each of their pixels comes from.

use crate::math::{larger, smaller, whole};

/// What moves less than this (pixels) does not move.
pub(crate) const STILL: f32 = 0.02;

/// Rows of a band: their places stay in the processor's cache until they are sampled.
pub(crate) const BAND: usize = 32;
/// No picture has more rows.
const MOST_ROWS: f32 = 65_536.0;

/// A side of a triangle as a line down the frame.
#[derive(Clone, Copy, Debug)]
struct Side {
    /// Its upper end.
    x: f32,
    y: f32,
    /// Columns for a row.
    slope: f32,
}

impl Side {
    fn new(from: [f32; 2], to: [f32; 2]) -> Self {
        let height = to[1] - from[1];
        Self { x: from[0], y: from[1], slope: if height < 1e-6 { 0.0 } else { (to[0] - from[0]) / height } }
    }

    #[inline(always)]
    fn at(&self, y: f32) -> f32 {
        self.x + self.slope * (y - self.y)
    }
}

/// A triangle of the frame with the linear map from its pixels to the photograph.
#[derive(Clone, Copy, Debug)]
struct Patch {
    top: f32,
    /// Row of the corner between the highest and the lowest.
    middle: f32,
    bottom: f32,
    /// From the highest corner to the lowest, and by way of the middle one.
    long: Side,
    upper: Side,
    lower: Side,
    /// Place in the photograph of the frame's corner, and its change for a pixel right and a pixel down.
    origin: [f32; 2],
    per_x: [f32; 2],
    per_y: [f32; 2],
}

/// Triangles of one frame.
#[derive(Clone, Debug, Default)]
pub struct WarpField {
    patches: Vec<Patch>,
    /// Of each triangle its mean depth and its number, so that greater numbers are farther, and among equals earlier.
    order: Vec<u64>,
    /// The triangles in each band of rows, far ones first.
    bands: Vec<Vec<u32>>,
}

impl WarpField {
    /// Collects the triangles that move, ordered by depth.
    ///
    /// `source` and `posed` are the vertices (pixels; z away) in the photograph and in the frame.
    pub fn collect(&mut self, source: &[[f32; 3]], posed: &[[f32; 3]], triangles: &[[u32; 3]]) {
        self.clear();
        self.extend(source, posed, triangles);
        self.sort();
    }

    /// Adds those triangles that move; see [`WarpField::sort`].
    pub(crate) fn extend(&mut self, source: &[[f32; 3]], posed: &[[f32; 3]], triangles: &[[u32; 3]]) {
        for t in triangles {
            let [s, p] = [source, posed].map(|v| t.map(|i| v[i as usize]));
            let moves = (0..3).any(|k| (s[k][0] - p[k][0]).abs() + (s[k][1] - p[k][1]).abs() > STILL);
            if moves {
                self.add(s, p);
            }
        }
    }

    /// Takes all triangles out.
    pub(crate) fn clear(&mut self) {
        self.patches.clear();
        self.order.clear();
    }

    /// Adds one triangle; see [`WarpField::sort`].
    pub(crate) fn add(&mut self, source: [[f32; 3]; 3], posed: [[f32; 3]; 3]) {
        let [a, b, c] = posed;
        let (bx, by, cx, cy) = (b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]);
        let area = bx * cy - by * cx;
        if !area.is_finite() || area.abs() < 1e-6 {
            return;
        }
        let along = |k: usize| {
            let (u, v) = (source[1][k] - source[0][k], source[2][k] - source[0][k]);
            ((u * cy - v * by) / area, (v * bx - u * cx) / area)
        };
        let ((xx, xy), (yx, yy)) = (along(0), along(1));
        let mut corners = posed.map(|p| [p[0], p[1]]);
        corners.sort_by(|a, b| a[1].total_cmp(&b[1]));
        let [high, middle, low] = corners;
        self.order.push(farther((a[2] + b[2] + c[2]) / 3.0, self.patches.len() as u32));
        self.patches.push(Patch {
            top: high[1],
            middle: middle[1],
            bottom: low[1],
            long: Side::new(high, low),
            upper: Side::new(high, middle),
            lower: Side::new(middle, low),
            origin: [source[0][0] - xx * a[0] - xy * a[1], source[0][1] - yx * a[0] - yy * a[1]],
            per_x: [xx, yx],
            per_y: [xy, yy],
        });
    }

    /// Puts far triangles first, in each band of rows; equal depths keep their order.
    pub(crate) fn sort(&mut self) {
        self.order.sort_unstable_by(|a, b| b.cmp(a));
        self.bands.iter_mut().for_each(Vec::clear);
        for &key in &self.order {
            let number = !(key as u32);
            let patch = &self.patches[number as usize];
            if patch.bottom < 0.0 || patch.top > MOST_ROWS {
                continue;
            }
            let [first, last] = [patch.top.max(0.0), patch.bottom.min(MOST_ROWS)].map(|y| y as usize / BAND);
            if self.bands.len() <= last {
                self.bands.resize_with(last + 1, Vec::new);
            }
            self.bands[first..=last].iter_mut().for_each(|band| band.push(number));
        }
    }

    /// Whether nothing moves.
    pub fn is_empty(&self) -> bool {
        self.patches.is_empty()
    }

    /// Writes for the rows of a band the places in the photograph, and for each row the first column that a triangle
    /// covers and the one after the last; places that none covers keep theirs.
    #[inline(always)]
    pub(crate) fn rasterise(&self, band: usize, width: usize, places: &mut [[f32; 2]], spans: &mut [Span]) {
        let first = band * BAND;
        let (low, high) = (first as f32, (first + places.len() / width) as f32 - 1.0);
        for &number in self.bands.get(band).map_or(&[][..], Vec::as_slice) {
            let patch = &self.patches[number as usize];
            let from = whole(larger(patch.top, low).ceil()) as usize;
            let to = whole(smaller(patch.bottom, high).floor()) as usize;
            for y in from..=to {
                let row = y as i32 as f32;
                let Some((left, right)) = patch.span(row, width) else { continue };
                spans[y - first].take(left, right + 1);
                let line = &mut places[(y - first) * width + left..=(y - first) * width + right];
                let origin: [f32; 2] = std::array::from_fn(|k| patch.origin[k] + patch.per_y[k] * row);
                let at = |x: f32| [origin[0] + patch.per_x[0] * x, origin[1] + patch.per_x[1] * x];
                let mut x = left as i32 as f32;
                // Most rows of a triangle have few pixels: four at a time, and the rest.
                let (fours, rest) = line.as_chunks_mut::<4>();
                for four in fours {
                    *four = [at(x), at(x + 1.0), at(x + 2.0), at(x + 3.0)];
                    x += 4.0;
                }
                for out in rest {
                    *out = at(x);
                    x += 1.0;
                }
            }
        }
    }
}

/// A number that is greater for greater depths, then for smaller numbers.
fn farther(depth: f32, number: u32) -> u64 {
    let bits = depth.to_bits();
    let ordered = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    u64::from(ordered) << 32 | u64::from(!number)
}

/// Columns of a row: the first, and the one after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// No columns.
    pub(crate) const EMPTY: Self = Self { start: u32::MAX, end: 0 };

    #[inline(always)]
    fn take(&mut self, start: usize, end: usize) {
        self.start = self.start.min(start as u32);
        self.end = self.end.max(end as u32);
    }

    /// As a range of indices; empty where there are no columns.
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        if self.start < self.end { self.start as usize..self.end as usize } else { 0..0 }
    }
}

impl Patch {
    /// First and last pixel of a row inside the triangle, edges included (so that neighbours leave no crack).
    #[inline(always)]
    fn span(&self, y: f32, width: usize) -> Option<(usize, usize)> {
        let long = self.long.at(y);
        let (upper, lower) = (self.upper.at(y), self.lower.at(y));
        // On the middle corner's row both shorter sides count: one of them may be level.
        let a = if y <= self.middle { upper } else { lower };
        let b = if y >= self.middle { lower } else { upper };
        // A thousandth of a pixel of overlap covers rounding.
        let left = larger((smaller(smaller(long, a), b) - 1e-3).ceil(), 0.0);
        let right = smaller((larger(larger(long, a), b) + 1e-3).floor(), width as i32 as f32 - 1.0);
        (left <= right).then(|| (whole(left) as usize, whole(right) as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_triangle_wins_and_spans_say_what_is_covered() {
        let big = [[0.0, 0.0], [120.0, 0.0], [0.0, 90.0]];
        let at = |dx: f32, z: f32| big.map(|p| [p[0] + dx, p[1], z]);
        let mut field = WarpField::default();
        field.add(at(0.0, 0.0), at(5.0, -2.0));
        field.add(at(0.0, 0.0), at(9.0, 4.0));
        field.sort();
        let mut places = vec![[-1.0; 2]; 64 * 48];
        let mut spans = vec![Span::EMPTY; 48];
        let bands = places.chunks_mut(BAND * 64).zip(spans.chunks_mut(BAND));
        bands.enumerate().for_each(|(band, (places, spans))| field.rasterise(band, 64, places, spans));
        assert_eq!(places[10 * 64 + 20].map(f32::round), [15.0, 10.0]);
        assert_eq!(spans[10].range(), 5..64);
        assert_eq!(places[10 * 64 + 4], [-1.0; 2]);
    }
}
