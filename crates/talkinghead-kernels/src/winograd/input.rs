//! From input pixels to transformed tiles.

use talkinghead_simd::Simd;

use super::{IN, OUT, PLACES};

/// Geometry of the tiles of one picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tiles {
    /// Height and width of the input.
    pub size: [usize; 2],
    /// Zeros above and to the left.
    pub padding: [usize; 2],
    /// Tiles along y and x.
    pub count: [usize; 2],
}

/// One input channel: where it is read and where its transformed tiles go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Channel<'a> {
    /// `[height, width]`.
    pub plane: &'a [f32],
    /// First tile of the block and number of tiles.
    pub first: usize,
    pub tiles: usize,
    /// Where the channel's first number of the first place goes.
    pub to: *mut f32,
    /// Numbers from a place to the next, and from a panel of tiles to the next.
    pub place: usize,
    pub panel: usize,
}

/// The row of input pixels that a strip of tiles may need at most, for vectors of 16: 4 pixels a tile and 2 beyond.
const STRIP: usize = 4 * 16 + 16;

/// Transforms the tiles of a block, a vector of tiles at a time. Lanes beyond the last tile repeat something harmless.
///
/// # Safety
/// `to` takes `PLACES` places of whole panels; the processor has S's instructions.
#[inline(always)]
pub(super) unsafe fn transform<S: Simd>(tiles: &Tiles, channel: Channel<'_>) {
    let mut at = 0;
    while at < channel.tiles {
        let first = channel.first + at;
        let (row, column) = (first / tiles.count[1], first % tiles.count[1]);
        let mut lines = [[0.0_f32; STRIP]; IN];
        // SAFETY: the caller's; every vector lies inside its panel because both are multiples of LANES.
        unsafe {
            let to = channel.to.add(at / S::COLUMNS * channel.panel + at % S::COLUMNS);
            if column + S::LANES <= tiles.count[1] {
                read_strip(tiles, channel.plane, row, column, S::LANES, &mut lines);
                let mut pixels = [[S::splat(0.0); IN]; IN];
                for y in 0..IN {
                    let line = lines[y].as_ptr();
                    let part = |i: usize| line.add(i * S::LANES);
                    let phases = S::deinterleave4([S::load(part(0)), S::load(part(1)), S::load(part(2)), S::load(part(3))]);
                    let line = line.add(OUT);
                    let part = |i: usize| line.add(i * S::LANES);
                    let next = S::deinterleave4([S::load(part(0)), S::load(part(1)), S::load(part(2)), S::load(part(3))]);
                    pixels[y] = [phases[0], phases[1], phases[2], phases[3], next[0], next[1]];
                }
                write::<S>(&mut pixels, to, channel.place);
            } else {
                let mut gathered = [[[0.0_f32; 16]; IN]; IN];
                for lane in 0..S::LANES.min(channel.tiles - at) {
                    let tile = first + lane;
                    read_strip(tiles, channel.plane, tile / tiles.count[1], tile % tiles.count[1], 1, &mut lines);
                    for y in 0..IN {
                        for x in 0..IN {
                            gathered[y][x][lane] = lines[y][x];
                        }
                    }
                }
                let mut pixels = [[S::splat(0.0); IN]; IN];
                for y in 0..IN {
                    for x in 0..IN {
                        pixels[y][x] = S::load(gathered[y][x].as_ptr());
                    }
                }
                write::<S>(&mut pixels, to, channel.place);
            }
        }
        at += S::LANES;
    }
}

/// Copies the pixels of `count` tiles in a row, zeros outside the picture.
#[inline(always)]
fn read_strip(tiles: &Tiles, plane: &[f32], row: usize, column: usize, count: usize, lines: &mut [[f32; STRIP]; IN]) {
    let length = OUT * count + 2;
    let [height, width] = tiles.size;
    let start = (column * OUT) as isize - tiles.padding[1] as isize;
    let before = start.min(0).unsigned_abs().min(length);
    let end = (width as isize - start).clamp(before as isize, length as isize) as usize;
    for (i, line) in lines.iter_mut().enumerate() {
        let y = (row * OUT + i) as isize - tiles.padding[0] as isize;
        let line = &mut line[..length];
        if y < 0 || y >= height as isize || end <= before {
            line.fill(0.0);
            continue;
        }
        let from = y as usize * width + (start + before as isize) as usize;
        line[..before].fill(0.0);
        line[before..end].copy_from_slice(&plane[from..from + end - before]);
        line[end..].fill(0.0);
    }
}

/// B^T d B, column by column, then row by row, and into the 36 places.
#[inline(always)]
unsafe fn write<S: Simd>(pixels: &mut [[S::Vector; IN]; IN], to: *mut f32, place: usize) {
    // SAFETY: the caller's.
    unsafe {
        for x in 0..IN {
            let column = [pixels[0][x], pixels[1][x], pixels[2][x], pixels[3][x], pixels[4][x], pixels[5][x]];
            let column = forward::<S>(column);
            for y in 0..IN {
                pixels[y][x] = column[y];
            }
        }
        for y in 0..IN {
            let row = forward::<S>(pixels[y]);
            for x in 0..IN {
                S::store(to.add((y * IN + x) * place), row[x]);
            }
        }
    }
    const { assert!(PLACES == IN * IN) };
}

/// B^T of F(4, 3).
#[inline(always)]
unsafe fn forward<S: Simd>(d: [S::Vector; IN]) -> [S::Vector; IN] {
    // SAFETY: the caller has S's instructions.
    unsafe {
        let (two, four, five) = (S::splat(2.0), S::splat(4.0), S::splat(5.0));
        let even = S::fnma(four, d[2], d[4]);
        let odd = S::fnma(four, d[1], d[3]);
        let far_even = S::sub(d[4], d[2]);
        let far_odd = S::sub(d[3], d[1]);
        [
            S::fma(four, d[0], S::fnma(five, d[2], d[4])),
            S::add(even, odd),
            S::sub(even, odd),
            S::fma(two, far_odd, far_even),
            S::fnma(two, far_odd, far_even),
            S::fma(four, d[1], S::fnma(five, d[3], d[5])),
        ]
    }
}
