//! The suite's file.

use std::path::{Path, PathBuf};

use super::baselines::Baseline;
use crate::EvaluationError;

/// A suite, read from TOML.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Folder of the clips; relative to the suite's file.
    pub material: PathBuf,
    /// Videos of a corpus of fixed sentences whose mean opening is taken out; relative to the material.
    #[serde(default)]
    pub mean_from: Vec<PathBuf>,
    /// The clips.
    pub clips: Vec<SuiteClip>,
    /// What is made of each.
    pub jobs: Vec<Job>,
}

/// A real video of a person who speaks.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuiteClip {
    /// The video; relative to the material.
    pub file: PathBuf,
    /// Who it is.
    pub person: String,
    /// Whether it is a sentence of the form whose mean opening is taken out.
    #[serde(default)]
    pub fixed_form: bool,
    /// Another video (or pictures) of the same person; relative to the material. The clip itself where there is none.
    pub reference: Option<PathBuf>,
}

/// Something that is done with every clip.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Its name, a column of tables.
    pub name: String,
    /// What is made.
    pub make: Task,
    /// Pictures of the reference that are used; all when left out.
    pub shots: Option<std::num::NonZeroUsize>,
    /// Seed of everything random.
    #[serde(default)]
    pub seed: u64,
    /// Who makes frames.
    #[serde(default)]
    pub renderer: JobRenderer,
    /// Weights of the neural renderer; relative to the suite's file. Without them its jobs are skipped.
    pub weights: Option<PathBuf>,
    /// For `files`: the folder of videos, one a clip, with the clips' names; relative to the suite's file.
    pub folder: Option<PathBuf>,
}

/// Who makes a job's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobRenderer {
    /// The photographed head, which needs no weights.
    #[default]
    Projection,
    /// The neural generator.
    Neural,
}

/// What a job makes of a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The person of the clip, moved as the clip moves: pictures from the clip itself.
    SelfReenactment,
    /// Another person of the list, half of it further on, moved as the clip moves.
    CrossIdentity,
    /// The person of the reference speaks the clip's sound.
    Sound,
    /// The same with the sound of the clip half the list further on: what chance gives.
    WrongSound,
    /// Videos that are there already.
    Files,
    /// The real clip, encoded again: the ceiling.
    Reencoded,
    /// The clip's first frame throughout.
    StillImage,
    /// The real clip, blurred.
    Blurred,
    /// The real clip's frames 120 ms late.
    Delayed,
}

impl Task {
    /// What needs no generator.
    pub fn baseline(self) -> Option<Baseline> {
        match self {
            Self::Reencoded => Some(Baseline::Reencoded),
            Self::StillImage => Some(Baseline::StillImage),
            Self::Blurred => Some(Baseline::Blurred),
            Self::Delayed => Some(Baseline::Delayed),
            Self::SelfReenactment | Self::CrossIdentity | Self::Sound | Self::WrongSound | Self::Files => None,
        }
    }

    /// What is done, in words.
    pub fn about(self) -> &'static str {
        match self {
            Self::SelfReenactment => "the person of the clip, moved as the clip moves",
            Self::CrossIdentity => "another person, moved as the clip moves",
            Self::Sound => "the person speaks the clip's sound",
            Self::WrongSound => "the person speaks another clip's sound: what chance gives",
            Self::Files => "videos that were made before",
            Self::Reencoded => "the real clip, encoded again: the ceiling",
            Self::StillImage => "the clip's first frame throughout",
            Self::Blurred => "the real clip, blurred",
            Self::Delayed => "the real clip, its frames 120 ms late",
        }
    }
}

impl Suite {
    /// Reads a suite. `material`: another folder of the clips.
    ///
    /// # Errors
    /// [`EvaluationError::Io`], [`EvaluationError::List`].
    pub fn read(path: &Path, material: Option<&Path>) -> Result<Self, EvaluationError> {
        let text = std::fs::read_to_string(path).map_err(|source| EvaluationError::io(path, source))?;
        let wrong = |reason: String| EvaluationError::List { path: path.to_owned(), reason };
        let mut suite: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string().trim_end().replace('\n', " ")))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        suite.material = material.map_or_else(|| folder.join(&suite.material), Path::to_owned);
        suite.mean_from.iter_mut().for_each(|file| *file = suite.material.join(&*file));
        for clip in &mut suite.clips {
            clip.file = suite.material.join(&clip.file);
            clip.reference = clip.reference.take().map(|file| suite.material.join(file));
        }
        for job in &mut suite.jobs {
            job.folder = job.folder.take().map(|files| folder.join(files));
            job.weights = job.weights.take().map(|weights| folder.join(weights));
            let made = job.make.baseline().is_none() && job.make != Task::Files;
            let neural = job.renderer == JobRenderer::Neural;
            if (neural && !made) || (job.weights.is_some() && !neural) {
                return Err(wrong(format!(
                    "the job `{}`: `renderer = \"neural\"` belongs to videos that are made, and weights to it alone",
                    job.name
                )));
            }
            if (job.make == Task::Files) != job.folder.is_some() {
                return Err(wrong(format!(
                    "the job `{}`: a folder belongs to `make = \"files\"`, and to nothing else",
                    job.name
                )));
            }
        }
        let names: std::collections::BTreeSet<&str> = suite.jobs.iter().map(|job| job.name.as_str()).collect();
        match () {
            () if suite.clips.is_empty() => Err(wrong("it lists no clips".to_owned())),
            () if suite.jobs.is_empty() => Err(wrong("it lists no jobs".to_owned())),
            () if names.len() < suite.jobs.len() => Err(wrong("two jobs have the same name".to_owned())),
            () => Ok(suite),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SUITE: &str = r#"
        name = "small"
        material = "clips"
        clips = [{ file = "a.mp4", person = "ann", reference = "b.mp4" }]
        [[jobs]]
        name = "4 shots"
        make = "self_reenactment"
        shots = 4
    "#;

    fn read(text: &str) -> Result<Suite, EvaluationError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("suite.toml");
        std::fs::write(&file, text).unwrap();
        Suite::read(&file, Some(Path::new("/faces")))
    }

    #[test]
    fn suites_are_read_and_wrong_ones_told() {
        let suite = read(SUITE).unwrap();
        assert_eq!(suite.clips[0].file, Path::new("/faces/a.mp4"));
        assert_eq!((suite.jobs[0].make, suite.jobs[0].shots.map(std::num::NonZeroUsize::get)), (Task::SelfReenactment, Some(4)));
        for (from, to) in [
            ("shots = 4", "shots = 0"),
            ("self_re", "re"),
            ("name = \"small\"", ""),
            ("shots", "folder"),
            ("shots = 4", "weights = \"a.safetensors\""),
        ] {
            assert!(matches!(read(&SUITE.replace(from, to)), Err(EvaluationError::List { .. })), "{to}");
        }
        let neural = read(&SUITE.replace("shots = 4", "renderer = \"neural\"\nweights = \"a.safetensors\"")).unwrap();
        assert_eq!(neural.jobs[0].renderer, JobRenderer::Neural);
        assert!(neural.jobs[0].weights.as_ref().unwrap().ends_with("a.safetensors"));
        let of_baseline = SUITE.replace("self_reenactment", "blurred").replace("shots = 4", "renderer = \"neural\"");
        assert!(read(&of_baseline).is_err());
    }
}
