//! A head that was measured on a video, made fit to move another person's.

use talkinghead_face::HeadPose;

use super::Angles;
use super::limits::limit_steps;
use crate::rhythm::quantile;
use crate::track::gaussian;
use talkinghead_media::FRAME_RATE;

/// Poses of a driving video, one a frame.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct MeasuredHead {
    /// As measured, in the driving person's own frame.
    pub poses: Vec<HeadPose>,
}

impl MeasuredHead {
    /// `count` poses relative to the video's median pose: jitter smoothed, the video played forth and back when it is
    /// shorter, starting in the reference's pose.
    pub fn retarget(&self, count: usize) -> Vec<HeadPose> {
        if self.poses.is_empty() {
            return vec![HeadPose::default(); count];
        }
        let curve = |value: fn(&HeadPose) -> f32| relative(self.poses.iter().map(value).collect());
        let mut angles: Angles = [curve(|p| p.yaw), curve(|p| p.pitch), curve(|p| p.roll)];
        limit_steps(&mut angles);
        let shift = [curve(|p| p.translation[0]), curve(|p| p.translation[1])];
        let size = curve(|p| p.scale.max(1e-3).ln());
        let first = to_and_fro(0, self.poses.len());
        (0..count)
            .map(|k| {
                let at = to_and_fro(k, self.poses.len());
                let ease = ease(k);
                let value = |curve: &[f32]| curve[at] - ease * curve[first];
                HeadPose {
                    yaw: value(&angles[0]).clamp(-40.0, 40.0),
                    pitch: value(&angles[1]).clamp(-30.0, 30.0),
                    roll: value(&angles[2]).clamp(-40.0, 40.0),
                    // More than this leaves the picture.
                    translation: [value(&shift[0]).clamp(-1.0, 1.0), value(&shift[1]).clamp(-1.0, 1.0)],
                    scale: value(&size).exp().clamp(0.7, 1.4),
                }
            })
            .collect()
    }
}

/// Minus the median, measuring jitter removed.
fn relative(curve: Vec<f32>) -> Vec<f32> {
    let middle = quantile(&curve, 0.5);
    gaussian(&curve, 0.8).iter().map(|value| value - middle).collect()
}

/// The frame to show at `index` when a video of `length` frames is played forth and back.
fn to_and_fro(index: usize, length: usize) -> usize {
    let period = (2 * (length - 1)).max(1);
    let at = index % period;
    if at < length { at } else { period - at }
}

/// 1 at the start, 0 after a second and a half, without corners.
fn ease(frame: usize) -> f32 {
    let part = (frame as f32 / (1.5 * FRAME_RATE as f32)).min(1.0);
    0.5 + 0.5 * (std::f32::consts::PI * part).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_video_goes_forth_and_back_without_a_jump() {
        let poses = (0..50).map(|k| HeadPose { yaw: 20.0 + 0.2 * k as f32, scale: 2.0, ..HeadPose::default() }).collect();
        let head = MeasuredHead { poses }.retarget(500);
        assert_eq!(head.len(), 500);
        assert!(head[0].yaw.abs() < 1e-4 && (head[0].scale - 1.0).abs() < 1e-5);
        assert!(head.windows(2).all(|w| (w[1].yaw - w[0].yaw).abs() < 0.6));
        let middle = quantile(&head.iter().map(|p| p.yaw).collect::<Vec<_>>(), 0.5);
        assert!(middle.abs() < 1.0, "about the median: {middle}");
        assert_eq!((to_and_fro(50, 50), to_and_fro(0, 1), to_and_fro(7, 1)), (48, 0, 0));
    }
}
