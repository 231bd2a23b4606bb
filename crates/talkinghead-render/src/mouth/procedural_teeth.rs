//! Drawn teeth on a parabolic arch, for portraits that show none of their own.

use super::contour::ARCH;
use crate::math::smoothstep;

/// Widths of the teeth from the midline outwards, in interocular distances.
const WIDTHS: [f32; 6] = [0.135, 0.105, 0.12, 0.105, 0.10, 0.15];
/// How far each tooth's edge lies above the line of the first.
const LIFTS: [f32; 6] = [0.0, 0.013, 0.004, 0.016, 0.022, 0.03];

/// A row of teeth seen at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tooth {
    /// How much of the place the row covers, 0..1.
    pub alpha: f32,
    /// Brightness, 0..1.
    pub shade: f32,
}

/// Which row, with its measures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    width: f32,
    lift: f32,
    gap: f32,
}

impl Row {
    /// The upper teeth.
    pub const UPPER: Self = Self { width: 1.0, lift: 1.0, gap: 0.26 };
    /// The lower teeth: narrower, with a straighter edge.
    pub const LOWER: Self = Self { width: 0.68, lift: 0.3, gap: 0.18 };

    /// The row at lateral place `x` and height `y` on the arch (interocular distances); the edge of the first tooth lies
    /// at `y = 0` and the teeth where `y` is negative (mirror `y` for the lower row). `pixel` is a pixel's size.
    pub fn at(&self, x: f32, y: f32, pixel: f32) -> Tooth {
        let a = x.abs();
        let slope = a / ARCH;
        let arc = 0.5 * (a * (1.0 + slope * slope).sqrt() + ARCH * slope.asinh());
        let (mut start, mut index) = (0.0, 0);
        while index + 1 < WIDTHS.len() && arc > start + WIDTHS[index] * self.width {
            start += WIDTHS[index] * self.width;
            index += 1;
        }
        let width = WIDTHS[index] * self.width;
        let inside = arc - start;
        let u = (2.0 * inside / width - 1.0).clamp(-1.0, 1.0);
        // Half of the midline's gap lies on each side of it.
        let gap = inside.min((width - inside).max(0.0));
        let edge = -self.lift * LIFTS[index] - 0.012 * u.abs().powi(3) - 0.05 * (a / 0.45).powi(2);
        let d = edge - y;
        let soft = 0.35 * pixel;
        let alpha = smoothstep(-0.006 - soft, 0.010 + soft, d) * (1.0 - smoothstep(0.42, 0.52, a));
        // A gap narrower than a pixel is spread over it, else it flickers when the teeth pass over the pixels.
        let spread = 0.0055f32.max(0.5 * pixel);
        let dark = self.gap * 0.0055 / spread;
        let shade = (1.0 - dark * (-(gap / spread).powi(2)).exp())
            * (1.0 - 0.12 * u * u)
            * (1.0 - 1.15 * (a / 0.5).powi(2)).clamp(0.22, 1.0)
            * (0.90 + 0.10 * smoothstep(0.0, 0.05, d));
        Tooth { alpha, shade }
    }
}

/// A tooth's colour at a brightness: shadows keep red longest.
pub(crate) fn shaded(colour: [f32; 3], shade: f32, grey: bool) -> [f32; 3] {
    if grey {
        return colour.map(|v| v * shade);
    }
    [colour[0] * shade.powf(0.92), colour[1] * shade.powf(1.12), colour[2] * shade.powf(1.25)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn teeth_cover_what_lies_above_their_edge() {
        assert_eq!(Row::UPPER.at(0.03, 0.06, 0.01).alpha, 0.0);
        assert_eq!(Row::UPPER.at(0.03, -0.08, 0.01).alpha, 1.0);
        assert_eq!(Row::UPPER.at(0.6, -0.2, 0.01).alpha, 0.0);
    }

    #[test]
    fn both_sides_are_alike_and_the_middle_is_brightest() {
        let (left, right) = (Row::UPPER.at(-0.22, -0.1, 0.01), Row::UPPER.at(0.22, -0.1, 0.01));
        assert_eq!(left, right);
        assert!(Row::UPPER.at(0.06, -0.1, 0.01).shade > left.shade);
    }
}
