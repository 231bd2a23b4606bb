//! Tensors that every language can regenerate from a name: the weights and inputs of the golden folders.
//!
//! FNV-1a of the name seeds a splitmix64 counter; the definition and the worked values below come from the golden
//! folders' README.

use crate::weights::{HostTensor, StateDict, element_count};

/// FNV-1a, 64 bit, of the UTF-8 bytes of a name.
pub fn fnv1a64(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3))
}

/// `count` values in [-1, 1), exactly representable in f32.
pub fn raw(name: &str, count: usize) -> Vec<f64> {
    let seed = fnv1a64(name);
    (0..count as u64)
        .map(|index| {
            let mut z = seed.wrapping_add(index).wrapping_add(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            (z >> 40) as f64 / f64::from(1_u32 << 23) - 1.0
        })
        .collect()
}

/// Names and scales that differ between golden folders.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Put before every name.
    pub salt: String,
    /// Put before every key, after the salt (`netD/` for discriminators).
    pub key_prefix: String,
    /// Scale of running variances in the embedding combiner.
    pub comb_variance: f64,
    /// Scale of running variances in the main branch.
    pub up_variance: f64,
}

impl Default for Recipe {
    fn default() -> Self {
        Self { salt: String::new(), key_prefix: String::new(), comb_variance: 0.1, up_variance: 0.75 }
    }
}

fn weight_gain(key: &str) -> f64 {
    if key.starts_with("features.") {
        2.0_f64.sqrt()
    } else if key.ends_with("conv_flow.0.weight") {
        0.5
    } else if key.ends_with("conv_w.0.weight") {
        2.0
    } else if key.ends_with("conv_img.weight") {
        0.35
    } else if key.contains("_embedding.") {
        1.75
    } else {
        1.0
    }
}

impl Recipe {
    fn variance_scale(&self, key: &str) -> f64 {
        if key.contains("comb_encoder.") {
            self.comb_variance
        } else if key.contains("flow_network_") {
            0.5
        } else if key.contains(".up_") {
            self.up_variance
        } else {
            0.25
        }
    }

    /// Any state-dict entry except spectral vectors.
    pub fn parameter(&self, key: &str, shape: &[usize]) -> Vec<f32> {
        let count = element_count(shape).unwrap_or(0);
        let key = format!("{}{}", self.key_prefix, key);
        let leaf = key.rsplit('.').next().unwrap_or(&key);
        if leaf == "num_batches_tracked" {
            return vec![0.0; count];
        }
        let values = raw(&format!("{}{}", self.salt, key), count);
        let value: Box<dyn Fn(f64) -> f64> = match leaf {
            "running_mean" => Box::new(|u| 0.1 * u),
            "running_var" => {
                let scale = self.variance_scale(&key);
                Box::new(move |u| scale * (1.0 + 0.5 * u))
            }
            "bias" => Box::new(|u| 0.05 * u),
            _ if shape.len() == 1 => Box::new(|u| 1.0 + 0.1 * u),
            _ => {
                let fan_in: usize = shape.iter().skip(1).product();
                let factor = (3.0 / fan_in as f64).sqrt() * weight_gain(&key);
                Box::new(move |u| u * factor)
            }
        };
        values.into_iter().map(|u| value(u) as f32).collect()
    }

    /// `(weight_u, weight_v)` of a module whose `weight_orig` is given. A transposed convolution's matrix has dimension 1 first.
    pub fn spectral_vectors(&self, module: &str, weight: &[f32], shape: &[usize], transposed: bool) -> (Vec<f32>, Vec<f32>) {
        let matrix = spectral_matrix(weight, shape, transposed);
        let rows = if transposed { shape[1] } else { shape[0] };
        let columns = matrix.len() / rows.max(1);
        let mut u = unit(raw(&format!("{}{}{module}.weight_u", self.salt, self.key_prefix), rows));
        let mut v = vec![0.0; columns];
        for _ in 0..5 {
            let mut product = vec![0.0; columns];
            for (row, factor) in matrix.chunks_exact(columns.max(1)).zip(&u) {
                for (sum, value) in product.iter_mut().zip(row) {
                    *sum += factor * value;
                }
            }
            v = unit(product);
            u = unit(
                matrix
                    .chunks_exact(columns.max(1))
                    .map(|row| row.iter().zip(&v).map(|(value, factor)| value * factor).sum())
                    .collect(),
            );
        }
        (u.iter().map(|x| *x as f32).collect(), v.iter().map(|x| *x as f32).collect())
    }

    /// A whole state dict from keys and shapes as listed in a folder's keys.txt.
    pub fn state_dict(&self, keys: &[(String, Vec<usize>)]) -> StateDict {
        let mut dict = StateDict::new();
        let shapes: std::collections::HashMap<&str, &[usize]> =
            keys.iter().map(|(key, shape)| (key.as_str(), shape.as_slice())).collect();
        for (key, shape) in keys {
            if key.ends_with(".weight_u") || key.ends_with(".weight_v") {
                continue;
            }
            let values = self.parameter(key, shape);
            if let Some(module) = key.strip_suffix(".weight_orig") {
                // Only flow networks have transposed convolutions under spectral norm, numbered from 0.
                let transposed = module.split_once(".up_flow.").is_some_and(|(network, _)| {
                    shape.len() == 4 && shapes.contains_key(format!("{network}.up_flow.0.0.weight_orig").as_str())
                });
                let (u, v) = self.spectral_vectors(module, &values, shape, transposed);
                dict.insert(format!("{module}.weight_u"), HostTensor { shape: vec![u.len()], values: u, integer: false });
                dict.insert(format!("{module}.weight_v"), HostTensor { shape: vec![v.len()], values: v, integer: false });
            }
            let integer = key.ends_with("num_batches_tracked");
            dict.insert(key.clone(), HostTensor { shape: shape.clone(), values, integer });
        }
        dict
    }

    /// Smooth planes in (-0.95, 0.95); `shape` = [..., height, width].
    pub fn field(&self, name: &str, shape: &[usize]) -> Vec<f64> {
        let (height, width) = match shape {
            [.., height, width] => (*height, *width),
            _ => return Vec::new(),
        };
        let planes: usize = shape[..shape.len() - 2].iter().product();
        let waves = raw(&format!("{}{name}", self.salt), 16 * planes);
        let mut values = Vec::with_capacity(planes * height * width);
        for plane in waves.chunks_exact(16) {
            for row in 0..height {
                let y = row as f64 / height as f64;
                for column in 0..width {
                    let x = column as f64 / width as f64;
                    let sum: f64 = plane
                        .chunks_exact(4)
                        .map(|wave| {
                            let phase = 2.0 * std::f64::consts::PI * (3.0 * wave[1] * x + 3.0 * wave[2] * y)
                                + std::f64::consts::PI * wave[3];
                            (0.5 + 0.5 * wave[0].abs()) * phase.sin()
                        })
                        .sum();
                    values.push(0.95 * sum.tanh());
                }
            }
        }
        values
    }

    /// An image in (-0.95, 0.95).
    pub fn image(&self, name: &str, shape: &[usize]) -> Vec<f32> {
        self.field(name, shape).into_iter().map(|value| value as f32).collect()
    }

    /// A label map in 0..1.
    pub fn label(&self, name: &str, shape: &[usize]) -> Vec<f32> {
        self.field(name, shape).into_iter().map(|value| (1.0 - value.abs() / 0.25).clamp(0.0, 1.0) as f32).collect()
    }

    /// A flow field in pixels, within 4 of zero.
    pub fn flow(&self, name: &str, shape: &[usize]) -> Vec<f32> {
        self.field(name, shape).into_iter().map(|value| (4.0 * value) as f32).collect()
    }

    /// A confidence map in 0..1.
    pub fn confidence(&self, name: &str, shape: &[usize]) -> Vec<f32> {
        self.field(name, shape).into_iter().map(|value| (0.5 + value).clamp(0.0, 1.0) as f32).collect()
    }
}

fn unit(values: Vec<f64>) -> Vec<f64> {
    let norm = values.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-12);
    values.into_iter().map(|x| x / norm).collect()
}

/// The matrix whose largest singular value is estimated, in f64: output channels first, the rest flattened.
fn spectral_matrix(weight: &[f32], shape: &[usize], transposed: bool) -> Vec<f64> {
    if !transposed {
        return weight.iter().map(|x| f64::from(*x)).collect();
    }
    let (inputs, outputs) = (shape[0], shape[1]);
    let kernel: usize = shape[2..].iter().product();
    let mut matrix = Vec::with_capacity(weight.len());
    for output in 0..outputs {
        for input in 0..inputs {
            let start = (input * outputs + output) * kernel;
            matrix.extend(weight[start..start + kernel].iter().map(|x| f64::from(*x)));
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: &[f32], wanted: &[f32]) {
        for (a, b) in found.iter().zip(wanted) {
            assert!((a - b).abs() <= 2e-8 * b.abs().max(1.0) + 1e-8 * 4.0, "{found:?} is not {wanted:?}");
        }
    }

    #[test]
    fn names_hash_and_expand_as_in_the_worked_values() {
        assert_eq!(fnv1a64("netG.conv_img.bias"), 0x4cbe_d280_0ea8_dbd6);
        assert_eq!(raw("netG.conv_img.bias", 3), [-0.248_579_621_315_002_44, 0.804_828_166_961_669_9, 0.280_932_188_034_057_6]);
        let recipe = Recipe::default();
        close(&recipe.parameter("netG.conv_img.bias", &[3]), &[-0.012_428_981, 0.040_241_409, 0.014_046_61]);
        let key = "netG.encoder.conv1.conv";
        let weight = recipe.parameter(&format!("{key}.weight_orig"), &[4, 3, 3, 3]);
        close(&weight, &[0.140_547_71, 0.172_017_74, -0.014_682_929]);
        let (u, v) = recipe.spectral_vectors(key, &weight, &[4, 3, 3, 3], false);
        close(&u, &[0.361_661_76, 0.412_160_01, 0.268_220_6, -0.792_074_86]);
        close(&v, &[0.047_133_75, 0.127_917_78, 0.085_227_77]);
        close(
            &recipe.parameter("netG.encoder.conv1.bn.running_var", &[4]),
            &[0.248_864, 0.275_718_03, 0.154_889_93, 0.206_653_89],
        );
    }

    #[test]
    fn inputs_are_the_worked_values() {
        let recipe = Recipe::default();
        let images = recipe.image("input/ref_images", &[1, 3, 3, 64, 64]);
        close(&images, &[0.937_110_3, 0.940_787_6, 0.942_232_3]);
        close(&images[((2 * 3 + 1) * 64 + 10) * 64 + 20..], &[-0.074_152_72]);
        close(&recipe.label("input/tgt_label", &[1, 1, 64, 64]), &[0.840_534_27, 0.795_783_34, 0.392_324_18, 0.0, 0.0]);
    }
}
