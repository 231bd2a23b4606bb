//! Are the lips shut where a p, b or m shuts them?

/// The lowest share of the opening's range that counts as shut.
const SHUT: f64 = 0.2;
/// Frames before and after the time due.
const TOLERANCE: usize = 1;

/// Sounds that shut the lips, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Closures {
    /// Those at which the lips are shut.
    pub hits: usize,
    /// All of them.
    pub due: usize,
}

impl Closures {
    /// Share of hits, 0..1; `None` of none.
    pub fn share(self) -> Option<f64> {
        (self.due > 0).then(|| self.hits as f64 / self.due as f64)
    }
}

/// Counts the frames of `due` at which, within 40 ms, the opening lies in the lowest fifth of its range over the clip. Frames beyond
/// the curve are not counted.
pub fn closures(opening: &[f64], due: &[usize]) -> Closures {
    let (low, high) = opening.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    let limit = low + SHUT * (high - low);
    let shut = |frame: usize| {
        let around = frame.saturating_sub(TOLERANCE)..(frame + TOLERANCE + 1).min(opening.len());
        opening[around].iter().any(|&value| value <= limit)
    };
    let due: Vec<usize> = due.iter().copied().filter(|&frame| frame < opening.len()).collect();
    Closures { hits: due.iter().filter(|&&frame| shut(frame)).count(), due: due.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closure_counts_within_a_frame() {
        let opening = [1.0, 1.0, 0.1, 1.0, 1.0, 1.0, 0.0];
        assert_eq!(closures(&opening, &[1, 2, 3, 4, 9]), Closures { hits: 3, due: 4 });
        assert_eq!(closures(&opening, &[]).share(), None);
    }
}
