//! The head's answer to stressed syllables: raised until the accent, lowered after it.

use talkinghead_media::FRAME_RATE;

use crate::Accent;
use crate::random::{Noise, Purpose};

/// Adds a nod at each accent to the pitch (degrees, positive = down).
///
/// `rise`: degrees by which the head rises before a strong accent. Sizes differ from accent to accent, and not every
/// accent gets one: a head that nods at each looks like a machine.
pub(super) fn add(pitch: &mut [f32], accents: &[Accent], rise: f32, seed: u64) {
    let mut noise = Noise::new(seed, Purpose::Nods);
    for accent in accents {
        let size = rise * (0.4 + 0.6 * accent.strength) * noise.uniform(0.4, 1.5);
        let skipped = noise.uniform(0.0, 1.0) < 0.25;
        if skipped || rise <= 0.0 {
            continue;
        }
        let rate = FRAME_RATE as f32;
        for offset in -15..=30_isize {
            let Some(value) = accent.frame.checked_add_signed(offset).and_then(|frame| pitch.get_mut(frame)) else { continue };
            *value += size * shape(offset as f32 / rate);
        }
    }
}

/// Degrees at `seconds` after the accent for a nod of 1: up (negative) around -0.12 s, down around 0.5 s.
fn shape(seconds: f32) -> f32 {
    let bump = |centre: f32, width: f32| (-0.5 * ((seconds - centre) / width).powi(2)).exp();
    -bump(-0.12, 0.14) + 0.7 * bump(0.5, 0.18)
}
