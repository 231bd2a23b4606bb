//! Golden folders: options, weights (procedural or from a file), inputs (procedural or from a file), expected results.

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use serde_json::Value;

use crate::error::SynthesisError;
use crate::options::Options;
use crate::procedural::Recipe;
use crate::weights::{HostTensor, StateDict, read_safetensors, read_weights};
use talkinghead_formats::parse_keys;

/// Largest batch and picture side of a folder, and bytes of its text files.
const LARGEST_BATCH: usize = 64;
const LARGEST_SIDE: usize = 4096;
const LONGEST_TEXT: usize = 64 << 20;

/// An opened folder.
#[derive(Debug)]
pub struct GoldenFolder {
    path: PathBuf,
    description: Value,
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
}

impl GoldenFolder {
    /// Opens a folder by its options.json.
    ///
    /// # Errors
    /// Missing or malformed files.
    pub fn open(path: &Path) -> Result<Self, SynthesisError> {
        let file = path.join("options.json");
        let text = read_text(&file)?;
        let description: Value =
            serde_json::from_str(&text).map_err(|error| SynthesisError::malformed(&file, format!("no valid JSON: {error}")))?;
        let object = description.as_object().ok_or_else(|| SynthesisError::malformed(&file, "no JSON object"))?;
        let mut options = Options::from_json(object.get("options").and_then(Value::as_object).unwrap_or(object));
        if let Some(value) = object.get("grid_align_corners") {
            options.set("grid_align_corners", value);
        }
        let default = Recipe::default();
        let number = |name: &str, default: f64| object.get(name).and_then(Value::as_f64).unwrap_or(default);
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or("").to_string();
        let recipe = Recipe {
            salt: text("salt"),
            key_prefix: text("key_prefix"),
            comb_variance: number("comb_variance", default.comb_variance),
            up_variance: number("up_variance", default.up_variance),
        };
        let inputs = path.join("inputs.safetensors");
        let inputs = if inputs.exists() { Some(read_safetensors(&inputs)?.0) } else { None };
        Ok(Self { path: path.to_path_buf(), description, options, recipe, inputs })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Options of the network.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// A field of options.json.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.description.get(name)
    }

    /// Whether the numbers come from a pass in training mode.
    pub fn is_training(&self) -> bool {
        self.field("mode").and_then(Value::as_str) == Some("train")
    }

    /// Batch size, height and width: from options.json, or from the inputs where they are given.
    ///
    /// # Errors
    /// If they are neither there nor sensible.
    pub fn size(&self) -> Result<[usize; 3], SynthesisError> {
        let given = self.inputs.as_ref().and_then(|inputs| {
            let shape = inputs.shape("tgt_label").or(inputs.shape("input/tgt_label"))?;
            <[usize; 4]>::try_from(shape).ok()
        });
        let field = |name: &str, index: usize, largest: usize| {
            let value = self.field(name).and_then(Value::as_u64).and_then(|value| usize::try_from(value).ok());
            let value = value.or(given.map(|shape| shape[index]));
            value.filter(|value| (1..=largest).contains(value)).ok_or_else(|| {
                SynthesisError::malformed(
                    &self.path.join("options.json"),
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
    pub fn weights(&self) -> Result<StateDict, SynthesisError> {
        for name in ["checkpoint", "weights"] {
            if let Some(file) = self.field(name).and_then(Value::as_str) {
                return Ok(read_weights(&self.path.join(file))?.0);
            }
        }
        let keys = self.path.join("keys.txt");
        if keys.exists() {
            let keys = parse_keys(&read_text(&keys)?).map_err(|reason| SynthesisError::malformed(&keys, reason))?;
            return Ok(self.recipe.state_dict(&keys));
        }
        let listing = std::fs::read_dir(&self.path).map_err(|source| SynthesisError::io(&self.path, source))?;
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
            _ => Err(SynthesisError::malformed(
                &self.path,
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
    ) -> Result<Tensor<D>, SynthesisError> {
        let full = format!("input/{name}");
        let values = match &self.inputs {
            None if kind == InputKind::Image => self.recipe.image(&full, &shape),
            None => self.recipe.label(&full, &shape),
            Some(inputs) => {
                let tensor = inputs.get(&full).or(inputs.get(name));
                let tensor = tensor.ok_or_else(|| SynthesisError::input(name, "a tensor in inputs.safetensors", "nothing"))?;
                if tensor.shape != shape {
                    return Err(SynthesisError::input(name, format!("{shape:?}"), format!("{:?}", tensor.shape)));
                }
                if let Some((position, value)) = tensor.first_not_finite() {
                    return Err(SynthesisError::input(name, "finite numbers", format!("{value} at element {position}")));
                }
                tensor.values.clone()
            }
        };
        Ok(Tensor::from_data(TensorData::new(values, shape), device))
    }

    /// Tensors of a safetensors file of the folder; none if there is no such file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn tensors(&self, file: &str) -> Result<Option<StateDict>, SynthesisError> {
        let path = self.path.join(file);
        if path.exists() { Ok(Some(read_safetensors(&path)?.0)) } else { Ok(None) }
    }

    /// A JSON file of the folder; none if there is no such file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn json(&self, file: &str) -> Result<Option<Value>, SynthesisError> {
        let path = self.path.join(file);
        if !path.exists() {
            return Ok(None);
        }
        let value = serde_json::from_str(&read_text(&path)?);
        value.map(Some).map_err(|error| SynthesisError::malformed(&path, format!("no valid JSON: {error}")))
    }
}

fn read_text(path: &Path) -> Result<String, SynthesisError> {
    let bytes = std::fs::read(path).map_err(|source| SynthesisError::io(path, source))?;
    if bytes.len() > LONGEST_TEXT {
        return Err(SynthesisError::malformed(path, format!("{} bytes are too many", bytes.len())));
    }
    String::from_utf8(bytes).map_err(|_| SynthesisError::malformed(path, "not text in UTF-8"))
}

/// A tensor of the same values in host memory.
pub fn scalar_tensor(value: f64) -> HostTensor {
    HostTensor { shape: Vec::new(), values: vec![value as f32], integer: false }
}
