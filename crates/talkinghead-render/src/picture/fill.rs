//! Fills the unknown parts of a picture smoothly from the known ones: pull-push over a pyramid.

use super::canvas::{Canvas, Mask};

/// One level of the pyramid: colour times weight, and the weight.
struct Level {
    width: usize,
    height: usize,
    data: Vec<[f32; 4]>,
}

/// Fills a picture from the pixels that carry weight.
///
/// `weight` (same size, 0..1) says how far a pixel's own colour is to be trusted: 1 keeps it, 0 replaces it by what
/// its neighbourhood holds, and between the two it is mixed. Colours of weight near 0 hardly bleed into what is filled, so
/// a ring of weight 1 wins over surroundings of weight 0.02. A picture without any weight comes back unchanged.
pub fn pull_push(picture: &Canvas, weight: &Mask) -> Canvas {
    let (width, height) = (picture.width, picture.height);
    let finest = Level {
        width,
        height,
        data: picture.data.iter().zip(&weight.data).map(|(c, &w)| [c[0] * w, c[1] * w, c[2] * w, w]).collect(),
    };
    if finest.data.iter().all(|v| v[3] <= 0.0) {
        return picture.clone();
    }
    let mut levels = vec![finest];
    while let Some(last) = levels.last()
        && (last.width > 1 || last.height > 1)
    {
        levels.push(pull(last));
    }
    let mut coarse = vec![[0.0; 3]];
    let mut size = (1, 1);
    for level in levels.iter().rev() {
        coarse = push(level, &coarse, size);
        size = (level.width, level.height);
    }
    Canvas { width, height, data: coarse }
}

/// A picture and its weight at half the size: the weighted mean of 2x2 pixels, and the largest of their weights.
pub(crate) fn halved(picture: &Canvas, weight: &Mask) -> (Canvas, Mask) {
    let data = picture.data.iter().zip(&weight.data).map(|(c, &w)| [c[0] * w, c[1] * w, c[2] * w, w]).collect();
    let Level { width, height, data } = pull(&Level { width: picture.width, height: picture.height, data });
    let colours = data.iter().map(|v| if v[3] > 0.0 { [v[0] / v[3], v[1] / v[3], v[2] / v[3]] } else { [0.0; 3] }).collect();
    let weights = data.iter().map(|v| v[3]).collect();
    (Canvas { width, height, data: colours }, Mask { width, height, data: weights })
}

/// The weighted mean of 2x2 pixels, with the largest of their weights: what was light stays light on every level.
fn pull(fine: &Level) -> Level {
    let (width, height) = (fine.width.div_ceil(2), fine.height.div_ceil(2));
    let mut data = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0.0; 4];
            let mut largest = 0.0f32;
            for row in 2 * y..(2 * y + 2).min(fine.height) {
                for column in 2 * x..(2 * x + 2).min(fine.width) {
                    let value = fine.data[row * fine.width + column];
                    for k in 0..4 {
                        sum[k] += value[k];
                    }
                    largest = largest.max(value[3]);
                }
            }
            if sum[3] > 0.0 {
                let factor = largest.min(1.0) / sum[3];
                sum = sum.map(|v| v * factor);
            }
            data.push(sum);
        }
    }
    Level { width, height, data }
}

/// A level's colours where it has weight, and the coarser level's between.
fn push(level: &Level, coarse: &[[f32; 3]], size: (usize, usize)) -> Vec<[f32; 3]> {
    let mut data = Vec::with_capacity(level.data.len());
    for y in 0..level.height {
        for x in 0..level.width {
            let own = level.data[y * level.width + x];
            if own[3] >= 1.0 {
                data.push([own[0] / own[3], own[1] / own[3], own[2] / own[3]]);
                continue;
            }
            let far = between(coarse, size, x, y);
            // own is premultiplied; with no coarser level below (1x1) its weight is all there is.
            let total = if size == (1, 1) && level.data.len() == 1 { own[3].max(1e-12) } else { 1.0 };
            let rest = total - own[3];
            data.push(std::array::from_fn(|k| (own[k] + rest * far[k]) / total));
        }
    }
    data
}

/// Bilinear value of the coarser level at a pixel of the finer: as one level is twice the other, the weights are fixed.
fn between(coarse: &[[f32; 3]], (width, height): (usize, usize), x: usize, y: usize) -> [f32; 3] {
    let place = |i: usize, size: usize| {
        let near = (i / 2).min(size - 1);
        let other = if i.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(size - 1) };
        (near, other)
    };
    let ((x0, x1), (y0, y1)) = (place(x, width), place(y, height));
    let at = |x: usize, y: usize| coarse[y * width + x];
    let (a, b, c, d) = (at(x0, y0), at(x1, y0), at(x0, y1), at(x1, y1));
    std::array::from_fn(|k| 0.5625 * a[k] + 0.1875 * (b[k] + c[k]) + 0.0625 * d[k])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canvas(width: usize, height: usize, colour: impl Fn(usize, usize) -> [f32; 3]) -> Canvas {
        let data = (0..width * height).map(|i| colour(i % width, i / width)).collect();
        Canvas { width, height, data }
    }

    #[test]
    fn a_constant_is_filled_exactly() {
        let picture = canvas(37, 22, |x, y| if (x * 7 + y * 3) % 11 == 0 { [40.0, 90.0, 200.0] } else { [0.0; 3] });
        let weight =
            Mask { width: 37, height: 22, data: picture.data.iter().map(|c| if c[2] > 0.0 { 1.0 } else { 0.0 }).collect() };
        for colour in &pull_push(&picture, &weight).data {
            assert!((colour[0] - 40.0).abs() < 1e-3 && (colour[1] - 90.0).abs() < 1e-3 && (colour[2] - 200.0).abs() < 1e-3);
        }
    }

    #[test]
    fn small_weights_still_fill_a_constant() {
        let picture = canvas(9, 9, |_, _| [64.0; 3]);
        let weight = Mask { width: 9, height: 9, data: (0..81).map(|i| if i == 40 { 0.02 } else { 0.0 }).collect() };
        assert!(pull_push(&picture, &weight).data.iter().all(|c| (c[0] - 64.0).abs() < 1e-2));
    }

    #[test]
    fn known_pixels_stay_and_heavy_neighbours_win() {
        let picture = canvas(32, 32, |x, _| if x < 8 { [10.0; 3] } else { [200.0; 3] });
        let weight = Mask {
            width: 32,
            height: 32,
            data: (0..1024)
                .map(|i| {
                    if i % 32 < 8 {
                        1.0
                    } else if i % 32 > 23 {
                        0.02
                    } else {
                        0.0
                    }
                })
                .collect(),
        };
        let filled = pull_push(&picture, &weight);
        assert_eq!(filled.data[5 * 32 + 3], [10.0; 3]);
        assert!(filled.data[16 * 32 + 12][0] < 30.0);
    }

    #[test]
    fn nothing_known_changes_nothing() {
        let picture = canvas(5, 4, |x, y| [x as f32, y as f32, 0.0]);
        let filled = pull_push(&picture, &Mask { width: 5, height: 4, data: vec![0.0; 20] });
        assert_eq!(filled.data, picture.data);
    }
}
