//! What lies behind the transparent parts of a picture: its own colours, carried on beyond its edge.

use image::{RgbImage, RgbaImage};

/// Opaque sum from which a cell of the pyramid counts as known.
const KNOWN: f32 = 1.0;

/// One size of the picture: colours times their weight, and the weight, 0 to 1.
struct Level {
    width: usize,
    height: usize,
    cells: Vec<[f32; 4]>,
}

/// Lays a picture over its own surroundings: where it is transparent, the colours of its opaque parts nearby shine through.
/// A picture without any opaque part is laid over white.
pub(crate) fn over_surroundings(picture: &RgbaImage) -> RgbImage {
    let mut levels = vec![Level::of(picture)];
    while let Some(last) = levels.last().filter(|last| last.width > 1 || last.height > 1) {
        let smaller = last.pulled();
        levels.push(smaller);
    }
    let mut filled: Option<Level> = None;
    while let Some(mut level) = levels.pop() {
        level.push_from(filled.as_ref());
        filled = Some(level);
    }
    let mut flat = RgbImage::new(picture.width(), picture.height());
    for ((to, from), cell) in flat.pixels_mut().zip(picture.pixels()).zip(filled.iter().flat_map(|level| &level.cells)) {
        let alpha = f32::from(from[3]) / 255.0;
        for channel in 0..3 {
            let value = alpha * f32::from(from[channel]) + (1.0 - alpha) * cell[channel];
            to[channel] = value.round().clamp(0.0, 255.0) as u8;
        }
    }
    flat
}

impl Level {
    fn of(picture: &RgbaImage) -> Self {
        let cells = picture.pixels().map(|pixel| {
            // Colours of half transparent pixels are often those of some other background.
            let weight = (f32::from(pixel[3]) / 255.0).powi(3);
            [weight * f32::from(pixel[0]), weight * f32::from(pixel[1]), weight * f32::from(pixel[2]), weight]
        });
        Self { width: picture.width() as usize, height: picture.height() as usize, cells: cells.collect() }
    }

    /// Half the size: sums of four cells, their weight at most 1.
    fn pulled(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut cells = vec![[0.0; 4]; width * height];
        for (index, cell) in self.cells.iter().enumerate() {
            let (x, y) = (index % self.width, index / self.width);
            for (sum, value) in cells[y / 2 * width + x / 2].iter_mut().zip(cell) {
                *sum += value;
            }
        }
        for cell in &mut cells {
            let scale = if cell[3] > KNOWN { KNOWN / cell[3] } else { 1.0 };
            cell.iter_mut().for_each(|value| *value *= scale);
        }
        Self { width, height, cells }
    }

    /// Fills what is not known from the next smaller size, already filled; its cells hold plain colours then.
    fn push_from(&mut self, smaller: Option<&Level>) {
        let width = self.width;
        for (index, cell) in self.cells.iter_mut().enumerate() {
            let behind = match smaller {
                Some(smaller) => smaller.between(index % width, index / width),
                None if cell[3] > 0.0 => [cell[0] / cell[3], cell[1] / cell[3], cell[2] / cell[3]],
                None => [255.0; 3],
            };
            let missing = 1.0 - cell[3].min(1.0);
            for (value, behind) in cell.iter_mut().zip(behind) {
                *value += missing * behind;
            }
        }
    }

    /// The colour at a place of the next larger size, between four cells.
    fn between(&self, x: usize, y: usize) -> [f32; 3] {
        let (across, x0, x1) = neighbours(x, self.width);
        let (down, y0, y1) = neighbours(y, self.height);
        let at = |x: usize, y: usize| self.cells[y * self.width + x];
        let corners = [
            (at(x0, y0), (1.0 - across) * (1.0 - down)),
            (at(x1, y0), across * (1.0 - down)),
            (at(x0, y1), (1.0 - across) * down),
            (at(x1, y1), across * down),
        ];
        std::array::from_fn(|channel| corners.iter().map(|(cell, weight)| cell[channel] * weight).sum())
    }
}

/// Which two cells of a row half as fine a place lies between, and how far it is on the way.
fn neighbours(place: usize, count: usize) -> (f32, usize, usize) {
    let exact = (place as f32 - 0.5) / 2.0;
    let first = exact.floor().max(0.0);
    let share = (exact - first).clamp(0.0, 1.0);
    let first = first as usize;
    (share, first.min(count - 1), (first + 1).min(count - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    #[test]
    fn the_edge_goes_on_in_its_own_colours() {
        // Blue at the left, red at the right; a transparent frame whose hidden colour is white.
        let picture = RgbaImage::from_fn(64, 40, |x, y| {
            let inside = (8..56).contains(&x) && (8..32).contains(&y);
            let colour = if x < 32 { [20, 40, 200] } else { [200, 40, 20] };
            if inside { Rgba([colour[0], colour[1], colour[2], 255]) } else { Rgba([255, 255, 255, 0]) }
        });
        let flat = over_surroundings(&picture);
        let (left, right) = (flat.get_pixel(1, 20), flat.get_pixel(62, 20));
        assert!(left[2] > 150 && left[0] < 80, "{left:?}");
        assert!(right[0] > 150 && right[2] < 80, "{right:?}");
        assert_eq!(flat.get_pixel(20, 20).0, [20, 40, 200]);
    }

    #[test]
    fn nothing_at_all_is_white_and_everything_stays() {
        let nothing = over_surroundings(&RgbaImage::from_pixel(5, 3, Rgba([9, 9, 9, 0])));
        assert!(nothing.pixels().all(|pixel| pixel.0 == [255; 3]));
        let whole = over_surroundings(&RgbaImage::from_pixel(1, 1, Rgba([1, 2, 3, 255])));
        assert_eq!(whole.get_pixel(0, 0).0, [1, 2, 3]);
    }
}
