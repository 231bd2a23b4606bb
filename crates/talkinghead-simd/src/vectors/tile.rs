//! The register tile: the one loop in which nearly all arithmetic happens.
//!
//! ROWS output channels by three vectors of pixels stay in registers while the depth goes by; each step loads three vectors and
//! ROWS broadcast numbers for 3 * ROWS multiply-adds.

use super::Simd;

/// Vectors side by side in a tile.
pub const TILE_VECTORS: usize = 3;

/// What a tile starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Nothing: the result is overwritten.
    Zero,
    /// What the result holds: it is added to.
    Add,
}

/// Operands of [`Simd::tile_strided`]: for each of `rows` rows, for each of `steps` steps, ROWS numbers of `a` (one after the
/// other in memory) times a vector at each of the three places in `b`.
#[derive(Debug, Clone, Copy)]
pub struct Strided {
    /// Rows.
    pub rows: usize,
    /// Steps in a row.
    pub steps: usize,
    /// First operand, `[rows][steps][ROWS]`.
    pub a: *const f32,
    /// Numbers from a row of `a` to the next.
    pub a_row: usize,
    /// Where the three columns of vectors start.
    pub b: [*const f32; TILE_VECTORS],
    /// Numbers from a row of `b` to the next.
    pub b_row: usize,
    /// Numbers from a step of `b` to the next.
    pub b_step: usize,
}

/// # Safety
/// As [`Simd::tile`].
#[inline(always)]
pub unsafe fn tile<S: Simd, const ROWS: usize>(
    depth: usize,
    mut a: *const f32,
    mut b: *const f32,
    c: *mut f32,
    ld: usize,
    start: Start,
) {
    // SAFETY: the caller vouches for `depth` steps of both operands and for the tile of `c`.
    unsafe {
        let mut sums = [[S::splat(0.0); TILE_VECTORS]; ROWS];
        if start == Start::Add {
            read::<S, ROWS>(&mut sums, c, ld);
        }
        for _ in 0..depth {
            let columns = [S::load(b), S::load(b.add(S::LANES)), S::load(b.add(2 * S::LANES))];
            step::<S, ROWS>(&mut sums, a, columns);
            a = a.add(ROWS);
            b = b.add(TILE_VECTORS * S::LANES);
        }
        write::<S, ROWS>(&sums, c, ld);
    }
}

/// # Safety
/// As [`Simd::tile_strided`].
#[inline(always)]
pub unsafe fn tile_strided<S: Simd, const ROWS: usize>(arguments: Strided, c: *mut f32, ld: usize) {
    let Strided { rows, steps, a, a_row, b, b_row, b_step } = arguments;
    // SAFETY: the caller vouches for every row and step of both operands and for the tile of `c`.
    unsafe {
        let mut sums = [[S::splat(0.0); TILE_VECTORS]; ROWS];
        read::<S, ROWS>(&mut sums, c, ld);
        for row in 0..rows {
            let mut a = a.add(row * a_row);
            let mut b = [b[0].add(row * b_row), b[1].add(row * b_row), b[2].add(row * b_row)];
            for _ in 0..steps {
                let columns = [S::load(b[0]), S::load(b[1]), S::load(b[2])];
                step::<S, ROWS>(&mut sums, a, columns);
                a = a.add(ROWS);
                b = [b[0].add(b_step), b[1].add(b_step), b[2].add(b_step)];
            }
        }
        write::<S, ROWS>(&sums, c, ld);
    }
}

#[inline(always)]
unsafe fn step<S: Simd, const ROWS: usize>(
    sums: &mut [[S::Vector; TILE_VECTORS]; ROWS],
    a: *const f32,
    columns: [S::Vector; TILE_VECTORS],
) {
    // Counted loops with constant bounds, so that the compiler unrolls them and the sums stay in registers.
    for row in 0..ROWS {
        // SAFETY: `a` holds ROWS numbers.
        unsafe {
            let factor = S::splat(*a.add(row));
            for column in 0..TILE_VECTORS {
                sums[row][column] = S::fma(factor, columns[column], sums[row][column]);
            }
        }
    }
}

#[inline(always)]
pub(super) unsafe fn read<S: Simd, const ROWS: usize>(sums: &mut [[S::Vector; TILE_VECTORS]; ROWS], c: *const f32, ld: usize) {
    for row in 0..ROWS {
        for column in 0..TILE_VECTORS {
            // SAFETY: inside the tile.
            sums[row][column] = unsafe { S::load(c.add(row * ld + column * S::LANES)) };
        }
    }
}

#[inline(always)]
pub(super) unsafe fn write<S: Simd, const ROWS: usize>(sums: &[[S::Vector; TILE_VECTORS]; ROWS], c: *mut f32, ld: usize) {
    for row in 0..ROWS {
        for column in 0..TILE_VECTORS {
            // SAFETY: inside the tile.
            unsafe { S::store(c.add(row * ld + column * S::LANES), sums[row][column]) };
        }
    }
}
