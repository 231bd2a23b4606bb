//! Reenactment, driving without a recording as the published demo does: a clip's landmarks and poses move the person of another clip
//! (or of the same one) through the neural generator.

use std::path::{Path, PathBuf};

use image::{RgbImage, imageops};
use talkinghead_media::{FrameReader, Limits, OutputClaim, VideoOptions, VideoWriter};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::generator::{RawImage, Synthesis};
use talkinghead_synthesis::neural::{DrivenSynthesis, Driving, picture_of, read_landmarks, read_poses, resized, tile_of};

use crate::job::{Job, job_settings};
use crate::neural::LoadedGenerator;
use crate::person::check_inputs;
use crate::{GenerationError, NeuralChoice, Stage};

/// Side of the network's pictures, pixels.
const SIDE: u32 = 256;

/// What is written of each frame of a reenactment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReenactedPicture {
    /// The result.
    #[default]
    Result,
    /// A row of tiles: label image, real frame (where the reference clip itself drives), result, result before composition,
    /// warped reference and its mask, warped projection and its mask; those that there are not are left out.
    Comparison,
}

/// The published file set of one reenactment. All arrays are `.npy`.
#[derive(Clone, Debug)]
pub struct ReenactmentInputs {
    /// Landmarks that drive, `[frames, 68, 3]`.
    pub landmarks: PathBuf,
    /// Their poses, `[frames, 6]`.
    pub rotations: PathBuf,
    /// The projected head of every frame, a video; needed by networks that warp it.
    pub projection: Option<PathBuf>,
    /// Landmarks of the reference clip without pose, `[frames, 68, 3]` or one face.
    pub front: PathBuf,
    /// The reference clip.
    pub reference: PathBuf,
    /// Its landmarks, `[frames, 68, 3]`.
    pub reference_landmarks: PathBuf,
    /// Sound to put under the video.
    pub audio: Option<PathBuf>,
}

/// Choices for a reenactment.
#[derive(Clone, Debug, Default)]
pub struct ReenactmentOptions {
    /// What is written of each frame.
    pub picture: ReenactedPicture,
    /// Quality of the encoding; none for the format's default.
    pub crf: Option<u8>,
    /// Bounds of what is read.
    pub limits: Limits,
    /// Frames of the reference clip that are the network's shots, repeated until there are enough; spread evenly where none are named.
    pub shots: Vec<usize>,
    /// Frames that are made; all where nothing is said.
    pub frames: Option<usize>,
}

/// Moves the person of a clip by the landmarks and poses of another, through the neural generator.
#[derive(Clone)]
pub struct Reenactment {
    inputs: ReenactmentInputs,
    neural: NeuralChoice,
    output: PathBuf,
    options: ReenactmentOptions,
    job: Job,
}

impl Reenactment {
    /// A reenactment with the default options; `output`: .mp4, .mov or .webm.
    pub fn new(inputs: ReenactmentInputs, neural: NeuralChoice, output: impl Into<PathBuf>) -> Self {
        let (output, options) = (output.into(), ReenactmentOptions::default());
        Self { inputs, neural, output, options, job: Job::default() }
    }

    /// Sets all options.
    pub fn options(mut self, options: ReenactmentOptions) -> Self {
        self.options = options;
        self
    }

    job_settings!();

    /// Does it; gives the number of frames. The output appears whole or not at all.
    ///
    /// # Errors
    /// Unreadable inputs, arrays that do not fit each other, networks that do not fit.
    pub fn run(&self) -> Result<usize, GenerationError> {
        let job = self.job.begin()?;
        let files = &self.inputs;
        let named = [&files.landmarks, &files.rotations, &files.front, &files.reference, &files.reference_landmarks];
        let optional = [&files.projection, &files.audio].into_iter().flatten();
        let all = named.into_iter().chain(optional).map(PathBuf::as_path);
        let all: Vec<&Path> = all.chain(self.neural.paths()).collect();
        check_inputs(all.iter().copied())?;
        let _claim = OutputClaim::new(&self.output, all)?;
        let reference_landmarks = read_landmarks(&files.reference_landmarks)?;
        let driving = Driving::new(
            &read_landmarks(&files.landmarks)?,
            &read_poses(&files.rotations)?,
            &read_landmarks(&files.front)?,
            &reference_landmarks,
        )?;
        let LoadedGenerator { generator: network, device } = LoadedGenerator::open(&self.neural)?;
        if network.config().warp_projection && files.projection.is_none() {
            return Err(GenerationError::option(
                "this network warps the projected head, but no projection was given",
                "name the projection video with --projection (in the published file set: N_ani.mp4)",
            ));
        }
        job.tell(Stage::Reference, 0, None);
        let driving = driving.with_shots(self.options.shots.clone(), network.config().shots)?;
        let wanted = driving.shots(network.config().shots);
        let (pictures, scale) = self.shots(&wanted, &job)?;
        let synthesis = DrivenSynthesis::new(driving, network, pictures, scale, &device)?;
        self.write(&synthesis, &job)
    }

    /// The wanted frames of the reference clip at 256 x 256, and the scale of the clip.
    fn shots(&self, wanted: &[usize], job: &Job) -> Result<(Vec<RgbImage>, [f64; 2]), GenerationError> {
        let last = wanted.iter().copied().max().unwrap_or(0);
        let mut kept: Vec<Option<RgbImage>> = vec![None; wanted.len()];
        let mut size = None;
        for (index, frame) in FrameReader::open(&self.inputs.reference, &self.options.limits)?.take(last + 1).enumerate() {
            job.check()?;
            let frame = frame?;
            size.get_or_insert(frame.dimensions());
            for (slot, _) in kept.iter_mut().zip(wanted).filter(|(_, wanted)| **wanted == index) {
                *slot = Some(resized(&frame, SIDE as usize));
            }
        }
        let pictures: Option<Vec<RgbImage>> = kept.into_iter().collect();
        let (Some(pictures), Some((width, height))) = (pictures, size) else {
            return Err(SynthesisError::input(
                "reference clip",
                format!("at least {} frames, as many as its landmarks", last + 1),
                format!("fewer in {}", self.inputs.reference.display()),
            )
            .into());
        };
        Ok((pictures, [f64::from(SIDE) / f64::from(width), f64::from(SIDE) / f64::from(height)]))
    }

    fn write(&self, synthesis: &DrivenSynthesis, job: &Job) -> Result<usize, GenerationError> {
        let total = self.options.frames.map_or(synthesis.len(), |most| most.min(synthesis.len()));
        let mut projections =
            self.inputs.projection.as_ref().map(|path| FrameReader::open(path, &self.options.limits)).transpose()?;
        // Where the reference clip's own landmarks drive, its frames are what should come out.
        let compares = self.options.picture == ReenactedPicture::Comparison
            && same_file(&self.inputs.landmarks, &self.inputs.reference_landmarks);
        let mut real = compares.then(|| FrameReader::open(&self.inputs.reference, &self.options.limits)).transpose()?;
        let (mut projection, mut writer) = (None, None);
        let raw = if self.options.picture == ReenactedPicture::Comparison { RawImage::AsConfigured } else { RawImage::Skipped };
        for index in 0..total {
            job.check()?;
            // Where there are more landmarks than frames, the last frame stays.
            if let Some(frame) = projections.as_mut().and_then(Iterator::next) {
                projection = Some(resized(&frame?, SIDE as usize));
            }
            let made = synthesis.frame(index, projection.clone(), raw)?;
            let real = real.as_mut().and_then(Iterator::next).transpose()?.map(|frame| resized(&frame, SIDE as usize));
            let picture = match self.options.picture {
                ReenactedPicture::Result => resized(&picture_of(&made.image)?, SIDE as usize),
                ReenactedPicture::Comparison => row(&tiles(synthesis, index, &made, compares.then_some(real))?),
            };
            let mut video = match writer.take() {
                Some(writer) => writer,
                None => {
                    let (width, height) = picture.dimensions();
                    VideoWriter::create(
                        &self.output,
                        &VideoOptions { width, height, crf: self.options.crf, audio: self.inputs.audio.clone() },
                    )?
                }
            };
            video.write(&picture)?;
            writer = Some(video);
            job.tell(Stage::Rendering, index + 1, Some(total));
        }
        if let Some(writer) = writer {
            writer.finish()?;
        }
        Ok(total)
    }
}

/// `real`: none where there is no real frame, black where the clip ends early.
fn tiles(
    synthesis: &DrivenSynthesis,
    index: usize,
    made: &Synthesis,
    real: Option<Option<RgbImage>>,
) -> Result<Vec<RgbImage>, GenerationError> {
    let mut tiles = vec![tile_of(&synthesis.label(index))?];
    tiles.extend(real.map(|frame| frame.unwrap_or_else(|| RgbImage::new(SIDE, SIDE))));
    tiles.push(picture_of(&made.image)?);
    tiles.extend(made.raw.as_ref().map(picture_of).transpose()?);
    tiles.extend(made.warped.reference.as_ref().map(picture_of).transpose()?);
    tiles.extend(made.weight.reference.as_ref().map(tile_of).transpose()?);
    tiles.extend(made.warped.projection.as_ref().map(picture_of).transpose()?);
    tiles.extend(made.weight.projection.as_ref().map(tile_of).transpose()?);
    // Of a network for smaller pictures they are as large as everything else.
    Ok(tiles.iter().map(|tile| resized(tile, SIDE as usize)).collect())
}

fn row(tiles: &[RgbImage]) -> RgbImage {
    let mut picture = RgbImage::new(SIDE * tiles.len() as u32, SIDE);
    for (index, tile) in tiles.iter().enumerate() {
        imageops::replace(&mut picture, tile, i64::from(SIDE) * index as i64, 0);
    }
    picture
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (std::fs::canonicalize(a), std::fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}
