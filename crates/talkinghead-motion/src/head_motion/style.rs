//! How a certain person's head moves: what a video of some seconds tells, weighed against what is usual.

use super::HeadMotionModel;

/// Movement of a person's head while they speak, measured on a video.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadStyle {
    /// Standard deviations of yaw, pitch, roll within 8 s (or the whole video, where it is shorter), degrees.
    pub deviation: [f32; 3],
    /// Seconds on which it was measured.
    pub seconds: f32,
}

/// Seconds of movement that are one independent look at its size.
const LOOK_SECONDS: f32 = 1.5;
/// Variance of the log of a person's deviations from one occasion to the next.
const OCCASION: f32 = 0.1;
/// Medians relative to the usual ones: smaller ones look frozen, larger ones are more than one picture bears.
const BOUNDS: (f32, f32) = (0.35, 2.0);

impl HeadStyle {
    /// The usual model, moved towards this person: each median as far as the video is long enough to be believed, the spread about
    /// it smaller by as much.
    pub(super) fn model(&self, usual: &HeadMotionModel) -> HeadMotionModel {
        let between = usual.liveliness_spread.powi(2) + usual.angle_spread.powi(2);
        let noise = OCCASION + LOOK_SECONDS / (2.0 * self.seconds.max(0.1));
        let trust = between / (between + noise);
        let left = (1.0 - trust).sqrt();
        let mut model = *usual;
        for (median, measured) in model.deviation.iter_mut().zip(self.deviation) {
            let factor = (measured.max(0.05) / *median).powf(trust);
            *median *= if factor.is_finite() { factor.clamp(BOUNDS.0, BOUNDS.1) } else { 1.0 };
        }
        model.liveliness_spread *= left;
        model.angle_spread *= left;
        model
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_video_is_believed_more_than_a_short_one() {
        let usual = HeadMotionModel::default();
        let model = |seconds: f32| HeadStyle { deviation: [5.8, 1.35, 2.0], seconds }.model(&usual);
        let (long, short) = (model(60.0), model(1.0));
        assert!(long.deviation[0] > 1.6 * usual.deviation[0] && long.deviation[1] < 0.65 * usual.deviation[1], "{long:?}");
        assert!(short.deviation[0] < 1.3 * usual.deviation[0] && short.deviation[0] > usual.deviation[0], "{short:?}");
        assert!((long.deviation[2] - usual.deviation[2]).abs() < 1e-5);
        assert!(long.liveliness_spread < 0.6 * usual.liveliness_spread && short.liveliness_spread > long.liveliness_spread);
    }

    #[test]
    fn nobody_freezes_and_nobody_is_shaken() {
        let usual = HeadMotionModel::default();
        let model = HeadStyle { deviation: [0.0, f32::NAN, 80.0], seconds: 600.0 }.model(&usual);
        for (median, usual) in model.deviation.iter().zip(usual.deviation) {
            assert!((0.3 * usual..2.1 * usual).contains(median), "{model:?}");
        }
    }
}
