//! Contact strips: five frames of a clip with its landmarks.

use std::fmt::Write;

use base64::Engine;

use super::text::escaped;
use crate::error::DatasetError;
use crate::publish::{ManifestRow, Split};
use crate::schedule::WorkRecord;
use crate::store::Location;

/// Strips shown of accepted and of rejected sources, each.
pub(super) const SHOWN: usize = 40;

/// The section with clips.
pub(super) fn clips(html: &mut String, output: &Location, rows: &[ManifestRow]) -> Result<(), DatasetError> {
    if rows.is_empty() {
        return Ok(());
    }
    let chosen = evenly_chosen(rows, SHOWN);
    let _ = write!(
        html,
        "<h2>Clips</h2><p>{} of {}, evenly spread: five frames each with the 68 landmarks.</p>",
        chosen.len(),
        rows.len()
    );
    gallery(html, output, chosen.into_iter().map(|row| (row.source.as_str(), caption(row))))
}

fn caption(row: &ManifestRow) -> String {
    let mut text = format!("<b>{}</b><br>", escaped(&row.clip));
    let mut tag = |value: String| {
        let _ = write!(text, "<span class=tag>{}</span>", escaped(&value));
    };
    tag(row.identity.clone());
    tag(name_of(row.split).to_owned());
    row.emotion.iter().for_each(|emotion| tag(emotion.clone()));
    tag(format!("{:.1} s", row.seconds));
    tag(format!("face {:.0} px", row.quality.face_pixels));
    tag(format!("yaw {:.0} to {:.0}°", row.pose.yaw.least, row.pose.yaw.most));
    tag(format!("sync {:.2}", row.sync));
    text
}

pub(super) fn name_of(split: Split) -> &'static str {
    match split {
        Split::Train => "train",
        Split::Validation => "validation",
        Split::Test => "test",
    }
}

/// Pictures with their captions (HTML); sources without a strip are left out.
pub(super) fn gallery<'a>(
    html: &mut String,
    output: &Location,
    items: impl Iterator<Item = (&'a str, String)>,
) -> Result<(), DatasetError> {
    html.push_str("<div class=strips>");
    for (source, caption) in items {
        let Some(jpeg) = output.read(&WorkRecord::contact_strip_path(source))? else { continue };
        let data = base64::engine::general_purpose::STANDARD.encode(jpeg);
        let _ =
            write!(html, "<figure><img alt='' src='data:image/jpeg;base64,{data}'><figcaption>{caption}</figcaption></figure>");
    }
    html.push_str("</div>");
    Ok(())
}

/// Up to `count` items, evenly spread.
pub(super) fn evenly_chosen<T>(items: &[T], count: usize) -> Vec<&T> {
    let shown = items.len().min(count);
    (0..shown).map(|k| &items[k * items.len() / shown]).collect()
}
