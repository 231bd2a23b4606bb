//! The instructions on matrix tiles that the kernel needs.

/// Rows of a tile, and f32 numbers in a row.
pub const SIDE: usize = 16;
/// Tile registers.
pub const TILES: usize = 8;
/// Bytes in a row of a tile.
pub const ROW_BYTES: usize = 64;

/// What `ldtilecfg` reads (Intel's manual, volume 1, chapter 18, "XTILECFG"): which tiles have how many rows of how many bytes.
#[repr(C, align(64))]
#[derive(Debug, Clone, Copy)]
pub struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

impl Configuration {
    /// All eight tiles with sixteen rows of 64 bytes.
    pub const WHOLE: Self = {
        let (mut row_bytes, mut rows) = ([0; 16], [0; 16]);
        let mut tile = 0;
        while tile < TILES {
            row_bytes[tile] = ROW_BYTES as u16;
            rows[tile] = SIDE as u8;
            tile += 1;
        }
        Self { palette: 1, start_row: 0, reserved: [0; 14], row_bytes, rows }
    };

    /// As the bytes in memory.
    pub fn bytes(&self) -> &[u8; 64] {
        // SAFETY: 64 bytes without padding.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }
}

const _: () = assert!(size_of::<Configuration>() == 64 && align_of::<Configuration>() == 64);

/// Eight tiles of sixteen rows of 64 bytes, configured by [`Configuration::WHOLE`].
///
/// All functions are `unsafe` because they compile to instructions that the processor must have and the system must allow, and
/// because memory is reached through raw pointers.
#[allow(clippy::missing_safety_doc)]
pub trait TileUnit {
    /// Configures the tiles of this thread.
    unsafe fn configure() -> Self;

    /// All zeros into a tile.
    unsafe fn zero<const TILE: usize>(&mut self);

    /// Sixteen rows of 64 bytes, `stride` bytes apart, into a tile.
    unsafe fn load<const TILE: usize>(&mut self, from: *const f32, stride: usize);

    /// `SUM += A * B`, where `A` holds 16 rows of 32 bf16 numbers and `SUM` 16 rows of 16 f32; row k of `B` holds, for each of 16
    /// columns, the factors for numbers 2k and 2k + 1 of a row of `A`.
    unsafe fn multiply_add<const SUM: usize, const A: usize, const B: usize>(&mut self);

    /// Sixteen rows of 64 bytes out of a tile.
    unsafe fn store<const TILE: usize>(&mut self, to: *mut f32, stride: usize);

    /// Gives the tiles back; their state need not be saved from then on.
    unsafe fn release(self);
}
