//! This program as the maker of a suite's videos.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use talkinghead::{
    Generation, GenerationError, GenerationOptions, MotionGeneration, PerformanceChoice, PerformanceOptions, PersonOptions,
    RendererChoice,
};
use talkinghead_evaluation::suite::{Maker, Order};

use crate::failure::Failure;

/// Makes videos; motion that is taken over from a video is measured once.
pub struct ProgramMaker {
    threads: Option<NonZeroUsize>,
    tracks: BTreeMap<PathBuf, PathBuf>,
    folder: tempfile::TempDir,
}

impl ProgramMaker {
    /// One that has made nothing yet.
    pub fn new(threads: Option<NonZeroUsize>) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(anyhow::Error::from)?;
        Ok(Self { threads, tracks: BTreeMap::new(), folder })
    }

    fn track(&mut self, video: &PathBuf) -> Result<PathBuf, GenerationError> {
        if let Some(known) = self.tracks.get(video) {
            return Ok(known.clone());
        }
        let made = MotionGeneration::from_video(video).run()?;
        let file = self.folder.path().join(format!("{}.json", self.tracks.len()));
        made.track.write(&file)?;
        self.tracks.insert(video.clone(), file.clone());
        Ok(file)
    }
}

impl Maker for ProgramMaker {
    fn make(&mut self, order: &Order) -> Result<(), String> {
        let performance = match &order.motion {
            Some(video) => {
                let path = self.track(video).map_err(|error| error.to_string())?;
                PerformanceChoice::Track { path, head_gain: 1.0, expression_gain: 1.0 }
            }
            None => PerformanceChoice::Generated(PerformanceOptions { seed: order.seed, ..PerformanceOptions::default() }),
        };
        let renderer = match &order.weights {
            None => RendererChoice::Projection,
            #[cfg(feature = "neural")]
            Some(weights) => RendererChoice::Neural(talkinghead::NeuralChoice::new(weights)),
            #[cfg(not(feature = "neural"))]
            Some(_) => return Err("this program was built without the neural renderer".to_owned()),
        };
        let options = GenerationOptions { performance, threads: self.threads, ..GenerationOptions::default() };
        Generation::new(order.references.clone(), &order.audio, &order.output)
            .person_options(PersonOptions { shots: order.shots, renderer, ..PersonOptions::default() })
            .options(options)
            .run()
            .map(drop)
            .map_err(|error| error.to_string())
    }
}
