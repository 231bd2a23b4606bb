//! The report: one page that stands alone, pictures and charts inside.

use std::fmt::Write;

use base64::Engine;

use crate::merge::{ManifestRow, Merged};
use crate::{DatasetError, Place, WorkRecord};

/// Strips shown of accepted and of rejected sources, each.
const STRIPS: usize = 40;
/// Bars of a histogram.
const BARS: usize = 30;

/// The page.
pub(crate) fn page(output: &Place, merged: &Merged) -> Result<String, DatasetError> {
    let mut html = String::from(HEAD);
    let summary = &merged.summary;
    let dataset = merged.description.settings.dataset.name();
    // Writing to a string cannot fail.
    let _ = write!(
        html,
        "<h1>Data set <code>{dataset}</code></h1><p class=lead>{} clips, {} of speech, {} identities; {} rejections; {} of {} sources done.</p>",
        summary.clips,
        duration(summary.seconds),
        summary.identities,
        summary.rejected,
        summary.sources,
        summary.sources_expected
    );
    for warning in &summary.warnings {
        let _ = write!(html, "<p class=warning>{}</p>", escaped(warning));
    }
    tables(&mut html, merged);
    charts(&mut html, &merged.rows);
    html.push_str("<h2>Clips</h2><p>Five frames each with the 68 landmarks.</p>");
    strips(&mut html, output, spread(&merged.rows, STRIPS).into_iter().map(|row| {
        let caption = format!("{} · {} · {:?} · {:.1} s · face {:.0} px", row.clip, row.identity, row.split, row.seconds, row.quality.face_pixels);
        (row.source.as_str(), caption)
    }))?;
    if !merged.rejected.is_empty() {
        html.push_str("<h2>Rejected</h2>");
        rejected_list(&mut html, merged);
        let mut with_pictures: Vec<&crate::Rejection> = merged.rejected.iter().filter(|rejection| rejection.first_frame.is_some()).collect();
        with_pictures.dedup_by(|a, b| a.source == b.source);
        strips(&mut html, output, spread(&with_pictures, STRIPS).into_iter().map(|rejection| {
            (rejection.source.as_str(), format!("{} · {}: {}", rejection.source, rejection.reason.explanation(), rejection.detail))
        }))?;
    }
    html.push_str("</body></html>\n");
    Ok(html)
}

/// Up to `count` items, evenly spread.
fn spread<T>(items: &[T], count: usize) -> Vec<&T> {
    let shown = items.len().min(count);
    (0..shown).map(|k| &items[k * items.len() / shown]).collect()
}

fn tables(html: &mut String, merged: &Merged) {
    html.push_str("<div class=row><table><tr><th>split</th><th>clips</th><th>identities</th><th>time</th></tr>");
    for (split, clips) in &merged.summary.splits {
        let rows = || merged.rows.iter().filter(|row| row.split == *split);
        let identities: std::collections::BTreeSet<&str> = rows().map(|row| row.identity.as_str()).collect();
        let seconds: f64 = rows().map(|row| row.seconds).sum();
        let _ = write!(html, "<tr><td>{split:?}</td><td>{clips}</td><td>{}</td><td>{}</td></tr>", identities.len(), duration(seconds));
    }
    html.push_str("</table>");
    if !merged.summary.reasons.is_empty() {
        html.push_str("<table><tr><th>rejected because</th><th>count</th></tr>");
        for (reason, count) in &merged.summary.reasons {
            let _ = write!(html, "<tr><td>{}</td><td>{count}</td></tr>", reason.explanation());
        }
        html.push_str("</table>");
    }
    let moved = merged.rows.iter().filter(|row| row.sound_moved_ms != 0.0).count();
    let _ = write!(html, "</div><p>The sound of {moved} clips was moved to fit the lips.</p>");
}

fn charts(html: &mut String, rows: &[ManifestRow]) {
    html.push_str("<h2>Distributions</h2><div class=row>");
    let mut chart = |title: &str, unit: &str, value: &dyn Fn(&ManifestRow) -> f64| {
        let values: Vec<f64> = rows.iter().map(value).collect();
        html.push_str(&histogram(title, unit, &values));
    };
    chart("length", "s", &|row| row.seconds);
    chart("face size in the source", "px", &|row| row.quality.face_pixels);
    chart("yaw, mean of the clip", "°", &|row| row.pose.yaw.mean);
    chart("pitch, mean of the clip", "°", &|row| row.pose.pitch.mean);
    chart("roll, mean of the clip", "°", &|row| row.pose.roll.mean);
    chart("largest yaw from the mean", "°", &|row| (row.pose.yaw.most - row.pose.yaw.mean).max(row.pose.yaw.mean - row.pose.yaw.least));
    chart("sharpness", "", &|row| row.quality.sharpness);
    chart("speech level", "dBFS", &|row| row.quality.speech_dbfs);
    chart("lips and sound, correlation", "", &|row| row.sync);
    html.push_str("</div>");
}

fn histogram(title: &str, unit: &str, values: &[f64]) -> String {
    let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), &v| (a.min(v), b.max(v)));
    if values.is_empty() || !least.is_finite() || !most.is_finite() {
        return String::new();
    }
    let width = (most - least).max(1e-9) / BARS as f64;
    let mut bars = [0_usize; BARS];
    values.iter().for_each(|value| bars[(((value - least) / width) as usize).min(BARS - 1)] += 1);
    let highest = bars.iter().copied().max().unwrap_or(1).max(1);
    let mut svg = format!("<figure><svg viewBox='0 0 300 110' width=300 height=110><g fill='#3b6ea5'>");
    for (at, &count) in bars.iter().enumerate() {
        let height = 100.0 * count as f64 / highest as f64;
        let _ = write!(svg, "<rect x={} y={:.1} width=9 height={height:.1}><title>{count}</title></rect>", at * 10, 105.0 - height);
    }
    let decimals = if most - least < 5.0 { 2 } else { 0 };
    let _ = write!(
        svg,
        "</g></svg><figcaption>{title}: {least:.decimals$} to {most:.decimals$} {unit}, median {:.decimals$}</figcaption></figure>",
        crate::quality::median(&mut values.to_vec())
    );
    svg
}

fn strips<'a>(html: &mut String, output: &Place, items: impl Iterator<Item = (&'a str, String)>) -> Result<(), DatasetError> {
    html.push_str("<div class=row>");
    for (source, caption) in items {
        let Some(jpeg) = output.read(&WorkRecord::strip_place(source))? else { continue };
        let data = base64::engine::general_purpose::STANDARD.encode(jpeg);
        let _ = write!(html, "<figure><img alt='' src='data:image/jpeg;base64,{data}'><figcaption>{}</figcaption></figure>", escaped(&caption));
    }
    html.push_str("</div>");
    Ok(())
}

fn rejected_list(html: &mut String, merged: &Merged) {
    const SHOWN: usize = 200;
    html.push_str("<details open><summary>List</summary><table><tr><th>source</th><th>frames</th><th>reason</th><th>detail</th></tr>");
    for rejection in merged.rejected.iter().take(SHOWN) {
        let frames = match (rejection.first_frame, rejection.frames) {
            (Some(first), Some(frames)) => format!("{first} to {}", first + frames.saturating_sub(1)),
            _ => "all".to_owned(),
        };
        let (source, detail) = (escaped(&rejection.source), escaped(&rejection.detail));
        let _ = write!(html, "<tr><td>{source}</td><td>{frames}</td><td>{}</td><td>{detail}</td></tr>", rejection.reason.explanation());
    }
    html.push_str("</table></details>");
    if merged.rejected.len() > SHOWN {
        let _ = write!(html, "<p>{} more are in <code>rejected.jsonl</code>.</p>", merged.rejected.len() - SHOWN);
    }
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s >= 7200.0 => format!("{:.1} h", s / 3600.0),
        s if s >= 120.0 => format!("{:.1} min", s / 60.0),
        s => format!("{s:.1} s"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

const HEAD: &str = "<!doctype html><html lang=en><head><meta charset=utf-8><title>Preprocessing report</title><style>
body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:1240px;color:#222;background:#fff;padding:0 1em}
.lead{font-size:1.15em}.warning{background:#fff3cd;padding:.5em 1em}
.row{display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start}
table{border-collapse:collapse}td,th{text-align:left;padding:.15em .8em .15em 0;border-bottom:1px solid #ddd;vertical-align:top}
figure{margin:0}figcaption{font-size:.8em;color:#555;max-width:560px;overflow-wrap:anywhere}img{display:block}
</style></head><body>
";
