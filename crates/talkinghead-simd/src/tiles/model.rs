//! The tile instructions in plain Rust, step by step as Intel's manual defines them.

use super::unit::{Configuration, ROW_BYTES, SIDE, TILES, TileUnit};

/// A tile: rows of 32-bit places, which hold an f32 or a pair of bf16.
type Tile = [[u32; ROW_BYTES / 4]; SIDE];

/// A configured set of tile registers.
#[derive(Debug)]
pub struct Model {
    tiles: [Tile; TILES],
}

/// Numbers too small for full precision count as zero, going in and coming out.
#[inline(always)]
fn flush(value: f32) -> f32 {
    if value.is_subnormal() { 0.0_f32.copysign(value) } else { value }
}

/// The lower and the upper bf16 of a pair.
#[inline(always)]
fn pair(bits: u32) -> [f32; 2] {
    [flush(f32::from_bits(bits << 16)), flush(f32::from_bits(bits & 0xffff_0000))]
}

impl TileUnit for Model {
    unsafe fn configure() -> Self {
        let bytes = Configuration::WHOLE.bytes();
        // Read as the processor does: palette, first row, two bytes of row length for each tile from 16 on, rows from 48 on.
        assert_eq!((bytes[0], bytes[1]), (1, 0), "palette 1 from the first row on");
        assert!(bytes[2..16].iter().all(|&byte| byte == 0), "reserved bytes are zero");
        for tile in 0..16 {
            let row_bytes = usize::from(u16::from_le_bytes([bytes[16 + 2 * tile], bytes[17 + 2 * tile]]));
            let wanted = if tile < TILES { (ROW_BYTES, SIDE) } else { (0, 0) };
            assert_eq!((row_bytes, usize::from(bytes[48 + tile])), wanted, "shape of tile {tile}");
        }
        Self { tiles: [[[0; ROW_BYTES / 4]; SIDE]; TILES] }
    }

    unsafe fn zero<const TILE: usize>(&mut self) {
        self.tiles[TILE] = [[0; ROW_BYTES / 4]; SIDE];
    }

    unsafe fn load<const TILE: usize>(&mut self, from: *const f32, stride: usize) {
        for (index, row) in self.tiles[TILE].iter_mut().enumerate() {
            // SAFETY: the caller vouches for the rows.
            *row = unsafe { from.byte_add(index * stride).cast::<[u32; ROW_BYTES / 4]>().read_unaligned() };
        }
    }

    unsafe fn multiply_add<const SUM: usize, const A: usize, const B: usize>(&mut self) {
        const { assert!(SUM != A && SUM != B && A != B, "the processor refuses a tile in two roles") };
        for row in 0..SIDE {
            // The lower and the upper numbers of the pairs are summed apart, then added to each other and to the tile.
            let mut sums = [[0.0_f32; SIDE]; 2];
            for k in 0..SIDE {
                let a = pair(self.tiles[A][row][k]);
                for column in 0..SIDE {
                    let b = pair(self.tiles[B][k][column]);
                    for half in 0..2 {
                        // The product of two bf16 is exact, so this rounds once, as a fused multiply-add does.
                        sums[half][column] = flush(sums[half][column] + a[half] * b[half]);
                    }
                }
            }
            for column in 0..SIDE {
                let place = &mut self.tiles[SUM][row][column];
                let sum = flush(sums[0][column] + sums[1][column]);
                *place = flush(flush(f32::from_bits(*place)) + sum).to_bits();
            }
        }
    }

    unsafe fn store<const TILE: usize>(&mut self, to: *mut f32, stride: usize) {
        for (index, row) in self.tiles[TILE].iter().enumerate() {
            // SAFETY: the caller vouches for the rows.
            unsafe { to.byte_add(index * stride).cast::<[u32; ROW_BYTES / 4]>().write_unaligned(*row) };
        }
    }

    unsafe fn release(self) {}
}
