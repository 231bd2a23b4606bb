//! `report.html`: a run on one page that stands alone.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::metrics::{MetricLine, Metrics};
use super::sequence_strip::SEQUENCE_ROWS;
use super::series::chart;
use super::tiles::COLUMNS;
use super::{Best, RunError, RunFolder};

/// Pictures on the page at most; the first and the last are among them.
const PICTURES: usize = 10;

/// Writes the page from what lies in the run's folder.
pub(super) fn write_report(folder: &RunFolder, best: Option<&Best>) -> Result<(), RunError> {
    let lines = Metrics::read(&folder.metrics())?;
    let name = folder.path().file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = escaped(&name);
    let mut page = format!(
        "<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>{name}</title>\n\
         <style>{}</style>\n<h1>Training <code>{name}</code></h1>\n",
        include_str!("report.css")
    );
    head(&mut page, &lines, best);
    curves(&mut page, &lines);
    pictures(&mut page, folder)?;
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = writeln!(
        page,
        "<h2>Program, machine, data</h2><pre>{}</pre><h2>Configuration</h2><pre>{}</pre></html>",
        escaped(&read(folder.about())),
        escaped(&read(folder.recipe()))
    );
    Ok(talkinghead_media::write_file(&folder.report(), page.as_bytes())?)
}

fn head(page: &mut String, lines: &[MetricLine], best: Option<&Best>) {
    let steps = lines.last().map_or(0, |line| line.step);
    let seconds: f64 = lines.iter().filter_map(|line| line.seconds).sum();
    let _ = write!(page, "<p>{steps} steps in {:.1} minutes.", seconds / 60.0);
    if let Some(Best { step, scores }) = best {
        let _ = write!(
            page,
            " Best validation after step {step}: PSNR {:.2} dB, SSIM {:.3}, perceptual {:.3}.",
            scores.psnr, scores.ssim, scores.perceptual
        );
        if let Some(flicker) = scores.flicker {
            let _ = write!(page, " Flicker {flicker:.2} (1: as the real clip).");
        }
    }
    page.push_str("</p>\n");
}

fn curves(page: &mut String, lines: &[MetricLine]) {
    let of = |value: &dyn Fn(&MetricLine) -> Option<f64>| -> Vec<(u64, f64)> {
        lines.iter().filter_map(|line| Some((line.step, value(line)?))).collect()
    };
    page.push_str("<h2>Validation</h2><div class=charts>");
    page.push_str(&chart("PSNR, dB", &of(&|line| line.validation.map(|scores| scores.psnr))));
    page.push_str(&chart("SSIM", &of(&|line| line.validation.map(|scores| scores.ssim))));
    page.push_str(&chart("perceptual distance", &of(&|line| line.validation.map(|scores| scores.perceptual))));
    page.push_str(&chart("flicker", &of(&|line| line.validation.and_then(|scores| scores.flicker))));
    page.push_str("</div><h2>Losses</h2><div class=charts>");
    let mut losses: BTreeMap<&str, Vec<(u64, f64)>> = BTreeMap::new();
    for line in lines {
        line.losses.iter().for_each(|(name, value)| losses.entry(name).or_default().push((line.step, *value)));
    }
    losses.iter().for_each(|(name, points)| page.push_str(&chart(name, points)));
    page.push_str("</div><h2>Gradients, rates, speed</h2><div class=charts>");
    page.push_str(&chart("gradient of the generator", &of(&|line| line.gradients.map(|both| both[0]))));
    page.push_str(&chart("gradient of the discriminator", &of(&|line| line.gradients.map(|both| both[1]))));
    page.push_str(&chart("learning rate of the generator", &of(&|line| line.rates.map(|both| both[0]))));
    page.push_str(&chart("seconds a step", &of(&|line| line.seconds)));
    page.push_str("</div>\n");
}

fn pictures(page: &mut String, folder: &RunFolder) -> Result<(), RunError> {
    let all = folder.all_pictures();
    let _ = write!(
        page,
        "<h2>Pictures</h2><p><small>Columns: {}. Last rows: {}.</small></p><div class=tiles>",
        COLUMNS.join(", "),
        SEQUENCE_ROWS
    );
    let shown = all.len().min(PICTURES);
    for index in 0..shown {
        let (step, path) = &all[if shown > 1 { index * (all.len() - 1) / (shown - 1) } else { 0 }];
        let bytes = std::fs::read(path).map_err(|source| RunError::File { action: "read", path: path.clone(), source })?;
        let _ = write!(page, "<p>step {step}</p><img alt='' src='data:image/png;base64,{}'>", STANDARD.encode(bytes));
    }
    page.push_str("</div>\n");
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
