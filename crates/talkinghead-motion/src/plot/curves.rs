//! Curves as SVG paths: one point a frame, or the extremes of each pixel where there are more frames than pixels.

use std::fmt::Write;

/// The `d` of a path through `values`, one every `step` pixels from `left` on; `y` places a value.
pub(super) fn path(values: impl Iterator<Item = f32>, left: f32, step: f32, y: impl Fn(f32) -> f32) -> String {
    let mut text = String::new();
    let mut add = |at: f32, value: f32| {
        let command = if text.is_empty() { 'M' } else { 'L' };
        // Writing to a string does not fail.
        let _ = write!(text, "{command}{:.1} {:.1}", left + at, y(value));
    };
    let mut pixel: Option<(i64, f32, f32)> = None;
    for (index, value) in values.enumerate() {
        let at = index as f32 * step;
        if step >= 1.0 {
            add(at, value);
            continue;
        }
        match &mut pixel {
            Some((column, low, high)) if *column == at as i64 => (*low, *high) = (low.min(value), high.max(value)),
            _ => {
                if let Some((column, low, high)) = pixel.replace((at as i64, value, value)) {
                    extremes(column, low, high, &mut add);
                }
            }
        }
    }
    if let Some((column, low, high)) = pixel {
        extremes(column, low, high, &mut add);
    }
    text
}

fn extremes(column: i64, low: f32, high: f32, add: &mut impl FnMut(f32, f32)) {
    add(column as f32, low);
    if high > low {
        add(column as f32, high);
    }
}

/// The outline of a waveform about `middle`: peaks (0 to 1) up and down by `height`; one every `step` pixels.
pub(super) fn waveform(peaks: &[f32], left: f32, step: f32, middle: f32, height: f32) -> String {
    let per_pixel = (1.0 / step).ceil().max(1.0) as usize;
    let columns: Vec<(f32, f32)> = peaks
        .chunks(per_pixel)
        .enumerate()
        .map(|(k, chunk)| (left + k as f32 * per_pixel as f32 * step, chunk.iter().fold(0.0, |most: f32, p| most.max(*p))))
        .collect();
    let mut text = String::new();
    for (k, (x, peak)) in columns.iter().enumerate() {
        let _ = write!(text, "{}{x:.1} {:.1}", if k == 0 { 'M' } else { 'L' }, middle - height * peak.clamp(0.0, 1.0).max(0.004));
    }
    for (x, peak) in columns.iter().rev() {
        let _ = write!(text, "L{x:.1} {:.1}", middle + height * peak.clamp(0.0, 1.0).max(0.004));
    }
    if !text.is_empty() {
        text.push('Z');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_frames_in_a_pixel_keep_their_extremes() {
        let text = path([0.0, 9.0, 1.0, 2.0].into_iter(), 10.0, 0.5, |v| v);
        assert_eq!(text, "M10.0 0.0L10.0 9.0L11.0 1.0L11.0 2.0");
        assert_eq!(path([3.0, 4.0].into_iter(), 0.0, 4.0, |v| v), "M0.0 3.0L4.0 4.0");
        assert_eq!(path(std::iter::empty(), 0.0, 4.0, |v| v), "");
        assert!(waveform(&[], 0.0, 1.0, 5.0, 5.0).is_empty() && waveform(&[1.0], 0.0, 0.3, 5.0, 5.0).ends_with('Z'));
    }
}
