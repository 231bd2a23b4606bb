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

/// Least difference of the lips' gap (5 to 95 % of the frames), interocular distances, of mouths that are not all one: a third
/// of what the quietest of 49 speaking clips shows, six times the landmarks' tremble.
pub(super) const LEAST_GAP_RANGE: f32 = 0.03;
/// The same for a mouth that speaks; the clips show 0.09 to 0.33.
const LEAST_SPOKEN_RANGE: f32 = 0.05;
/// How often a mouth that speaks opens or closes at the least. A smile, a yawn or a sip does so once or twice; the clips 4 to 36
/// times.
const LEAST_TURNS: usize = 3;

/// Whether the mouths of these frames differ: frames of a photograph or of a mouth at rest show one mouth.
pub fn mouths_differ(frames: &[Landmarks]) -> bool {
    let gaps: Vec<f32> = frames.iter().map(|face| Measured::of(face).gap).collect();
    let [low, high] = gap_range(&gaps);
    high - low >= LEAST_GAP_RANGE
}

/// The 5 and 95 % quantiles.
fn gap_range(gaps: &[f32]) -> [f32; 2] {
    [0.05, 0.95].map(|share| quantile(gaps.to_vec(), share))
}

/// Whether a mouth with these gaps, frame by frame, speaks: it opens and closes, again and again.
fn speaks(gaps: &[f32]) -> bool {
    let [low, high] = gap_range(gaps);
    let range = high - low;
    if range < LEAST_SPOKEN_RANGE {
        return false;
    }
    let (mut open, mut turns) = (None, 0);
    for gap in gaps {
        let now = match (gap - low) / range {
            part if part > 0.6 => true,
            part if part < 0.3 => false,
            _ => continue,
        };
        turns += usize::from(open.is_some_and(|before| before != now));
        open = Some(now);
    }
    turns >= LEAST_TURNS
}

/// How a person speaks, measured on a video.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechStyle {
    /// `[468]` the relaxed face with closed lips in the frontal frame (canonical centimetres).
    pub neutral: Vec<[f32; 3]>,
    /// How far the lips part at wide openings: the 95 % quantile of the middle gap, interocular distances.
    pub opening: f32,
    /// How far the head moves about: standard deviations of yaw, pitch, roll within 8 s, degrees.
    pub head: [f32; 3],
    /// Frames on which all this was measured, 25 a second.
    pub frames: usize,
}

/// Frames within which head movement is measured: 8 s.
const HEAD_WINDOW: usize = 200;

impl SpeechStyle {
    /// Median of the sixth of the frames whose lips are most closed and whose eyes are open; `None` below 12 frames, and where
    /// the mouth does not speak: a photograph, a smile.
    pub fn measure(frames: &[Landmarks]) -> Option<Self> {
        if frames.len() < 12 {
            return None;
        }
        let measured: Vec<Measured> = frames.iter().map(Measured::of).collect();
        let gaps: Vec<f32> = measured.iter().map(|m| m.gap).collect();
        if !speaks(&gaps) {
            return None;
        }
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
        let [least, most] = gap_range(&gaps);
        let opening = (most - least).max(0.0);
        let head = std::array::from_fn(|axis| movement(&measured.iter().map(|m| m.angles[axis]).collect::<Vec<_>>()));
        Some(Self { neutral, opening, head, frames: frames.len() })
    }
}

/// Standard deviation of an angle, the median over windows; jitter from frame to frame is averaged out before.
fn movement(angle: &[f32]) -> f32 {
    let smooth: Vec<f32> = angle.windows(3).map(|w| w.iter().sum::<f32>() / 3.0).collect();
    let whole = smooth.chunks(HEAD_WINDOW).filter(|window| window.len() == HEAD_WINDOW.min(smooth.len()));
    let deviation = |window: &[f32]| {
        let count = window.len() as f32;
        let mean = window.iter().sum::<f32>() / count;
        (window.iter().map(|a| (a - mean).powi(2)).sum::<f32>() / count).sqrt()
    };
    quantile(whole.map(deviation).collect(), 0.5)
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
