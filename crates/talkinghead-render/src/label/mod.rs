//! What the neural renderer is shown of a face as drawings: label images of its contours, and masks over its parts.

mod label_image;
pub mod masks;

pub use crate::picture::grey_image::GreyImage;
pub use label_image::{LabelParts, Point, forehead, label_image};
