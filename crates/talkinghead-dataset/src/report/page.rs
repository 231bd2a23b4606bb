//! The report: one page that stands alone, pictures and charts inside.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::charts::{ChartLabels, coverage, histogram};
use super::text::{duration, escaped};
use super::{contact_strips, rejections};
use crate::error::DatasetError;
use crate::publish::{CollectedDataset, ManifestRow};
use crate::statistics::{Statistics, median};
use crate::store::Location;

/// The page.
pub(crate) fn page(output: &Location, dataset: &CollectedDataset) -> Result<String, DatasetError> {
    let mut html = format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>{0} · preprocessing report</title><style>{1}</style></head><body><main><h1>Data set <code>{0}</code></h1>",
        dataset.description.settings.dataset.name(),
        include_str!("style.css")
    );
    head(&mut html, dataset);
    overview(&mut html, dataset);
    distributions(&mut html, dataset);
    contact_strips::clips(&mut html, output, &dataset.rows)?;
    rejections::section(&mut html, output, dataset)?;
    settings(&mut html, dataset);
    html.push_str("</main></body></html>\n");
    Ok(html)
}

fn head(html: &mut String, dataset: &CollectedDataset) {
    let summary = &dataset.summary;
    // Writing to a string cannot fail.
    let _ = write!(
        html,
        "<p class=lead>{} of {} sources done, {} clips kept, {} times something was rejected.</p>",
        summary.sources, summary.sources_expected, summary.clips, summary.rejected
    );
    for warning in &summary.warnings {
        let _ = write!(html, "<p class=warning>{}</p>", escaped(warning));
    }
    let rows = &dataset.rows;
    let median = |value: &dyn Fn(&ManifestRow) -> f64| median(&mut rows.iter().map(value).collect::<Vec<_>>());
    let moved = rows.iter().filter(|row| row.sound_moved_ms != 0.0).count();
    let figures = [
        (summary.clips.to_string(), "clips"),
        (duration(summary.seconds), "of speech"),
        (summary.identities.to_string(), "identities"),
        (format!("{:.1} s", median(&|row| row.seconds)), "median length"),
        (format!("{:.0} px", median(&|row| row.quality.face_pixels)), "median face in the source"),
        (summary.rejected.to_string(), "rejections"),
        (moved.to_string(), "clips with the sound moved"),
    ];
    html.push_str("<div class=figures>");
    for (value, name) in figures {
        let _ = write!(html, "<div><b>{value}</b><span>{name}</span></div>");
    }
    html.push_str("</div>");
}

fn overview(html: &mut String, dataset: &CollectedDataset) {
    html.push_str("<h2>Splits and rejections</h2><p>No identity is in two splits.</p><div class=pair><div class=card>");
    html.push_str(
        "<table><tr><th>split</th><th class=number>clips</th><th class=number>identities</th><th class=number>time</th></tr>",
    );
    for (split, clips) in &dataset.summary.splits {
        let rows = || dataset.rows.iter().filter(|row| row.split == *split);
        let identities: BTreeSet<&str> = rows().map(|row| row.identity.as_str()).collect();
        let seconds: f64 = rows().map(|row| row.seconds).sum();
        let _ = write!(
            html,
            "<tr><td>{}</td><td class=number>{clips}</td><td class=number>{}</td><td class=number>{}</td></tr>",
            contact_strips::name_of(*split),
            identities.len(),
            duration(seconds)
        );
    }
    html.push_str("</table></div><div class=card>");
    rejections::bars(html, dataset);
    html.push_str("</div></div>");
}

fn distributions(html: &mut String, dataset: &CollectedDataset) {
    let rows = &dataset.rows;
    let limits = &dataset.description.settings.thresholds;
    html.push_str(
        "<h2>Distributions of the clips kept</h2><p>Dashed: the median (for angles: 0°). Red: the limit below which clips are \
         rejected.</p><div class=charts>",
    );
    let mut one = |title: &str, unit: &str, note: &str, limit: Option<f64>, value: &dyn Fn(&ManifestRow) -> f64| {
        let values: Vec<f64> = rows.iter().map(value).collect();
        html.push_str(&histogram(&ChartLabels { title, unit, note }, &values, limit));
    };
    one("Length", "s", "", None, &|row| row.seconds);
    one(
        "Face size",
        "px",
        "longer side of the box around the 68 landmarks, in the source",
        Some(limits.least_face_pixels),
        &|row| row.quality.face_pixels,
    );
    one("Sharpness", "", "a sharp face has more than 0.05", Some(limits.least_sharpness), &|row| row.quality.sharpness);
    let mut angle = |title: &str, note: &str, spread: &dyn Fn(&ManifestRow) -> Statistics| {
        let spreads: Vec<Statistics> = rows.iter().map(spread).collect();
        let ranges: Vec<(f64, f64)> = spreads.iter().map(|s| (s.least, s.most)).collect();
        let means: Vec<f64> = spreads.iter().map(|s| s.mean).collect();
        html.push_str(&coverage(&ChartLabels { title, unit: "°", note }, &ranges, &means));
    };
    angle("Yaw", "light: clips that reach it, dark: their means; + = towards the picture's left edge", &|row| row.pose.yaw);
    angle("Pitch", "light: clips that reach it, dark: their means; + = looking down", &|row| row.pose.pitch);
    angle("Roll", "light: clips that reach it, dark: their means; + = clockwise", &|row| row.pose.roll);
    let mut one = |title: &str, unit: &str, note: &str, limit: Option<f64>, value: &dyn Fn(&ManifestRow) -> f64| {
        let values: Vec<f64> = rows.iter().map(value).collect();
        html.push_str(&histogram(&ChartLabels { title, unit, note }, &values, limit));
    };
    one("Speech level", "dBFS", "the louder half of the clip", Some(limits.least_speech_dbfs), &|row| row.quality.speech_dbfs);
    one(
        "Lips and sound",
        "",
        "correlation at the best shift; clips under 5 s are not judged by it",
        Some(limits.least_sync),
        &|row| row.sync,
    );
    one("Sound moved", "ms", "to earlier times, where the offset was sure", None, &|row| row.sound_moved_ms);
    html.push_str("</div>");
}

fn settings(html: &mut String, dataset: &CollectedDataset) {
    let text = serde_json::to_string_pretty(&dataset.description.settings).unwrap_or_default();
    let _ = write!(html, "<details><summary>Settings of this run</summary><pre>{}</pre></details>", escaped(&text));
}
