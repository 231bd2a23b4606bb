//! Fills the rim of an unknown part with structure from around it: patches are copied, the most certain and most structured
//! places first (Criminisi, Perez, Toyama: Region filling and object removal by exemplar-based inpainting, 2004).

use super::canvas::{Canvas, Mask};

/// Interocular distance at which patches are compared, pixels; larger pictures are compared smaller.
const COMPARED_AT: f32 = 40.0;
/// Half a patch's side at that size.
const RADIUS: isize = 3;
/// How far away patches are looked for, interocular distances: a pattern that the head hides may begin again on its other side.
const SEARCH: f32 = 2.0;
/// How much a far patch is disliked: mean squared difference (0..255) for an interocular distance.
const AWAY: f32 = 15.0;

/// Fills the `wanted` pixels of `picture` from its `known` ones (both one a pixel); a wanted one that nothing fits keeps its
/// colour. `iod` is the interocular distance in pixels. Returns how badly the copies fit what was around them: the mean
/// squared difference of their colours (0..255, summed over the channels) from it; 0 where nothing was copied.
pub fn patch_fill(picture: &mut Canvas, known: &[bool], wanted: &[bool], iod: f32) -> Mask {
    let mut misfit = Mask::filled(picture.width, picture.height, 0.0);
    let factor = ((iod / COMPARED_AT).round() as usize).max(1);
    let (width, height) = (picture.width / factor, picture.height / factor);
    if width < 3 * RADIUS as usize || height < 3 * RADIUS as usize {
        return misfit;
    }
    let mut work = Work::new(picture, known, wanted, factor);
    let mut blend = Blend { sums: vec![[0.0; 5]; picture.data.len()] };
    while let Some(target) = work.next_target() {
        let source = work.best_source(target, SEARCH * COMPARED_AT);
        work.copy(target, source.map(|(source, _)| source));
        if let Some((source, difference)) = source {
            let place = |i: usize| [i % width * factor, i / width * factor];
            blend.add(picture, [place(target), place(source)], factor, difference, |i| wanted[i] && !known[i]);
        }
    }
    let filled = picture.data.iter_mut().zip(&mut misfit.data).zip(&blend.sums);
    for ((out, misfit), [r, g, b, difference, weight]) in filled.filter(|(_, sum)| sum[4] > 0.0) {
        *out = [r / weight, g / weight, b / weight];
        *misfit = difference / weight;
    }
    misfit
}

/// The patches at full size, blended where they overlap so that no seam is seen.
struct Blend {
    /// Colour and misfit times weight, and weight.
    sums: Vec<[f32; 5]>,
}

impl Blend {
    /// Adds a patch of `picture` whose middle moves from the second to the first of `places`, into the pixels that are `free`;
    /// `misfit` is what it differs from its surroundings by.
    fn add(&mut self, picture: &Canvas, [to, from]: [[usize; 2]; 2], factor: usize, misfit: f32, free: impl Fn(usize) -> bool) {
        let (reach, f) = (RADIUS * factor as isize, factor as isize);
        let half = (reach + f) as f32;
        let bell = |d: isize| (1.0 - ((d as f32 + 0.5 - 0.5 * f as f32) / half).powi(2)).max(0.01).powi(2);
        let within = |x: isize, y: isize| {
            (x >= 0 && y >= 0 && x < picture.width as isize && y < picture.height as isize)
                .then(|| y as usize * picture.width + x as usize)
        };
        for dy in -reach..reach + f {
            for dx in -reach..reach + f {
                let at = |place: [usize; 2]| within(place[0] as isize + dx, place[1] as isize + dy);
                let (Some(to), Some(from)) = (at(to).filter(|&i| free(i)), at(from)) else { continue };
                let weight = bell(dx) * bell(dy);
                let sum = &mut self.sums[to];
                (0..3).for_each(|k| sum[k] += weight * picture.data[from][k]);
                sum[3] += weight * misfit;
                sum[4] += weight;
            }
        }
    }
}

/// The small picture while it is filled.
struct Work {
    width: usize,
    height: usize,
    colours: Vec<[f32; 3]>,
    /// How certain each pixel is: 1 known, less for copies, 0 not filled.
    certainty: Vec<f32>,
    /// Pixels that are to be filled and are not yet.
    open: Vec<bool>,
    /// Whether a whole patch around a pixel is known.
    source: Vec<bool>,
}

impl Work {
    fn new(picture: &Canvas, known: &[bool], wanted: &[bool], factor: usize) -> Self {
        let (width, height) = (picture.width / factor, picture.height / factor);
        let mut colours = vec![[0.0; 3]; width * height];
        let (mut certainty, mut open) = (vec![0.0; width * height], vec![false; width * height]);
        for i in 0..width * height {
            let pixels =
                (0..factor * factor).map(|k| (i / width * factor + k / factor) * picture.width + i % width * factor + k % factor);
            for j in pixels.clone() {
                (0..3).for_each(|k| colours[i][k] += picture.data[j][k] / (factor * factor) as f32);
            }
            certainty[i] = f32::from(pixels.clone().all(|j| known[j]));
            open[i] = certainty[i] == 0.0 && pixels.clone().any(|j| wanted[j] || known[j]);
        }
        let mut work = Self { width, height, colours, certainty, open, source: Vec::new() };
        work.source = (0..width * height)
            .map(|i| work.patch(i).count() == Self::AREA && work.patch(i).all(|(j, _)| work.certainty[j] == 1.0))
            .collect();
        work
    }

    const AREA: usize = ((2 * RADIUS + 1) * (2 * RADIUS + 1)) as usize;

    /// Numbers of the pixels of the patch around a pixel, and their place in it; those beyond the picture are left out.
    fn patch(&self, centre: usize) -> impl Iterator<Item = (usize, [isize; 2])> + use<> {
        let (x, y) = ((centre % self.width) as isize, (centre / self.width) as isize);
        let (width, height) = (self.width as isize, self.height as isize);
        (-RADIUS..=RADIUS).flat_map(move |dy| (-RADIUS..=RADIUS).map(move |dx| [dx, dy])).filter_map(move |[dx, dy]| {
            let (x, y) = (x + dx, y + dy);
            (x >= 0 && y >= 0 && x < width && y < height).then_some(((y * width + x) as usize, [dx, dy]))
        })
    }

    /// The pixel at the rim whose surroundings are the most certain and the most structured.
    fn next_target(&self) -> Option<usize> {
        let at_rim = |&i: &usize| {
            let (x, y) = (i % self.width, i / self.width);
            let near = [
                (x > 0).then(|| i - 1),
                (x + 1 < self.width).then_some(i + 1),
                (y > 0).then(|| i - self.width),
                (y + 1 < self.height).then_some(i + self.width),
            ];
            self.open[i] && near.into_iter().flatten().any(|j| self.certainty[j] > 0.0)
        };
        let mut best = None;
        for i in (0..self.open.len()).filter(at_rim) {
            let (mut sum, mut light, mut square, mut count) = (0.0, 0.0, 0.0, 0.0f32);
            for (j, _) in self.patch(i).filter(|&(j, _)| self.certainty[j] > 0.0) {
                let value = self.colours[j][1];
                (sum, light, square, count) = (sum + self.certainty[j], light + value, square + value * value, count + 1.0);
            }
            let variance = (square / count.max(1.0) - (light / count.max(1.0)).powi(2)).max(0.0);
            let priority = sum / Self::AREA as f32 * (0.15 + variance.sqrt() / 40.0);
            if best.is_none_or(|(most, _)| priority > most) {
                best = Some((priority, i));
            }
        }
        best.map(|(_, i)| i)
    }

    /// The middle of the known patch that looks most like what is filled around `target`, and its mean squared difference from it.
    fn best_source(&self, target: usize, reach: f32) -> Option<(usize, f32)> {
        let filled: Vec<([isize; 2], [f32; 3])> =
            self.patch(target).filter(|&(j, _)| self.certainty[j] > 0.0).map(|(j, at)| (at, self.colours[j])).collect();
        let (x, y) = ((target % self.width) as f32, (target / self.width) as f32);
        let (left, right) = ((x - reach).max(0.0) as usize, ((x + reach) as usize).min(self.width - 1));
        let (top, bottom) = ((y - reach).max(0.0) as usize, ((y + reach) as usize).min(self.height - 1));
        let (mut best, mut least, mut apart) = (None, f32::MAX, 0.0);
        for row in top..=bottom {
            for column in left..=right {
                let i = row * self.width + column;
                if !self.source[i] {
                    continue;
                }
                let away = (column as f32 - x).hypot(row as f32 - y) / COMPARED_AT;
                let dislike = AWAY * away * filled.len() as f32;
                let mut difference = dislike;
                for (at, colour) in &filled {
                    let other = self.colours[(i as isize + at[1] * self.width as isize + at[0]) as usize];
                    difference += (0..3).map(|k| (colour[k] - other[k]).powi(2)).sum::<f32>();
                    if difference >= least {
                        break;
                    }
                }
                if difference < least {
                    (best, least, apart) = (Some(i), difference, difference - dislike);
                }
            }
        }
        best.map(|source| (source, apart / filled.len().max(1) as f32))
    }

    /// Copies a patch into the open pixels around `target`; without a source the target is given up.
    fn copy(&mut self, target: usize, source: Option<usize>) {
        let Some(source) = source else {
            self.open[target] = false;
            return;
        };
        let mean = self.patch(target).map(|(j, _)| self.certainty[j]).sum::<f32>() / Self::AREA as f32;
        for (j, [dx, dy]) in self.patch(target) {
            if self.open[j] {
                let from = (source as isize + dy * self.width as isize + dx) as usize;
                self.colours[j] = self.colours[from];
                (self.certainty[j], self.open[j]) = (0.98 * mean.max(1e-3), false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripes_go_on_behind_what_stood_before_them() {
        let stripe = |x: usize| if x % 11 < 3 { [40.0, 50.0, 60.0] } else { [230.0, 228.0, 220.0] };
        let wanted: Vec<bool> = (0..160 * 120).map(|i| (60..100).contains(&(i % 160)) && i / 160 > 50).collect();
        let known: Vec<bool> = wanted.iter().map(|w| !w).collect();
        let data = (0..160 * 120).map(|i| if known[i] { stripe(i % 160) } else { [150.0; 3] }).collect();
        let mut picture = Canvas { width: 160, height: 120, data };
        let misfit = patch_fill(&mut picture, &known, &wanted, 50.0);
        assert!(misfit.data.iter().all(|&m| m < 300.0), "stripes fit");
        let rim = (51..75).flat_map(|y| (60..100).map(move |x| (x, y)));
        let wrong = rim.clone().filter(|&(x, y)| (picture.at(x, y)[0] - stripe(x)[0]).abs() > 20.0).count();
        assert!(wrong * 20 < rim.count(), "{wrong}");
    }

    #[test]
    fn a_picture_without_anything_known_stays() {
        let mut picture = Canvas::filled(80, 80, [9.0; 3]);
        patch_fill(&mut picture, &[false; 6400], &[true; 6400], 50.0);
        assert!(picture.data.iter().all(|c| *c == [9.0; 3]));
    }
}
