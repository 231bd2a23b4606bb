//! Curves as SVG.

use std::fmt::Write;

use talkinghead_media::FRAME_RATE;

/// Size of a plot in pixels.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 90.0;
/// Most points of a line.
const MOST_POINTS: usize = 720;

/// A curve of one value a frame.
pub(super) struct Line<'a> {
    pub values: &'a [f64],
    /// Class of the style sheet.
    pub class: &'static str,
    pub title: &'static str,
}

/// Curves over each other on one scale, a waveform behind them. Empty where there is nothing to show.
pub(super) fn plot(title: &str, lines: &[Line<'_>], envelope: &[f32]) -> String {
    let frames = lines.iter().map(|line| line.values.len()).max().unwrap_or(0);
    let values = || lines.iter().flat_map(|line| line.values.iter().copied()).filter(|v| v.is_finite());
    let (low, high) = values().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
    if frames < 2 || low > high {
        return String::new();
    }
    let range = (high - low).max(1e-6);
    let x = |frame: usize| WIDTH * frame as f64 / (frames - 1) as f64;
    let y = |value: f64| HEIGHT - 4.0 - (HEIGHT - 8.0) * (value - low) / range;
    let mut svg =
        format!("<figure><figcaption>{title} <span class=\"range\">{} to {}</span>", super::shown(low), super::shown(high));
    for line in lines {
        let _ = write!(svg, " <span class=\"key {}\">{}</span>", line.class, line.title);
    }
    let _ = write!(svg, "</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\">");
    if !envelope.is_empty() {
        let middle = HEIGHT / 2.0;
        let bars = envelope.iter().take(frames).enumerate().map(|(frame, level)| {
            let half = f64::from(*level) * (middle - 4.0);
            format!("M{:.1} {:.1}V{:.1}", x(frame), middle - half, middle + half)
        });
        let _ = write!(svg, "<path class=\"wave\" d=\"{}\"/>", bars.collect::<String>());
    }
    for second in 1..frames / FRAME_RATE as usize + 1 {
        let _ = write!(svg, "<path class=\"tick\" d=\"M{:.1} 0V{HEIGHT}\"/>", x(second * FRAME_RATE as usize));
    }
    for line in lines {
        let step = line.values.len().div_ceil(MOST_POINTS).max(1);
        let points = (0..line.values.len()).step_by(step).map(|k| format!("{:.1},{:.1} ", x(k), y(line.values[k])));
        let _ = write!(svg, "<polyline class=\"{}\" points=\"{}\"/>", line.class, points.collect::<String>().trim_end());
    }
    svg.push_str("</svg></figure>");
    svg
}
