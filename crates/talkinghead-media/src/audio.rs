//! Sound out of anything that holds a sound track.

use std::fs::File;
use std::io::{BufReader, Read, Take};
use std::path::{Path, PathBuf};
use std::process::ChildStdout;

use crate::child::{MediaProcess, Pipes};
use crate::error::Bound;
use crate::full_scale::holds_floats;
use crate::plain_wav::open_plain_mono;
use crate::probe::{check_seconds, duration, ffmpeg_path, without_path};
use crate::processor_time::MediaWork;
use crate::{Limits, MediaError, MediaInfo, SAMPLE_RATE, probe};

/// Which channels of a sound track are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChannelChoice {
    /// All of them, mixed to one as ffmpeg mixes them.
    #[default]
    Mix,
    /// One alone, counted from 0.
    One(u32),
    /// All of them, not mixed: the samples of one instant follow each other.
    Interleaved,
}

/// Where samples come from.
#[derive(Debug)]
enum SampleStream {
    /// ffmpeg, as 32-bit floats.
    Decoder(MediaProcess, ChildStdout),
    /// The file itself, as 16-bit whole numbers: nothing is to be decoded, mixed or resampled.
    File(Take<BufReader<File>>),
}

impl SampleStream {
    /// The next samples, so many or what is left.
    fn read(&mut self, count: usize) -> std::io::Result<Vec<f32>> {
        let mut bytes = Vec::with_capacity(4 * count);
        match self {
            Self::Decoder(_, stdout) => {
                stdout.take(4 * count as u64).read_to_end(&mut bytes)?;
                Ok(bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
            }
            Self::File(file) => {
                file.take(2 * count as u64).read_to_end(&mut bytes)?;
                Ok(bytes.as_chunks::<2>().0.iter().map(|b| f32::from(i16::from_le_bytes(*b)) / 32_768.0).collect())
            }
        }
    }

    /// What the decoder complained of, once everything is read.
    fn end(self, path: &Path) -> Result<String, MediaError> {
        match self {
            Self::Decoder(process, stdout) => {
                drop(stdout);
                Ok(without_path(&process.wait()?.complaint, path))
            }
            Self::File(_) => Ok(String::new()),
        }
    }
}

/// The sound of a file as mono samples in -1..1, in blocks of one second (the last is shorter). Nothing is
/// held but the block in hand, so memory is flat for hours.
///
/// Sample 0 lies at the start of the file's clock: a sound track that begins late is preceded by silence, so
/// that sound and [`crate::FrameReader`]'s frames stay together.
#[derive(Debug)]
pub struct AudioReader {
    info: MediaInfo,
    path: PathBuf,
    rate: u32,
    /// Samples that belong to one instant.
    width: u32,
    limits: Limits,
    stream: Option<SampleStream>,
    samples_read: u64,
    /// Whether there were samples that are not finite.
    no_numbers: bool,
    warnings: Vec<String>,
}

impl AudioReader {
    /// Opens a file's first sound track at 16 kHz.
    ///
    /// # Errors
    /// The path is missing or unreadable, holds no sound, or is over `limits`; ffmpeg is missing.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, MediaError> {
        Self::open_at_rate(path, limits, SAMPLE_RATE)
    }

    /// As [`AudioReader::open`] for what [`probe`] has looked at already, which saves a process.
    ///
    /// # Errors
    /// As [`AudioReader::open`].
    pub fn open_probed(path: &Path, info: MediaInfo, limits: &Limits) -> Result<Self, MediaError> {
        Self::open_channels(path, info, limits, ChannelChoice::Mix)
    }

    /// As [`AudioReader::open_probed`], for the channels that are wanted.
    ///
    /// # Errors
    /// As [`AudioReader::open`].
    pub fn open_channels(path: &Path, info: MediaInfo, limits: &Limits, channels: ChannelChoice) -> Result<Self, MediaError> {
        Self::start(path, info, limits, SAMPLE_RATE, channels)
    }

    /// Opens a file's first sound track at `rate` samples per second.
    ///
    /// # Errors
    /// As [`AudioReader::open`].
    pub fn open_at_rate(path: &Path, limits: &Limits, rate: u32) -> Result<Self, MediaError> {
        if rate == 0 {
            return Err(MediaError::InvalidOption("a sample rate of 0 makes no sound".to_owned()));
        }
        if path.is_dir() {
            return Err(MediaError::NoAudio { path: path.to_owned() });
        }
        Self::start(path, probe(path, limits)?, limits, rate, ChannelChoice::Mix)
    }

    fn start(path: &Path, info: MediaInfo, limits: &Limits, rate: u32, channels: ChannelChoice) -> Result<Self, MediaError> {
        let Some(audio) = info.audio.as_ref() else {
            return Err(MediaError::NoAudio { path: path.to_owned() });
        };
        let width = if channels == ChannelChoice::Interleaved { audio.channels.max(1) } else { 1 };
        let as_it_is = audio.sample_rate == rate && info.format == "wav" && info.wrong_length.is_none();
        let stream = match if as_it_is { open_plain_mono(path)? } else { None } {
            Some(file) => Some(SampleStream::File(file)),
            None => {
                let arguments = audio_arguments(path, &info, rate, channels, width);
                let (process, _, stdout) = MediaProcess::start("ffmpeg", arguments, Pipes::Output, MediaWork::Sound)?;
                stdout.map(|stdout| SampleStream::Decoder(process, stdout))
            }
        };
        let beyond = info.beyond_full_scale.map(|beyond| beyond.warning(path));
        let warnings = info.wrong_length.map(|length| length.warning(path)).into_iter().chain(beyond).collect();
        let (path, limits) = (path.to_owned(), *limits);
        Ok(Self { info, path, rate, width, limits, stream, samples_read: 0, no_numbers: false, warnings })
    }

    /// What the file holds.
    pub fn info(&self) -> &MediaInfo {
        &self.info
    }

    /// Samples given so far, of all channels that are read.
    pub fn samples_read(&self) -> u64 {
        self.samples_read
    }

    /// What went wrong without ending the reading; complete once the iterator has ended.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn seconds_read(&self) -> f64 {
        self.samples_read as f64 / (f64::from(self.rate) * f64::from(self.width))
    }

    fn read_block(&mut self) -> Result<Option<Vec<f32>>, MediaError> {
        let Some(stream) = &mut self.stream else { return Ok(None) };
        let samples = stream
            .read(self.rate as usize * self.width as usize)
            .map_err(|source| MediaError::Unreadable { path: self.path.clone(), source })?;
        let no_numbers = &mut self.no_numbers;
        let block: Vec<f32> = samples.into_iter().inspect(|sample| *no_numbers |= !sample.is_finite()).map(tamed).collect();
        if block.is_empty() {
            return self.end().map(|()| None);
        }
        self.samples_read += block.len() as u64;
        let seconds = self.seconds_read();
        check_seconds(&self.path, Some(seconds), &self.limits)?;
        if self.samples_read * 4 > self.limits.max_decoded_bytes {
            let (found, limit) = (format!("more than {}", duration(seconds)), format!("{} bytes", self.limits.max_decoded_bytes));
            return Err(MediaError::OverLimit { path: self.path.clone(), bound: Bound::DecodedBytes, found, limit });
        }
        Ok(Some(block))
    }

    fn end(&mut self) -> Result<(), MediaError> {
        let Some(stream) = self.stream.take() else { return Ok(()) };
        let complaint = stream.end(&self.path)?;
        if self.samples_read == 0 {
            let detail = if complaint.is_empty() { "the sound track is empty".to_owned() } else { complaint };
            return Err(MediaError::Undecodable { path: self.path.clone(), detail });
        }
        let name = self.path.display();
        if self.no_numbers {
            self.warnings.push(format!("{name} holds samples that are no numbers: silence stands in their place"));
        }
        let read = self.seconds_read();
        let declared = self.info.audio.as_ref().and_then(|audio| audio.seconds);
        if let Some(declared) = declared.filter(|declared| read < 0.9 * declared - 1.0) {
            self.warnings
                .push(format!("{name} breaks off after {read:.1} of {declared:.1} seconds; what could be read was used"));
        } else if !complaint.is_empty() {
            self.warnings.push(format!("{name} is damaged in places ({complaint}); what could be read was used"));
        }
        Ok(())
    }
}

impl Iterator for AudioReader {
    type Item = Result<Vec<f32>, MediaError>;

    fn next(&mut self) -> Option<Self::Item> {
        let block = self.read_block().transpose();
        if matches!(block, Some(Err(_))) {
            self.stream = None;
        }
        block
    }
}

/// Reads a whole sound track as 16 kHz mono samples in -1..1. For long recordings use [`AudioReader`].
///
/// # Errors
/// As [`AudioReader::open`], and whatever decoding brings.
pub fn read_audio(path: &Path, limits: &Limits) -> Result<Vec<f32>, MediaError> {
    let mut samples = Vec::new();
    for block in AudioReader::open(path, limits)? {
        samples.extend(block?);
    }
    Ok(samples)
}

/// What ffmpeg must be told before a file with a sound track is named.
pub(crate) fn input_options(info: &MediaInfo) -> &'static [&'static str] {
    if info.wrong_length.is_some() { &["-ignore_length", "1"] } else { &[] }
}

/// Filters before all others that let no sample through that is no number, for encoders fail on one, and bring down what lies far beyond
/// full scale. Only files of floats have any.
pub(crate) fn numbers_only(info: &MediaInfo) -> String {
    if !holds_floats(info) {
        return String::new();
    }
    let (most, quieter) = match info.beyond_full_scale {
        Some(beyond) => (64.0 * beyond.level, beyond.filter()),
        None => (1e6, String::new()),
    };
    format!("aeval=exprs='if(lt(abs(val(ch)),{most:e}),val(ch),0)':c=same,{quieter}")
}

fn audio_arguments(path: &Path, info: &MediaInfo, rate: u32, channels: ChannelChoice, width: u32) -> Vec<std::ffi::OsString> {
    let mut arguments: Vec<std::ffi::OsString> =
        ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error"].map(Into::into).to_vec();
    arguments.extend(["-protocol_whitelist", "file,pipe", "-vn"].map(Into::into));
    arguments.extend(input_options(info).iter().map(Into::into));
    arguments.push("-i".into());
    arguments.push(ffmpeg_path(path));
    arguments.extend(["-map", "0:a:0", "-af"].map(Into::into));
    let quieter = info.beyond_full_scale.map(|beyond| beyond.filter()).unwrap_or_default();
    let resample = format!("{quieter}aresample={rate}:async=1:first_pts=0");
    arguments.push(match channels {
        ChannelChoice::One(channel) => format!("pan=mono|c0=c{channel},{resample}").into(),
        ChannelChoice::Mix | ChannelChoice::Interleaved => resample.into(),
    });
    arguments.extend(["-ac".into(), width.to_string().into()]);
    arguments.extend(["-f", "f32le", "-c:a", "pcm_f32le", "pipe:1"].map(Into::into));
    arguments
}

/// Float files may hold anything.
fn tamed(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
}
