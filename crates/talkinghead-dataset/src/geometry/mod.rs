//! The geometry of a face: the square around it, its pose, the frames that stand out, the textured head mesh and its
//! projection. Numbers in, numbers and pictures out; nothing here reads or writes a file.

mod affine;
mod crop;
mod key_frame;
mod projection;
mod rigid;

pub use affine::{apply_affine, fit_affine};
pub use crop::{CLIP_SIDE, resize_bilinear};
pub(crate) use crop::{crop_around, cut, to_clip};
pub use key_frame::{
    absolute_openness, eye_opening, farthest_reference, is_degenerate, key_frame, nearest_reference, open_eyed_key_frame,
    rotation_difference, rotation_size, signed_openness, widest_mouths,
};
pub use projection::animation_frame;
pub use rigid::{posed, to_front};
pub use talkinghead_render::HeadMesh;
