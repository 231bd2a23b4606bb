//! Which frames of a tracked video to use: the one that is moved, the ones whose mouths are remembered; and how the person
//! speaks.

use talkinghead_face::{LIP_PAIRS, Landmarks, MESH_POINTS, RigidFit};

use super::feature::{MouthFeature, MouthTarget, eye_distance};
use crate::mouth::tints::quantile;

/// The frame that is best moved: frontal, lips closed, eyes open, as the person mostly holds the head.
///
/// `None` for no frames at all.
pub fn key_frame(frames: &[Landmarks]) -> Option<usize> {
    let measured: Vec<Measured> = frames.iter().map(Measured::of).collect();
    let eyes = quantile(measured.iter().map(|m| m.eyes).collect(), 0.7);
    let usual: [f32; 3] = std::array::from_fn(|k| quantile(measured.iter().map(|m| m.angles[k]).collect(), 0.5));
    let cost = |m: &Measured| {
        let square = |v: f32, unit: f32| (v / unit).powi(2);
        let turned: f32 = m.angles.iter().map(|&a| square(a, 12.0)).sum();
        let unusual: f32 = m.angles.iter().zip(usual).map(|(&a, u)| square(a - u, 8.0)).sum();
        let shut = (0.9 - m.eyes / eyes.max(1e-3)).max(0.0);
        turned + unusual + square(m.gap, 0.04) + square(m.smile, 0.1) + 60.0 * shut * shut
    };
    (0..measured.len()).min_by(|&a, &b| cost(&measured[a]).total_cmp(&cost(&measured[b])))
}

/// At most `count` frames whose mouths differ most from each other, in rising order; `always` is among them.
///
/// Variety counts, not length: ten frames that differ show more than a hundred that follow each other.
pub fn diverse_mouths(frames: &[Landmarks], count: usize, always: Option<usize>) -> Vec<usize> {
    if frames.len() <= count {
        return (0..frames.len()).collect();
    }
    let targets: Vec<MouthTarget> = frames.iter().map(MouthTarget::of_landmarks).collect();
    let mut chosen = vec![always.filter(|&i| i < frames.len()).unwrap_or(0)];
    let mut nearest: Vec<f32> = targets.iter().map(|t| t.cost(&targets[chosen[0]])).collect();
    while chosen.len() < count {
        let far = (0..nearest.len()).max_by(|&a, &b| nearest[a].total_cmp(&nearest[b]).then(b.cmp(&a))).unwrap_or(0);
        if nearest[far] <= 0.0 {
            break;
        }
        chosen.push(far);
        for (n, t) in nearest.iter_mut().zip(&targets) {
            *n = n.min(t.cost(&targets[far]));
        }
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// How a person speaks, measured on a video.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechStyle {
    /// `[468]` the relaxed face with closed lips in the frontal frame (canonical centimetres).
    pub neutral: Vec<[f32; 3]>,
    /// How far the lips part at wide openings: the 95 % quantile of the middle gap, interocular distances.
    pub opening: f32,
}

impl SpeechStyle {
    /// Median of the sixth of the frames whose lips are most closed and whose eyes are open; `None` below 12 frames.
    pub fn measure(frames: &[Landmarks]) -> Option<Self> {
        if frames.len() < 12 {
            return None;
        }
        let measured: Vec<Measured> = frames.iter().map(Measured::of).collect();
        let eyes = quantile(measured.iter().map(|m| m.eyes).collect(), 0.7);
        let width = quantile(measured.iter().map(|m| m.width).collect(), 0.5);
        let cost = |m: &Measured| {
            let blink = if m.eyes < 0.7 * eyes { 0.5 } else { 0.0 };
            m.gap + blink + 0.3 * (m.width - width).abs()
        };
        let mut order: Vec<usize> = (0..frames.len()).collect();
        order.sort_by(|&a, &b| cost(&measured[a]).total_cmp(&cost(&measured[b])).then(a.cmp(&b)));
        order.truncate((frames.len() / 6).clamp(4, 200));
        let closed: Vec<Vec<[f32; 3]>> = order.iter().map(|&i| RigidFit::to_canonical(&frames[i]).frontal(&frames[i])).collect();
        let neutral = (0..MESH_POINTS)
            .map(|i| std::array::from_fn(|k| quantile(closed.iter().map(|face| face[i][k]).collect(), 0.5)))
            .collect();
        let floor = quantile(measured.iter().map(|m| m.gap).collect(), 0.05);
        let opening = (quantile(measured.iter().map(|m| m.gap).collect(), 0.95) - floor).max(0.0);
        Some(Self { neutral, opening })
    }
}

/// What is read off one frame, in interocular distances and degrees.
struct Measured {
    angles: [f32; 3],
    gap: f32,
    eyes: f32,
    width: f32,
    /// Corners of the mouth above its middle.
    smile: f32,
}

impl Measured {
    fn of(landmarks: &Landmarks) -> Self {
        let fit = RigidFit::to_canonical(landmarks);
        let face = fit.frontal(landmarks);
        let unit = eye_distance(&face);
        let apart = |a: usize, b: usize| (face[a][0] - face[b][0]).hypot(face[a][1] - face[b][1]) / unit;
        let (upper, lower) = LIP_PAIRS[4];
        let line = 0.5 * (face[0][1] + face[17][1]);
        Self {
            angles: fit.angles(),
            gap: MouthFeature::from_frontal(&face).gap().max(apart(upper, lower)),
            eyes: 0.5 * (apart(159, 145) + apart(386, 374)),
            width: apart(61, 291),
            smile: ((line - 0.5 * (face[61][1] + face[291][1])) / unit).max(0.0),
        }
    }
}
