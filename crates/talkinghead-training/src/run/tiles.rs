//! The picture that a run shows of itself: a row a frame, a column for each thing that goes into or comes out of the generator.

use image::{Rgb, RgbImage, imageops};
use talkinghead_synthesis::generator::Synthesis;
use talkinghead_synthesis::layers::read_back;
use talkinghead_synthesis::neural::{picture_of, tile_of};

use super::RunError;
use super::flow_colour::flow_colours;
use crate::generator::Batch;

/// Columns, from the left; the last six only where a network has them.
pub(super) const COLUMNS: [&str; 11] = [
    "warp reference",
    "label",
    "target",
    "result before composition",
    "result",
    "warped reference",
    "its mask",
    "its flow",
    "warped projection",
    "its mask",
    "its flow",
];
/// Pixels between tiles.
const GAP: u32 = 2;
/// A movement of this share of the side has full colour.
const FULL_FLOW: f32 = 0.08;

/// One row: what a frame was made of and what came out. Absent things are grey.
pub(super) fn row(batch: &Batch, synthesis: &Synthesis) -> Result<Vec<RgbImage>, RunError> {
    let [_, _, height, width] = batch.target_image.dims();
    let grey = || RgbImage::from_pixel(width as u32, height as u32, Rgb([128; 3]));
    let reference = batch.targets.reference.as_ref().map(|source| picture_of(&source.image)).transpose()?;
    let raw = synthesis.raw.as_ref().map(picture_of).transpose()?;
    let mut tiles = vec![reference, Some(tile_of(&batch.targets.label)?), Some(picture_of(&batch.target_image)?), raw];
    tiles.push(Some(picture_of(&synthesis.image)?));
    let Synthesis { warped, weight, flow, .. } = synthesis;
    for (warped, weight, flow) in
        [(&warped.reference, &weight.reference, &flow.reference), (&warped.projection, &weight.projection, &flow.projection)]
    {
        tiles.push(warped.as_ref().map(picture_of).transpose()?);
        tiles.push(weight.as_ref().map(tile_of).transpose()?);
        let flow = flow.as_ref().map(|flow| read_back(flow.clone().narrow(0, 0, 1))).transpose()?;
        tiles.push(flow.map(|flow| flow_colours(&flow, width, height, FULL_FLOW * width as f32)));
    }
    Ok(tiles.into_iter().map(|tile| tile.unwrap_or_else(grey)).collect())
}

/// Rows under each other.
pub(super) fn sheet(rows: &[Vec<RgbImage>]) -> RgbImage {
    let (width, height) = rows.first().and_then(|row| row.first()).map_or((1, 1), RgbImage::dimensions);
    let columns = rows.first().map_or(1, Vec::len) as u32;
    let mut sheet = RgbImage::from_pixel(columns * (width + GAP), rows.len().max(1) as u32 * (height + GAP), Rgb([255; 3]));
    for (y, row) in rows.iter().enumerate() {
        for (x, tile) in row.iter().enumerate() {
            imageops::replace(&mut sheet, tile, x as i64 * i64::from(width + GAP), y as i64 * i64::from(height + GAP));
        }
    }
    sheet
}
