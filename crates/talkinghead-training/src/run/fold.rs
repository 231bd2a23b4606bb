//! Spectral norms out of weights: each weight divided by its estimated norm.

use talkinghead_synthesis::weights::{FloatWidth, HostTensor, StateDict};

/// The same weights with every spectral norm divided out. The vectors stay, as the format has them; the left one is scaled so that the norm
/// of the weight, as it will be stored with `floats`, is 1: whoever reads the file divides by 1.
///
/// `transposed` tells for a key (without `.weight_orig`) whether its output channels are the second dimension.
pub(super) fn fold_spectral_norms(mut dict: StateDict, floats: FloatWidth, transposed: impl Fn(&str) -> bool) -> StateDict {
    let ending = ".weight_orig";
    let keys: Vec<String> = dict.iter().filter_map(|(key, _)| key.strip_suffix(ending).map(str::to_owned)).collect();
    for key in keys {
        let (Some(mut weight), Some(mut u), Some(v)) =
            (dict.take(&format!("{key}{ending}")), dict.take(&format!("{key}.weight_u")), dict.take(&format!("{key}.weight_v")))
        else {
            continue;
        };
        let swapped = transposed(&key);
        let norm = estimate(&weight, &u.values, &v.values, swapped);
        if norm.is_finite() && norm.abs() > 1e-12 {
            weight.values.iter_mut().for_each(|value| *value = floats.rounded((f64::from(*value) / norm) as f32));
            let left = estimate(&weight, &u.values, &v.values, swapped);
            u.values.iter_mut().for_each(|value| *value = (f64::from(*value) / left) as f32);
        }
        dict.insert(format!("{key}{ending}"), weight);
        dict.insert(format!("{key}.weight_u"), u);
        dict.insert(format!("{key}.weight_v"), v);
    }
    dict
}

/// `u . (M v)`, with the matrix's rows the output channels.
fn estimate(weight: &HostTensor, u: &[f32], v: &[f32], swapped: bool) -> f64 {
    let rows = u.len().max(1);
    let columns = weight.values.len() / rows;
    let inner: usize = weight.shape.iter().skip(2).product();
    let at = |row: usize, column: usize| {
        if swapped { (column / inner.max(1) * rows + row) * inner + column % inner.max(1) } else { row * columns + column }
    };
    let product = |row: usize| -> f64 {
        (0..columns.min(v.len())).map(|column| f64::from(weight.values[at(row, column)]) * f64::from(v[column])).sum()
    };
    u.iter().enumerate().map(|(row, &u)| f64::from(u) * product(row)).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn dict(shape: Vec<usize>, rows: usize) -> StateDict {
        let count: usize = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|i| ((i * 37 + 11) % 17) as f32 / 5.0 - 1.3).collect();
        let mut dict = StateDict::new();
        dict.insert("a.weight_orig", HostTensor::new(shape, values).unwrap());
        dict.insert("a.weight_u", HostTensor::new(vec![rows], (0..rows).map(|i| 0.3 + i as f32 * 0.1).collect()).unwrap());
        let columns = count / rows;
        dict.insert("a.weight_v", HostTensor::new(vec![columns], (0..columns).map(|i| 0.5 - i as f32 * 0.07).collect()).unwrap());
        dict.insert("a.bias", HostTensor::new(vec![rows], vec![1.0; rows]).unwrap());
        dict
    }

    #[test]
    fn the_norm_of_what_is_stored_is_one_and_the_weight_the_same() {
        for (shape, rows, swapped) in [(vec![3, 2, 2, 2], 3, false), (vec![2, 3, 2, 2], 3, true), (vec![3, 3, 1, 1], 3, true)] {
            for floats in [FloatWidth::Single, FloatWidth::HalfMatrices, FloatWidth::BrainMatrices] {
                let before = dict(shape.clone(), rows);
                let parts = |dict: &StateDict| {
                    let get = |name: &str| dict.get(&format!("a.{name}")).unwrap().clone();
                    (get("weight_orig"), get("weight_u").values, get("weight_v").values)
                };
                let (weight, u, v) = parts(&before);
                let norm = estimate(&weight, &u, &v, swapped);
                let (folded, u, v) = parts(&fold_spectral_norms(before, floats, |_| swapped));
                assert!((estimate(&folded, &u, &v, swapped) - 1.0).abs() < 1e-5);
                let tolerance = if floats == FloatWidth::Single { 1e-6 } else { 1e-2 };
                for (a, b) in folded.values.iter().zip(&weight.values) {
                    assert!((f64::from(*a) - f64::from(*b) / norm).abs() <= tolerance * (f64::from(*b) / norm).abs() + 1e-7);
                }
            }
        }
    }

    /// The order of a transposed convolution's elements: output channels first.
    #[test]
    fn output_channels_come_first() {
        // [in 1, out 2, 1, 1]: rows are the outputs.
        let weight = HostTensor::new(vec![1, 2, 1, 1], vec![2.0, 5.0]).unwrap();
        assert_eq!(estimate(&weight, &[0.0, 1.0], &[1.0], true), 5.0);
    }
}
