//! Sound of floats far beyond full scale: whole numbers that a tool wrote as floats without dividing them.

use std::io::Read;
use std::path::Path;

use crate::child::{MediaProcess, Pipes};
use crate::probe::ffmpeg_path;
use crate::processor_time::MediaWork;
use crate::{MediaError, MediaInfo};

/// Seconds that are looked at.
const LOOKED_AT: u32 = 120;
/// Samples up to this are loud music or an effect, which a player cuts off as well.
const USUAL: f32 = 8.0;
/// A share of samples beyond a level that says more than a broken few.
const SHARE: f64 = 1e-4;
/// Bytes read at a time.
const BLOCK: usize = 1 << 20;

/// By how much such a sound is made quieter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BeyondFullScale {
    /// A power of two over which next to nothing lies.
    pub(crate) level: f32,
}

impl BeyondFullScale {
    /// One sentence about it.
    pub(crate) fn warning(self, path: &Path) -> String {
        let (name, decibels) = (path.display(), 20.0 * self.level.log10());
        format!(
            "{name} holds samples up to {decibels:.0} dB above full scale, as whole numbers written as floats are: it was made {decibels:.0} dB quieter"
        )
    }

    /// As a filter of ffmpeg.
    pub(crate) fn filter(self) -> String {
        format!("volume=volume={:e}:precision=float,", 1.0 / self.level)
    }
}

/// Whether a codec's samples are floats, which may lie anywhere.
pub(crate) fn holds_floats(info: &MediaInfo) -> bool {
    info.audio.as_ref().is_some_and(|audio| audio.codec.starts_with("pcm_f") || audio.codec == "wavpack")
}

/// Looks at the samples of a file of floats; of other files there is nothing to look at.
pub(crate) fn beyond_full_scale(path: &Path, info: &MediaInfo) -> Result<Option<BeyondFullScale>, MediaError> {
    if !holds_floats(info) {
        return Ok(None);
    }
    let mut arguments: Vec<std::ffi::OsString> =
        ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-protocol_whitelist", "file,pipe", "-vn"]
            .map(Into::into)
            .to_vec();
    arguments.extend(crate::audio::input_options(info).iter().map(Into::into));
    arguments.extend(["-t".into(), LOOKED_AT.to_string().into(), "-i".into(), ffmpeg_path(path)]);
    arguments.extend(["-map", "0:a:0", "-f", "f32le", "-c:a", "pcm_f32le", "pipe:1"].map(Into::into));
    let (process, _, stdout) = MediaProcess::start("ffmpeg", arguments, Pipes::Output, MediaWork::Sound)?;
    let mut levels = Levels::default();
    if let Some(mut stdout) = stdout {
        let mut bytes = Vec::with_capacity(BLOCK);
        loop {
            bytes.clear();
            let read = Read::by_ref(&mut stdout).take(BLOCK as u64).read_to_end(&mut bytes);
            if read.map_err(|source| MediaError::Unreadable { path: path.to_owned(), source })? == 0 {
                break;
            }
            levels.add(bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        }
    }
    // What is damaged is said by whoever reads it for good.
    process.wait()?;
    Ok(levels.beyond())
}

/// How many samples there are of each power of two.
struct Levels {
    by_exponent: [u64; 256],
    all: u64,
}

impl Default for Levels {
    fn default() -> Self {
        Self { by_exponent: [0; 256], all: 0 }
    }
}

impl Levels {
    fn add(&mut self, samples: impl Iterator<Item = f32>) {
        for sample in samples.filter(|sample| sample.is_finite()) {
            self.by_exponent[usize::from((sample.to_bits() >> 23) as u8)] += 1;
            self.all += 1;
        }
    }

    /// The power of two over which next to nothing lies, where it is beyond what is usual.
    fn beyond(&self) -> Option<BeyondFullScale> {
        let allowed = (self.all as f64 * SHARE) as u64;
        let mut above = 0;
        let highest = (0..self.by_exponent.len()).rev().find(|&exponent| {
            above += self.by_exponent[exponent];
            above > allowed
        })?;
        // Samples of this exponent lie below the next power of two.
        let level = 2.0_f32.powi(highest as i32 - 126);
        (level > USUAL && level.is_finite()).then_some(BeyondFullScale { level })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(samples: impl Iterator<Item = f32>) -> Option<f32> {
        let mut levels = Levels::default();
        levels.add(samples);
        levels.beyond().map(|beyond| beyond.level)
    }

    #[test]
    fn whole_numbers_are_told_from_loud_sound_and_broken_samples() {
        let tone = |peak: f32| (0..48_000).map(move |at| peak * (at as f32 / 20.0).sin());
        assert_eq!(found(tone(1.0)), None);
        assert_eq!(found(tone(7.9)), None);
        assert_eq!(found(tone(32_767.0)), Some(32_768.0));
        assert_eq!(found(tone(8_000_000.0)), Some(8_388_608.0));
        assert_eq!(found(tone(0.5).chain([1e30, f32::NAN, f32::INFINITY])), None);
        assert_eq!(found(tone(32_767.0).chain([1e30, f32::NAN])), Some(32_768.0));
        assert_eq!(found(std::iter::empty()), None);
        assert_eq!(found(tone(f32::MAX)), None);
    }
}
