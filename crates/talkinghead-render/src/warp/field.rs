//! The triangles of a frame, and where in the photograph each of their pixels comes from.

/// What moves less than this (pixels) does not move.
pub(crate) const STILL: f32 = 0.02;

/// A triangle of the frame with the linear map from its pixels to the photograph.
#[derive(Clone, Copy, Debug)]
struct Patch {
    /// Corners in the frame, x and y.
    corners: [[f32; 2]; 3],
    top: f32,
    bottom: f32,
    /// Mean depth in the frame.
    depth: f32,
    /// Place in the photograph of the first corner, and its change for a pixel right and a pixel down.
    origin: [f32; 2],
    per_x: [f32; 2],
    per_y: [f32; 2],
}

/// Triangles of one frame, far ones first.
#[derive(Clone, Debug, Default)]
pub struct WarpField {
    patches: Vec<Patch>,
}

impl WarpField {
    /// Collects the triangles that move, ordered by depth.
    ///
    /// `source` and `posed` are the vertices (pixels; z away) in the photograph and in the frame.
    pub fn collect(&mut self, source: &[[f32; 3]], posed: &[[f32; 3]], triangles: &[[u32; 3]]) {
        self.patches.clear();
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
        let corners = if area > 0.0 { [a, b, c] } else { [a, c, b] };
        self.patches.push(Patch {
            corners: corners.map(|p| [p[0], p[1]]),
            top: a[1].min(b[1]).min(c[1]),
            bottom: a[1].max(b[1]).max(c[1]),
            depth: (a[2] + b[2] + c[2]) / 3.0,
            origin: [source[0][0] - xx * a[0] - xy * a[1], source[0][1] - yx * a[0] - yy * a[1]],
            per_x: [xx, yx],
            per_y: [xy, yy],
        });
    }

    /// Puts far triangles first; equal depths keep their order.
    pub(crate) fn sort(&mut self) {
        self.patches.sort_by(|a, b| b.depth.total_cmp(&a.depth));
    }

    /// Whether nothing moves.
    pub fn is_empty(&self) -> bool {
        self.patches.is_empty()
    }

    /// Writes for rows `first..` of a band the places in the photograph, and for each row the first column that a triangle
    /// covers and the one after the last; places that none covers keep theirs.
    #[inline(always)]
    pub(crate) fn rasterise(&self, first: usize, width: usize, places: &mut [[f32; 2]], spans: &mut [Span]) {
        let rows = places.len() / width;
        let (low, high) = (first as f32, (first + rows) as f32 - 1.0);
        for patch in &self.patches {
            if patch.bottom < low || patch.top > high {
                continue;
            }
            let from = patch.top.max(low).ceil() as u32 as usize;
            let to = patch.bottom.min(high) as u32 as usize;
            for y in from..=to {
                let Some((left, right)) = patch.span(y as f32, width) else { continue };
                spans[y - first].take(left, right + 1);
                let row = &mut places[(y - first) * width + left..=(y - first) * width + right];
                let origin: [f32; 2] = std::array::from_fn(|k| patch.origin[k] + patch.per_y[k] * y as f32);
                for (out, x) in row.iter_mut().zip(left as u32..) {
                    let x = x as f32;
                    *out = [origin[0] + patch.per_x[0] * x, origin[1] + patch.per_x[1] * x];
                }
            }
        }
    }
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
        let (mut left, mut right) = (f32::MAX, f32::MIN);
        for k in 0..3 {
            let (a, b) = (self.corners[k], self.corners[(k + 1) % 3]);
            let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
            if y < low[1] || y > high[1] {
                continue;
            }
            let height = high[1] - low[1];
            if height < 1e-6 {
                left = left.min(low[0].min(high[0]));
                right = right.max(low[0].max(high[0]));
            } else {
                let x = low[0] + (high[0] - low[0]) * ((y - low[1]) / height);
                left = left.min(x);
                right = right.max(x);
            }
        }
        // A thousandth of a pixel of overlap covers rounding.
        let left = (left - 1e-3).ceil().max(0.0);
        let right = (right + 1e-3).floor().min(width as f32 - 1.0);
        (left <= right).then_some((left as usize, right as usize))
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
        field.rasterise(0, 64, &mut places, &mut spans);
        assert_eq!(places[10 * 64 + 20].map(f32::round), [15.0, 10.0]);
        assert_eq!(spans[10].range(), 5..64);
        assert_eq!(places[10 * 64 + 4], [-1.0; 2]);
    }
}
