//! Flags of `motion` that edit a track, and the order in which they are done.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use talkinghead_motion::{Accent, MotionError, MotionTrack, Part, Selection};

use super::generate::seconds;
use crate::failure::Failure;

/// Changes to a performance. Done in the order in which they are listed here, each flag in the order given.
#[derive(Args, Debug)]
#[command(next_help_heading = "Editing (FIELD: pose, expression, or an entry of the file such as yaw, gaze.x, shape.2)")]
pub struct TrackEditFlags {
    /// Mix another track in: weight 0 to 1, of all or of some parts (pose, expression, blink, gaze, brow).
    #[arg(long, value_name = "TRACK:WEIGHT[:PART,...]", value_parser = blend)]
    pub blend: Vec<BlendFlag>,

    /// Nod on stressed syllables, in degrees; needs the speech. Negative numbers raise the head instead.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    nod_on_stress: Option<f32>,

    /// Play faster (above 1) or slower: all of it, which changes the length, or some of it, which does not.
    #[arg(long, value_name = "[FIELD=]FACTOR", value_parser = maybe_of_field)]
    tempo: Vec<(Option<Selection>, f32)>,

    /// Smooth over this many seconds: the head, or what is named.
    #[arg(long, value_name = "[FIELD=]SECONDS", value_parser = maybe_of_field)]
    smooth: Vec<(Option<Selection>, f32)>,

    /// Calm the head: 0 as it is, 1 motionless.
    #[arg(long, value_name = "0-1")]
    stillness: Option<f32>,

    /// Strengthen or weaken: the distance from rest times this factor.
    #[arg(long, value_name = "FIELD=FACTOR", value_parser = of_field)]
    gain: Vec<(Selection, f32)>,

    /// Add an amount, in the field's own unit.
    #[arg(long, value_name = "FIELD=AMOUNT", value_parser = of_field)]
    offset: Vec<(Selection, f32)>,

    /// Hold between two numbers.
    #[arg(long, value_name = "FIELD=LOW..HIGH", value_parser = range_of_field)]
    clamp: Vec<(Selection, f32, f32)>,

    /// Keep the part between two times in seconds; either may be left out.
    #[arg(long, value_name = "FROM..TO", value_parser = part)]
    cut: Option<(f64, f64)>,

    /// Repeat without a seam until it lasts this many seconds.
    #[arg(long = "loop", value_name = "SECONDS", value_parser = seconds)]
    repeat: Option<f64>,
}

/// `--blend`, parsed.
#[derive(Clone, Debug)]
pub struct BlendFlag {
    /// The other track.
    pub path: PathBuf,
    weight: f32,
    selection: Selection,
}

impl TrackEditFlags {
    /// Whether stresses of the speech are needed.
    pub fn need_speech(&self) -> bool {
        self.nod_on_stress.is_some()
    }

    /// Seconds that are cut off the start, and whether time runs on as in the recording otherwise.
    pub fn time_in_recording(&self) -> (f64, bool) {
        let start = self.cut.map_or(0.0, |(from, _)| from);
        (start, self.repeat.is_none() && self.tempo.iter().all(|(selection, factor)| selection.is_some() || *factor == 1.0))
    }

    /// Does the edits; `read` reads the tracks that are blended in.
    pub fn apply(
        &self,
        mut track: MotionTrack,
        accents: &[Accent],
        mut read: impl FnMut(&PathBuf) -> Result<MotionTrack, Failure>,
    ) -> Result<MotionTrack, Failure> {
        for blend in &self.blend {
            track.mix(&read(&blend.path)?, &blend.selection, blend.weight)?;
        }
        if let Some(degrees) = self.nod_on_stress {
            track.nod_on_stress(accents, degrees)?;
        }
        for (selection, factor) in &self.tempo {
            if let Some(selection) = selection {
                track.set_tempo(selection, *factor)?;
            }
        }
        for (selection, seconds) in &self.smooth {
            let head = || Selection::part(Part::Pose);
            track.smooth_only(&selection.clone().unwrap_or_else(head), *seconds)?;
        }
        if let Some(amount) = self.stillness {
            track.still(amount)?;
        }
        for (selection, factor) in &self.gain {
            track.gain(selection, *factor)?;
        }
        for (selection, amount) in &self.offset {
            track.offset(selection, *amount)?;
        }
        for (selection, low, high) in &self.clamp {
            track.clamp(selection, *low, *high)?;
        }
        // What changes the length comes last, so that everything before it is in time with the recording.
        if let Some((from, to)) = self.cut {
            track = track.cut(from, to)?;
        }
        for (selection, factor) in &self.tempo {
            if selection.is_none() {
                track = track.at_tempo(*factor)?;
            }
        }
        if let Some(seconds) = self.repeat {
            track = track.repeated(seconds)?;
        }
        Ok(track)
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| format!("`{text}` is no number"))
}

fn selection(text: &str) -> Result<Selection, String> {
    text.trim().parse().map_err(|error: MotionError| error.to_string())
}

fn of_field(text: &str) -> Result<(Selection, f32), String> {
    let (field, value) = text.split_once('=').ok_or("give FIELD=NUMBER, such as yaw=0.5")?;
    Ok((selection(field)?, number(value)?))
}

fn maybe_of_field(text: &str) -> Result<(Option<Selection>, f32), String> {
    match text.split_once('=') {
        Some((field, value)) => Ok((Some(selection(field)?), number(value)?)),
        None => Ok((None, number(text)?)),
    }
}

fn range_of_field(text: &str) -> Result<(Selection, f32, f32), String> {
    let wanted = "give FIELD=LOW..HIGH, such as yaw=-8..8";
    let (field, range) = text.split_once('=').ok_or(wanted)?;
    let (low, high) = range.split_once("..").ok_or(wanted)?;
    Ok((selection(field)?, number(low)?, number(high)?))
}

fn part(text: &str) -> Result<(f64, f64), String> {
    let (from, to) = text.split_once("..").ok_or("give FROM..TO in seconds, such as 2.5..8")?;
    let end = |text: &str, default: f64| if text.trim().is_empty() { Ok(default) } else { number(text) };
    Ok((end(from, 0.0)?, end(to, f64::INFINITY)?))
}

fn blend(text: &str) -> Result<BlendFlag, String> {
    let wanted = "give TRACK:WEIGHT, such as other.json:0.3, or TRACK:WEIGHT:pose,gaze";
    let (front, last) = text.rsplit_once(':').ok_or(wanted)?;
    // A path may hold a colon of its own: what follows the last one says what the last one parts.
    let (path, weight, parts) = match last.parse::<f32>() {
        Ok(weight) => (front, weight, Part::ALL.to_vec()),
        Err(_) => {
            let (path, weight) = front.rsplit_once(':').ok_or(wanted)?;
            let parts = last.split(',').map(|part| part.trim().parse()).collect::<Result<Vec<Part>, MotionError>>();
            (path, number(weight)?, parts.map_err(|error| error.to_string())?)
        }
    };
    if path.is_empty() {
        return Err(wanted.to_owned());
    }
    Ok(BlendFlag { path: PathBuf::from(path), weight, selection: Selection::parts(&parts) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parsed_and_mistakes_named() {
        assert_eq!(part("..3").unwrap(), (0.0, 3.0));
        assert_eq!(part("2.5..").unwrap().1, f64::INFINITY);
        assert_eq!(range_of_field("yaw=-8..8").unwrap().1, -8.0);
        let mixed = blend("C:/a/b.json:0.25:pose,gaze").unwrap();
        assert_eq!((mixed.path, mixed.weight), (PathBuf::from("C:/a/b.json"), 0.25));
        assert!(mixed.selection.holds("yaw") && mixed.selection.holds("gaze") && !mixed.selection.holds("opening"));
        assert!(blend("b.json:1").unwrap().selection.holds("opening"));
        for wrong in ["b.json", ":1", "b.json:x", "b.json:1:head"] {
            assert!(blend(wrong).is_err(), "{wrong}");
        }
        assert!(of_field("yawn=1").unwrap_err().contains("yawn") && of_field("yaw").is_err() && of_field("yaw=x").is_err());
        assert!(maybe_of_field("1.2").unwrap().0.is_none() && maybe_of_field("pose=1.2").unwrap().0.is_some());
        assert!(part("3").is_err() && range_of_field("yaw=3").is_err());
    }
}
