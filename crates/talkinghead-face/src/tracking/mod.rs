//! From what the networks say to one chosen face: in a still picture, and through a whole video.

pub(crate) mod covered_mouth;
pub(crate) mod face_choice;
mod face_search;
mod orientation_search;
pub(crate) mod smoothing;
mod state;
pub(crate) mod still_face;
pub(crate) mod track;
pub(crate) mod tracker;
pub(crate) mod visible_parts;
