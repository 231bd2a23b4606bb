//! Timecodes of the Live Link Face app: `hours:minutes:seconds:frame.thousandths`, the frame counted at the take's own rate.

/// A timecode, read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timecode {
    /// Whole seconds since midnight.
    pub(super) seconds: f64,
    /// Frame in the second, with its fraction.
    pub(super) frame: f64,
}

/// Frame rates that cameras have.
const RATES: [f64; 7] = [24.0, 25.0, 30.0, 48.0, 50.0, 60.0, 120.0];

impl Timecode {
    /// Reads one; `None` when it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // Drop-frame timecodes have a semicolon before the frame.
        let parts: Vec<&str> = text.trim().split([':', ';']).collect();
        let [hours, minutes, seconds, frame] = parts.as_slice() else { return None };
        let whole = |text: &str, limit: u32| text.parse::<u32>().ok().filter(|value| *value < limit).map(f64::from);
        let seconds = 3600.0 * whole(hours, 24)? + 60.0 * whole(minutes, 60)? + whole(seconds, 60)?;
        let frame = frame.parse::<f64>().ok().filter(|frame| (0.0..1000.0).contains(frame))?;
        Some(Self { seconds, frame })
    }
}

/// The timecode of a frame of a track at `rate` frames a second.
pub(super) fn timecode(frame: usize, rate: usize) -> String {
    let (seconds, frame) = (frame / rate, frame % rate);
    format!("{:02}:{:02}:{:02}:{frame:02}.000", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

/// The lowest frame rate of cameras that has a frame of the largest number seen.
pub(super) fn rate(largest_frame: f64) -> f64 {
    RATES.into_iter().find(|rate| largest_frame < *rate).unwrap_or(1000.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn timecodes_are_read_and_written() {
        let read = Timecode::parse("14:30:32:28.481").unwrap();
        assert_eq!((read.seconds, read.frame), (52232.0, 28.481));
        assert_eq!(timecode(25 * 61 + 7, 25), "00:01:01:07.000");
        let again = Timecode::parse(&timecode(2499, 25)).unwrap();
        assert_eq!((again.seconds, again.frame), (99.0, 24.0));
        for wrong in ["", "1:2:3", "25:00:00:00", "00:00:61:00", "00:00:00:-1", "00:00:00:NaN", "a:b:c:d"] {
            assert_eq!(Timecode::parse(wrong), None, "{wrong}");
        }
        assert_eq!([rate(24.0), rate(59.9), rate(23.0), rate(29.0)], [25.0, 60.0, 24.0, 30.0]);
    }
}
