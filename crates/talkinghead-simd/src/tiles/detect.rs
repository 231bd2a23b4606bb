//! Whether this processor has tiles, the system lets us use them, and they compute what they should.

use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use std::sync::OnceLock;

use super::model::Model;
use super::processor::Processor;
use super::unit::TileUnit;
use crate::bf16_bits;

/// Whether tiles can be used. Asked once a process; the first call also asks the system's leave for the whole process.
pub(crate) fn is_available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| processor_has_tiles() && system_saves_tiles() && system_permits() && tiles_are_right())
}

/// Tiles and their bf16 products, in the one shape that the kernel uses.
fn processor_has_tiles() -> bool {
    const BF16: u32 = 1 << 22;
    const TILE: u32 = 1 << 24;
    if __cpuid(0).eax < 0x1d || __cpuid_count(7, 0).edx & (BF16 | TILE) != BF16 | TILE {
        return false;
    }
    if __cpuid_count(0x1d, 0).eax < 1 {
        return false;
    }
    // Palette 1: eight tiles of 1024 bytes, sixteen rows of 64 bytes.
    let palette = __cpuid_count(0x1d, 1);
    palette.eax >> 16 == 1024 && palette.ebx == 8 << 16 | 64 && palette.ecx & 0xffff == 16
}

/// The system has switched on saving tile configuration (17) and tile data (18), and what AVX-512 needs.
fn system_saves_tiles() -> bool {
    #[target_feature(enable = "xsave")]
    fn enabled_state() -> u64 {
        // SAFETY: the caller has seen that the system enabled the instruction.
        unsafe { _xgetbv(0) }
    }
    const OSXSAVE: u32 = 1 << 27;
    const STATE: u64 = 1 << 17 | 1 << 18 | 0b1110_0110;
    // SAFETY: OSXSAVE says that the processor has the instruction and the system enabled it.
    __cpuid(1).ecx & OSXSAVE != 0 && unsafe { enabled_state() } & STATE == STATE
}

/// Linux grants tile data to processes that ask (Documentation/arch/x86/xstate.rst).
#[cfg(target_os = "linux")]
fn system_permits() -> bool {
    const ASK: usize = 0x1023;
    const TELL: usize = 0x1022;
    const TILE_DATA: usize = 18;
    let mut granted = 0_u64;
    // SAFETY: the first call takes two numbers; the second writes 64 bits to the address, which holds as many.
    unsafe {
        arch_prctl(ASK, TILE_DATA) == 0 && arch_prctl(TELL, (&raw mut granted) as usize) == 0 && granted >> TILE_DATA & 1 == 1
    }
}

#[cfg(not(target_os = "linux"))]
fn system_permits() -> bool {
    false
}

/// The system call of that name.
///
/// # Safety
/// That of the function asked for.
#[cfg(target_os = "linux")]
unsafe fn arch_prctl(function: usize, argument: usize) -> isize {
    const NUMBER: isize = 158;
    let mut result = NUMBER;
    // SAFETY: a system call changes rax, rcx and r11 and whatever memory it was asked to.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") result, in("rdi") function, in("rsi") argument, lateout("rcx") _, lateout("r11") _,
            options(nostack)
        );
    }
    result
}

/// Multiplies random tiles with the processor and with the model. Whatever differs, the tiles are not used: slow is better than wrong.
fn tiles_are_right() -> bool {
    // SAFETY: the processor and the system were asked; the model needs nothing.
    unsafe { same_results::<Processor, Model>() }
}

/// Whether two units agree: all eight tiles take part in every role that the kernel gives them, with strides of its kind.
///
/// # Safety
/// Both units can be used.
pub(super) unsafe fn same_results<U: TileUnit, V: TileUnit>() -> bool {
    // SAFETY: the caller's.
    let (first, second) = unsafe { (exercise::<U>(), exercise::<V>()) };
    // Units may sum in another order; a wrong operand, stride or tile is off by about the size of the result, 3.
    first.iter().zip(&second).all(|(a, b)| (a - b).abs() < 1e-3) && first.iter().any(|value| value.abs() > 1.0)
}

/// Two by two sums of two steps, from memory and back, as the convolution makes them.
///
/// # Safety
/// The unit can be used.
unsafe fn exercise<U: TileUnit>() -> Vec<f32> {
    // Rows 192 bytes apart, of which 64 are read; the second tile starts in the middle of the first's row.
    const STRIDE: usize = 48;
    let mut state = 1_u32;
    let mut operands = vec![0.0; 7 * 16 * STRIDE];
    for place in &mut operands {
        let mut halves = [0; 2];
        for half in &mut halves {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *half = bf16_bits((state >> 8) as f32 / (1 << 23) as f32 - 1.0);
        }
        *place = f32::from_bits(halves[1] << 16 | halves[0]);
    }
    let mut sums = vec![f32::NAN; 4 * 256];
    let tile = |index: usize| &operands[index * 16 * STRIDE + 8 * index..];
    // SAFETY: the unit can be used; tile 5 starts at place 5 * 16 * 48 + 40 and its last row ends 15 * 48 + 16 further on, inside the
    // operands; each sum has 256 places.
    unsafe {
        let mut unit = U::configure();
        unit.zero::<0>();
        unit.zero::<1>();
        unit.zero::<2>();
        unit.zero::<3>();
        for step in 0..2 {
            unit.load::<4>(tile(step).as_ptr(), 4 * STRIDE);
            unit.load::<5>(tile(step + 1).as_ptr(), 4 * STRIDE);
            unit.load::<6>(tile(step + 2).as_ptr(), 4 * STRIDE);
            unit.load::<7>(tile(step + 4).as_ptr(), 4 * STRIDE);
            unit.multiply_add::<0, 4, 6>();
            unit.multiply_add::<1, 4, 7>();
            unit.multiply_add::<2, 5, 6>();
            unit.multiply_add::<3, 5, 7>();
        }
        unit.store::<0>(sums.as_mut_ptr(), 64);
        unit.store::<1>(sums[256..].as_mut_ptr(), 64);
        unit.store::<2>(sums[512..].as_mut_ptr(), 64);
        unit.store::<3>(sums[768..].as_mut_ptr(), 64);
        unit.release();
    }
    sums
}

/// A unit that gets one thing wrong must be found out by the check that guards the processor's.
#[cfg(test)]
mod tests {
    use super::super::model::Model;
    use super::super::unit::TileUnit;
    use super::same_results;

    /// The model with a fault: 0 none, 1 factors swapped, 2 strides ignored, 3 sums overwritten, 4 tiles confused, 5 sums not cleared.
    struct Faulty<const FAULT: usize>(Model);

    impl<const FAULT: usize> TileUnit for Faulty<FAULT> {
        unsafe fn configure() -> Self {
            // SAFETY: the model needs nothing, here and below; the memory is the caller's.
            Self(unsafe { Model::configure() })
        }
        unsafe fn zero<const TILE: usize>(&mut self) {
            // SAFETY: the model needs nothing; 256 numbers are sixteen rows of 64 bytes.
            unsafe {
                if FAULT == 5 {
                    self.0.load::<TILE>([0.5_f32; 256].as_ptr(), 64);
                } else {
                    self.0.zero::<TILE>();
                }
            }
        }
        unsafe fn load<const TILE: usize>(&mut self, from: *const f32, stride: usize) {
            // SAFETY: the model needs nothing; the rows are the caller's.
            unsafe { self.0.load::<TILE>(from, if FAULT == 2 { 64 } else { stride }) }
        }
        unsafe fn multiply_add<const SUM: usize, const A: usize, const B: usize>(&mut self) {
            // SAFETY: the model needs nothing.
            unsafe {
                match FAULT {
                    1 => self.0.multiply_add::<SUM, B, A>(),
                    3 => {
                        self.0.zero::<SUM>();
                        self.0.multiply_add::<SUM, A, B>();
                    }
                    4 if SUM == 3 => {}
                    _ => self.0.multiply_add::<SUM, A, B>(),
                }
            }
        }
        unsafe fn store<const TILE: usize>(&mut self, to: *mut f32, stride: usize) {
            // SAFETY: the model needs nothing; the rows are the caller's.
            unsafe { self.0.store::<TILE>(to, stride) }
        }
        unsafe fn release(self) {}
    }

    #[test]
    fn finds_faults() {
        // SAFETY: models need nothing.
        unsafe {
            assert!(same_results::<Faulty<0>, Model>());
            assert!(!same_results::<Faulty<1>, Model>());
            assert!(!same_results::<Faulty<2>, Model>());
            assert!(!same_results::<Faulty<3>, Model>());
            assert!(!same_results::<Faulty<4>, Model>());
            assert!(!same_results::<Faulty<5>, Model>());
        }
    }
}
