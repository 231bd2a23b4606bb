//! Round numbers for axes.

/// Smallest and largest number of an axis that holds `values` and `least` on both sides of 0 (or from 0 up), and its ticks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub low: f32,
    pub high: f32,
    pub ticks: Vec<f32>,
}

impl Axis {
    /// An axis for curves; never smaller than `least`.
    pub(super) fn of(values: impl Iterator<Item = f32>, least: (f32, f32)) -> Self {
        let (low, high) = values.filter(|v| v.is_finite()).fold(least, |(low, high), v| (low.min(v), high.max(v)));
        let step = round_step((high - low) / 3.0);
        let (first, last) = ((low / step + 1e-3).floor() as i32, (high / step - 1e-3).ceil() as i32);
        let ticks: Vec<f32> = (first..=last).map(|k| k as f32 * step).collect();
        Self { low: first as f32 * step, high: last as f32 * step, ticks }
    }

    /// Where a value lies, 0 at the top to 1 at the bottom.
    pub(super) fn place(&self, value: f32) -> f32 {
        (self.high - value.clamp(self.low, self.high)) / (self.high - self.low)
    }
}

/// 1, 2 or 5 times a power of ten, at least `wanted`.
pub(super) fn round_step(wanted: f32) -> f32 {
    let power = 10_f32.powf(wanted.max(1e-6).log10().floor());
    let part = wanted / power;
    let round = [1.0, 2.0, 5.0].into_iter().find(|step| part <= step * 1.001).unwrap_or(10.0);
    round * power
}

/// A tick's number without superfluous zeros.
pub(super) fn label(value: f32) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_round_and_hold_everything() {
        let axis = Axis::of([-3.2, 7.9].into_iter(), (-1.0, 1.0));
        assert_eq!((axis.low, axis.high, axis.ticks.len()), (-5.0, 10.0, 4));
        assert_eq!((axis.place(10.0), axis.place(-5.0)), (0.0, 1.0));
        let flat = Axis::of([0.0].into_iter(), (0.0, 0.1));
        assert!(flat.low == 0.0 && (0.0999..0.2).contains(&flat.high));
        assert_eq!([label(0.05), label(-0.0), label(10.0)], ["0.05", "0", "10"]);
    }
}
