//! Writes a full-size generator with procedural weights: `random_checkpoint OUTPUT.safetensors [NAME=VALUE...]`. It makes
//! no sensible pictures, but runs everything that a trained one runs.

use std::path::Path;

use talkinghead_synthesis::generator::{Generator, GeneratorConfig};
use talkinghead_synthesis::import::metadata_of;
use talkinghead_synthesis::options::Options;
use talkinghead_synthesis::procedural::Recipe;
use talkinghead_synthesis::weights::write_safetensors;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let output = arguments.next().ok_or("usage: random_checkpoint OUTPUT.safetensors [NAME=VALUE...]")?;
    let mut options = Options::from(&GeneratorConfig::default());
    for setting in arguments {
        let (name, value) = setting.split_once('=').ok_or("settings are NAME=VALUE")?;
        options.set(name, value);
    }
    let config = GeneratorConfig::from_options(&options)?;
    let weights = Recipe::default().state_dict(&Generator::keys(&config)?);
    write_safetensors(Path::new(&output), &weights, &metadata_of(&config))?;
    println!("{output}: {} tensors, {} values", weights.len(), weights.value_count());
    Ok(())
}
