//! Pictures and everything that is done to one without knowing that it shows a face.

pub(crate) mod bicubic;
pub mod blur;
pub(crate) mod canvas;
pub(crate) mod enlargement;
pub mod fill;
pub(crate) mod frame;
pub(crate) mod grey_image;
pub(crate) mod patch_fill;
pub mod polygon;
pub mod resize;
pub(crate) mod spline;
pub(crate) mod texture;
pub(crate) mod working_area;
