//! The full-size network has the state dict of the published PyTorch code.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use burn::tensor::Device;
use talkinghead_formats::parse_keys;
use talkinghead_synthesis::generator::{Generator, GeneratorConfig};
use talkinghead_synthesis::weights::{EntryKind, Weights};

#[test]
fn the_full_size_network_has_the_published_keys() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state_dict_keys_full.txt")).unwrap();
    let generator = text.split("# latest_net_D").next().unwrap();
    let mut wanted = parse_keys(generator).unwrap();
    let mut found = Generator::keys(&GeneratorConfig::default()).unwrap();
    assert_eq!(found.len(), 1124);
    found.sort();
    wanted.sort();
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_eq!(found, wanted);
    }
    let parameters: usize = {
        let network = Generator::new(&GeneratorConfig::default(), Weights::Zeros, &Device::flex()).unwrap();
        let is_parameter = |kind| kind == EntryKind::Parameter;
        network.entries().iter().filter(|e| is_parameter(e.kind)).map(|e| e.shape.iter().product::<usize>()).sum()
    };
    assert_eq!(parameters, 107_920_769);
}
