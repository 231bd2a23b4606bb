//! Canny's edges (1986), as scikit-image finds them with its default settings.

use super::plane::{Plane, gaussian};

/// Whether each pixel lies on an edge: Gaussian of deviation 1 (zero beyond the picture, made up for), Sobel gradients, maxima
/// across the edge, and of those above `low` the connected ones with at least one of `high`.
pub(super) fn edges(picture: &Plane, low: f32, high: f32) -> Vec<bool> {
    let (width, height) = (picture.width, picture.height);
    let smooth = smoothed(picture);
    let at = |x: usize, y: usize, dx: isize, dy: isize| smooth.mirrored(x as isize + dx, y as isize + dy);
    let down = Plane::from_fn(width, height, |x, y| {
        (at(x, y, -1, 1) + 2.0 * at(x, y, 0, 1) + at(x, y, 1, 1)) - (at(x, y, -1, -1) + 2.0 * at(x, y, 0, -1) + at(x, y, 1, -1))
    });
    let right = Plane::from_fn(width, height, |x, y| {
        (at(x, y, 1, -1) + 2.0 * at(x, y, 1, 0) + at(x, y, 1, 1)) - (at(x, y, -1, -1) + 2.0 * at(x, y, -1, 0) + at(x, y, -1, 1))
    });
    let strength = Plane::from_fn(width, height, |x, y| down.at(x, y).hypot(right.at(x, y)));
    let mut thin = vec![0.0_f32; width * height];
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let here = strength.at(x, y);
            if here >= low && is_ridge(&strength, x, y, down.at(x, y), right.at(x, y)) {
                thin[y * width + x] = here;
            }
        }
    }
    connected(&thin, width, height, high)
}

fn smoothed(picture: &Plane) -> Plane {
    const RADIUS: usize = 4;
    let weights = gaussian(1.0, RADIUS);
    let (width, height) = (picture.width, picture.height);
    let padded = |value: &dyn Fn(usize, usize) -> f32| {
        Plane::from_fn(width + 2 * RADIUS, height + 2 * RADIUS, |x, y| {
            let inside = (RADIUS..width + RADIUS).contains(&x) && (RADIUS..height + RADIUS).contains(&y);
            if inside { value(x - RADIUS, y - RADIUS) } else { 0.0 }
        })
        .filtered_inside(&weights)
    };
    let mut sums = padded(&|x, y| picture.at(x, y));
    let shares = padded(&|_, _| 1.0);
    sums.values.iter_mut().zip(&shares.values).for_each(|(sum, share)| *sum /= share);
    sums
}

/// Whether the gradient is largest here along its own direction, neighbours interpolated.
fn is_ridge(strength: &Plane, x: usize, y: usize, down: f32, right: f32) -> bool {
    let same_sign = (down >= 0.0 && right >= 0.0) || (down <= 0.0 && right <= 0.0);
    let side = if same_sign { 1 } else { -1 };
    let at = |dx: isize, dy: isize| strength.at(x.wrapping_add_signed(dx), y.wrapping_add_signed(dy));
    let (straight, share): ((isize, isize), f32) = if down.abs() > right.abs() {
        ((0, 1), right.abs() / down.abs())
    } else {
        ((side, 0), if right == 0.0 { 0.0 } else { down.abs() / right.abs() })
    };
    let diagonal = (side, 1);
    let here = strength.at(x, y);
    [1, -1].into_iter().all(|way| {
        let along = at(way * diagonal.0, way * diagonal.1) * share + at(way * straight.0, way * straight.1) * (1.0 - share);
        along <= here
    })
}

/// Of all pixels above 0 those that are connected, over eight neighbours, with one of at least `high`.
fn connected(thin: &[f32], width: usize, height: usize, high: f32) -> Vec<bool> {
    let mut kept = vec![false; thin.len()];
    let mut open: Vec<usize> = (0..thin.len()).filter(|&k| thin[k] > 0.0 && thin[k] >= high).collect();
    open.iter().for_each(|&k| kept[k] = true);
    while let Some(k) = open.pop() {
        let (x, y) = (k % width, k / width);
        for ny in y.saturating_sub(1)..(y + 2).min(height) {
            for nx in x.saturating_sub(1)..(x + 2).min(width) {
                let n = ny * width + nx;
                if thin[n] > 0.0 && !kept[n] {
                    kept[n] = true;
                    open.push(n);
                }
            }
        }
    }
    kept
}
