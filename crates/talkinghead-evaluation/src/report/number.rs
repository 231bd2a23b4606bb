//! Numbers with as many digits as say something.

/// A number for people: three digits that count, no more than four after the point.
pub fn shown(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        v if v >= 0.1 || v == 0.0 => 3,
        _ => 4,
    };
    let text = format!("{value:.digits$}");
    // No minus before what is rounded to nothing.
    if text.trim_start_matches(['-', '0', '.']).is_empty() { text.trim_start_matches('-').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        let found = [123.4, 31.27, 2.345, 0.876, 0.0123, 0.0, -0.00001].map(shown);
        assert_eq!(found, ["123", "31.3", "2.35", "0.876", "0.0123", "0.000", "0.0000"]);
    }
}
