//! The photographed face as geometry, and how a motion poses it: expression, contact of the lips, lids, head motion.

pub(crate) mod contact;
pub(crate) mod expression;
pub(crate) mod fitness;
pub(crate) mod fold_guard;
pub(crate) mod geometry;
pub(crate) mod head_region;
pub(crate) mod lids;
pub(crate) mod pose;
mod rounded_lips;
pub(crate) mod sharpening;
pub(crate) mod unsmile;
