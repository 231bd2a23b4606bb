//! Named options as the published code writes them: `opt.txt` beside a checkpoint, or JSON.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::FormatError;

/// Longest option file that is read, bytes.
const LONGEST_FILE: usize = 4 << 20;

/// Named options; values as text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    values: BTreeMap<String, String>,
}

impl Options {
    /// None at all: every option has its default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `opt.txt` (lines `name: value`) or a JSON object, by content.
    ///
    /// # Errors
    /// Unreadable files and lines without a colon.
    pub fn read(path: &Path) -> Result<Self, FormatError> {
        let bytes = std::fs::read(path).map_err(|source| FormatError::io(path, source))?;
        if bytes.len() > LONGEST_FILE {
            return Err(FormatError::malformed(path, format!("an option file of {} bytes is too long", bytes.len())));
        }
        let text = String::from_utf8(bytes).map_err(|_| FormatError::malformed(path, "not text in UTF-8"))?;
        Self::parse(&text).map_err(|reason| FormatError::malformed(path, reason))
    }

    /// Parses the text of an `opt.txt` or of a JSON object.
    ///
    /// # Errors
    /// Says which line is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim_start().starts_with('{') {
            let value: serde_json::Value = serde_json::from_str(text).map_err(|error| format!("no valid JSON: {error}"))?;
            let object = value.get("options").and_then(|options| options.as_object()).or(value.as_object());
            return Ok(object.map(Self::from_json).unwrap_or_default());
        }
        let mut options = Self::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with("---") {
                continue;
            }
            let (name, value) =
                line.split_once(':').ok_or_else(|| format!("line {}: `{line}` is no `name: value`", number + 1))?;
            // Newer versions print the default after a value that differs from it.
            let value = value.split("[default:").next().unwrap_or(value);
            options.set(name.trim(), value.trim());
        }
        Ok(options)
    }

    /// From a JSON object.
    pub fn from_json(object: &serde_json::Map<String, serde_json::Value>) -> Self {
        let values = object
            .iter()
            .map(|(name, value)| {
                let text = match value {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                (name.clone(), text)
            })
            .collect();
        Self { values }
    }

    /// Sets one option.
    pub fn set(&mut self, name: &str, value: impl ToString) {
        self.values.insert(name.into(), value.to_string());
    }

    /// One option's text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// As a JSON object of texts.
    pub fn to_json(&self) -> String {
        serde_json::Value::from_iter(self.values.iter().map(|(name, value)| (name.clone(), value.clone()))).to_string()
    }

    /// An integer option.
    ///
    /// # Errors
    /// If the value is none.
    pub fn integer(&self, name: &str, default: i64) -> Result<i64, FormatError> {
        self.parsed(name, default, "a whole number")
    }

    /// A number option.
    ///
    /// # Errors
    /// If the value is none.
    pub fn number(&self, name: &str, default: f64) -> Result<f64, FormatError> {
        self.parsed(name, default, "a number")
    }

    /// A size or count.
    ///
    /// # Errors
    /// If the value is no whole number of at least 0.
    pub fn count(&self, name: &str, default: usize) -> Result<usize, FormatError> {
        self.parsed(name, default, "a whole number of at least 0")
    }

    /// A switch; off unless set.
    ///
    /// # Errors
    /// If the value is neither true nor false.
    pub fn flag(&self, name: &str) -> Result<bool, FormatError> {
        match self.get(name) {
            None => Ok(false),
            Some(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Ok(true),
                "false" | "0" | "no" | "off" | "none" | "" => Ok(false),
                _ => Err(wrong(name, text, "True or False")),
            },
        }
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str, default: T, wanted: &str) -> Result<T, FormatError> {
        match self.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| wrong(name, text, wanted)),
        }
    }
}

fn wrong(name: &str, value: &str, wanted: &str) -> FormatError {
    FormatError::Option { name: name.into(), value: value.into(), wanted: wanted.into() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_published_option_file_is_read() {
        let text = "------------ Options -------------\nngf: 16\nuse_new: True\nn_shot: 4\t[default: 1]\nname: a:b\n-------------- End ----------------\n";
        let options = Options::parse(text).unwrap();
        assert_eq!((options.count("ngf", 1).unwrap(), options.count("n_shot", 1).unwrap()), (16, 4));
        assert!(options.flag("use_new").unwrap() && !options.flag("warp_ani").unwrap());
        assert_eq!(options.get("name"), Some("a:b"));
        assert!(Options::parse("no colon here").unwrap_err().contains("line 1"));
        let message = options.flag("ngf").unwrap_err().to_string();
        assert!(message.contains("ngf = 16"), "{message}");
    }
}
