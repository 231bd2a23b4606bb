//! Pictures with a few channels innermost.

use std::ops::Range;

/// Some channels of a picture, seen from an origin that may lie outside.
pub(super) struct Planes<'a> {
    /// `[channels, size]`.
    pub x: &'a [f32],
    pub channels: Range<usize>,
    pub size: [usize; 2],
    /// Row and column of the first pixel.
    pub origin: [isize; 2],
}

/// Writes `[rows][columns][count]`: pixel after pixel, `count` channels each; zero outside the picture and beyond the last channel.
pub(super) fn interleave(planes: &Planes<'_>, count: usize, [rows, columns]: [usize; 2], to: &mut [f32]) {
    let [height, width] = planes.size;
    let [top, left] = planes.origin;
    let before = left.min(0).unsigned_abs().min(columns);
    let end = (width as isize - left).clamp(before as isize, columns as isize) as usize;
    for (row, line) in to.chunks_exact_mut(columns * count).enumerate().take(rows) {
        let y = top + row as isize;
        if y < 0 || y >= height as isize || planes.channels.len() < count || before > 0 || end < columns {
            line.fill(0.0);
        }
        if y < 0 || y >= height as isize {
            continue;
        }
        let start = y as usize * width + (left + before as isize) as usize;
        for (lane, channel) in planes.channels.clone().enumerate() {
            let from = &planes.x[channel * height * width + start..][..end - before];
            for (pixel, value) in line[before * count..end * count].chunks_exact_mut(count).zip(from) {
                pixel[lane] = *value;
            }
        }
    }
}
