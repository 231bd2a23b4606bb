//! Which channel of a recording the speech is in: mixed without a look, two that are opposite leave silence, and one with hiss
//! or a hum covers one with a quiet voice.

use std::path::Path;

use talkinghead_media::{AudioReader, ChannelChoice, Limits, MediaInfo};

use crate::loudness::LevelHistogram;
use crate::{SAMPLES_PER_FRAME, SpeechError};

/// A sum this much quieter than its best channel (natural log of amplitude, 15 dB) has lost what the channels have in common.
const CANCELLED: f32 = 1.7;
/// The mix is taken while its shape is nearly as much that of speech as the best channel's.
const AS_GOOD: f32 = 0.75;
/// Channels whose shapes are as good as this beside the best; the loudest of them is taken.
const NEARLY_BEST: f32 = 0.9;
/// Share of voiced frames, and range of levels (natural log of amplitude), from which a sound is fully like speech.
const VOICED: f32 = 0.4;
const RANGE: (f32, f32) = (0.25, 1.25);

/// Of more channels ffmpeg knows no mix: it leaves them out.
const MOST_MIXED: usize = 8;

/// What to listen to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ChosenChannels {
    /// The mix of all channels, or one of them.
    pub channels: ChannelChoice,
    /// One sentence on why it is not the mix.
    pub warning: Option<String>,
}

/// Looks at all channels of a file, which is decoded once for that, and chooses what to listen to: the mix unless one channel
/// alone holds the speech better. A file of one channel is not looked at.
///
/// # Errors
/// The file cannot be read, or is over `limits`.
pub fn choose_channels(path: &Path, info: &MediaInfo, limits: &Limits) -> Result<ChosenChannels, SpeechError> {
    let count = info.audio.as_ref().map_or(0, |audio| audio.channels as usize);
    if count < 2 {
        return Ok(ChosenChannels::default());
    }
    let mut tracks: Vec<Track> = (0..=count).map(|_| Track::default()).collect();
    for block in AudioReader::open_channels(path, info.clone(), limits, ChannelChoice::Interleaved)? {
        for instant in block?.chunks_exact(count) {
            tracks[0].push(instant.iter().sum());
            for (track, sample) in tracks[1..].iter_mut().zip(instant) {
                track.push(*sample);
            }
        }
    }
    let looks: Vec<Look> = tracks.iter().map(Track::look).collect();
    Ok(choose(path, looks[0], &looks[1..]))
}

fn choose(path: &Path, mix: Look, channels: &[Look]) -> ChosenChannels {
    let shape = channels.iter().map(|look| look.shape).fold(0.0, f32::max);
    let good = channels.iter().enumerate().filter(|(_, look)| look.shape > 0.0 && look.shape >= NEARLY_BEST * shape);
    let Some((best, look)) = good.reduce(|best, other| if other.1.loud > best.1.loud { other } else { best }) else {
        return ChosenChannels::default();
    };
    let cancelled = mix.loud < look.loud - CANCELLED;
    let is_mixed = channels.len() <= MOST_MIXED;
    if is_mixed && !cancelled && mix.shape >= AS_GOOD * shape {
        return ChosenChannels::default();
    }
    let why = match (is_mixed, cancelled) {
        (false, _) => "has more channels than can be mixed",
        (true, true) => "has channels that cancel each other out",
        (true, false) => "has speech in one channel and other sound beside it",
    };
    let name = match (channels.len(), best) {
        (2, 0) => "left channel".to_owned(),
        (2, _) => "right channel".to_owned(),
        (_, best) => format!("channel {}", best + 1),
    };
    let warning = format!("{} {why}: the lips follow its {name} alone, the video's sound stays as it is", path.display());
    ChosenChannels { channels: ChannelChoice::One(best as u32), warning: Some(warning) }
}

/// One channel, or the mix, on its way.
#[derive(Default)]
struct Track {
    levels: LevelHistogram,
    open_frame: Vec<f32>,
}

/// What was seen of it.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// Natural log of the amplitude of its loud frames.
    loud: f32,
    /// How much its shape is that of speech, 0 to 1.
    shape: f32,
}

impl Track {
    fn push(&mut self, sample: f32) {
        self.open_frame.push(sample);
        if self.open_frame.len() == SAMPLES_PER_FRAME {
            self.levels.add(&self.open_frame);
            self.open_frame.clear();
        }
    }

    fn look(&self) -> Look {
        let range = (self.levels.range() - RANGE.0) / (RANGE.1 - RANGE.0);
        let voiced = self.levels.voiced_share() / VOICED;
        Look { loud: self.levels.loud(), shape: range.clamp(0.0, 1.0) * voiced.clamp(0.0, 1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(mix: (f32, f32), channels: &[(f32, f32)]) -> ChannelChoice {
        let look = |(loud, shape): (f32, f32)| Look { loud, shape };
        let channels: Vec<Look> = channels.iter().copied().map(look).collect();
        choose(Path::new("a.wav"), look(mix), &channels).channels
    }

    #[test]
    fn the_mix_unless_one_channel_is_better() {
        use ChannelChoice::{Mix, One};
        assert_eq!(chosen((-2.2, 0.9), &[(-2.0, 0.9), (-2.1, 0.9)]), Mix);
        assert_eq!(chosen((-2.0, 0.9), &[(-2.0, 0.9), (-13.8, 0.0)]), Mix, "a silent channel does no harm");
        assert_eq!(chosen((-13.8, 0.0), &[(-2.0, 0.9), (-2.0, 0.9)]), One(0), "opposite channels");
        assert_eq!(chosen((-5.0, 0.9), &[(-2.2, 0.9), (-2.0, 0.9)]), One(1), "nearly opposite channels: the louder");
        assert_eq!(chosen((-2.0, 0.1), &[(-2.0, 0.0), (-7.0, 0.9)]), One(1), "a quiet voice beside hiss");
        assert_eq!(chosen((-4.0, 0.0), &[(-4.0, 0.0), (-4.0, 0.0)]), Mix, "no speech anywhere");
        let surround = [(-9.0, 0.3), (-9.0, 0.3), (-2.0, 0.9), (-12.0, 0.0), (-9.0, 0.2), (-9.0, 0.2)];
        assert_eq!(chosen((-1.8, 0.8), &surround), Mix, "surround sound with its speech in the middle");
    }
}
