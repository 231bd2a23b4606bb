//! A motion track as a picture: its curves over time, under the sound that drove it.
//!
//! Plain SVG, or the same in a page with a cursor that tells the numbers. Nothing is loaded from elsewhere.

mod axis;
mod curves;
mod page;
mod panels;
mod svg;

use crate::{Accent, MotionTrack};

/// Peaks of the waveform in a second.
pub const PEAKS_PER_SECOND: usize = 100;

/// What is drawn of the sound.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PlottedSound {
    /// Largest amplitude of each hundredth of a second, 0 to 1.
    pub peaks: Vec<f32>,
    /// Phones: seconds of the middle, and the symbol.
    pub phones: Vec<(f32, String)>,
    /// Stressed syllables.
    pub accents: Vec<Accent>,
}

impl PlottedSound {
    /// The sound from `seconds` on, for a track that was cut there.
    pub fn from(&self, seconds: f64) -> Self {
        let frame = (seconds * f64::from(talkinghead_media::FRAME_RATE)).round() as usize;
        let peaks = self.peaks.get((seconds * PEAKS_PER_SECOND as f64).round() as usize..).unwrap_or_default().to_vec();
        let phones = self.phones.iter().map(|(time, phone)| (time - seconds as f32, phone.clone()));
        let accents = self.accents.iter().filter_map(|a| Some(Accent { frame: a.frame.checked_sub(frame)?, ..*a }));
        Self { peaks, phones: phones.filter(|(time, _)| *time >= 0.0).collect(), accents: accents.collect() }
    }
}

/// A track to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Plot<'a> {
    /// The performance.
    pub track: &'a MotionTrack,
    /// Its sound, where that is known.
    pub sound: Option<&'a PlottedSound>,
    /// What stands above it.
    pub title: &'a str,
}

impl Plot<'_> {
    /// As SVG.
    pub fn svg(&self) -> String {
        svg::draw(self)
    }

    /// As a page of its own: the SVG, scrolled sideways, and the numbers under the cursor.
    pub fn html(&self) -> String {
        page::html(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::sample::performance;

    fn sound() -> PlottedSound {
        let peaks = (0..400).map(|k| (k as f32 * 0.05).sin().abs()).collect();
        let phones = vec![(0.5, "m".to_owned()), (0.61, "<ə>".to_owned())];
        PlottedSound { peaks, phones, accents: vec![Accent { frame: 12, strength: 0.8 }] }
    }

    #[test]
    fn everything_is_drawn_and_nothing_can_break_the_markup() {
        let (track, sound) = (performance(100), sound());
        let text = Plot { track: &track, sound: Some(&sound), title: "a <b> & \"c\"" }.svg();
        for wanted in
            ["a &lt;b&gt; &amp; &quot;c&quot;", "&lt;ə&gt;", "yaw", "opening", "brow", "blink", "gaze", "accent", "phones"]
        {
            assert!(text.contains(wanted), "{wanted}");
        }
        assert!(!text.contains("NaN") && !text.contains("inf") && text.starts_with("<svg") && text.ends_with("</svg>\n"));
        assert_eq!(text.matches("<g").count(), text.matches("</g>").count());
    }

    #[test]
    fn any_length_can_be_drawn() {
        for count in [1, 2, 25 * 3600] {
            let track = performance(count);
            let text = Plot { track: &track, sound: None, title: "" }.svg();
            assert!(!text.contains("NaN") && text.len() < 4_000_000, "{count}: {} bytes", text.len());
        }
    }

    #[test]
    fn a_page_holds_the_picture() {
        let track = performance(50);
        let page = Plot { track: &track, sound: Some(&sound()), title: "</script>" }.html();
        assert!(page.contains("<svg") && page.starts_with("<!DOCTYPE html>") && page.matches("</script>").count() == 1);
        assert!(!page.contains("http://") || page.matches("http://").count() == 1, "only the SVG's namespace");
    }

    #[test]
    fn a_cut_takes_the_sound_along() {
        let cut = sound().from(0.4);
        assert_eq!((cut.peaks.len(), cut.accents[0].frame), (360, 2));
        assert!((cut.phones[0].0 - 0.1).abs() < 1e-6);
        assert!(sound().from(100.0).peaks.is_empty());
    }
}
