//! Parses the keyframes of a motion track's file: `{"time": 2.4, "reach": 0.6, "yaw": 10, "gaze": [0.05, 0]}`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::reading::bare;
use super::{Keyframe, MAX_KEYFRAMES};

pub(super) struct KeyframesSeed;

impl<'de> DeserializeSeed<'de> for KeyframesSeed {
    type Value = Vec<Keyframe>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for KeyframesSeed {
    type Value = Vec<Keyframe>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`keyframes`, a list of objects with a `time`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut keyframes = Vec::new();
        while let Some(keyframe) = seq.next_element_seed(KeyframeSeed { index: keyframes.len() })? {
            if keyframes.len() == MAX_KEYFRAMES {
                return Err(A::Error::custom(format!("more than {MAX_KEYFRAMES} keyframes")));
            }
            keyframes.push(keyframe);
        }
        Ok(keyframes)
    }
}

struct KeyframeSeed {
    index: usize,
}

impl<'de> DeserializeSeed<'de> for KeyframeSeed {
    type Value = Keyframe;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Keyframe, D::Error> {
        deserializer.deserialize_map(self)
    }
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Numbers {
    One(f64),
    List(Vec<f64>),
}

impl<'de> Visitor<'de> for KeyframeSeed {
    type Value = Keyframe;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "keyframe {}, an object with a `time` and named numbers", self.index)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keyframe, A::Error> {
        let located = |error: &dyn fmt::Display| A::Error::custom(format!("keyframe {}: {error}", self.index));
        let (mut time, mut reach, mut values) = (None, None, Vec::new());
        while let Some(key) = map.next_key::<String>()? {
            let numbers = map.next_value::<Numbers>().map_err(|error| {
                let text = bare(&error);
                let known = text.starts_with("data did not match") || text.starts_with("expected value");
                let text = if known { "no number and no list of numbers".to_owned() } else { text };
                located(&format!("`{key}`: {text}"))
            })?;
            match (key.as_str(), numbers) {
                ("time", Numbers::One(seconds)) => time = Some(seconds),
                ("reach", Numbers::One(seconds)) => reach = Some(seconds),
                (_, Numbers::One(value)) => values.push((key, vec![value])),
                (_, Numbers::List(list)) => values.push((key, list)),
            }
        }
        let time = time.ok_or_else(|| located(&"the entry `time` is missing"))?;
        let mut keyframe = Keyframe::at(time).map_err(|error| located(&error))?;
        if let Some(reach) = reach {
            keyframe = keyframe.reach(reach).map_err(|error| located(&error))?;
        }
        for (field, values) in values {
            keyframe = keyframe.with(&field, &values).map_err(|error| located(&error))?;
        }
        Ok(keyframe)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::MotionTrack;

    fn file(keyframes: &str) -> String {
        let frames = vec!["{}"; 100].join(",");
        format!(
            "{{\"format\":\"talkinghead motion track\",\"version\":1,\"frame_rate\":25,\"keyframes\":{keyframes},\"frames\":[{frames}]}}"
        )
    }

    #[test]
    fn keyframes_are_met_when_the_file_is_read_and_gone_when_it_is_written() {
        let keyframes = "[{\"time\":2.4,\"yaw\":10},{\"time\":1,\"reach\":0.2,\"gaze\":[0.05,0],\"shape.2\":1}]";
        let track = MotionTrack::from_json(file(keyframes).as_bytes()).unwrap();
        assert_eq!((track.frames[60].head_pose.yaw, track.frames[25].gaze), (10.0, [0.05, 0.0]));
        assert_eq!((track.frames[25].expression.shape[2], track.frames[30].expression.shape[2]), (1.0, 0.0));
        let written = track.to_json();
        assert!(!written.contains("keyframes"));
        assert_eq!(MotionTrack::from_json(written.as_bytes()).unwrap(), track);
        // Before or after the frames, it is the same.
        let entry = format!("\"keyframes\":{keyframes},");
        let moved = file(keyframes).replace(&entry, "").replace("]}", &format!("],\"keyframes\":{keyframes}}}"));
        assert_eq!(MotionTrack::from_json(moved.as_bytes()).unwrap(), track);
    }

    #[test]
    fn every_mistake_is_named() {
        for (keyframes, wanted) in [
            ("[{\"yaw\":1}]", "keyframe 0: the entry `time` is missing"),
            ("[{\"time\":1},{\"time\":-1}]", "keyframe 1: `time` is -1"),
            ("[{\"time\":1,\"yawn\":1}]", "keyframe 0: `yawn` is no field"),
            ("[{\"time\":1,\"yaw\":NaN}]", "keyframe 0: `yaw`"),
            ("[{\"time\":1,\"yaw\":\"5\"}]", "keyframe 0: `yaw`: no number"),
            ("[{\"time\":1,\"yaw\":500}]", "500 is not between"),
            ("[{\"time\":1,\"gaze\":[1]}]", "1 numbers where 2"),
            ("[{\"time\":1,\"reach\":0}]", "`reach` is 0"),
            ("[{\"time\":50,\"yaw\":1}]", "keyframe 0: 50 s lies beyond the end (4.00 s)"),
            ("[7]", "keyframe 0"),
            ("{}", "`keyframes`, a list"),
        ] {
            let error = MotionTrack::from_json(file(keyframes).as_bytes()).unwrap_err();
            assert!(error.contains(wanted) && !error.contains('\n'), "{keyframes}: {error}");
        }
    }
}
