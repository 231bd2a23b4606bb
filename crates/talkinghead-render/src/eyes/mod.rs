//! The eyes: eyeballs behind the lids, and light and lash line on the lids when they close.

pub(crate) mod eyeballs;
pub(crate) mod lash_line;
pub(crate) mod lid_light;
