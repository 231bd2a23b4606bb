//! Mends a damaged motion track where it can be known what was meant, and says what it did.
//!
//! The strict reader ([`MotionTrack::read`]) refuses what is wrong and names the place. This one is for files that other programs
//! wrote: NaN and null become what the frames around say, other frame rates are resampled, numbers out of range are limited.

use std::path::Path;

use serde_json::Value;
use talkinghead_media::FRAME_RATE;

use super::file::read_limited;
use super::selection::Slot;
use super::{FIELDS, FORMAT_NAME, FORMAT_VERSION, Field, MAX_TRACK_FRAMES, MotionFrame, MotionTrack, reading};
use crate::MotionError;

/// Largest file that is mended: 128 MiB (it is held in memory several times).
const MAX_MENDED_BYTES: u64 = 1 << 27;

/// A track and what was not quite right about its file, one sentence each.
#[derive(Clone, Debug, PartialEq)]
pub struct MendedTrack {
    /// The track.
    pub track: MotionTrack,
    /// What was mended.
    pub warnings: Vec<String>,
}

impl MotionTrack {
    /// Reads a track and mends it.
    ///
    /// # Errors
    /// [`MotionError::Unreadable`], [`MotionError::TooLarge`] above 128 MiB, or [`MotionError::Invalid`] where it cannot be known what was
    /// meant: another format, a file that ends early, no frames, keyframes that are wrong.
    pub fn read_mending(path: &Path) -> Result<MendedTrack, MotionError> {
        let text = read_limited(path, MAX_MENDED_BYTES)?;
        Self::mend(&text).map_err(|detail| MotionError::Invalid { path: path.to_owned(), detail })
    }

    /// Mends a track's text; the error says in one line what cannot be mended.
    ///
    /// # Errors
    /// A description with the place.
    pub fn mend(text: &[u8]) -> Result<MendedTrack, String> {
        let mut warnings = Vec::new();
        let mut file: Value = serde_json::from_slice(&without_bare_words(text)).map_err(|error| error.to_string())?;
        let entries = file.as_object_mut().ok_or("it is no object with `format`, `version`, `frame_rate` and `frames`")?;
        if entries.get("format").and_then(Value::as_str) != Some(FORMAT_NAME) {
            return Err(format!("the entry `format` must be \"{FORMAT_NAME}\""));
        }
        if entries.get("version").and_then(Value::as_f64) != Some(f64::from(FORMAT_VERSION)) {
            warnings.push(format!("the entry `version` is missing or another one: read as version {FORMAT_VERSION}"));
        }
        let rate = frame_rate(entries.get("frame_rate"), &mut warnings)?;
        let frames = entries.get("frames").and_then(Value::as_array).ok_or("the entry `frames` is missing or no list")?;
        if frames.is_empty() {
            return Err("`frames` is empty; at least one frame is needed".to_owned());
        }
        if frames.len() as f64 / rate > (MAX_TRACK_FRAMES / FRAME_RATE as usize) as f64 || frames.len() > MAX_TRACK_FRAMES {
            return Err("it lasts longer than a day".to_owned());
        }
        unknown_names(frames, &mut warnings);
        let mut track = Self { frames: vec![MotionFrame::default(); frames.len()], ..Self::default() };
        for field in FIELDS {
            mend_field(&mut track, field, frames, &mut warnings);
        }
        if rate != f64::from(FRAME_RATE) {
            warnings.push(format!("`frame_rate` is {rate}: resampled to {FRAME_RATE} frames a second"));
            track = track.resample(rate).map_err(|error| error.to_string())?;
        }
        if let Some(source) = entries.get("source") {
            track.source = serde_json::from_value(source.clone()).unwrap_or_else(|error| {
                warnings.push(format!("the entry `source` is left out: {error}"));
                Default::default()
            });
        }
        if let Some(keyframes) = entries.get("keyframes") {
            track.meet(&reading::keyframes(keyframes)?).map_err(|error| error.to_string())?;
        }
        track.clamp_to_ranges();
        Ok(MendedTrack { track, warnings })
    }
}

fn frame_rate(entry: Option<&Value>, warnings: &mut Vec<String>) -> Result<f64, String> {
    match entry.and_then(Value::as_f64) {
        Some(rate) if (1.0..=1000.0).contains(&rate) => Ok(rate),
        Some(rate) => Err(format!("`frame_rate` is {rate}; 1 to 1000 frames a second can be resampled")),
        None => {
            warnings.push(format!("the entry `frame_rate` is missing or no number: taken for {FRAME_RATE}"));
            Ok(f64::from(FRAME_RATE))
        }
    }
}

/// One warning for each name that is no field's.
fn unknown_names(frames: &[Value], warnings: &mut Vec<String>) {
    let mut told: Vec<&str> = Vec::new();
    for (index, frame) in frames.iter().enumerate() {
        for name in frame.as_object().into_iter().flat_map(|frame| frame.keys()) {
            if told.len() < 20 && !told.contains(&name.as_str()) && !FIELDS.iter().any(|field| field.name == name) {
                told.push(name);
                warnings.push(format!("unknown field `{name}`, first in frame {index}: left out"));
            }
        }
    }
}

/// Stores a field's numbers and fills the places where there is none.
fn mend_field(track: &mut MotionTrack, field: &'static Field, frames: &[Value], warnings: &mut Vec<String>) {
    let present = frames.iter().filter(|frame| frame.get(field.name).is_some()).count();
    if present == 0 {
        return;
    }
    let mut gaps = Found::default();
    let mut beyond = Found::default();
    for place in 0..field.values(&MotionFrame::default()).len() {
        let slot = Slot { field, place };
        let mut known: Option<usize> = None;
        for (index, frame) in frames.iter().enumerate() {
            let Some(value) = number(frame.get(field.name), field, place) else {
                gaps.add(index);
                continue;
            };
            if !(field.range.0..=field.range.1).contains(&value) {
                beyond.add(index);
            }
            slot.store(&mut track.frames[index], value as f32);
            fill(track, &slot, known, index);
            known = Some(index);
        }
        // What ends in a gap holds its last number; a field without any number rests.
        if let Some(known) = known {
            let value = slot.value(&track.frames[known]);
            track.frames[known..].iter_mut().for_each(|frame| slot.store(frame, value));
        }
    }
    let name = field.name;
    warnings.extend(gaps.told(|places| format!("`{name}` is no number in {places}: filled from the frames around")));
    let (low, high) = field.range;
    warnings.extend(beyond.told(|places| format!("`{name}` is not between {low} and {high} in {places}: limited")));
}

/// A straight line over the gap between two known frames; the first known number is held from the start.
fn fill(track: &mut MotionTrack, slot: &Slot, from: Option<usize>, to: usize) {
    let end = slot.value(&track.frames[to]);
    let (first, start) = from.map_or((0, end), |from| (from, slot.value(&track.frames[from])));
    for index in first + usize::from(from.is_some())..to {
        let part = (index - first) as f32 / (to - first) as f32;
        slot.store(&mut track.frames[index], start + part * (end - start));
    }
}

fn number(entry: Option<&Value>, field: &Field, place: usize) -> Option<f64> {
    let value = match entry? {
        Value::Array(list) if list.len() == field.values(&MotionFrame::default()).len() => list.get(place)?,
        Value::Array(_) => return None,
        single if place == 0 && field.is_single() => single,
        _ => return None,
    };
    value.as_f64()
}

/// Frames where something was found: how many, and the first of them.
#[derive(Default)]
struct Found {
    frames: std::collections::BTreeSet<usize>,
}

impl Found {
    fn add(&mut self, frame: usize) {
        self.frames.insert(frame);
    }

    fn told(&self, tell: impl Fn(&str) -> String) -> Option<String> {
        let first = self.frames.first()?;
        Some(match self.frames.len() {
            1 => tell(&format!("frame {first}")),
            count => tell(&format!("{count} frames, first in frame {first}")),
        })
    }
}

/// NaN and infinities, which JSON does not know but several programs write, become null; text in quotes is left alone.
fn without_bare_words(text: &[u8]) -> Vec<u8> {
    const WORDS: [&[u8]; 6] = [b"-Infinity", b"Infinity", b"-inf", b"inf", b"NaN", b"nan"];
    let mut clean = Vec::with_capacity(text.len());
    let (mut at, mut quoted) = (0, false);
    while let Some(&byte) = text.get(at) {
        if !quoted && let Some(word) = WORDS.iter().find(|word| text[at..].starts_with(word)) {
            clean.extend_from_slice(b"null");
            at += word.len();
            continue;
        }
        if quoted && byte == b'\\' {
            clean.extend(text[at..].iter().take(2));
            at += 2;
            continue;
        }
        quoted ^= byte == b'"';
        clean.push(byte);
        at += 1;
    }
    clean
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn file(rate: &str, frames: &str) -> String {
        format!(
            "{{\"format\":\"{FORMAT_NAME}\",\"version\":1,\"frame_rate\":{rate},\"source\":{{\"note\":\"NaN\"}},\"frames\":[{frames}]}}"
        )
    }

    fn mended(rate: &str, frames: &str) -> MendedTrack {
        MotionTrack::mend(file(rate, frames).as_bytes()).unwrap()
    }

    #[test]
    fn a_good_track_is_not_changed() {
        let track = crate::track::sample::performance(30).rounded();
        let MendedTrack { track: same, warnings } = MotionTrack::mend(track.to_json().as_bytes()).unwrap();
        assert_eq!((same, warnings), (track, Vec::<String>::new()));
    }

    #[test]
    fn gaps_are_filled_between_and_held_at_the_ends() {
        let MendedTrack { track, warnings } =
            mended("25", "{\"yaw\":NaN},{\"yaw\":2},{\"yaw\":null},{\"yaw\":-Infinity},{\"yaw\":8},{},7,{\"gaze\":[0.1,NaN]}");
        let yaw: Vec<f32> = track.frames.iter().map(|frame| frame.head_pose.yaw).collect();
        assert_eq!(yaw, [2.0, 2.0, 4.0, 6.0, 8.0, 8.0, 8.0, 8.0]);
        assert_eq!(track.frames[7].gaze, [0.1, 0.0]);
        assert_eq!(track.source.note.as_deref(), Some("NaN"), "text is left alone");
        assert!(warnings.iter().any(|w| w.contains("`yaw`") && w.contains("6 frames, first in frame 0")), "{warnings:?}");
        track.validate().unwrap();
    }

    #[test]
    fn other_rates_ranges_and_names_are_told() {
        let MendedTrack { track, warnings } = mended("50", "{\"yaw\":0,\"yawn\":1},{\"yaw\":500},{\"yaw\":2},{\"yaw\":3}");
        assert_eq!((track.len(), track.frames[1].head_pose.yaw), (2, 2.0));
        for wanted in ["resampled to 25", "`yawn`, first in frame 0", "between -90 and 90 in frame 1: limited"] {
            assert!(warnings.iter().any(|warning| warning.contains(wanted)), "{wanted}: {warnings:?}");
        }
    }

    #[test]
    fn any_bytes_are_refused_or_become_a_valid_track() {
        let good = file("30", "{\"yaw\":1,\"gaze\":[0.1,NaN]},{\"yaw\":null},{},{\"shape\":[1,2,3,4,5,6,7,8]}");
        let mut read = 0;
        for text in crate::track::sample::mutations(good.as_bytes(), 3000) {
            if let Ok(mended) = MotionTrack::mend(&text) {
                mended.track.validate().unwrap();
                read += 1;
            }
        }
        assert!(read > 100, "{read}");
    }

    #[test]
    fn what_cannot_be_known_is_refused() {
        for text in ["", "[]", "{}", &file("25", ""), &file("0", "{}"), &file("25", "{}")[..60], &file("1e9", "{}")] {
            assert!(MotionTrack::mend(text.as_bytes()).is_err(), "{text}");
        }
        let keyframes = file("25", "{}").replace("\"frames\"", "\"keyframes\":[{\"time\":9}],\"frames\"");
        assert!(MotionTrack::mend(keyframes.as_bytes()).unwrap_err().contains("keyframe 0"));
    }
}
