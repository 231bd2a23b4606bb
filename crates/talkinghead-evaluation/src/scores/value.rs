//! One metric of one clip.

use crate::statistics::{Interval, mean, of_blocks};

/// Successive frames that are drawn together when a clip is resampled: a second.
const BLOCK: usize = 25;

/// A metric's value for one clip.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Value {
    /// Mean over the frames, or the clip's one value.
    pub mean: f64,
    /// Frames it was taken from.
    pub frames: usize,
    /// 95 % interval over blocks of a second, for what has one value a frame.
    #[serde(flatten, skip_serializing_if = "Option::is_none", default)]
    pub interval: Option<Interval>,
    /// The real video's own value, of metrics that one video has alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub real: Option<f64>,
}

impl Value {
    /// One value of a whole clip.
    pub fn of_clip(value: f64, frames: usize) -> Self {
        Self { mean: value, frames, interval: None, real: None }
    }

    /// One value a frame, those that were taken; `None` of none.
    pub fn of_frames(values: &[Option<f64>]) -> Option<Self> {
        let taken: Vec<f64> = values.iter().filter_map(|&value| value).collect();
        let per_block = (BLOCK * taken.len()).div_ceil(values.len().max(1));
        let interval = of_blocks(&taken, per_block);
        (!taken.is_empty()).then(|| Self { mean: mean(&taken), frames: taken.len(), interval, real: None })
    }

    /// With the real video's own value.
    pub fn beside(self, real: Option<f64>) -> Self {
        Self { real, ..self }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_were_not_taken_do_not_count() {
        let values: Vec<Option<f64>> = (0..200).map(|k| (k % 5 == 0).then_some(2.0)).collect();
        let found = Value::of_frames(&values).unwrap();
        assert_eq!((found.mean, found.frames, found.interval), (2.0, 40, Some(Interval { low: 2.0, high: 2.0 })));
        assert!(Value::of_frames(&[None, None]).is_none());
    }
}
