//! Pictures and landmarks as the network's tensors (SPEC-data sections 7, 8 and 11), and its tensors as pictures.

use burn::tensor::{Device, Tensor, TensorData};
use image::{Rgb, RgbImage};
use talkinghead_face::FlatLandmarks68;
use talkinghead_render::label::{LabelParts, label_image};
use talkinghead_render::masks::{MaskKind, mask};
use talkinghead_render::resize::{Bytes, Kernel, resize};

use crate::SynthesisError;
use crate::generator::Source;
use crate::layers::read_back;

/// One source or reference: a picture and its landmarks in it.
#[derive(Debug, Clone)]
pub struct FrameInput {
    /// The picture.
    pub picture: RgbImage,
    /// Its landmarks, pixels.
    pub landmarks: FlatLandmarks68,
}

/// Blackens eyes and mouth: they must come from the label image, not from a photograph.
pub fn hidden_parts(input: &FrameInput) -> RgbImage {
    let (width, height) = input.picture.dimensions();
    let hidden = mask(&input.landmarks, width as usize, height as usize, MaskKind::EyesAndMouth);
    let mut picture = input.picture.clone();
    for (pixel, hidden) in picture.pixels_mut().zip(&hidden.data) {
        if *hidden != 0 {
            *pixel = Rgb([0; 3]);
        }
    }
    picture
}

/// A source to be warped, at the network's side: eyes and mouth at -1, and its label image.
pub fn masked_source(input: &FrameInput, side: usize, device: &Device) -> Source {
    let (width, height) = input.picture.dimensions();
    let picture = if (width as usize, height as usize) == (side, side) {
        hidden_parts(input)
    } else {
        // Hidden after the resizing, as in training: black does not bleed.
        let mut picture = resized(&input.picture, side);
        let drawn = mask(&input.landmarks, width as usize, height as usize, MaskKind::EyesAndMouth);
        let ones = drawn.data.iter().map(|value| u8::from(*value > 0)).collect();
        let ones = Bytes { height: height as usize, width: width as usize, channels: 1, data: ones };
        for (pixel, hidden) in picture.pixels_mut().zip(resize(&ones, side, side, Kernel::Bicubic).data) {
            if hidden > 0 {
                *pixel = Rgb([0; 3]);
            }
        }
        picture
    };
    Source { label: sided_label(&input.landmarks, (width, height), side, device), image: image_tensor(&picture, device) }
}

/// A picture at the network's side, or back, as PIL resizes it (bicubic).
pub fn resized(picture: &RgbImage, side: usize) -> RgbImage {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if (width, height) == (side, side) {
        return picture.clone();
    }
    let small = resize(&Bytes { height, width, channels: 3, data: picture.as_raw().clone() }, side, side, Kernel::Bicubic);
    RgbImage::from_fn(side as u32, side as u32, |x, y| {
        let at = (y as usize * side + x as usize) * 3;
        Rgb([small.data[at], small.data[at + 1], small.data[at + 2]])
    })
}

/// The label image of landmarks in a picture of `size` (width, height) at the network's side, `[1, 1, side, side]`, 0..1: drawn at the
/// picture's size and then resized, as in training.
pub fn sided_label(landmarks: &FlatLandmarks68, size: (u32, u32), side: usize, device: &Device) -> Tensor<4> {
    let (width, height) = (size.0 as usize, size.1 as usize);
    if (width, height) == (side, side) {
        return label_tensor(landmarks, side, side, LabelParts::default(), device);
    }
    let drawn = label_image(landmarks, width, height, LabelParts::default());
    let small = resize(&Bytes { height, width, channels: 1, data: drawn.data }, side, side, Kernel::Bilinear);
    let values: Vec<f32> = small.data.iter().map(|value| f32::from(*value) / 255.0).collect();
    Tensor::from_data(TensorData::new(values, [1, 1, side, side]), device)
}

/// A picture as `[1, 3, height, width]`, -1..1.
pub fn image_tensor(picture: &RgbImage, device: &Device) -> Tensor<4> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut values = Vec::with_capacity(3 * width * height);
    for channel in 0..3 {
        values.extend(picture.pixels().map(|pixel| f32::from(pixel.0[channel]) / 127.5 - 1.0));
    }
    Tensor::from_data(TensorData::new(values, [1, 3, height, width]), device)
}

/// Landmarks as a label image `[1, 1, height, width]`, 0..1.
pub fn label_tensor(landmarks: &FlatLandmarks68, width: usize, height: usize, parts: LabelParts, device: &Device) -> Tensor<4> {
    let label = label_image(landmarks, width, height, parts);
    let values: Vec<f32> = label.data.iter().map(|value| f32::from(*value) / 255.0).collect();
    Tensor::from_data(TensorData::new(values, [1, 1, height, width]), device)
}

/// The first picture of `[batch, 3 or 1, height, width]`, -1..1, truncated to bytes as the published demo does.
///
/// # Errors
/// The device failed, or the tensor is of no such shape.
pub fn picture_of(tensor: &Tensor<4>) -> Result<RgbImage, SynthesisError> {
    converted(tensor, |value| ((value + 1.0) / 2.0 * 255.0).clamp(0.0, 255.0) as u8)
}

/// The same for values in 0..1: label images and occlusion masks.
///
/// # Errors
/// As [`picture_of`].
pub fn tile_of(tensor: &Tensor<4>) -> Result<RgbImage, SynthesisError> {
    converted(tensor, |value| (value * 255.0).clamp(0.0, 255.0) as u8)
}

fn converted(tensor: &Tensor<4>, byte: impl Fn(f32) -> u8) -> Result<RgbImage, SynthesisError> {
    let [batch, channels, height, width] = tensor.dims();
    if batch == 0 || !matches!(channels, 1 | 3) {
        let found = format!("{:?}", tensor.dims());
        return Err(SynthesisError::input("picture", "[at least 1, 3 or 1, height, width]", found));
    }
    let values = read_back(tensor.clone().narrow(0, 0, 1))?;
    let plane = width * height;
    Ok(RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        Rgb(std::array::from_fn(|k| byte(values[k.min(channels - 1) * plane + at])))
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pictures_survive_the_way_there_and_back_and_other_tensors_are_refused() {
        let device = Device::flex();
        let picture = RgbImage::from_fn(5, 4, |x, y| Rgb([(40 * x) as u8, (60 * y) as u8, 255]));
        let back = picture_of(&image_tensor(&picture, &device)).unwrap();
        assert!(back.iter().zip(picture.iter()).all(|(a, b)| a.abs_diff(*b) <= 1));
        assert_eq!(tile_of(&Tensor::ones([1, 1, 2, 3], &device)).unwrap(), RgbImage::from_pixel(3, 2, Rgb([255; 3])));
        assert!(picture_of(&Tensor::zeros([1, 2, 2, 3], &device)).is_err());
        assert!(picture_of(&Tensor::zeros([0, 3, 2, 3], &device)).is_err());
    }
}
