//! Looking for patches by the inverse of what a shift would do to them.

use super::Plane;

/// Side of a patch, and the distance of two neighbours.
const SIDE: usize = 8;
const STEP: usize = 3;
/// Improvements of a patch's place at most; it is found when the last one was shorter than this.
const IMPROVEMENTS: usize = 16;
const FOUND: f32 = 0.01;
/// A patch that runs further than this from where it began is lost.
const LOST: f32 = SIDE as f32;

/// Movements of all pixels from those of the patches around them, each weighted by how well it fits the pixel. `slopes` are the first
/// picture's, `start` is the flow so far.
pub fn patches(first: &Plane, second: &Plane, slopes: &[Plane; 2], start: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let (width, height) = (first.width, first.height);
    if width < SIDE || height < SIDE {
        return start.to_vec();
    }
    let mut sums = vec![[0.0_f32; 3]; width * height];
    for top in corners(height) {
        for left in corners(width) {
            let patch = Patch::new(first, slopes, left, top);
            let middle = (top + SIDE / 2) * width + left + SIDE / 2;
            let [u, v] = patch.find(second, start[middle]);
            for row in 0..SIDE {
                for column in 0..SIDE {
                    let (x, y) = (left + column, top + row);
                    let index = y * width + x;
                    let miss = second.sample(x as f32 + u, y as f32 + v) - first.data[index];
                    let weight = 1.0 / miss.abs().max(1.0);
                    let sum = &mut sums[index];
                    sum[0] += weight * u;
                    sum[1] += weight * v;
                    sum[2] += weight;
                }
            }
        }
    }
    let mean = |[u, v, weight]: [f32; 3]| [u / weight, v / weight];
    sums.into_iter().map(mean).collect()
}

/// First pixels of the patches along a side, the last at its end: every pixel is in one.
fn corners(side: usize) -> impl Iterator<Item = usize> {
    let last = side - SIDE;
    (0..last).step_by(STEP).chain([last])
}

/// A patch of the first picture, its mean removed, with what it takes to find it.
struct Patch {
    left: usize,
    top: usize,
    values: [f32; SIDE * SIDE],
    slopes: [[f32; 2]; SIDE * SIDE],
    /// Inverse of the slopes' products; none where nothing can be found.
    inverse: Option<[f32; 3]>,
}

impl Patch {
    fn new(first: &Plane, slopes: &[Plane; 2], left: usize, top: usize) -> Self {
        let index = |i: usize| (top + i / SIDE) * first.width + left + i % SIDE;
        let mut values: [f32; SIDE * SIDE] = std::array::from_fn(|i| first.data[index(i)]);
        let mut slopes: [[f32; 2]; SIDE * SIDE] = std::array::from_fn(|i| [slopes[0].data[index(i)], slopes[1].data[index(i)]]);
        let count = (SIDE * SIDE) as f32;
        let mean = values.iter().sum::<f32>() / count;
        values.iter_mut().for_each(|value| *value -= mean);
        let middle = [0, 1].map(|k| slopes.iter().map(|slope| slope[k]).sum::<f32>() / count);
        slopes.iter_mut().for_each(|slope| (0..2).for_each(|k| slope[k] -= middle[k]));
        let product = |a: usize, b: usize| slopes.iter().map(|slope| slope[a] * slope[b]).sum::<f32>();
        // A little is added so that along an edge a patch stays where it was.
        let (xx, xy, yy) = (product(0, 0) + 1.0, product(0, 1), product(1, 1) + 1.0);
        let determinant = xx * yy - xy * xy;
        let inverse = (determinant > 1e-3).then(|| [yy / determinant, -xy / determinant, xx / determinant]);
        Self { left, top, values, slopes, inverse }
    }

    /// Where it is in the second picture.
    fn find(&self, second: &Plane, start: [f32; 2]) -> [f32; 2] {
        let Some([xx, xy, yy]) = self.inverse else { return start };
        let mut place = start;
        let mut best = (f32::MAX, start);
        for _ in 0..IMPROVEMENTS {
            let (misses, sum) = self.misses(second, place);
            if sum < best.0 {
                best = (sum, place);
            }
            let push = misses
                .iter()
                .zip(&self.slopes)
                .fold([0.0_f32; 2], |push, (miss, slope)| [push[0] + miss * slope[0], push[1] + miss * slope[1]]);
            let step = [xx * push[0] + xy * push[1], xy * push[0] + yy * push[1]];
            place = [place[0] - step[0], place[1] - step[1]];
            let away = (place[0] - start[0]).hypot(place[1] - start[1]);
            if away.is_nan() || away > LOST {
                break;
            }
            if step[0].hypot(step[1]) < FOUND {
                let (_, sum) = self.misses(second, place);
                return if sum < best.0 { place } else { best.1 };
            }
        }
        best.1
    }

    /// Differences at a place, means removed, and the sum of their squares.
    fn misses(&self, second: &Plane, place: [f32; 2]) -> ([f32; SIDE * SIDE], f32) {
        let mut found: [f32; SIDE * SIDE] = std::array::from_fn(|i| {
            second.sample((self.left + i % SIDE) as f32 + place[0], (self.top + i / SIDE) as f32 + place[1])
        });
        let mean = found.iter().sum::<f32>() / (SIDE * SIDE) as f32;
        let mut sum = 0.0;
        for (found, value) in found.iter_mut().zip(&self.values) {
            *found -= mean + value;
            sum += *found * *found;
        }
        (found, sum)
    }
}
