//! The variational step (after Brox et al., ECCV 2004): brightness and its slopes stay the same along the flow, the flow is smooth,
//! and both may be broken at a price that grows only linearly.

use super::Plane;

/// Times that the pictures are warped anew, that the prices are found anew, and sweeps of the solver for each.
const WARPS: usize = 2;
const PRICES: usize = 3;
const SWEEPS: usize = 6;
/// Over-relaxation of the solver.
const RELAXATION: f32 = 1.6;
/// Weights of brightness, of its slopes, and of smoothness.
const BRIGHTNESS: f32 = 5.0;
const SLOPES: f32 = 10.0;
const SMOOTHNESS: f32 = 20.0;
/// Keep roots and quotients finite.
const SMALL: f32 = 1e-3;
const LEAST_SLOPE: f32 = 0.1;

/// One linear equation `a du + b dv + c = 0` of a pixel, weighted so that its error counts in pixels.
#[derive(Clone, Copy, Default)]
struct Equation {
    a: f32,
    b: f32,
    c: f32,
}

impl Equation {
    fn new(a: f32, b: f32, c: f32) -> Self {
        let scale = 1.0 / (a * a + b * b + LEAST_SLOPE * LEAST_SLOPE).sqrt();
        Self { a: a * scale, b: b * scale, c: c * scale }
    }

    fn square(self, [du, dv]: [f32; 2]) -> f32 {
        (self.a * du + self.b * dv + self.c).powi(2)
    }
}

/// The five numbers of a pixel's two normal equations.
#[derive(Clone, Copy, Default)]
struct Normal {
    xx: f32,
    xy: f32,
    yy: f32,
    x: f32,
    y: f32,
}

impl Normal {
    fn add(&mut self, weight: f32, e: Equation) {
        self.xx += weight * e.a * e.a;
        self.xy += weight * e.a * e.b;
        self.yy += weight * e.b * e.b;
        self.x += weight * e.a * e.c;
        self.y += weight * e.b * e.c;
    }
}

/// Derivative of the price of a squared error.
fn price(square: f32) -> f32 {
    0.5 / (square + SMALL * SMALL).sqrt()
}

/// Improves a flow between two pictures of its size.
pub fn refine(first: &Plane, second: &Plane, flow: &mut [[f32; 2]]) {
    if first.width < 2 || first.height < 2 {
        return;
    }
    for _ in 0..WARPS {
        let equations = equations(first, second, flow);
        let mut change = vec![[0.0_f32; 2]; flow.len()];
        for _ in 0..PRICES {
            let (data, ties) = priced(first.width, flow, &change, &equations);
            for _ in 0..SWEEPS {
                sweep(first.width, first.height, flow, &mut change, &data, &ties);
            }
        }
        for (place, change) in flow.iter_mut().zip(&change) {
            (0..2).for_each(|k| place[k] += change[k]);
        }
    }
}

/// Of every pixel: that brightness stays, and that its slopes along x and y stay.
fn equations(first: &Plane, second: &Plane, flow: &[[f32; 2]]) -> Vec<[Equation; 3]> {
    let warped = second.warped(flow);
    let mean = |a: &Plane, b: &Plane| {
        let data = a.data.iter().zip(&b.data).map(|(a, b)| 0.5 * (a + b)).collect();
        Plane { width: a.width, height: a.height, data }
    };
    let [first_x, first_y] = first.slopes();
    let [warped_x, warped_y] = warped.slopes();
    let (slope_x, slope_y) = (mean(&first_x, &warped_x), mean(&first_y, &warped_y));
    let [xx, xy] = slope_x.slopes();
    let [_, yy] = slope_y.slopes();
    let (width, height) = (first.width as f32, first.height as f32);
    let of_pixel = |i: usize| {
        let place = [(i % first.width) as f32 + flow[i][0], (i / first.width) as f32 + flow[i][1]];
        if place[0] < 0.0 || place[1] < 0.0 || place[0] > width - 1.0 || place[1] > height - 1.0 {
            return [Equation::default(); 3];
        }
        let step = |a: &Plane, b: &Plane| a.data[i] - b.data[i];
        [
            Equation::new(slope_x.data[i], slope_y.data[i], step(&warped, first)),
            Equation::new(xx.data[i], xy.data[i], step(&warped_x, &first_x)),
            Equation::new(xy.data[i], yy.data[i], step(&warped_y, &first_y)),
        ]
    };
    (0..flow.len()).map(of_pixel).collect()
}

/// Normal equations of the data, and how tightly each pixel is tied to the next one on the right and below.
fn priced(width: usize, flow: &[[f32; 2]], change: &[[f32; 2]], equations: &[[Equation; 3]]) -> (Vec<Normal>, Vec<[f32; 2]>) {
    let of_pixel = |(equations, change): (&[Equation; 3], &[f32; 2])| {
        let [bright, x, y] = equations;
        let mut normal = Normal::default();
        normal.add(BRIGHTNESS * price(bright.square(*change)), *bright);
        let weight = SLOPES * price(x.square(*change) + y.square(*change));
        normal.add(weight, *x);
        normal.add(weight, *y);
        normal
    };
    let data = equations.iter().zip(change).map(of_pixel).collect();
    let value = |i: usize, k: usize| flow[i][k] + change[i][k];
    let height = flow.len() / width;
    let tie = |i: usize| {
        let (x, y) = (i % width, i / width);
        let right = if x + 1 < width { i + 1 } else { i };
        let below = if y + 1 < height { i + width } else { i };
        let square = |other: usize| (value(other, 0) - value(i, 0)).powi(2) + (value(other, 1) - value(i, 1)).powi(2);
        let weight = SMOOTHNESS * price(square(right) + square(below));
        [if right == i { 0.0 } else { weight }, if below == i { 0.0 } else { weight }]
    };
    (data, (0..flow.len()).map(tie).collect())
}

/// One sweep of successive over-relaxation.
fn sweep(width: usize, height: usize, flow: &[[f32; 2]], change: &mut [[f32; 2]], data: &[Normal], ties: &[[f32; 2]]) {
    for i in 0..flow.len() {
        let (x, y) = (i % width, i / width);
        let mut tension = 0.0;
        let mut pull = [0.0_f32; 2];
        let mut neighbour = |other: usize, weight: f32| {
            tension += weight;
            (0..2).for_each(|k| pull[k] += weight * (flow[other][k] + change[other][k] - flow[i][k]));
        };
        if x > 0 {
            neighbour(i - 1, ties[i - 1][0]);
        }
        if x + 1 < width {
            neighbour(i + 1, ties[i][0]);
        }
        if y > 0 {
            neighbour(i - width, ties[i - width][1]);
        }
        if y + 1 < height {
            neighbour(i + width, ties[i][1]);
        }
        let normal = data[i];
        let du = (pull[0] - normal.x - normal.xy * change[i][1]) / (normal.xx + tension + 1e-6);
        change[i][0] += RELAXATION * (du - change[i][0]);
        let dv = (pull[1] - normal.y - normal.xy * change[i][0]) / (normal.yy + tension + 1e-6);
        change[i][1] += RELAXATION * (dv - change[i][1]);
    }
}
