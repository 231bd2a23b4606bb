//! Telling weights from other weights.

use talkinghead_synthesis::weights::Weights;

/// FNV-1a over keys, shapes and values, four bytes at a time.
pub fn fingerprint(weights: &Weights) -> u64 {
    let Weights::Checkpoint(dict) = weights else { return 0 };
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    let mut take = |value: u64| hash = (hash ^ value).wrapping_mul(0x0000_0100_0000_01B3);
    for (key, tensor) in dict.iter() {
        key.bytes().for_each(|byte| take(u64::from(byte)));
        tensor.shape.iter().for_each(|size| take(*size as u64));
        tensor.values.iter().for_each(|value| take(u64::from(value.to_bits())));
    }
    hash
}
