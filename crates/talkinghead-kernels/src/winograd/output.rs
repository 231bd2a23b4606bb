//! From products back to output pixels.

use talkinghead_simd::Simd;

use super::input::Tiles;
use super::{IN, OUT};
use crate::epilogue::Epilogue;
use crate::scratch::SharedMut;

/// One output channel: where its products are and where its pixels go.
#[derive(Clone, Copy)]
pub(super) struct Channel<'a> {
    /// First number of the first place.
    pub from: *const f32,
    /// Numbers from a place to the next, and from a panel of tiles to the next.
    pub place: usize,
    pub panel: usize,
    /// First tile of the block and number of tiles.
    pub first: usize,
    pub tiles: usize,
    /// Number of the channel, for the bias.
    pub channel: usize,
    /// Where the channel's plane starts in the output.
    pub start: usize,
    /// Height and width of the output.
    pub output: [usize; 2],
    pub epilogue: Epilogue<'a>,
    pub out: SharedMut<'a>,
}

/// Transforms the tiles of a block back.
///
/// # Safety
/// `from` holds whole panels at every place; nobody else writes these tiles of the channel; the processor has S's instructions.
#[inline(always)]
pub(super) unsafe fn transform<S: Simd>(tiles: &Tiles, channel: &Channel<'_>) {
    let [height, width] = channel.output;
    let mut at = 0;
    while at < channel.tiles {
        let first = channel.first + at;
        let (row, column) = (first / tiles.count[1], first % tiles.count[1]);
        // SAFETY: the caller's.
        unsafe {
            let from = channel.from.add(at / S::COLUMNS * channel.panel + at % S::COLUMNS);
            let pixels = read::<S>(from, channel);
            let together = column + S::LANES <= tiles.count[1];
            if together && (column + S::LANES) * OUT <= width && row * OUT + OUT <= height {
                for y in 0..OUT {
                    let line = S::interleave4(pixels[y]);
                    let start = channel.start + (row * OUT + y) * width + column * OUT;
                    for part in 0..OUT {
                        let start = start + part * S::LANES;
                        let mut value = line[part];
                        if let Some(residual) = channel.epilogue.residual {
                            value = S::add(value, S::load(residual[start..start + S::LANES].as_ptr()));
                        }
                        S::store(channel.out.part(start, S::LANES).as_mut_ptr(), value);
                    }
                }
            } else {
                let mut spread = [[[0.0_f32; 16]; OUT]; OUT];
                for y in 0..OUT {
                    for x in 0..OUT {
                        S::store(spread[y][x].as_mut_ptr(), pixels[y][x]);
                    }
                }
                for lane in 0..S::LANES.min(channel.tiles - at) {
                    let tile = first + lane;
                    let (top, left) = (tile / tiles.count[1] * OUT, tile % tiles.count[1] * OUT);
                    for y in 0..OUT.min(height.saturating_sub(top)) {
                        for x in 0..OUT.min(width.saturating_sub(left)) {
                            let index = channel.start + (top + y) * width + left + x;
                            let other = channel.epilogue.residual.map_or(0.0, |residual| residual[index]);
                            channel.out.part(index, 1)[0] = spread[y][x][lane] + other;
                        }
                    }
                }
            }
        }
        at += S::LANES;
    }
}

/// A^T m A, bias and activation.
#[inline(always)]
unsafe fn read<S: Simd>(from: *const f32, channel: &Channel<'_>) -> [[S::Vector; OUT]; OUT] {
    // SAFETY: the caller's.
    unsafe {
        let zero = S::splat(0.0);
        let mut half = [[zero; IN]; OUT];
        for x in 0..IN {
            let mut column = [zero; IN];
            for y in 0..IN {
                column[y] = S::load(from.add((y * IN + x) * channel.place));
            }
            let column = backward::<S>(column);
            for y in 0..OUT {
                half[y][x] = column[y];
            }
        }
        let bias = S::splat(channel.epilogue.bias_of(channel.channel));
        let slope = S::splat(channel.epilogue.slope());
        let mut pixels = [[zero; OUT]; OUT];
        for y in 0..OUT {
            let row = backward::<S>(half[y]);
            for x in 0..OUT {
                pixels[y][x] = S::leaky_relu(S::add(row[x], bias), slope);
            }
        }
        pixels
    }
}

/// A^T of F(4, 3).
#[inline(always)]
unsafe fn backward<S: Simd>(m: [S::Vector; IN]) -> [S::Vector; OUT] {
    // SAFETY: the caller has S's instructions.
    unsafe {
        let (two, four, eight) = (S::splat(2.0), S::splat(4.0), S::splat(8.0));
        let (near, near_odd) = (S::add(m[1], m[2]), S::sub(m[1], m[2]));
        let (far, far_odd) = (S::add(m[3], m[4]), S::sub(m[3], m[4]));
        [
            S::add(S::add(m[0], near), far),
            S::fma(two, far_odd, near_odd),
            S::fma(four, far, near),
            S::add(S::fma(eight, far_odd, near_odd), m[5]),
        ]
    }
}
