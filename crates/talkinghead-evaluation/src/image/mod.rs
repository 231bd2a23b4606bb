//! How near one picture is to another, and how sharp it is. Everything here takes pictures and gives a number; where frames come
//! from and how they are aligned is `measurement`'s.

mod canny;
mod cpbd;
mod perceptual;
mod plane;
mod psnr;
mod sharpness;
mod ssim;

pub use cpbd::cpbd;
pub use perceptual::PerceptualNetwork;
pub use plane::{Plane, gaussian};
pub use psnr::{PSNR_OF_EQUAL_DB, psnr_db};
pub use sharpness::laplacian_variance;
pub use ssim::PictureSimilarity;
