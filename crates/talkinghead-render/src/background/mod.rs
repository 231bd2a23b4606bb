//! A structured background that stays still behind a moving head.

mod matte;
mod plate;
pub(crate) mod still_background;
