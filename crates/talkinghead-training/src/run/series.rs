//! Curves as SVG.

use std::fmt::Write;

/// Points of a curve at most; more are averaged.
const POINTS: usize = 300;
/// Size of a chart and of its plot, SVG units.
const SIZE: [f64; 2] = [360.0, 170.0];
const LEFT: f64 = 48.0;
const RIGHT: f64 = 350.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 145.0;

/// A curve over steps with its title and last value. Empty without points.
pub(super) fn chart(title: &str, points: &[(u64, f64)]) -> String {
    let points = thinned(points);
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let (low, high) = points.iter().fold((f64::MAX, f64::MIN), |(low, high), (_, value)| (low.min(*value), high.max(*value)));
    let (low, high) = if high - low < 1e-12 { (low - 0.5, high + 0.5) } else { (low, high) };
    let length = (last.0 - first.0).max(1.0);
    let place = |(step, value): &(f64, f64)| {
        let x = LEFT + (RIGHT - LEFT) * (step - first.0) / length;
        format!("{x:.1},{:.1}", BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low))
    };
    let line: Vec<String> = points.iter().map(place).collect();
    let mut svg =
        format!("<figure><b>{title}</b> <small>{}</small><svg viewBox='0 0 {} {}' role=img>", short(last.1), SIZE[0], SIZE[1]);
    // Writing to a string cannot fail.
    let _ = write!(svg, "<line x1='{LEFT}' x2='{RIGHT}' y1='{BOTTOM}' y2='{BOTTOM}' class=axis />");
    for (value, y) in [(high, TOP + 8.0), (low, BOTTOM)] {
        let _ = write!(svg, "<text x='{}' y='{y}' text-anchor=end>{}</text>", LEFT - 5.0, short(value));
    }
    for (step, x, anchor) in [(first.0, LEFT, "start"), (last.0, RIGHT, "end")] {
        let _ = write!(svg, "<text x='{x}' y='{}' text-anchor={anchor}>{step:.0}</text>", BOTTOM + 16.0);
    }
    if line.len() == 1 {
        let (x, y) = line[0].split_once(',').unwrap_or(("0", "0"));
        let _ = write!(svg, "<circle cx='{x}' cy='{y}' r='2.5' class=dot />");
    }
    let _ = write!(svg, "<polyline points='{}' /></svg></figure>", line.join(" "));
    svg
}

/// Means over stretches of equal length; values that are no numbers are left out.
fn thinned(points: &[(u64, f64)]) -> Vec<(f64, f64)> {
    let points: Vec<(u64, f64)> = points.iter().copied().filter(|(_, value)| value.is_finite()).collect();
    let length = points.len().div_ceil(POINTS).max(1);
    let mean = |chunk: &[(u64, f64)]| {
        let count = chunk.len() as f64;
        (
            chunk.iter().map(|(step, _)| *step as f64).sum::<f64>() / count,
            chunk.iter().map(|(_, value)| value).sum::<f64>() / count,
        )
    };
    points.chunks(length).map(mean).collect()
}

/// Four digits that count.
fn short(value: f64) -> String {
    match value.abs() {
        v if v >= 1000.0 || v == 0.0 => format!("{value:.0}"),
        v if v >= 100.0 => format!("{value:.1}"),
        v if v >= 10.0 => format!("{value:.2}"),
        v if v >= 0.01 => format!("{value:.4}"),
        _ => format!("{value:.1e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_curves_are_thinned_and_what_is_no_number_is_left_out() {
        assert_eq!(chart("a", &[]), "");
        assert!(chart("a", &[(3, 2.0)]).contains("<circle"));
        let points: Vec<(u64, f64)> = (0..10_000).map(|step| (step, if step == 5 { f64::NAN } else { step as f64 })).collect();
        let svg = chart("a", &points);
        let coordinates = svg.split("points='").nth(1).map_or(0, |rest| rest.split('\'').next().unwrap_or("").split(' ').count());
        assert!((150..=POINTS).contains(&coordinates) && !svg.contains("NaN"), "{coordinates}");
    }
}
