//! The picture that shows what fine-tuning did.

use image::{Rgb, RgbImage, imageops};

use super::frames::TunedFrame;
use super::judge::Judged;

/// Columns of the picture, from the left.
pub const PREVIEW_COLUMNS: [&str; 4] = ["moved head", "real", "before", "after"];
/// Rows at most.
const ROWS: usize = 4;
/// Pixels between tiles.
const GAP: u32 = 2;

/// Up to four frames, spread over those that were judged.
pub(super) fn preview(frames: &[TunedFrame], projections: &[RgbImage], before: &Judged, after: &Judged) -> RgbImage {
    let rows = frames.len().min(ROWS);
    let side = frames.first().map_or(1, |frame| frame.picture.width());
    let columns = PREVIEW_COLUMNS.len() as u32;
    let mut sheet = RgbImage::from_pixel(columns * (side + GAP), rows.max(1) as u32 * (side + GAP), Rgb([255; 3]));
    for row in 0..rows {
        let k = row * frames.len() / rows;
        for (column, tile) in
            [&projections[k], &frames[k].picture, &before.pictures[k], &after.pictures[k]].into_iter().enumerate()
        {
            let at = |index: usize| index as i64 * i64::from(side + GAP);
            imageops::replace(&mut sheet, tile, at(column), at(row));
        }
    }
    sheet
}
