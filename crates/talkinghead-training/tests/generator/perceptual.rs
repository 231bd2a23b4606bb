//! The perceptual networks.

use burn::tensor::{Device, Tensor, TensorData};
use image::RgbImage;
use talkinghead_evaluation::image::PerceptualNetwork;
use talkinghead_synthesis::procedural::Recipe;
use talkinghead_training::Compatibility;
use talkinghead_training::generator::PerceptualTrunk;
use talkinghead_training::generator::perceptual::{SqueezeNet, Vgg19};

/// A smooth picture in steps of 1/255.
fn picture(name: &str, side: usize) -> (RgbImage, Tensor<4>) {
    let shape = [1, 3, side, side];
    let steps: Vec<u8> =
        Recipe::default().image(name, &shape).iter().map(|value| ((value + 1.0) * 127.5).round() as u8).collect();
    let pixel = |x: u32, y: u32| {
        let at = |channel: usize| steps[(channel * side + y as usize) * side + x as usize];
        image::Rgb([at(0), at(1), at(2)])
    };
    let tensor =
        Tensor::from_data(TensorData::new(steps.iter().map(|&v| f32::from(v) / 127.5 - 1.0).collect(), shape), &Device::flex());
    (RgbImage::from_fn(side as u32, side as u32, pixel), tensor)
}

#[test]
fn the_shipped_network_gives_the_distance_that_evaluation_reports() {
    let (a, a_tensor) = picture("one", 256);
    let (b, b_tensor) = picture("another", 256);
    let wanted = PerceptualNetwork::get().distance(&a, &b).unwrap();
    let trunk = PerceptualTrunk::SqueezeNet(SqueezeNet::shipped(&Device::flex()).unwrap());
    let target = trunk.target(b_tensor, Compatibility::Reference).unwrap();
    let found = f64::from(trunk.distance(a_tensor, &target, Compatibility::Reference).unwrap().into_scalar::<f32>());
    assert!((found - wanted).abs() < 1e-3 * wanted && wanted > 0.1, "{found} instead of {wanted}");
}

#[test]
fn a_step_along_the_gradient_makes_pictures_more_alike() {
    let device = Device::flex();
    let (_, start) = picture("one", 64);
    let (_, wanted) = picture("another", 64);
    let vgg = Vgg19::new(Recipe::default().state_dict(&Vgg19::shapes()), &device).unwrap();
    for trunk in [PerceptualTrunk::SqueezeNet(SqueezeNet::shipped(&device).unwrap()), PerceptualTrunk::Vgg19(vgg)] {
        let distance = |x: Tensor<4>, compatibility| {
            let target = trunk.target(wanted.clone(), compatibility).unwrap();
            trunk.distance(x, &target, compatibility).unwrap()
        };
        for compatibility in [Compatibility::Reference, Compatibility::Right] {
            let x = start.clone().autodiff().require_grad();
            let before = distance(x.clone(), compatibility);
            let gradient = x.grad(&before.backward()).unwrap();
            let length = (gradient.clone() * gradient.clone()).sum().sqrt().into_scalar::<f32>();
            let after = distance(start.clone() - gradient.mul_scalar(0.3 / length), compatibility).into_scalar::<f32>();
            let before = before.into_scalar::<f32>();
            assert!(after < before, "{compatibility:?}: {after} behind {before}");
        }
    }
}

#[test]
fn vgg_sees_other_pictures_when_they_are_normalised() {
    let device = Device::flex();
    let vgg = PerceptualTrunk::Vgg19(Vgg19::new(Recipe::default().state_dict(&Vgg19::shapes()), &device).unwrap());
    let ((_, a), (_, b)) = (picture("one", 32), picture("another", 32));
    let distance = |compatibility| {
        let target = vgg.target(b.clone(), compatibility).unwrap();
        vgg.distance(a.clone(), &target, compatibility).unwrap().into_scalar::<f32>()
    };
    assert_ne!(distance(Compatibility::Reference), distance(Compatibility::Right));
}
