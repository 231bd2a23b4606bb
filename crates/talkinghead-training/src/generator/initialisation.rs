//! Weights before training, distributed as the published code's (`init_type` xavier).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use talkinghead_kernels::KernelError;
use talkinghead_synthesis::BurnDevice;
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::discriminator::{Discriminator, DiscriminatorConfig};
use talkinghead_synthesis::generator::{Generator, GeneratorConfig};
use talkinghead_synthesis::procedural::fnv1a64;
use talkinghead_synthesis::weights::{HostTensor, StateDict, Weights, element_count};

/// Published `init_variance`.
const GAIN: f64 = 0.02;

/// A generator's weights. Each tensor depends on seed and key alone: networks that differ in one part begin alike in all others.
///
/// # Errors
/// An impossible configuration.
pub fn initial_generator(config: &GeneratorConfig, seed: u64) -> Result<StateDict, SynthesisError> {
    let keys = Generator::keys(config)?;
    let weights = keys.into_iter().map(|(key, shape)| tensor(&key, shape, seed)).fold(StateDict::new(), inserted);
    Ok(iterated(weights)?)
}

/// A discriminator's weights.
///
/// # Errors
/// An impossible configuration.
pub fn initial_discriminator(config: &DiscriminatorConfig, seed: u64) -> Result<StateDict, SynthesisError> {
    let network = Discriminator::new(config, Weights::Zeros, &BurnDevice::flex())?;
    let entries = network.entries().iter();
    let weights = entries.map(|entry| tensor(&entry.key, entry.shape.clone(), seed)).fold(StateDict::new(), inserted);
    Ok(iterated(weights)?)
}

/// Power iterations before training. The published code begins with random vectors, by which the untrained network cannot be looked at: it
/// divides weights by next to nothing.
const ITERATIONS: usize = 4;

/// With spectral vectors that belong to their weights.
fn iterated(mut dict: StateDict) -> Result<StateDict, KernelError> {
    let modules: Vec<String> = dict.iter().filter_map(|(key, _)| key.strip_suffix(".weight_orig")).map(str::to_owned).collect();
    for module in modules {
        let keys = [".weight_u", ".weight_v"].map(|leaf| format!("{module}{leaf}"));
        let (Some(mut left), Some(mut right)) = (dict.take(&keys[0]), dict.take(&keys[1])) else { continue };
        // Of a transposed convolution rows are another dimension; its vectors stay random.
        if let Some(weight) = dict.get(&format!("{module}.weight_orig")).filter(|weight| weight.shape[0] == left.values.len()) {
            for _ in 0..ITERATIONS {
                let next = talkinghead_kernels::spectral_weight(&weight.values, &left.values, &right.values, true)?;
                (left.values, right.values) = (next.left, next.right);
            }
        }
        let [left_key, right_key] = keys;
        dict.insert(left_key, left);
        dict.insert(right_key, right);
    }
    Ok(dict)
}

fn inserted(mut dict: StateDict, (key, tensor): (String, HostTensor)) -> StateDict {
    dict.insert(key, tensor);
    dict
}

fn tensor(key: &str, shape: Vec<usize>, seed: u64) -> (String, HostTensor) {
    let count = element_count(&shape).unwrap_or(0);
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ fnv1a64(key));
    let mut normal = |mean: f64, deviation: f64| -> Vec<f32> {
        (0..count).map(|_| (mean + deviation * standard_normal(&mut random)) as f32).collect()
    };
    let leaf = key.rsplit('.').next().unwrap_or(key);
    let integer = leaf == "num_batches_tracked";
    let values = match leaf {
        "bias" | "running_mean" | "num_batches_tracked" => vec![0.0; count],
        "running_var" => vec![1.0; count],
        "weight_u" | "weight_v" => unit(normal(0.0, 1.0)),
        // Of the norms only those are drawn that the published code makes with its convolution helper, in flow networks.
        _ if shape.len() == 1 && (key.contains("down_flow.") || key.contains("up_flow.")) => normal(1.0, GAIN),
        _ if shape.len() == 1 => vec![1.0; count],
        _ => {
            let kernel: usize = shape[2..].iter().product();
            let fans = ((shape[0] + shape[1]) * kernel) as f64;
            normal(0.0, GAIN * (2.0 / fans).sqrt())
        }
    };
    (key.to_owned(), HostTensor { shape, values, integer })
}

/// Box and Muller's transform.
fn standard_normal(random: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

fn unit(values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt().max(1e-12);
    values.into_iter().map(|value| (f64::from(value) / length) as f32).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn tensors_are_distributed_as_published() {
        let config = GeneratorConfig { width: 8, ..GeneratorConfig::default() };
        let weights = initial_generator(&config, 3).unwrap();
        let spread = |key: &str| {
            let values = &weights.get(key).unwrap().values;
            (values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        };
        // 8 * 2^5 = 256 channels at the coarsest level.
        let wanted = 0.02 * (2.0 / (512.0 * 9.0_f64)).sqrt();
        let found = spread("netG.up_5.conv_0.weight_orig");
        assert!((found / wanted - 1.0).abs() < 0.01, "{found} instead of {wanted}");
        assert!((spread("netG.up_5.conv_0.weight_u") * 16.0 - 1.0).abs() < 1e-6, "a unit vector of 256 numbers");
        assert!(weights.get("netG.encoder.conv1.bn.weight").unwrap().values.iter().all(|v| *v == 1.0));
        let flow = weights.get("warp.flow_network_ref.down_flow.2.1.weight").unwrap();
        assert!(flow.values.iter().any(|v| *v != 1.0) && flow.values.iter().all(|v| (v - 1.0).abs() < 0.1));
    }

    #[test]
    fn a_tensor_depends_on_seed_and_key_alone() {
        let small = GeneratorConfig { width: 4, ..GeneratorConfig::default() };
        let without = GeneratorConfig { warp_projection: false, ..small };
        let (a, b) = (initial_generator(&small, 1).unwrap(), initial_generator(&without, 1).unwrap());
        let key = "netG.encoder.conv1.conv.weight_orig";
        assert_eq!(a.get(key), b.get(key));
        assert_ne!(a.get(key), initial_generator(&small, 2).unwrap().get(key));
    }
}
