//! The folder of a run.

use std::path::{Path, PathBuf};

use talkinghead_media::OutputClaim;

use super::RunError;

/// Where everything of a run lies.
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// A folder that may be there or not.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Makes it, and claims it: no second training may write here as long as the claim lives.
    ///
    /// # Errors
    /// It cannot be made, or another training runs in it.
    pub fn prepare(&self) -> Result<OutputClaim, RunError> {
        for folder in [self.path.clone(), self.checkpoints(), self.pictures()] {
            std::fs::create_dir_all(&folder).map_err(|source| RunError::File { action: "write", path: folder, source })?;
        }
        Ok(OutputClaim::new(&self.recipe(), [])?)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `recipe.toml`: the resolved configuration.
    pub fn recipe(&self) -> PathBuf {
        self.path.join("recipe.toml")
    }

    /// `run.json`: program, machine and data.
    pub fn about(&self) -> PathBuf {
        self.path.join("run.json")
    }

    /// `metrics.jsonl`: a line for each step and validation.
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    /// `report.html`.
    pub fn report(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// The folder of checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    /// The folder of pictures.
    pub fn pictures(&self) -> PathBuf {
        self.path.join("pictures")
    }

    /// The picture of a step.
    pub fn picture(&self, step: u64) -> PathBuf {
        self.pictures().join(format!("step-{step:08}.png"))
    }

    /// Where decoded frames are kept unless another folder is named.
    pub fn frames(&self) -> PathBuf {
        self.path.join("frames")
    }

    /// Pictures there are, with their steps, in order.
    pub fn all_pictures(&self) -> Vec<(u64, PathBuf)> {
        let entries = std::fs::read_dir(self.pictures()).into_iter().flatten().flatten();
        let mut found: Vec<(u64, PathBuf)> = entries
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let step = name.strip_prefix("step-")?.strip_suffix(".png")?.parse().ok()?;
                Some((step, entry.path()))
            })
            .collect();
        found.sort();
        found
    }
}
