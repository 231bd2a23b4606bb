//! The tile instructions of the processor.
//!
//! Inline assembly because the intrinsics are not stable. Tile contents live on from one block to the next: the compiler uses no
//! tile registers of its own, and the system saves them when it interrupts a thread. The blocks are never marked `pure` or `nomem`,
//! so they keep their order among each other and towards memory.

use std::arch::asm;

use super::unit::{Configuration, TileUnit};

/// Intel AMX with bf16.
#[derive(Debug)]
pub struct Processor(());

impl TileUnit for Processor {
    #[inline(always)]
    unsafe fn configure() -> Self {
        static WHOLE: Configuration = Configuration::WHOLE;
        // SAFETY: the caller has AMX and the system's leave; the instruction reads the 64 bytes of a valid configuration.
        unsafe { asm!("ldtilecfg [{from}]", from = in(reg) &raw const WHOLE, options(readonly, nostack, preserves_flags)) };
        Self(())
    }

    #[inline(always)]
    unsafe fn zero<const TILE: usize>(&mut self) {
        // SAFETY: tiles are configured; touches nothing but a tile.
        unsafe { asm!("tilezero tmm{tile}", tile = const TILE, options(nostack, preserves_flags)) };
    }

    #[inline(always)]
    unsafe fn load<const TILE: usize>(&mut self, from: *const f32, stride: usize) {
        // SAFETY: tiles are configured; the caller vouches for the sixteen rows that are read.
        unsafe {
            asm!(
                "tileloadd tmm{tile}, [{from} + {stride}*1]",
                tile = const TILE, from = in(reg) from, stride = in(reg) stride,
                options(readonly, nostack, preserves_flags)
            );
        }
    }

    #[inline(always)]
    unsafe fn multiply_add<const SUM: usize, const A: usize, const B: usize>(&mut self) {
        const { assert!(SUM != A && SUM != B && A != B, "the processor refuses a tile in two roles") };
        // SAFETY: tiles are configured, three different ones; touches nothing but a tile.
        unsafe {
            asm!(
                "tdpbf16ps tmm{sum}, tmm{a}, tmm{b}",
                sum = const SUM, a = const A, b = const B,
                options(nostack, preserves_flags)
            );
        }
    }

    #[inline(always)]
    unsafe fn store<const TILE: usize>(&mut self, to: *mut f32, stride: usize) {
        // SAFETY: tiles are configured; the caller vouches for the sixteen rows that are written.
        unsafe {
            asm!(
                "tilestored [{to} + {stride}*1], tmm{tile}",
                tile = const TILE, to = in(reg) to, stride = in(reg) stride,
                options(nostack, preserves_flags)
            );
        }
    }

    #[inline(always)]
    unsafe fn release(self) {
        // SAFETY: the caller has AMX; touches nothing but tiles.
        unsafe { asm!("tilerelease", options(nostack, preserves_flags)) };
    }
}
