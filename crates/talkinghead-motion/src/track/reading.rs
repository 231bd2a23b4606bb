//! Parses a motion track number by number, so that an error can name the frame and the field.

use talkinghead_media::FRAME_RATE;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::fields::Field;
use super::keyframe_reading::KeyframesSeed;
use super::{FIELDS, FORMAT_NAME, FORMAT_VERSION, Keyframe, MAX_TRACK_FRAMES, MotionFrame, MotionTrack, TrackSource};

/// Parses the text of a motion track's file.
pub(super) fn parse(text: &[u8]) -> Result<MotionTrack, String> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let track = TrackSeed.deserialize(&mut reader).map_err(describe)?;
    reader.end().map_err(describe)?;
    Ok(track)
}

/// Parses the entry `keyframes`.
pub(super) fn keyframes(entry: &serde_json::Value) -> Result<Vec<Keyframe>, String> {
    KeyframesSeed.deserialize(entry).map_err(describe)
}

fn describe(error: serde_json::Error) -> String {
    if error.is_eof() { format!("the file ends too early: {error}") } else { error.to_string() }
}

struct TrackSeed;

impl<'de> DeserializeSeed<'de> for TrackSeed {
    type Value = MotionTrack;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<MotionTrack, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TrackSeed {
    type Value = MotionTrack;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `format`, `version`, `frame_rate` and `frames`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<MotionTrack, A::Error> {
        let (mut format, mut version, mut rate) = (None, None, None);
        let (mut source, mut frames, mut keyframes) = (None, None, Vec::new());
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "format" => format = Some(entry::<String, _>(&mut map, &key)?),
                "version" => version = Some(entry::<f64, _>(&mut map, &key)?),
                "frame_rate" => {
                    let found = entry::<f64, _>(&mut map, &key)?;
                    check_rate(found).map_err(A::Error::custom)?;
                    rate = Some(found);
                }
                "source" => source = Some(entry::<TrackSource, _>(&mut map, &key)?),
                "frames" => frames = Some(map.next_value_seed(FramesSeed)?),
                "keyframes" => keyframes = map.next_value_seed(KeyframesSeed)?,
                // A person's own notes on the file as a whole do no harm.
                "note" => {
                    map.next_value::<IgnoredAny>()?;
                }
                other => {
                    return Err(A::Error::custom(format!(
                        "unknown entry `{other}`; known are format, version, frame_rate, source, note, keyframes, frames"
                    )));
                }
            }
        }
        if format.as_deref() != Some(FORMAT_NAME) {
            return Err(A::Error::custom(format!("the entry `format` must be \"{FORMAT_NAME}\"")));
        }
        if version != Some(f64::from(FORMAT_VERSION)) {
            return Err(A::Error::custom(format!(
                "the entry `version` is {}, this program reads version {FORMAT_VERSION}",
                version.map_or_else(|| "missing".to_owned(), |v| v.to_string())
            )));
        }
        rate.ok_or_else(|| A::Error::custom(format!("the entry `frame_rate` is missing; it must be {FRAME_RATE}")))?;
        let frames: Vec<MotionFrame> = frames.ok_or_else(|| A::Error::custom("the entry `frames` is missing"))?;
        if frames.is_empty() {
            return Err(A::Error::custom("`frames` is empty; at least one frame is needed"));
        }
        let mut track = MotionTrack { source: source.unwrap_or_default(), frames };
        track.meet(&keyframes).map_err(A::Error::custom)?;
        Ok(track)
    }
}

fn check_rate(found: f64) -> Result<(), String> {
    if found == f64::from(FRAME_RATE) {
        Ok(())
    } else {
        Err(format!("`frame_rate` is {found}, but a motion track has {FRAME_RATE} frames a second; resample it first"))
    }
}

fn entry<'de, T: serde::Deserialize<'de>, A: MapAccess<'de>>(map: &mut A, key: &str) -> Result<T, A::Error> {
    map.next_value::<T>().map_err(|error| A::Error::custom(format!("entry `{key}`: {}", bare(&error))))
}

struct FramesSeed;

impl<'de> DeserializeSeed<'de> for FramesSeed {
    type Value = Vec<MotionFrame>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FramesSeed {
    type Value = Vec<MotionFrame>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`frames`, a list of frames")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut frames = Vec::new();
        while let Some(frame) = seq.next_element_seed(FrameSeed { index: frames.len() })? {
            if frames.len() == MAX_TRACK_FRAMES {
                return Err(A::Error::custom(format!("more than {MAX_TRACK_FRAMES} frames")));
            }
            frames.push(frame);
        }
        Ok(frames)
    }
}

struct FrameSeed {
    index: usize,
}

impl<'de> DeserializeSeed<'de> for FrameSeed {
    type Value = MotionFrame;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<MotionFrame, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FrameSeed {
    type Value = MotionFrame;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frame {}, an object with named numbers", self.index)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<MotionFrame, A::Error> {
        let mut frame = MotionFrame::default();
        while let Some(key) = map.next_key::<String>()? {
            let Some(field) = FIELDS.iter().find(|field| field.name == key) else {
                let known: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
                return Err(A::Error::custom(format!(
                    "frame {}: unknown field `{key}`; known are {}",
                    self.index,
                    known.join(", ")
                )));
            };
            let located = |error: &dyn fmt::Display| {
                let text = error.to_string();
                let text = if text.starts_with("expected value") { "NaN, infinite or no number at all".to_owned() } else { text };
                A::Error::custom(format!("frame {}, field `{key}`: {text}", self.index))
            };
            let values = field.values_mut(&mut frame);
            if field.single {
                let value = map.next_value::<f64>().map_err(|e| located(&bare(&e)))?;
                store(field, self.index, &mut values[0], value).map_err(A::Error::custom)?;
                continue;
            }
            let list = map.next_value::<Vec<f64>>().map_err(|e| located(&bare(&e)))?;
            if list.len() != values.len() {
                return Err(located(&format!("{} numbers where {} are wanted", list.len(), values.len())));
            }
            for (slot, value) in values.iter_mut().zip(list) {
                store(field, self.index, slot, value).map_err(A::Error::custom)?;
            }
        }
        Ok(frame)
    }
}

fn store(field: &Field, frame: usize, slot: &mut f32, value: f64) -> Result<(), String> {
    field.check(frame, value).map_err(|error| error.to_string())?;
    *slot = value as f32;
    Ok(())
}

/// An error's text without the place, which the outer error adds again.
pub(super) fn bare(error: &impl fmt::Display) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn file(frames: &str) -> String {
        format!("{{\"format\":\"{FORMAT_NAME}\",\"version\":1,\"frame_rate\":25,\n\"frames\":[\n{frames}\n]}}")
    }

    #[test]
    fn missing_fields_are_at_rest() {
        let track = parse(file("{},{\"yaw\":2}").as_bytes()).unwrap();
        assert_eq!(track.frames[0], MotionFrame::default());
        assert_eq!((track.frames[1].head_pose.yaw, track.frames[1].head_pose.scale), (2.0, 1.0));
    }

    #[test]
    fn every_mistake_is_named() {
        let cases: &[(&str, &[&str])] = &[
            ("{},{\"yaw\":NaN}", &["frame 1", "`yaw`", "NaN"]),
            ("{\"pitch\":Infinity}", &["frame 0", "`pitch`", "infinite"]),
            ("{\"pitch\":1e999}", &["frame 0", "`pitch`", "number out of range"]),
            ("{\"pitch\":1e300}", &["frame 0", "`pitch`", "is not between -90 and 90"]),
            ("{\"roll\":null}", &["frame 0", "`roll`", "null"]),
            ("{\"roll\":\"3\"}", &["frame 0", "`roll`", "string"]),
            ("{\"yawn\":1}", &["frame 0", "unknown field `yawn`", "known are yaw"]),
            ("{\"shape\":[1,2]}", &["frame 0", "`shape`", "2 numbers where 8"]),
            ("{\"shape\":[0,0,0,0,0,0,0,NaN]}", &["frame 0", "`shape`", "NaN"]),
            ("{\"blink\":[0,1.5]}", &["frame 0", "`blink`", "1.5"]),
            ("{},{},7", &["frame 2", "integer `7`"]),
            ("", &["empty"]),
        ];
        for (frames, wanted) in cases {
            let error = parse(file(frames).as_bytes()).unwrap_err();
            for part in *wanted {
                assert!(error.contains(part), "{frames}: {error} lacks {part}");
            }
            assert!(!error.contains('\n'));
        }
    }

    #[test]
    fn the_head_of_the_file_is_checked() {
        let good = file("{}");
        for (from, to, wanted) in [
            ("\"frame_rate\":25", "\"frame_rate\":30", "`frame_rate` is 30"),
            ("\"frame_rate\":25,", "", "`frame_rate` is missing"),
            ("\"version\":1", "\"version\":2", "version 1"),
            ("talkinghead motion", "another", "`format`"),
            ("\"version\":1", "\"version\":1,\"fps\":25", "unknown entry `fps`"),
            ("]}", "]", "ends too early"),
            ("]}", "]} x", "trailing"),
        ] {
            let error = parse(good.replace(from, to).as_bytes()).unwrap_err();
            assert!(error.contains(wanted), "{to}: {error}");
        }
        assert!(parse(b"").is_err() && parse(b"[]").is_err() && parse(b"\xff\xfe").is_err());
    }
}
