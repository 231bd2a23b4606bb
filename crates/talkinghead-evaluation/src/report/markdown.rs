//! A suite's table in Markdown: one row a metric, one column a job.

use std::fmt::Write;

use super::number::shown;
use crate::metric::METRICS;
use crate::scores::Summary;
use crate::suite::SuiteOutcome;

/// The table, and below it the real videos' own values where metrics have them. Intervals over clips in brackets.
pub fn markdown_table(outcome: &SuiteOutcome) -> String {
    let mut table = "| |".to_owned();
    outcome.jobs.iter().for_each(|job| table.push_str(&format!(" {} |", job.name)));
    table.push_str(" real |\n| --- |");
    outcome.jobs.iter().for_each(|_| table.push_str(" --- |"));
    table.push_str(" --- |\n| clips |");
    outcome.jobs.iter().for_each(|job| table.push_str(&format!(" {} |", job.evaluation.clips.len())));
    table.push_str(" |\n");
    for metric in METRICS {
        let found: Vec<Option<&Summary>> = outcome.jobs.iter().map(|job| job.evaluation.metrics.get(metric.name)).collect();
        if found.iter().all(Option::is_none) {
            continue;
        }
        let _ = write!(table, "| `{}` |", metric.name);
        for summary in &found {
            let _ = write!(table, " {} |", summary.map(cell).unwrap_or_default());
        }
        let real = found.iter().flatten().find_map(|summary| summary.real);
        let _ = writeln!(table, " {} |", real.map(shown).unwrap_or_default());
    }
    table
}

fn cell(summary: &Summary) -> String {
    match (summary.low, summary.high) {
        (Some(low), Some(high)) => format!("{} [{}, {}]", shown(summary.mean), shown(low), shown(high)),
        _ => shown(summary.mean),
    }
}
