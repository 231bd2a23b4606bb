//! From a published checkpoint to a file of ours: the configuration is read off the shapes where they tell it, and from
//! options where they do not.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;

use crate::error::SynthesisError;
use crate::generator::{Generator, GeneratorConfig, USUAL_SIDE};
use crate::options::Options;
use crate::person_weights::PersonWeights;
use crate::weights::{StateDict, Weights, read_weights, write_safetensors};

/// Key of our metadata in a safetensors file: options as JSON.
pub const METADATA_KEY: &str = "talkinghead.generator";
/// Key of the side of the pictures that a network learned from, pixels; 256 where it is missing.
pub const SIDE_KEY: &str = "talkinghead.side";
/// Keys of what else an import notes: the program that wrote the file, and the name of the checkpoint.
const PROGRAM_KEY: &str = "talkinghead.program";
const SOURCE_KEY: &str = "talkinghead.source";

/// Options that the shapes of a checkpoint's tensors determine.
pub fn infer_options(dict: &StateDict) -> Options {
    let mut options = Options::new();
    let size = |key: &str, axis: usize| dict.shape(key).and_then(|shape| shape.get(axis).copied());
    let count = |start: usize, step: usize, name: &dyn Fn(usize) -> String| {
        (0..64).take_while(|i| dict.contains_prefix(&name(start + i * step))).count()
    };
    let hybrid = dict.contains_prefix("netG.encoder.");
    options.set("use_new", hybrid);
    options.set("no_atten", !dict.contains_prefix("netG.atten_gen."));
    if let Some(width) = size("netG.conv_img.weight", 1) {
        options.set("ngf", width);
    }
    let levels = count(0, 1, &|i| format!("netG.up_{i}."));
    let depth = levels.saturating_sub(1);
    options.set("n_downsample_G", depth);
    let label = if hybrid { "netG.encoder.conv2" } else { "netG.lmark_encoder.conv1" };
    if let Some(channels) = size(&format!("{label}.conv.weight_orig"), 1) {
        options.set("input_nc", channels);
    }
    let batch = dict.contains(&format!("{label}.bn.running_mean"));
    options.set("norm_G", if batch { "spectralspadesyncbatch" } else { "spectralspadeinstance" });

    // Depth of the merge: from the attention, or from the width of the fusion.
    let fusion = size("netG.encoder.fusion1.conv.weight_orig", 0);
    if dict.contains_prefix("netG.atten_gen.") {
        options.set("n_downsample_A", count(0, 1, &|i| format!("netG.atten_gen.atn_key_{i}.")));
    } else if let (Some(fused), Some(width)) = (fusion, size("netG.conv_img.weight", 1)) {
        options.set("n_downsample_A", (fused / width.max(1)).max(1).ilog2());
    } else if depth < 2 {
        options.set("n_downsample_A", depth);
    }
    // Number of shots: from the joint view of all of them.
    if let (Some(all), Some(one)) =
        (size("netG.encoder.atten1.conv.weight_orig", 1), size("netG.encoder.atten1.conv.weight_orig", 0))
    {
        options.set("n_shot", all / one.max(1));
    } else if hybrid {
        options.set("n_shot", 1);
    }

    let adaptive = count(0, 1, &|i| format!("netG.weight_gen.fc_spade_0_{i}."));
    options.set("adaptive_spade", adaptive > 0);
    let mut embed = false;
    if adaptive > 0 {
        options.set("n_adaptive_layers", adaptive);
        options.set("n_fc_layers", count(0, 1, &|j| format!("netG.weight_gen.fc_spade_0_0.{j}.")).saturating_sub(1));
        embed = dict.contains_prefix("netG.weight_gen.fc_spade_e_");
        options.set("no_adaptive_embed", !embed);
        let last = |name: &str| {
            let chain = count(0, 1, &|j| format!("netG.weight_gen.fc_spade_{name}_0.{j}.")).checked_sub(1)?;
            size(&format!("netG.weight_gen.fc_spade_{name}_0.{chain}.weight_orig"), 0)
        };
        if let (Some(rows), Some(width)) = (last("0"), size("netG.conv_img.weight", 1)) {
            options.set("spade_ks", ((rows / 2).saturating_sub(1) / width.max(1)).isqrt());
        }
        if let (Some(rows), Some(width)) = (last("e"), size("netG.conv_img.weight", 1)) {
            options.set("embed_ks", (rows.saturating_sub(1) / width.max(1)).isqrt());
        }
    } else {
        let kernel = ["bn_0", "bn_0_0"].iter().find_map(|norm| size(&format!("netG.up_{depth}.{norm}.mlp_gamma.weight"), 2));
        if let Some(kernel) = kernel {
            options.set("spade_ks", kernel);
        }
    }
    // An encoder has no layers on the way up; where all of those are generated, it has no generated layers on the way down.
    let up = dict.contains_prefix("netG.label_embedding.up_");
    let all_generated = embed && adaptive >= depth && dict.contains_prefix("netG.label_embedding.down_0.");
    options.set("netS", if up || all_generated { "encoderdecoder" } else { "encoder" });

    let nonlinear = dict.contains_prefix("img_ref_embedding.");
    options.set("spade_combine", nonlinear);
    // Generated weights and instance norms leave no trace of the number, but then it changes nothing either.
    if hybrid && (nonlinear || batch) {
        options.set("n_sc_layers", count(0, 1, &|i| format!("netG.up_{i}.bn_0_")));
    } else if nonlinear {
        options.set("n_sc_layers", count(0, 1, &|i| format!("netG.up_{i}.bn_0.mlp_gamma2.")));
    }
    if nonlinear {
        let decoder = dict.contains_prefix("img_ref_embedding.up_");
        options.set("sc_arch", if decoder { "encoderdecoder" } else { "encoder" });
    }
    let names = ["ref", "ani", "temp"];
    let flows = names.map(|name| dict.contains_prefix(&format!("warp.flow_network_{name}.")));
    options.set("warp_ref", flows[0]);
    options.set("warp_ani", flows[1]);
    options.set("warp_prev", flows[2]);
    // Labels of all frames, pictures of all but the last.
    let inputs = size("warp.flow_network_temp.down_flow.0.0.weight_orig", 1);
    if let (Some(inputs), Some(label)) = (inputs, size(&format!("{label}.conv.weight_orig"), 1)) {
        options.set("n_frames_G", (inputs + 3) / (label + 3));
    }
    if let Some(index) = flows.iter().position(|there| *there) {
        let flow = format!("warp.flow_network_{}", names[index]);
        if let Some(width) = size(&format!("{flow}.conv_flow.0.weight"), 1) {
            options.set("nff", width);
        }
        options.set("n_downsample_F", count(0, 2, &|i| format!("{flow}.down_flow.{i}.")).saturating_sub(1));
        options.set("n_blocks_F", count(0, 1, &|i| format!("{flow}.res_flow.{i}.")));
        options.set("flow_deconv", dict.contains_prefix(&format!("{flow}.up_flow.0.")));
        let batch = dict.contains(&format!("{flow}.down_flow.0.1.running_mean"));
        options.set("norm_F", if batch { "spectralsyncbatch" } else { "spectralinstance" });
    }
    options
}

/// A tensor whose shape shows an option's value.
fn witness<'a>(dict: &'a StateDict, option: &str) -> Option<(&'a str, &'a [usize])> {
    let part = match option {
        "n_shot" => "netG.encoder.atten1.conv.weight_orig",
        "ngf" => "netG.conv_img.weight",
        "input_nc" => ".conv2.conv.weight_orig",
        "nff" => ".conv_flow.0.weight",
        "spade_ks" => ".mlp_gamma.weight",
        "n_sc_layers" | "spade_combine" => "img_ref_embedding.conv_first.0.weight",
        "n_adaptive_layers" | "adaptive_spade" => "netG.weight_gen.fc_spade_0_0.0.weight_orig",
        "n_frames_G" => "warp.flow_network_temp.down_flow.0.0.weight_orig",
        "no_atten" | "n_downsample_A" => "netG.atten_gen.atn_key_first.conv.weight_orig",
        _ => return None,
    };
    dict.iter().find(|(key, _)| key.contains(part)).map(|(key, tensor)| (key, tensor.shape.as_slice()))
}

/// What an import did.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The design.
    pub config: GeneratorConfig,
    /// Number of tensors.
    pub tensors: usize,
    /// Number of values.
    pub values: usize,
    /// Options that neither the file nor the caller determines, with the values that were assumed.
    pub assumed: Vec<(String, String)>,
}

/// Options that shapes never reveal.
const INVISIBLE: [&str; 4] = ["flow_multiplier", "no_warp", "add_raw_loss", "grid_align_corners"];

/// Joins what shapes reveal with what the user says.
///
/// # Errors
/// Contradictions, by option name.
pub fn resolve_options(dict: &StateDict, given: &Options) -> Result<GeneratorConfig, SynthesisError> {
    if !dict.contains_prefix("netG.") {
        let first = dict.iter().next().map_or("nothing".to_owned(), |(key, _)| format!("{} others such as `{key}`", dict.len()));
        return Err(SynthesisError::input("checkpoint", "the tensors of a generator (`netG.` and so on)", first));
    }
    let inferred = infer_options(dict);
    let mut all = inferred.clone();
    // Label classes and input channels look the same from inside the network.
    let classes = given.count("label_nc", 0)?;
    for (name, value) in given.iter() {
        all.set(name, value);
    }
    if classes > 0 && given.get("input_nc").is_none() {
        all.set("input_nc", 1);
    }
    let config = GeneratorConfig::from_options(&all)?;
    if config.previous_frames > 0 && !inferred.flag("warp_prev")? {
        return Err(SynthesisError::Configuration(
            "the network is said to warp the previous frame (warp_prev), but the checkpoint lacks that branch \
             (`warp.flow_network_temp.*`)"
                .into(),
        ));
    }
    // What was given must not contradict what the shapes say; both are compared in the configuration's own terms.
    let mut seen = all.clone();
    for (name, value) in inferred.iter() {
        if name != "input_nc" || classes == 0 {
            seen.set(name, value);
        }
    }
    let (said, shown) = (Options::from(&config), Options::from(&GeneratorConfig::from_options(&seen)?));
    for (name, value) in shown.iter() {
        if let Some(other) = said.get(name).filter(|other| *other != value) {
            let seen = witness(dict, name).map_or_else(String::new, |(key, shape)| format!(" (`{key}` is {shape:?})"));
            return Err(SynthesisError::Configuration(format!(
                "{name} = {other} was given, but the checkpoint's shapes say {value}{seen}"
            )));
        }
    }
    Ok(config)
}

/// Imports a generator checkpoint: `.pth` of either kind, or safetensors.
///
/// # Errors
/// Unreadable files, contradicting options, and weights that do not fit exactly: every missing and unexpected key is named.
pub fn import_generator(input: &Path, output: &Path, given: &Options) -> Result<Imported, SynthesisError> {
    let (dict, metadata) = read_weights(input)?;
    let given = with_metadata(input, &metadata, given)?;
    let config = resolve_options(&dict, &given)?;
    let (tensors, values) = (dict.len(), dict.value_count());
    // Building checks every key, shape and value; the shapes are those of the dictionary afterwards.
    Generator::new(&config, Weights::Checkpoint(dict.clone()), &Device::flex())?;
    let resolved = Options::from(&config);
    let assumed = INVISIBLE
        .iter()
        .filter(|name| given.get(name).is_none())
        .filter_map(|name| Some((name.to_string(), resolved.get(name)?.to_string())))
        .collect();
    let mut about = metadata_of(&config);
    about.insert(PROGRAM_KEY.into(), format!("talkinghead {}", env!("CARGO_PKG_VERSION")));
    if let Some(name) = input.file_name() {
        about.insert(SOURCE_KEY.into(), name.to_string_lossy().into_owned());
    }
    write_safetensors(output, &dict, &about)?;
    Ok(Imported { config, tensors, values, assumed })
}

/// Metadata that goes with a generator's weights.
pub fn metadata_of(config: &GeneratorConfig) -> BTreeMap<String, String> {
    BTreeMap::from([(METADATA_KEY.to_string(), Options::from(config).to_json())])
}

fn with_metadata(path: &Path, metadata: &BTreeMap<String, String>, given: &Options) -> Result<Options, SynthesisError> {
    let mut options = match metadata.get(METADATA_KEY) {
        Some(text) => Options::parse(text).map_err(|reason| {
            SynthesisError::malformed(path, format!("the options in its metadata (`{METADATA_KEY}`): {reason}"))
        })?,
        None => Options::new(),
    };
    for (name, value) in given.iter() {
        options.set(name, value);
    }
    Ok(options)
}

/// Reads a generator's weights and design from a file: one of ours, or a published checkpoint with the options it needs.
///
/// # Errors
/// As [`import_generator`].
pub fn load_generator(path: &Path, given: &Options) -> Result<(GeneratorConfig, Weights), SynthesisError> {
    load_sided_generator(path, given).map(|(config, weights, _)| (config, weights))
}

/// The same with the side of the pictures that the network learned from, pixels.
///
/// # Errors
/// As [`import_generator`].
pub fn load_sided_generator(path: &Path, given: &Options) -> Result<(GeneratorConfig, Weights, usize), SynthesisError> {
    let LoadedWeights { config, dict, side } = LoadedWeights::read(path, given)?;
    Ok((config, Weights::Checkpoint(dict), side))
}

/// A generator's weights with what is known of them.
#[derive(Debug, Clone)]
pub struct LoadedWeights {
    /// The design.
    pub config: GeneratorConfig,
    /// The tensors; whether they fit the design is seen when a network is built.
    pub dict: StateDict,
    /// Side of the pictures that the network learned from, pixels.
    pub side: usize,
}

impl LoadedWeights {
    /// Reads a file: one of ours, or a published checkpoint with the options it needs.
    ///
    /// # Errors
    /// As [`import_generator`].
    pub fn read(path: &Path, given: &Options) -> Result<Self, SynthesisError> {
        let (dict, metadata) = read_weights(path)?;
        let config = resolve_options(&dict, &with_metadata(path, &metadata, given)?)?;
        let side = match metadata.get(SIDE_KEY) {
            None => USUAL_SIDE,
            Some(text) => text.parse().map_err(|_| {
                SynthesisError::malformed(path, format!("`{SIDE_KEY}` in its metadata is `{text}`, wanted a number of pixels"))
            })?,
        };
        Ok(Self { config, dict, side })
    }

    /// The same with what fine-tuning on a person changed; `path` is the file they were read from.
    ///
    /// # Errors
    /// The person's file cannot be read, or belongs to other weights.
    pub fn tuned(mut self, path: &Path, person: &Path) -> Result<Self, SynthesisError> {
        PersonWeights::read(person)?.apply(person, &mut self.dict, path)?;
        Ok(self)
    }
}
