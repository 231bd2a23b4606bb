//! Weights before training, as PyTorch draws them by default.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use talkinghead_synthesis::procedural::fnv1a64;
use talkinghead_synthesis::weights::{Entry, HostTensor, StateDict, element_count};

/// Weights for all entries of a network. Each tensor depends on the seed and its key alone.
pub fn initial_weights(entries: &[Entry], seed: u64) -> StateDict {
    let mut dict = StateDict::new();
    for entry in entries {
        let count = element_count(&entry.shape).unwrap_or(0);
        let (module, leaf) = entry.key.rsplit_once('.').unwrap_or(("", &entry.key));
        let weight = entries.iter().find(|other| other.key.strip_suffix(".weight") == Some(module));
        // A norm's weight has one dimension.
        let fan = weight.filter(|weight| weight.shape.len() > 1).map(|weight| weight.shape[1..].iter().product::<usize>());
        let values = match (leaf, fan) {
            ("weight" | "bias", Some(fan)) => {
                let bound = 1.0 / (fan.max(1) as f32).sqrt();
                let mut random = ChaCha8Rng::seed_from_u64(seed ^ fnv1a64(&entry.key));
                (0..count).map(|_| random.random_range(-bound..=bound)).collect()
            }
            ("weight" | "running_var", _) => vec![1.0; count],
            _ => vec![0.0; count],
        };
        let integer = leaf == "num_batches_tracked";
        dict.insert(entry.key.clone(), HostTensor { shape: entry.shape.clone(), values, integer });
    }
    dict
}
