//! Sharpness without a reference: the cumulative probability of blur detection (Narvekar and Karam 2011).

use super::canny;
use super::plane::Plane;

/// Side of a block in pixels.
const BLOCK: usize = 64;
/// Share of edge pixels above which a block counts.
const EDGE_BLOCK: f32 = 0.002;
/// Exponent of the psychometric function.
const BETA: f32 = 3.6;
/// Blur that is seen with less than this probability (per cent) counts as sharp.
const SEEN: usize = 64;
/// Longest way on either side of an edge, in pixels.
const LONGEST: usize = 100;

/// Share of the edges whose blur nobody would see, 0 (blurred) to 1 (sharp). The picture is cut into whole blocks of 64 x 64 pixels;
/// one smaller than a block, or without edges, has 0.
pub fn cpbd(picture: &Plane) -> f64 {
    let edge_pixels = canny::edges(picture, 0.1, 0.2);
    let widths = edge_widths(picture);
    let (mut sharp, mut all) = (0_usize, 0_usize);
    for top in (0..picture.height / BLOCK).map(|block| block * BLOCK) {
        for left in (0..picture.width / BLOCK).map(|block| block * BLOCK) {
            let places = || (top..top + BLOCK).flat_map(move |y| (left..left + BLOCK).map(move |x| y * picture.width + x));
            let edges = places().filter(|&k| edge_pixels[k]).count();
            if edges as f32 <= (BLOCK * BLOCK) as f32 * EDGE_BLOCK {
                continue;
            }
            let (least, most) = places().map(|k| picture.values[k]).fold((f32::MAX, f32::MIN), |(a, b), v| (a.min(v), b.max(v)));
            let just_noticed = if most - least < 51.0 { 5.0 } else { 3.0 };
            for width in places().map(|k| widths[k]).filter(|&width| width > 0) {
                let probability = 1.0 - (-(width as f32 / just_noticed).powf(BETA)).exp();
                sharp += usize::from((probability * 100.0).round_ties_even() < SEEN as f32);
                all += 1;
            }
        }
    }
    if all == 0 { 0.0 } else { sharp as f64 / all as f64 }
}

/// Widths of the upright edges in pixels (Marziliano et al. 2002), 0 where there is none.
fn edge_widths(picture: &Plane) -> Vec<usize> {
    let (width, height) = (picture.width, picture.height);
    let mut widths = vec![0; width * height];
    let edges = upright_edges(picture);
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1).min(width) {
            if !edges[y * width + x] {
                continue;
            }
            let across = (picture.at(x + 1, y) - picture.at(x - 1, y)) / 2.0;
            let down = (picture.at(x, y + 1) - picture.at(x, y - 1)) / 2.0;
            // Level with the picture means angle 0; the original takes a gradient straight down for it as well.
            let angle = if across == 0.0 { 0.0 } else { down.atan2(across).to_degrees() };
            let rises = match (angle / 45.0).round_ties_even() as i32 {
                0 => true,
                4 | -4 => false,
                _ => continue,
            };
            // From the edge outwards, for as long as the brightness goes on falling (or rising).
            let reach = |way: isize, falls: bool| {
                let mut reach = 0;
                for margin in 0..=LONGEST {
                    reach = margin + 1;
                    let inner = x as isize + way * (1 + margin as isize);
                    let outer = inner + way;
                    if !(0..width as isize).contains(&outer) {
                        break;
                    }
                    let step = picture.at(outer as usize, y) - picture.at(inner as usize, y);
                    if if falls { step >= 0.0 } else { step <= 0.0 } {
                        break;
                    }
                }
                reach
            };
            widths[y * width + x] = reach(-1, rises) + reach(1, !rises);
        }
    }
    widths
}

/// Places where the brightness changes fastest from left to right.
fn upright_edges(picture: &Plane) -> Vec<bool> {
    let (width, height) = (picture.width, picture.height);
    let at = |x: usize, y: usize, dx: isize, dy: isize| picture.mirrored(x as isize + dx, y as isize + dy);
    let mut strength = Plane::from_fn(width, height, |x, y| {
        let side = |dx: isize| at(x, y, dx, -1) + 2.0 * at(x, y, dx, 0) + at(x, y, dx, 1);
        ((side(1) - side(-1)) / 8.0).powi(2)
    });
    let threshold = 2.0 * strength.mean().sqrt();
    strength.values.iter_mut().filter(|v| f64::from(**v) <= threshold).for_each(|v| *v = 0.0);
    let or_zero = |x: isize, y: isize| {
        let inside = (0..width as isize).contains(&x) && (0..height as isize).contains(&y);
        if inside { strength.at(x as usize, y as usize) } else { 0.0 }
    };
    let mut edges = vec![false; width * height];
    for y in 0..height as isize {
        for x in 0..width as isize {
            let here = or_zero(x, y);
            edges[y as usize * width + x as usize] =
                (here > or_zero(x - 1, y) && here > or_zero(x + 1, y)) || (here > or_zero(x, y - 1) && here > or_zero(x, y + 1));
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_sharp_and_a_ramp_is_not() {
        let bars =
            |blur: f32| Plane::from_fn(128, 128, |x, _| 128.0 + 100.0 * ((x as f32 % 32.0 - 16.0) / blur).clamp(-1.0, 1.0));
        assert!(cpbd(&bars(0.5)) > 0.9);
        assert!(cpbd(&bars(12.0)) < 0.6);
        assert_eq!(cpbd(&Plane::from_fn(30, 30, |x, _| x as f32)), 0.0);
    }
}
