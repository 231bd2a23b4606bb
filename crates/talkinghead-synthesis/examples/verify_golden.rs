//! Compares the networks with golden folders: `verify_golden FOLDER...`; folders named `d_*` hold a discriminator.

use std::path::Path;

use burn::tensor::Device;
use talkinghead_synthesis::verify::{Network, verify};

fn main() {
    let mut failed = false;
    for folder in std::env::args().skip(1) {
        let path = Path::new(&folder);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let network = if name.starts_with("d_") { Network::Discriminator } else { Network::Generator };
        match verify(network, path, None, &Device::flex()) {
            Ok(report) => {
                println!("== {folder}\n{report}");
                failed |= !report.passed();
            }
            Err(error) => {
                println!("== {folder}\nerror: {error}");
                failed = true;
            }
        }
    }
    std::process::exit(i32::from(failed));
}
