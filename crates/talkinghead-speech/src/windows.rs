//! Networks that hear a recording in overlapping windows of one length, so that memory stays flat.

use crate::SpeechError;

/// Samples per frame of a network: 50 frames/s.
pub(crate) const NETWORK_HOP: usize = 320;
/// Silence on both sides of a sound shorter than the shortest window: half a second.
const SILENCE_AROUND: usize = 8_000;
/// Half the frames over which two windows are cross-faded, at the middle of their overlap.
const HALF_FADE: usize = 25;

/// A network for windows of one length.
pub(crate) trait Listener {
    /// What it tells of 20 ms.
    type Frame: Clone;

    /// The window's frames, one for each 320 samples.
    fn listen(&self, window: &[f32]) -> Result<Vec<Self::Frame>, SpeechError>;

    /// `share` (0 to 1) of a new window's frame, the rest of the old one's.
    fn blend(old: &Self::Frame, new: &Self::Frame, share: f32) -> Self::Frame;
}

/// Lengths of a network's windows, samples (multiples of 640).
#[derive(Clone, Copy, Debug)]
pub(crate) struct WindowLength {
    /// Shortest sound the network takes.
    pub shortest: usize,
    /// Longest window. A shorter recording is one window.
    pub longest: usize,
    /// Distance between windows.
    pub step: usize,
}

/// Feeds a stream through a network, window by window.
pub(crate) struct WindowStream<L: Listener> {
    listener: L,
    window: usize,
    step: usize,
    /// Samples of the whole recording with the silence around it, a multiple of the hop.
    total: usize,
    /// Samples of silence on each side of the recording.
    around: usize,
    /// Samples from `start` on.
    samples: Vec<f32>,
    start: usize,
    /// Frames of the last window that are not given yet, from the frame `given` on.
    held: Vec<L::Frame>,
    given: usize,
}

impl<L: Listener> WindowStream<L> {
    /// A stream for a recording of `total` samples (a multiple of 640); `listener` makes the network for windows of so many samples.
    pub(crate) fn of(
        total: usize,
        length: WindowLength,
        listener: impl FnOnce(usize) -> Result<L, SpeechError>,
    ) -> Result<Self, SpeechError> {
        let around = if total < length.shortest { SILENCE_AROUND } else { 0 };
        let total = total + 2 * around;
        let window = total.clamp(length.shortest, length.longest);
        Ok(Self {
            listener: listener(window)?,
            window,
            step: length.step,
            total,
            around,
            samples: vec![0.0; around],
            start: 0,
            held: Vec::new(),
            given: 0,
        })
    }

    /// Whether all frames were given: one for each 320 samples of the recording.
    pub(crate) fn is_done(&self) -> bool {
        self.given * NETWORK_HOP >= self.total
    }

    /// Takes the next samples of the recording, brought to speech loudness; gives frames as windows fill.
    pub(crate) fn push(&mut self, samples: &[f32], frames: &mut Vec<L::Frame>) -> Result<(), SpeechError> {
        self.samples.extend_from_slice(samples);
        if self.around > 0 && self.samples.len() >= self.total - self.around {
            self.samples.resize(self.total, 0.0);
        }
        while !self.is_done() && self.start + self.samples.len() >= self.total.min(self.start + self.window) {
            if self.samples.len() < self.window {
                self.samples.resize(self.window, 0.0);
            }
            let fresh = self.listener.listen(&self.samples[..self.window])?;
            let first = self.start / NETWORK_HOP;
            let last_window = self.start + self.window >= self.total;
            let next_start = (self.start + self.step).min(self.total.saturating_sub(self.window));
            // Everything up to the fade into the next window leaves now.
            let end = if last_window { self.total } else { usize::midpoint(next_start, self.start + self.window) } / NETWORK_HOP;
            let until = if last_window { end } else { end - HALF_FADE };
            let fade_end = if self.held.is_empty() { 0 } else { self.given + 2 * HALF_FADE };
            let recording = self.around / NETWORK_HOP..(self.total - self.around) / NETWORK_HOP;
            for frame in (self.given..until).filter(|frame| recording.contains(frame)) {
                let new = &fresh[frame - first];
                frames.push(if frame < fade_end {
                    let old = &self.held[frame - self.given];
                    L::blend(old, new, (frame - self.given + 1) as f32 / (2 * HALF_FADE + 1) as f32)
                } else {
                    new.clone()
                });
            }
            self.given = until;
            if !last_window {
                self.held = fresh[until - first..until - first + 2 * HALF_FADE].to_vec();
                self.samples.drain(..next_start - self.start);
                self.start = next_start;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Tells the mean of each 320 samples.
    struct Mean;

    impl Listener for Mean {
        type Frame = f32;

        fn listen(&self, window: &[f32]) -> Result<Vec<f32>, SpeechError> {
            Ok(window.chunks_exact(NETWORK_HOP).map(|hop| hop.iter().sum::<f32>() / NETWORK_HOP as f32).collect())
        }

        fn blend(old: &f32, new: &f32, share: f32) -> f32 {
            old + share * (new - old)
        }
    }

    #[test]
    fn windows_of_any_recording_join_without_a_seam() {
        let length = WindowLength { shortest: 16_000, longest: 64_000, step: 38_400 };
        for hops in [2, 30, 50, 120, 200, 201, 202, 350, 777] {
            let samples: Vec<f32> = (0..hops * NETWORK_HOP).map(|i| (i / NETWORK_HOP) as f32).collect();
            let (mut stream, mut frames) = (WindowStream::of(samples.len(), length, |_| Ok(Mean)).unwrap(), Vec::new());
            samples.chunks(5000).for_each(|block| stream.push(block, &mut frames).unwrap());
            assert!(stream.is_done());
            let expected: Vec<f32> = (0..hops).map(|hop| hop as f32).collect();
            assert_eq!(frames.len(), hops);
            assert!(frames.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{hops}");
        }
    }
}
