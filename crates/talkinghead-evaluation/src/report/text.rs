//! The table in the terminal.

use std::collections::BTreeMap;

use super::number::shown;
use crate::metric::{Better, METRICS};
use crate::scores::Summary;

/// One line a metric: name, mean, interval, the real video's own value, and what is better.
pub fn text_table(metrics: &BTreeMap<String, Summary>) -> String {
    let mut lines = Vec::new();
    for metric in METRICS {
        let Some(found) = metrics.get(metric.name) else { continue };
        let interval = match (found.low, found.high) {
            (Some(low), Some(high)) => format!("[{}, {}]", shown(low), shown(high)),
            _ => String::new(),
        };
        let real = found.real.map(|real| format!("real {}", shown(real))).unwrap_or_default();
        let line =
            format!("{:<36} {:>9} {:<18} {:<12} {}", metric.name, shown(found.mean), interval, real, wanted(metric.better));
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// Which values are good, in words.
pub(super) fn wanted(better: Better) -> &'static str {
    match better {
        Better::Higher => "higher is better",
        Better::Lower => "lower is better",
        Better::NearOne => "best at 1",
        Better::NearZero => "best at 0",
        Better::NearReal => "best near the real",
        Better::Control => "a control",
    }
}
