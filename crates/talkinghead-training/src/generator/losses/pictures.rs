//! Distances of pictures.

use burn::tensor::Tensor;

/// Mean absolute distance of two pictures `[batch, 3, H, W]`.
pub fn absolute(a: &Tensor<4>, b: &Tensor<4>) -> Tensor<1> {
    (a.clone() - b.clone()).abs().mean()
}

/// The same with both multiplied by a template `[batch, 1, H, W]`; averaged over the whole picture.
pub fn masked_absolute(a: &Tensor<4>, b: &Tensor<4>, template: &Tensor<4>) -> Tensor<1> {
    (a.clone() * template.clone() - b.clone() * template.clone()).abs().mean()
}
