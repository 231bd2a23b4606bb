//! Anti-aliased polygon masks on rectangles of whole pixels.
//!
//! A pixel's value lies *at* its whole coordinate, so pixel `(i, j)` covers `[i - 0.5, i + 0.5] x [j - 0.5, j + 0.5]`.

use super::canvas::{Canvas, Mask};

/// Lines a pixel row is cut into; along each of them the covered length is exact.
const LINES: usize = 4;

/// A rectangle of whole pixels inside a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Left column.
    pub x: usize,
    /// Top row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Region {
    /// The smallest rectangle that holds every point and `margin` pixels around them, clipped to a picture of
    /// `width x height` pixels; `None` when nothing of it lies inside or a point is not finite.
    pub fn around(points: &[[f32; 2]], margin: f32, width: usize, height: usize) -> Option<Self> {
        let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
        for p in points {
            for k in 0..2 {
                if !p[k].is_finite() {
                    return None;
                }
                low[k] = low[k].min(p[k]);
                high[k] = high[k].max(p[k]);
            }
        }
        let clip = |v: f32, limit: usize| v.clamp(0.0, limit as f32) as usize;
        let (x, y) = (clip((low[0] - margin).floor(), width), clip((low[1] - margin).floor(), height));
        let right = clip((high[0] + margin).ceil() + 1.0, width);
        let bottom = clip((high[1] + margin).ceil() + 1.0, height);
        (right > x && bottom > y).then(|| Self { x, y, width: right - x, height: bottom - y })
    }

    /// The whole of a picture.
    pub fn whole(width: usize, height: usize) -> Self {
        Self { x: 0, y: 0, width, height }
    }

    /// Copies the rectangle out of a picture.
    pub fn cut(&self, canvas: &Canvas) -> Canvas {
        let mut data = Vec::with_capacity(self.width * self.height);
        for y in self.y..self.y + self.height {
            let start = y * canvas.width + self.x;
            data.extend_from_slice(&canvas.data[start..start + self.width]);
        }
        Canvas { width: self.width, height: self.height, data }
    }

    /// Mixes a patch of the rectangle's size into a picture: `picture += alpha (patch - picture)`, alpha 0..1.
    pub fn blend(&self, canvas: &mut Canvas, patch: &Canvas, alpha: &Mask) {
        for row in 0..self.height {
            let start = (self.y + row) * canvas.width + self.x;
            let line = &mut canvas.data[start..start + self.width];
            let local = row * self.width..(row + 1) * self.width;
            for ((out, colour), &a) in line.iter_mut().zip(&patch.data[local.clone()]).zip(&alpha.data[local]) {
                if a > 0.0 {
                    for k in 0..3 {
                        out[k] += a * (colour[k] - out[k]);
                    }
                }
            }
        }
    }
}

/// How much of each pixel of `region` a closed polygon covers, 0..1, `[region.height, region.width]`.
///
/// Parts that the outline winds round several times or backwards count as inside.
pub fn polygon_mask(points: &[[f32; 2]], region: Region) -> Mask {
    let mut mask = Mask { width: region.width, height: region.height, data: vec![0.0; region.width * region.height] };
    if points.len() < 3 || points.iter().flatten().any(|v| !v.is_finite()) {
        return mask;
    }
    let mut crossings: Vec<(f32, i32)> = Vec::with_capacity(8);
    let left = region.x as f32 - 0.5;
    for row in 0..region.height {
        let line = &mut mask.data[row * region.width..(row + 1) * region.width];
        for step in 0..LINES {
            let y = (region.y + row) as f32 - 0.5 + (step as f32 + 0.5) / LINES as f32;
            crossings.clear();
            for (i, a) in points.iter().enumerate() {
                let b = points[(i + 1) % points.len()];
                if (a[1] <= y) != (b[1] <= y) {
                    let x = a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
                    crossings.push((x - left, if a[1] <= y { 1 } else { -1 }));
                }
            }
            crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut winding = 0;
            for pair in crossings.windows(2) {
                winding += pair[0].1;
                if winding != 0 {
                    add_span(line, pair[0].0, pair[1].0, 1.0 / LINES as f32);
                }
            }
        }
    }
    mask
}

/// Adds `weight` to the pixels between two places of a row, in part where the ends fall inside a pixel.
fn add_span(line: &mut [f32], from: f32, to: f32, weight: f32) {
    let (from, to) = (from.max(0.0), to.min(line.len() as f32));
    if to <= from {
        return;
    }
    let (first, last) = (from as usize, (to as usize).min(line.len() - 1));
    if first == last {
        line[first] += weight * (to - from);
        return;
    }
    line[first] += weight * ((first + 1) as f32 - from);
    for pixel in &mut line[first + 1..last] {
        *pixel += weight;
    }
    line[last] += weight * (to - last as f32);
}

/// Whether a point lies inside a closed polygon, by the even-odd rule.
pub fn contains(ring: &[[f32; 2]], p: [f32; 2]) -> bool {
    let mut odd = false;
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0] + (p[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) {
            odd = !odd;
        }
    }
    odd
}

/// The convex hull of a set of points, anticlockwise as seen with y down.
pub fn convex_hull(points: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let mut hull: Vec<[f32; 2]> = Vec::with_capacity(sorted.len() + 1);
    let turn = |a: [f32; 2], b: [f32; 2], c: [f32; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    for pass in 0..2 {
        let start = hull.len();
        let mut add = |p: [f32; 2]| {
            while hull.len() >= start + 2 && turn(hull[hull.len() - 2], hull[hull.len() - 1], p) <= 0.0 {
                hull.pop();
            }
            hull.push(p);
        };
        if pass == 0 {
            sorted.iter().for_each(|&p| add(p));
        } else {
            sorted.iter().rev().for_each(|&p| add(p));
        }
        hull.pop();
    }
    hull
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(mask: &Mask) -> f32 {
        mask.data.iter().sum()
    }

    #[test]
    fn a_polygon_covers_its_area() {
        let region = Region { x: 3, y: 5, width: 60, height: 50 };
        let square = [[10.25, 12.5], [30.75, 12.5], [30.75, 32.5], [10.25, 32.5]];
        assert!((area(&polygon_mask(&square, region)) - 20.5 * 20.0).abs() < 1e-2);
        let triangle = [[8.0, 8.0], [48.0, 20.0], [20.0, 44.0]];
        assert!((area(&polygon_mask(&triangle, region)) - 0.5 * (40.0 * 36.0 - 12.0 * 12.0)).abs() < 2.0);
    }

    #[test]
    fn a_pixel_lies_at_its_whole_coordinate() {
        let mask = polygon_mask(&[[3.5, 1.5], [4.5, 1.5], [4.5, 2.5], [3.5, 2.5]], Region::whole(8, 8));
        assert_eq!(mask.data[2 * 8 + 4], 1.0);
        assert_eq!(area(&mask), 1.0);
    }

    #[test]
    fn crossed_outlines_leave_no_hole() {
        // A bow tie: the second half winds the other way round.
        let mask = polygon_mask(&[[2.0, 2.0], [18.0, 12.0], [18.0, 2.0], [2.0, 12.0]], Region::whole(20, 16));
        assert!((area(&mask) - 80.0).abs() < 1.0);
    }

    #[test]
    fn hull_of_a_square_drops_what_lies_inside() {
        let hull = convex_hull(&[[0.0, 0.0], [4.0, 0.0], [2.0, 1.0], [4.0, 4.0], [0.0, 4.0], [1.0, 3.0]]);
        assert_eq!(hull.len(), 4);
    }

    #[test]
    fn regions_stay_inside_the_picture() {
        let region = Region::around(&[[-5.0, 3.0], [4.2, 9.0]], 2.0, 20, 10);
        assert_eq!(region, Some(Region { x: 0, y: 1, width: 8, height: 9 }));
        assert_eq!(Region::around(&[[30.0, 3.0]], 2.0, 20, 10), None);
        assert_eq!(Region::around(&[[f32::NAN, 3.0]], 2.0, 20, 10), None);
    }
}
