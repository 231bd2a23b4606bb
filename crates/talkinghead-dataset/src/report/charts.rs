//! Histograms as SVG, drawn with the page's colours.

use std::fmt::Write;

use crate::statistics::median;

/// About so many bars.
const BARS: f64 = 22.0;
/// Size of a chart and the edges of its plot, SVG units.
const SIZE: [f64; 2] = [340.0, 160.0];
const LEFT: f64 = 26.0;
const RIGHT: f64 = 332.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 132.0;

/// Bars of equal width with whole numbers as edges.
pub(super) struct Bins {
    start: f64,
    width: f64,
    count: usize,
}

impl Bins {
    /// Bins for values from `least` to `most`.
    pub(super) fn for_range(least: f64, most: f64) -> Self {
        let range = (most - least).max(1e-3).max(1e-2 * least.abs().max(most.abs()));
        let width = whole_step(range / BARS);
        let start = (least / width).floor() * width;
        let count = (((most - start) / width).floor() as usize + 1).clamp(1, 200);
        Self { start, width, count }
    }

    fn end(&self) -> f64 {
        self.start + self.width * self.count as f64
    }

    fn bin(&self, value: f64) -> usize {
        (((value - self.start) / self.width) as usize).min(self.count - 1)
    }

    /// How many values fall into each.
    pub(super) fn counts(&self, values: &[f64]) -> Vec<usize> {
        let mut counts = vec![0; self.count];
        values.iter().for_each(|&value| counts[self.bin(value)] += 1);
        counts
    }

    /// How many ranges reach into each.
    pub(super) fn covered(&self, ranges: &[(f64, f64)]) -> Vec<usize> {
        let mut counts = vec![0; self.count];
        for &(least, most) in ranges {
            counts[self.bin(least)..=self.bin(most.max(least))].iter_mut().for_each(|count| *count += 1);
        }
        counts
    }
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `least`.
fn whole_step(least: f64) -> f64 {
    let power = 10.0_f64.powf(least.max(1e-12).log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|&step| step >= least * 0.999_999)
        .unwrap_or(10.0 * power)
}

/// What is written beside a chart.
pub(super) struct ChartLabels<'a> {
    pub(super) title: &'a str,
    pub(super) unit: &'a str,
    pub(super) note: &'a str,
}

/// The values' distribution, their median, and the limit that they were held to.
pub(super) fn histogram(labels: &ChartLabels<'_>, values: &[f64], limit: Option<f64>) -> String {
    let Some((least, most)) = extremes(values) else { return String::new() };
    let bins = Bins::for_range(limit.map_or(least, |limit| limit.min(least)), limit.map_or(most, |limit| limit.max(most)));
    let counts = bins.counts(values);
    let mut svg = opened();
    bars(&mut svg, &bins, &counts, &counts, "var(--accent)");
    let median = median(&mut values.to_vec());
    line(&mut svg, &bins, median, "var(--ink)", "stroke-dasharray='3 3'");
    if let Some(limit) = limit {
        line(&mut svg, &bins, limit, "var(--bad)", "");
    }
    axes(&mut svg, &bins, &counts);
    let limit =
        limit.map(|limit| format!(" · <span style='color:var(--bad)'>limit {}</span>", number(limit))).unwrap_or_default();
    framed(labels, &svg, &format!("{} to {}, median {} {}{limit}", number(least), number(most), number(median), labels.unit))
}

/// Where clips reach (light) and where their means lie (dark).
pub(super) fn coverage(labels: &ChartLabels<'_>, ranges: &[(f64, f64)], means: &[f64]) -> String {
    let ends: Vec<f64> = ranges.iter().flat_map(|&(a, b)| [a, b]).chain(means.iter().copied()).collect();
    let Some((least, most)) = extremes(&ends) else { return String::new() };
    let bins = Bins::for_range(least, most);
    let (reached, mean) = (bins.covered(ranges), bins.counts(means));
    let mut svg = opened();
    bars(&mut svg, &bins, &reached, &reached, "var(--light)");
    bars(&mut svg, &bins, &mean, &reached, "var(--accent)");
    if least < 0.0 && most > 0.0 {
        line(&mut svg, &bins, 0.0, "var(--ink)", "stroke-dasharray='3 3'");
    }
    axes(&mut svg, &bins, &reached);
    framed(labels, &svg, &format!("{} to {} {}", number(least), number(most), labels.unit))
}

fn extremes(values: &[f64]) -> Option<(f64, f64)> {
    let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), &v| (a.min(v), b.max(v)));
    (!values.is_empty() && values.iter().all(|value| value.is_finite())).then_some((least, most))
}

fn opened() -> String {
    format!("<svg viewBox='0 0 {} {}' role=img>", SIZE[0], SIZE[1])
}

fn framed(labels: &ChartLabels<'_>, svg: &str, figures: &str) -> String {
    format!("<figure><b>{}</b><small>{figures}</small>{svg}</svg><small>{}</small></figure>", labels.title, labels.note)
}

fn x(bins: &Bins, value: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * ((value - bins.start) / (bins.end() - bins.start)).clamp(0.0, 1.0)
}

/// Bars as high as `counts`, on the scale of `scale`.
fn bars(svg: &mut String, bins: &Bins, counts: &[usize], scale: &[usize], color: &str) {
    let highest = scale.iter().copied().max().unwrap_or(1).max(1) as f64;
    let width = (RIGHT - LEFT) / bins.count as f64;
    // Writing to a string cannot fail.
    for (at, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (left, height) = (LEFT + width * at as f64, (BOTTOM - TOP) * count as f64 / highest);
        let from = bins.start + bins.width * at as f64;
        let _ = write!(
            svg,
            "<rect x='{:.1}' y='{:.1}' width='{:.1}' height='{height:.1}' rx='1.5' fill='{color}'><title>{count} from {} to {}</title></rect>",
            left + 0.6,
            BOTTOM - height,
            (width - 1.2).max(0.8),
            number(from),
            number(from + bins.width)
        );
    }
}

fn line(svg: &mut String, bins: &Bins, value: f64, color: &str, style: &str) {
    let at = x(bins, value);
    let _ = write!(
        svg,
        "<line x1='{at:.1}' x2='{at:.1}' y1='{}' y2='{BOTTOM}' stroke='{color}' stroke-width='1.4' {style}/>",
        TOP - 6.0
    );
}

/// The base line with whole numbers, and the highest bar's count.
fn axes(svg: &mut String, bins: &Bins, counts: &[usize]) {
    let _ = write!(svg, "<line x1='{LEFT}' x2='{RIGHT}' y1='{BOTTOM}' y2='{BOTTOM}' stroke='var(--line)'/>");
    let _ = write!(
        svg,
        "<text x='{:.1}' y='{:.1}' text-anchor=end>{}</text>",
        LEFT - 4.0,
        TOP + 8.0,
        counts.iter().max().unwrap_or(&0)
    );
    let step = whole_step((bins.end() - bins.start) / 6.0);
    let first = (bins.start / step - 1e-6).ceil() as i64;
    for tick in first..first + 12 {
        let value = tick as f64 * step;
        if value > bins.end() + 1e-6 * step {
            break;
        }
        // A number at the very end would be cut off.
        let (at, anchor) = if x(bins, value) > RIGHT - 8.0 { (SIZE[0], "end") } else { (x(bins, value), "middle") };
        let _ = write!(svg, "<text x='{at:.1}' y='{:.1}' text-anchor={anchor}>{}</text>", BOTTOM + 15.0, number(value));
    }
}

/// A number with as many decimals as it needs to be told from its neighbours.
pub(super) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 0.1 => 2,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    match text {
        "-0" => "0".to_owned(),
        text => text.replace('-', "\u{2212}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LABELS: ChartLabels<'_> = ChartLabels { title: "length", unit: "s", note: "" };

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.0, -0.00001, 3.0, -2.5, 0.0123, 1234.56].map(number), ["0", "0", "3", "\u{2212}2.5", "0.0123", "1235"]);
    }

    #[test]
    fn nothing_gives_no_chart_and_one_value_gives_one_bar() {
        assert_eq!(histogram(&LABELS, &[], None), "");
        assert_eq!(histogram(&LABELS, &[f64::NAN], None), "");
        assert_eq!(histogram(&LABELS, &[3.0], None).matches("<rect").count(), 1);
    }

    proptest! {
        #[test]
        fn every_value_falls_into_a_bin(values in prop::collection::vec(-1e4_f64..1e4, 1..60)) {
            let (least, most) = extremes(&values).unwrap_or((0.0, 0.0));
            let bins = Bins::for_range(least, most);
            prop_assert_eq!(bins.counts(&values).iter().sum::<usize>(), values.len());
            prop_assert!(bins.count <= 60 && bins.start <= least && bins.end() >= most);
            let ranges: Vec<(f64, f64)> = values.iter().map(|&v| (least, v)).collect();
            prop_assert_eq!(bins.covered(&ranges)[0], values.len());
        }
    }
}
