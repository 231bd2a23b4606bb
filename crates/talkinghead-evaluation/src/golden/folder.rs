//! The files of a golden folder.

use std::path::{Path, PathBuf};

use image::RgbImage;
use serde_json::Value;
use talkinghead_formats::{NpyArray, StateDict, parse_keys, read_safetensors};
use talkinghead_media::{Limits, read_image};
use talkinghead_render::label::GreyImage;

use crate::EvaluationError;

/// Most bytes of a text file.
const LONGEST_TEXT: u64 = 64 << 20;

/// A golden folder: the JSON file that describes it, and the other files on demand.
#[derive(Debug)]
pub struct GoldenFolder {
    path: PathBuf,
    description: Value,
}

impl GoldenFolder {
    /// Opens a folder by its description, such as `values.json`.
    ///
    /// # Errors
    /// It cannot be read or is no JSON object.
    pub fn open(path: &Path, description: &str) -> Result<Self, EvaluationError> {
        let file = path.join(description);
        let description: Value = parse(&file, &read_text(&file)?)?;
        if !description.is_object() {
            return Err(EvaluationError::malformed(&file, "no JSON object"));
        }
        Ok(Self { path: path.to_path_buf(), description })
    }

    /// Opens a folder that nothing describes: what its files are is written in its README.
    ///
    /// # Errors
    /// It is no folder.
    pub fn undescribed(path: &Path) -> Result<Self, EvaluationError> {
        std::fs::read_dir(path).map_err(|source| EvaluationError::io(path, source))?;
        Ok(Self { path: path.to_path_buf(), description: Value::Null })
    }

    /// Keys and shapes of a network's tensors from such a file, if the folder has it.
    ///
    /// # Errors
    /// It cannot be read or lists something else.
    pub fn keys(&self, file: &str) -> Result<Option<Vec<(String, Vec<usize>)>>, EvaluationError> {
        let parse = |text: String| parse_keys(&text).map_err(|reason| EvaluationError::malformed(&self.path.join(file), reason));
        self.text(file)?.map(parse).transpose()
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The description, a JSON object; null where nothing describes the folder.
    pub fn description(&self) -> &Value {
        &self.description
    }

    /// A field of the description.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.description.get(name)
    }

    /// A text file, if the folder has it.
    ///
    /// # Errors
    /// It cannot be read or is no text.
    pub fn text(&self, file: &str) -> Result<Option<String>, EvaluationError> {
        self.existing(file).map(|path| read_text(&path)).transpose()
    }

    /// A JSON file, if the folder has it.
    ///
    /// # Errors
    /// It cannot be read or is no JSON.
    pub fn json(&self, file: &str) -> Result<Option<Value>, EvaluationError> {
        self.existing(file).map(|path| parse(&path, &read_text(&path)?)).transpose()
    }

    /// Tensors of a safetensors file, if the folder has it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn tensors(&self, file: &str) -> Result<Option<StateDict>, EvaluationError> {
        Ok(self.existing(file).map(|path| read_safetensors(&path)).transpose()?.map(|(tensors, _)| tensors))
    }

    /// The array `NAME.npy`, if the folder has it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn array(&self, name: &str) -> Result<Option<NpyArray>, EvaluationError> {
        Ok(self.existing(&format!("{name}.npy")).map(|path| NpyArray::read(&path)).transpose()?)
    }

    /// One set of points, `[points, 3]`, from `NAME.npy`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn points(&self, name: &str) -> Result<Option<Vec<[f64; 3]>>, EvaluationError> {
        Ok(self.array(name)?.and_then(|array| array.to_points()).map(|sets| sets.into_iter().flatten().collect()))
    }

    /// The picture `NAME.png`, if the folder has it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn picture(&self, name: &str) -> Result<Option<RgbImage>, EvaluationError> {
        Ok(self.existing(&format!("{name}.png")).map(|path| read_image(&path, &Limits::default())).transpose()?)
    }

    /// The grey picture `NAME.png`, if the folder has it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn grey(&self, name: &str) -> Result<Option<GreyImage>, EvaluationError> {
        Ok(self.picture(name)?.map(|picture| GreyImage {
            width: picture.width() as usize,
            height: picture.height() as usize,
            data: picture.pixels().map(|pixel| pixel[0]).collect(),
        }))
    }

    /// Numbers `FFF` of files `NAME_FFF.EXTENSION`, sorted.
    pub fn numbered(&self, name: &str, extension: &str) -> Vec<usize> {
        let number = |file: &str| -> Option<usize> {
            file.strip_prefix(name)?.strip_prefix('_')?.strip_suffix(extension)?.strip_suffix('.')?.parse().ok()
        };
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        let mut numbers: Vec<usize> = entries.filter_map(|entry| number(entry.file_name().to_str()?)).collect();
        numbers.sort_unstable();
        numbers
    }

    fn existing(&self, file: &str) -> Option<PathBuf> {
        Some(self.path.join(file)).filter(|path| path.exists())
    }
}

fn parse(path: &Path, text: &str) -> Result<Value, EvaluationError> {
    serde_json::from_str(text).map_err(|error| EvaluationError::malformed(path, format!("no valid JSON: {error}")))
}

fn read_text(path: &Path) -> Result<String, EvaluationError> {
    let length = std::fs::metadata(path).map_err(|source| EvaluationError::io(path, source))?.len();
    if length > LONGEST_TEXT {
        return Err(EvaluationError::malformed(path, format!("{length} bytes are too many")));
    }
    let bytes = std::fs::read(path).map_err(|source| EvaluationError::io(path, source))?;
    String::from_utf8(bytes).map_err(|_| EvaluationError::malformed(path, "not text in UTF-8"))
}
