//! Scores of many clips together.

use std::collections::BTreeMap;

use super::clip::ClipScores;
use super::value::Value;
use crate::metric::METRICS;
use crate::statistics::{Interval, mean, of_clips, of_people};

/// A metric over all clips.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Summary {
    /// Mean of the clips' values.
    pub mean: f64,
    /// 95 % interval over clips (of one clip: over its seconds), where there is one.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// The same over people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub people_low: Option<f64>,
    /// Its upper end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub people_high: Option<f64>,
    /// The real videos' own mean, of metrics that one video has alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub real: Option<f64>,
    /// Frames it was taken from.
    pub frames: usize,
    /// Clips it was taken from.
    pub clips: usize,
}

impl Summary {
    /// One value of a whole list, of which nobody knows how sure it is.
    pub(crate) fn of_list(mean: f64) -> Self {
        Self { mean, low: None, high: None, people_low: None, people_high: None, real: None, frames: 0, clips: 0 }
    }
}

/// Every metric over all clips that have it, by name. `people`: who is seen in each clip.
pub fn summaries(clips: &[&ClipScores], people: &[&str]) -> BTreeMap<String, Summary> {
    let mut found = BTreeMap::new();
    for metric in METRICS {
        let (values, who): (Vec<&Value>, Vec<&str>) =
            clips.iter().zip(people).filter_map(|(clip, person)| Some((clip.values.get(metric.name)?, *person))).unzip();
        if !values.is_empty() {
            found.insert(metric.name.to_owned(), summary(&values, &who));
        }
    }
    found
}

fn summary(values: &[&Value], people: &[&str]) -> Summary {
    let means: Vec<f64> = values.iter().map(|value| value.mean).collect();
    let over_clips: Option<Interval> = if let [one] = values { one.interval } else { of_clips(&means) };
    let over_people = of_people(&means, people);
    let real: Vec<f64> = values.iter().filter_map(|value| value.real).collect();
    Summary {
        mean: mean(&means),
        low: over_clips.map(|i| i.low),
        high: over_clips.map(|i| i.high),
        people_low: over_people.map(|i| i.low),
        people_high: over_people.map(|i| i.high),
        real: (!real.is_empty()).then(|| mean(&real)),
        frames: values.iter().map(|value| value.frames).sum(),
        clips: values.len(),
    }
}
