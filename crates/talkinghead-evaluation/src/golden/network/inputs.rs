//! What a golden folder gives a network: options, weights (procedural or from a file), inputs (procedural or from a file).

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use serde_json::Value;
use talkinghead_formats::{Options, StateDict, parse_keys, read_weights};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::procedural::Recipe;

use crate::EvaluationError;
use crate::golden::GoldenFolder;

/// Largest batch and picture side of a folder.
const LARGEST_BATCH: usize = 64;
const LARGEST_SIDE: usize = 4096;

/// A golden folder of a network.
#[derive(Debug)]
pub struct GoldenNetwork {
    /// Its files.
    pub folder: GoldenFolder,
    options: Options,
    recipe: Recipe,
    inputs: Option<StateDict>,
}

/// Kind of a procedural input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// -1..1.
    Image,
    /// 0..1.
    Label,
    /// Pixels.
    Flow,
    /// 0..1.
    Confidence,
}

impl GoldenNetwork {
    /// Opens a folder by its options.json.
    ///
    /// # Errors
    /// Missing or malformed files.
    pub fn open(path: &Path) -> Result<Self, EvaluationError> {
        let folder = GoldenFolder::open(path, "options.json")?;
        let options = folder.field("options").and_then(Value::as_object).or(folder.description().as_object());
        let mut options = options.map(Options::from_json).unwrap_or_default();
        if let Some(value) = folder.field("grid_align_corners") {
            options.set("grid_align_corners", value);
        }
        let default = Recipe::default();
        let number = |name: &str, default: f64| folder.field(name).and_then(Value::as_f64).unwrap_or(default);
        let text = |name: &str| folder.field(name).and_then(Value::as_str).unwrap_or("").to_string();
        let recipe = Recipe {
            salt: text("salt"),
            key_prefix: text("key_prefix"),
            comb_variance: number("comb_variance", default.comb_variance),
            up_variance: number("up_variance", default.up_variance),
        };
        let inputs = folder.tensors("inputs.safetensors")?;
        Ok(Self { folder, options, recipe, inputs })
    }

    /// How its procedural tensors are made.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Options of the network.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Whether the numbers come from a pass in training mode.
    pub fn is_training(&self) -> bool {
        self.folder.field("mode").and_then(Value::as_str) == Some("train")
    }

    /// Batch size, height and width: from options.json, or from the inputs where they are given.
    ///
    /// # Errors
    /// If they are neither there nor sensible.
    pub fn size(&self) -> Result<[usize; 3], EvaluationError> {
        let given = self.inputs.as_ref().and_then(|inputs| {
            let shape = inputs.shape("tgt_label").or(inputs.shape("input/tgt_label"))?;
            <[usize; 4]>::try_from(shape).ok()
        });
        let field = |name: &str, index: usize, largest: usize| {
            let value = self.folder.field(name).and_then(Value::as_u64).and_then(|value| usize::try_from(value).ok());
            let value = value.or(given.map(|shape| shape[index]));
            value.filter(|value| (1..=largest).contains(value)).ok_or_else(|| {
                EvaluationError::malformed(
                    &self.folder.path().join("options.json"),
                    format!("`{name}`: wanted a number from 1 to {largest}"),
                )
            })
        };
        Ok([field("batch", 0, LARGEST_BATCH)?, field("height", 2, LARGEST_SIDE)?, field("width", 3, LARGEST_SIDE)?])
    }

    /// The weights: the file that options.json names (`checkpoint` or `weights`), else procedural ones for keys.txt, else the
    /// folder's only weights file.
    ///
    /// # Errors
    /// If there is none or it cannot be read.
    pub fn weights(&self) -> Result<StateDict, EvaluationError> {
        for name in ["checkpoint", "weights"] {
            if let Some(file) = self.folder.field(name).and_then(Value::as_str) {
                return Ok(read_weights(&self.folder.path().join(file))?.0);
            }
        }
        if let Some(keys) = self.folder.text("keys.txt")? {
            let malformed = |reason| EvaluationError::malformed(&self.folder.path().join("keys.txt"), reason);
            return Ok(self.recipe.state_dict(&parse_keys(&keys).map_err(malformed)?));
        }
        let listing = std::fs::read_dir(self.folder.path()).map_err(|source| EvaluationError::io(self.folder.path(), source))?;
        let mut files: Vec<PathBuf> = listing
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|file| {
                let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or("");
                let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
                matches!(extension, "pth" | "pt" | "safetensors") && !matches!(stem, "inputs" | "outputs" | "intermediates")
            })
            .collect();
        files.sort();
        match files.as_slice() {
            [file] => Ok(read_weights(file)?.0),
            _ => Err(EvaluationError::malformed(
                self.folder.path(),
                format!(
                    "{} weights files, no keys.txt, and options.json names none as `checkpoint`: cannot tell the weights",
                    files.len()
                ),
            )),
        }
    }

    /// An input tensor: from inputs.safetensors if the folder has one, else procedural.
    ///
    /// # Errors
    /// If the file lacks it or holds another shape.
    pub fn input<const D: usize>(
        &self,
        name: &str,
        kind: InputKind,
        shape: [usize; D],
        device: &Device,
    ) -> Result<Tensor<D>, EvaluationError> {
        let full = format!("input/{name}");
        let values = match &self.inputs {
            None => match kind {
                InputKind::Image => self.recipe.image(&full, &shape),
                InputKind::Label => self.recipe.label(&full, &shape),
                InputKind::Flow => self.recipe.flow(&full, &shape),
                InputKind::Confidence => self.recipe.confidence(&full, &shape),
            },
            Some(inputs) => {
                let tensor = inputs.get(&full).or(inputs.get(name));
                let tensor = tensor.ok_or_else(|| SynthesisError::input(name, "a tensor in inputs.safetensors", "nothing"))?;
                if tensor.shape != shape {
                    return Err(SynthesisError::input(name, format!("{shape:?}"), format!("{:?}", tensor.shape)).into());
                }
                if let Some((position, value)) = tensor.first_not_finite() {
                    return Err(SynthesisError::input(name, "finite numbers", format!("{value} at element {position}")).into());
                }
                tensor.values.clone()
            }
        };
        Ok(Tensor::from_data(TensorData::new(values, shape), device))
    }
}
