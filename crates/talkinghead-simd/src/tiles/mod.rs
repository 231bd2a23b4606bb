//! Matrix tiles (Intel AMX with bf16).
//!
//! The tile instructions lie behind [`TileUnit`]. [`Processor`] is the processor's; [`Model`] is the same in plain Rust, so that
//! kernels can be tested on every machine, and so that a processor can be checked against it before its tiles are trusted.

#[cfg(target_arch = "x86_64")]
mod detect;
mod model;
#[cfg(target_arch = "x86_64")]
mod processor;
mod unit;

#[cfg(target_arch = "x86_64")]
pub(crate) use detect::is_available;
pub use model::Model;
#[cfg(target_arch = "x86_64")]
pub use processor::Processor;
pub use unit::{Configuration, ROW_BYTES, SIDE, TILES, TileUnit};
