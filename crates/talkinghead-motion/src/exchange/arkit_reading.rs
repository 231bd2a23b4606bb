//! A CSV of ARKit blendshapes becomes a track: Live Link Face takes, and other tables with the same names.
//!
//! Columns are found by name, whatever their order and case; what this program cannot show is left out. Time is the column
//! `Timecode`, or seconds in `t`, `time` or `timestamp`; without either, rows are taken for 60 a second. The head comes from
//! `HeadYaw`, `HeadPitch`, `HeadRoll` (shares of 180 degrees, see the writer) and turns about the neck.

use std::path::Path;

use talkinghead_media::FRAME_RATE;

use super::arkit_rows::{Columns, Row, Time};
use super::timecode::rate;
use crate::track::{blend, read_limited};
use crate::{MAX_TRACK_FRAMES, MendedTrack, MotionError, MotionFrame, MotionTrack, TrackSource};

/// Largest file that is read: 256 MiB.
pub const MAX_ARKIT_BYTES: u64 = 1 << 28;
/// Rows a second where the file has no time: what the app records.
const USUAL_RATE: f64 = 60.0;
/// Most rows: an hour at the fastest rate.
const MOST_ROWS: usize = 3600 * 120;
const DAY: f64 = 24.0 * 3600.0;
/// Seconds without a row from which it is told.
const LONG_GAP: f64 = 0.25;

impl MotionTrack {
    /// Reads a CSV of ARKit blendshapes.
    ///
    /// # Errors
    /// [`MotionError::Unreadable`], [`MotionError::TooLarge`], or [`MotionError::Invalid`] with the line and column that is wrong.
    pub fn read_arkit(path: &Path) -> Result<MendedTrack, MotionError> {
        let bytes = read_limited(path, MAX_ARKIT_BYTES)?;
        let mut read = Self::from_arkit(&bytes).map_err(|detail| MotionError::Invalid { path: path.to_owned(), detail })?;
        let name = path.file_name().map(|name| name.to_string_lossy());
        read.track.source = TrackSource { note: name.map(|name| format!("from {name}")), ..TrackSource::default() };
        Ok(read)
    }

    /// The same from the file's bytes; the error says in one line what is wrong.
    ///
    /// # Errors
    /// A description with line and column.
    pub fn from_arkit(bytes: &[u8]) -> Result<MendedTrack, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is no text (UTF-8)")?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let (_, header) = lines.next().ok_or("it is empty")?;
        let columns = Columns::of(header)?;
        let mut warnings = Vec::new();
        let mut rows = Vec::new();
        let mut unseen = 0;
        for (number, line) in lines {
            match columns.row(line).map_err(|error| format!("line {}, {error}", number + 1))? {
                Some(row) if rows.len() < MOST_ROWS => rows.push((number + 1, row)),
                Some(_) => return Err(format!("more than {MOST_ROWS} rows")),
                None => unseen += 1,
            }
        }
        if unseen > 0 {
            warnings.push(format!("{unseen} rows have no values (no face was seen): filled from the rows around"));
        }
        let frames = at_frame_rate(&times(&rows)?, &rows, &mut warnings)?;
        let mut track = Self { frames, ..Self::default() };
        track.clamp_to_ranges();
        Ok(MendedTrack { track: track.rounded(), warnings })
    }
}

/// Seconds of each row from the first one on.
fn times(rows: &[(usize, Row)]) -> Result<Vec<f64>, String> {
    let largest = |row: &(usize, Row)| if let Time::Code(code) = row.1.time { code.frame } else { 0.0 };
    let rate = rate(rows.iter().map(largest).fold(0.0, f64::max));
    let mut times: Vec<f64> = Vec::with_capacity(rows.len());
    let (mut first, mut days) = (None, 0.0);
    for (index, (line, row)) in rows.iter().enumerate() {
        let mut time = match row.time {
            Time::Code(code) => code.seconds + code.frame / rate + days,
            Time::Seconds(seconds) => seconds,
            Time::Unknown => index as f64 / USUAL_RATE,
        };
        let start = *first.get_or_insert(time);
        let before = times.last().copied().unwrap_or(0.0);
        // A take over midnight.
        if matches!(row.time, Time::Code(_)) && time - start < before - DAY / 2.0 {
            days += DAY;
            time += DAY;
        }
        if time - start < before {
            return Err(format!("line {line}: its time lies before that of the row above"));
        }
        if time - start > MAX_TRACK_FRAMES as f64 / f64::from(FRAME_RATE) {
            return Err(format!("line {line}: its time lies more than a day after the first row"));
        }
        times.push(time - start);
    }
    Ok(times)
}

/// Rows at their own times, brought to 25 a second by straight lines.
fn at_frame_rate(times: &[f64], rows: &[(usize, Row)], warnings: &mut Vec<String>) -> Result<Vec<MotionFrame>, String> {
    let last = times.last().ok_or("it has no rows with values")?;
    let gaps = times.windows(2).filter(|w| w[1] - w[0] > LONG_GAP).count();
    if gaps > 0 {
        warnings.push(format!("{gaps} gaps of more than {LONG_GAP} s between rows: filled with straight lines"));
    }
    let rate = f64::from(FRAME_RATE);
    let count = (last * rate + 1e-6) as usize + 1;
    let mut at = 0;
    let frame = |k: usize| {
        let time = k as f64 / rate;
        while at + 1 < times.len() && times[at + 1] <= time {
            at += 1;
        }
        let next = (at + 1).min(times.len() - 1);
        let step = times[next] - times[at];
        let part = if step > 0.0 { ((time - times[at]) / step).clamp(0.0, 1.0) } else { 0.0 };
        blend(&rows[at].1.frame, &rows[next].1.frame, part as f32)
    };
    Ok((0..count).map(frame).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::exchange::arkit_writing::csv;
    use crate::track::turned_about_neck;

    fn talking() -> MotionTrack {
        let mut track = crate::track::sample::performance(60);
        for (k, frame) in track.frames.iter_mut().enumerate() {
            let opening = (0.1 + 0.1 * (k as f32 * 0.9).sin()).max(0.0);
            frame.expression.opening = opening;
            frame.expression.shape = [15.0 * opening, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
            let pose = frame.head_pose;
            frame.head_pose = turned_about_neck(pose.yaw, pose.pitch, pose.roll);
        }
        track
    }

    #[test]
    fn a_track_comes_back() {
        let track = talking();
        let MendedTrack { track: back, warnings } = MotionTrack::from_arkit(csv(&track).as_bytes()).unwrap();
        assert!(warnings.is_empty() && back.len() == track.len(), "{warnings:?} {}", back.len());
        back.validate().unwrap();
        for (a, b) in track.frames.iter().zip(&back.frames) {
            assert!((a.head_pose.yaw - b.head_pose.yaw).abs() < 0.01 && (a.head_pose.roll - b.head_pose.roll).abs() < 0.01);
            assert!((a.head_pose.translation[1] - b.head_pose.translation[1]).abs() < 1e-3);
            assert!((a.expression.opening - b.expression.opening).abs() < 0.012);
            assert!((a.expression.width - b.expression.width).abs() < 0.012);
            assert!((a.expression.brow - b.expression.brow).abs() < 1e-3);
            assert!(
                (a.blink[0] - b.blink[0]).abs() < 1e-3
                    && (a.gaze[0] - b.gaze[0]).abs() < 1e-3
                    && (a.gaze[1] - b.gaze[1]).abs() < 1e-3
            );
        }
    }

    #[test]
    fn other_rates_orders_and_midnight_are_understood() {
        let mut text = String::from("timecode,jawopen,HEADYAW\n");
        for k in 0..120 {
            let frame = 23 * 3600 * 60 + 59 * 60 * 60 + 59 * 60 + k;
            let (second, frame) = (frame / 60, frame % 60);
            text += &format!(
                "{:02}:{:02}:{:02}:{frame:02}.5,{},0.05\n",
                second / 3600 % 24,
                second / 60 % 60,
                second % 60,
                k as f32 / 240.0
            );
        }
        let MendedTrack { track, warnings } = MotionTrack::from_arkit(text.as_bytes()).unwrap();
        assert!(warnings.is_empty() && track.len() == 50, "{warnings:?} {}", track.len());
        assert!((track.frames[3].head_pose.yaw + 9.0).abs() < 0.01, "towards the person's left is the picture's right");
        assert!(track.frames.windows(2).all(|w| w[1].expression.opening >= w[0].expression.opening - 1e-3));
    }

    #[test]
    fn rows_without_a_face_are_filled_and_gaps_told() {
        let text = "t,JawOpen\n0,0\n0.1,\n0.2,0.2\n\n1.0,0.2\n";
        let MendedTrack { track, warnings } = MotionTrack::from_arkit(text.as_bytes()).unwrap();
        assert_eq!((track.len(), warnings.len()), (26, 2));
        assert!(
            track.frames[2].expression.opening > 0.0 && track.frames[2].expression.opening < track.frames[5].expression.opening
        );
    }

    #[test]
    fn any_bytes_are_refused_or_become_a_valid_track() {
        let mut read = 0;
        let texts = [csv(&talking()).into_bytes(), b"t,JawOpen,MouthSmileLeft\n0,0.1,0\n0.5,0.2,0.3\n1,,\n1.5,0.3,0\n".to_vec()];
        for text in texts.iter().flat_map(|text| crate::track::sample::mutations(text, 300)) {
            if let Ok(back) = MotionTrack::from_arkit(&text) {
                back.track.validate().unwrap();
                read += 1;
            }
        }
        assert!(read > 50, "{read}");
    }

    #[test]
    fn every_mistake_is_named() {
        for (text, wanted) in [
            ("", "empty"),
            ("a,b\n1,2\n", "names no ARKit blendshapes"),
            ("t,JawOpen\n", "no rows"),
            ("t,JawOpen,jawopen\n0,0,0\n", "`jawopen` twice"),
            ("t,JawOpen\n0,NaN\n", "line 2, column `JawOpen`: `NaN`"),
            ("t,JawOpen\n0,0\n0.1,x\n", "line 3, column `JawOpen`: `x`"),
            ("t,JawOpen\n0,0,0\n", "line 2, 3 values where the first line names 2"),
            ("t,JawOpen\n1,0\n0,0\n", "line 3: its time lies before"),
            ("t,JawOpen\n0,0\n1e9,0\n", "line 3: its time lies more than a day"),
            ("Timecode,JawOpen\n12,0\n", "line 2, column `Timecode`: no timecode"),
        ] {
            let error = MotionTrack::from_arkit(text.as_bytes()).unwrap_err();
            assert!(error.contains(wanted) && !error.contains('\n'), "{text}: {error}");
        }
        assert!(MotionTrack::from_arkit(b"\xff\xfe").is_err());
    }
}
