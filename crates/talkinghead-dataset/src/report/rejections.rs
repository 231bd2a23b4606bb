//! What was rejected, and why.

use std::fmt::Write;

use super::contact_strips::{SHOWN, evenly_chosen, gallery};
use super::text::escaped;
use crate::error::DatasetError;
use crate::publish::CollectedDataset;
use crate::rejection::Rejection;
use crate::store::Location;

/// Lines of the list.
const LISTED: usize = 200;

/// How often each reason occurs.
pub(super) fn bars(html: &mut String, dataset: &CollectedDataset) {
    let reasons = &dataset.summary.reasons;
    if reasons.is_empty() {
        html.push_str("<h3>Nothing was rejected</h3>");
        return;
    }
    html.push_str("<h3>Rejected because</h3>");
    let mut counts: Vec<_> = reasons.iter().collect();
    counts.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let most = counts.first().map_or(1, |(_, count)| (**count).max(1));
    for (reason, count) in counts {
        let width = 100.0 * *count as f64 / most as f64;
        let _ = write!(
            html,
            "<div class=bar><span>{}</span><i class=bad style='width:{width:.1}%'></i><span>{count}</span></div>",
            reason.explanation()
        );
    }
}

/// The section: strips of what was rejected after it was looked at, and the list.
pub(super) fn section(html: &mut String, output: &Location, dataset: &CollectedDataset) -> Result<(), DatasetError> {
    if dataset.rejected.is_empty() {
        return Ok(());
    }
    html.push_str("<h2>Rejected</h2><p>Frames of what was rejected after it was tracked, then the whole list.</p>");
    let mut seen: Vec<&Rejection> = dataset.rejected.iter().filter(|rejection| rejection.first_frame.is_some()).collect();
    seen.dedup_by(|a, b| a.source == b.source);
    gallery(
        html,
        output,
        evenly_chosen(&seen, SHOWN).into_iter().map(|rejection| {
            let (source, reason) = (escaped(&rejection.source), rejection.reason.explanation());
            (
                rejection.source.as_str(),
                format!("<b>{source}</b><br><span class='tag bad'>{reason}</span> {}", escaped(&rejection.detail)),
            )
        }),
    )?;
    html.push_str("<details open><summary>List</summary><div class=card><table><tr><th>source</th><th>frames</th><th>reason</th><th>detail</th></tr>");
    for rejection in dataset.rejected.iter().take(LISTED) {
        let frames = match (rejection.first_frame, rejection.frames) {
            (Some(first), Some(frames)) => format!("{first} to {}", first + frames.saturating_sub(1)),
            _ => "all".to_owned(),
        };
        let (source, detail) = (escaped(&rejection.source), escaped(&rejection.detail));
        let _ = write!(
            html,
            "<tr><td>{source}</td><td>{frames}</td><td>{}</td><td>{detail}</td></tr>",
            rejection.reason.explanation()
        );
    }
    html.push_str("</table></div></details>");
    if dataset.rejected.len() > LISTED {
        let _ = write!(html, "<p>{} more are in <code>rejected.jsonl</code>.</p>", dataset.rejected.len() - LISTED);
    }
    Ok(())
}
