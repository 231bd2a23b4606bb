//! Options under published names.

use talkinghead_synthesis::generator::GeneratorConfig;
use talkinghead_synthesis::options::Options;

use super::{OptionValue, OptionValues};

/// What `[network]` may hold. The number of shots is `data.shots`, that of frames `data.target_frames`; whether the previous frame is warped
/// follows from the epoch.
pub const NETWORK_OPTIONS: [&str; 38] = [
    "input_nc",
    "label_nc",
    "output_nc",
    "ngf",
    "n_downsample_G",
    "use_new",
    "no_atten",
    "n_downsample_A",
    "norm_G",
    "conv_ks",
    "spade_ks",
    "embed_ks",
    "adaptive_spade",
    "n_adaptive_layers",
    "n_fc_layers",
    "no_adaptive_embed",
    "netS",
    "spade_combine",
    "n_sc_layers",
    "sc_arch",
    "add_raw_loss",
    "warp_ref",
    "warp_ani",
    "no_warp",
    "nff",
    "n_downsample_F",
    "n_blocks_F",
    "norm_F",
    "flow_multiplier",
    "flow_deconv",
    "grid_align_corners",
    "which_model_netD",
    "netD_subarch",
    "adaptive_D_layers",
    "ndf",
    "n_layers_D",
    "num_D",
    "norm_D",
];

/// What `[losses]` may hold.
pub const LOSS_OPTIONS: [&str; 11] = [
    "gan_mode",
    "lambda_feat",
    "no_ganFeat_loss",
    "lambda_vgg",
    "no_vgg_loss",
    "lambda_flow",
    "lambda_weight",
    "use_weight_loss",
    "face_l1",
    "mask_l1",
    "lambda_temp",
];

/// Options of a generator that other keys of a recipe decide.
const ELSEWHERE: [&str; 3] = ["n_shot", "n_frames_G", "warp_prev"];

/// The published training script's generator, every option written out.
pub(super) fn published_network() -> OptionValues {
    let options = Options::from(&GeneratorConfig::default());
    let value = |text: &str| match text.parse::<bool>() {
        Ok(flag) => OptionValue::Flag(flag),
        Err(_) => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(whole), _) => OptionValue::Whole(whole),
            (_, Ok(number)) => OptionValue::Number(number),
            _ => OptionValue::Word(text.to_owned()),
        },
    };
    let kept = options.iter().filter(|(name, _)| !ELSEWHERE.contains(name));
    OptionValues(kept.map(|(name, text)| (name.to_owned(), value(text))).collect())
}

/// The same with what a recipe says over it.
pub(super) fn completed(said: OptionValues) -> OptionValues {
    let mut all = published_network();
    all.0.extend(said.0);
    all
}
