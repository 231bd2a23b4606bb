//! A structured background that stays still behind a moving head.

mod lines;
mod matte;
mod plate;
pub(crate) mod still_background;
