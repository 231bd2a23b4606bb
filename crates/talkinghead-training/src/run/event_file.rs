//! A TensorBoard event file that grows with a run.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::RunError;
use super::event_message::{Summary, record, start, values, version};

/// An open event file. Each call writes whole records, so that a reader sees no half of one for long.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    file: File,
}

impl EventFile {
    /// Begins a file in a run's folder; `step`: steps done, beyond which earlier files of the folder no longer count.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(folder: &Path, step: u64) -> Result<Self, RunError> {
        let now = seconds();
        // One second may see two beginnings; readers only ask for the part up to the time.
        let path = (0..1000)
            .map(|number| folder.join(format!("events.out.tfevents.{:010}.talkinghead.{number}", now as u64)))
            .find(|path| !path.exists())
            .unwrap_or_else(|| folder.join("events.out.tfevents.talkinghead"));
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        let file = opened.map_err(|source| RunError::File { action: "write", path: path.clone(), source })?;
        let mut events = Self { path, file };
        events.put(&version(now))?;
        // Readers drop what they know of the step that is named and of later ones.
        events.put(&start(now, if step > 0 { step + 1 } else { 0 }))?;
        Ok(events)
    }

    /// Adds values of a step.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&mut self, step: u64, content: &[(String, Summary)]) -> Result<(), RunError> {
        self.put(&values(seconds(), step, content))
    }

    /// Its place.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn put(&mut self, message: &[u8]) -> Result<(), RunError> {
        let failed = |source| RunError::File { action: "write", path: self.path.clone(), source };
        self.file.write_all(&record(message)).map_err(failed)
    }
}

fn seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |passed| passed.as_secs_f64())
}
