//! Movement besides the response: pieces of a real head's movement, chosen at random among those that fit, one fading
//! into the next. No drift (poses are taken, not steps), no repetition (any place, mirrored or not), no seam.

use super::material::HeadMaterial;
use super::{Angle, Angles};
use crate::random::Noise;

/// Frames of a piece: shortest and longest.
const PIECE: (f32, f32) = (60.0, 160.0);
/// Frames over which two pieces fade.
const FADE: usize = 20;
/// Places that are tried for each piece.
const CANDIDATES: usize = 64;
/// What a difference counts, squared: liveliness (its own unit), place, speed (a frame) where two pieces meet.
const WEIGHTS: [f32; 3] = [0.6, 0.5, 40.0];
/// How far from the middle a piece may begin, squared, counts that much at the start.
const OFF_CENTRE: f32 = 0.2;

/// A piece of the material: it is shown from `first` on; yaw and roll may be mirrored.
#[derive(Clone, Copy)]
struct Piece {
    first: usize,
    mirrored: bool,
}

impl Piece {
    fn at(&self, material: &HeadMaterial, frame: usize) -> [f32; 3] {
        let [yaw, pitch, roll] = material.residual[(self.first + frame).min(material.residual.len() - 1)];
        if self.mirrored { [-yaw, pitch, -roll] } else { [yaw, pitch, roll] }
    }

    fn velocity(&self, material: &HeadMaterial, frame: usize) -> [f32; 3] {
        let (before, after) = (self.at(material, frame.saturating_sub(1)), self.at(material, frame + 1));
        std::array::from_fn(|axis| 0.5 * (after[axis] - before[axis]))
    }
}

/// Yaw, pitch, roll for each frame of `activity` (how lively the speech is; mean 0, standard deviation about 1); the
/// standard deviation over a long time is about 1.
pub(super) fn angles(material: &HeadMaterial, activity: &[f32], noise: &mut Noise) -> Angles {
    let count = activity.len();
    let mut angles: Angles = std::array::from_fn(|_| vec![0.0; count]);
    let mut start = 0;
    let mut last: Option<(Piece, usize)> = None;
    while start < count {
        let length = noise.uniform(PIECE.0, PIECE.1) as usize;
        let end = (start + length).min(count);
        // A piece begins half a fade before its own span and goes on half a fade behind it.
        let piece = choose(material, &activity[start..end], length + FADE, last, noise);
        let before = if last.is_some() { FADE / 2 } else { 0 };
        for at in start - before..(end + FADE / 2).min(count) {
            let shown = at + FADE / 2 - start;
            let value = piece.at(material, shown);
            let weight = if last.is_some() && shown < FADE {
                0.5 - 0.5 * (std::f32::consts::PI * (shown as f32 + 0.5) / FADE as f32).cos()
            } else {
                1.0
            };
            for (angle, value) in angles.iter_mut().zip(value) {
                angle[at] += weight * (value - angle[at]);
            }
        }
        last = Some((piece, length + FADE / 2));
        start = end;
    }
    angles
}

/// The best of some places: as lively as the speech, going on where the last piece (and its frame) leaves off.
fn choose(material: &HeadMaterial, activity: &[f32], length: usize, last: Option<(Piece, usize)>, noise: &mut Noise) -> Piece {
    let mut best = (f32::INFINITY, Piece { first: 0, mirrored: false });
    for _ in 0..CANDIDATES {
        let place = noise.uniform(0.0, 1.0);
        let mirrored = noise.uniform(0.0, 1.0) < 0.5;
        let first = (place * material.residual.len() as f32) as usize;
        let fits = material.stretch_end.get(first).is_some_and(|end| first + length < *end);
        if !fits {
            continue;
        }
        let piece = Piece { first, mirrored };
        let lively = &material.activity[first + FADE / 2..];
        let unlike: f32 = activity.iter().zip(lively).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / activity.len() as f32;
        let joined = match last {
            Some((last, frame)) => {
                let place = distance(piece.at(material, FADE / 2), last.at(material, frame));
                let speed = distance(piece.velocity(material, FADE / 2), last.velocity(material, frame));
                WEIGHTS[1] * place + WEIGHTS[2] * speed
            }
            None => OFF_CENTRE * distance(piece.at(material, FADE / 2), [0.0; 3]),
        };
        let cost = WEIGHTS[0] * unlike + joined;
        if cost < best.0 {
            best = (cost, piece);
        }
    }
    best.1
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// Plays curves at a changing speed (1 = as they are, never over 1), so that they slow down without being pulled anywhere.
pub(super) fn at_speed(curve: &[f32], speed: &[f32]) -> Angle {
    let mut at = 0.0_f64;
    let last = curve.len().saturating_sub(1);
    speed
        .iter()
        .map(|speed| {
            let (low, part) = ((at as usize).min(last), at.fract() as f32);
            at += f64::from(speed.clamp(0.0, 1.0));
            cubic(curve, low, part)
        })
        .collect()
}

/// Catmull and Rom's cubic between `low` and `low + 1`: its speed has no corners.
fn cubic(curve: &[f32], low: usize, part: f32) -> f32 {
    let last = curve.len() - 1;
    let at = |k: isize| curve[(low as isize + k).clamp(0, last as isize) as usize];
    let (a, b, c, d) = (at(-1), at(0), at(1), at(2));
    b + 0.5 * part * (c - a + part * (2.0 * a - 5.0 * b + 4.0 * c - d + part * (3.0 * (b - c) + d - a)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;
    use crate::rhythm::mean_and_deviation;

    #[test]
    fn pieces_join_without_a_seam_and_keep_their_size() {
        let material = HeadMaterial::get();
        let activity: Vec<f32> = (0..20_000).map(|k| (k as f32 / 40.0).sin()).collect();
        let angles = angles(material, &activity, &mut Noise::new(3, Purpose::HeadMotion));
        let most = material.residual.windows(2).map(|w| (w[1][1] - w[0][1]).abs()).fold(0.0, f32::max);
        for angle in &angles {
            let (mean, deviation) = mean_and_deviation(angle);
            assert!(mean.abs() < 0.25 && (0.75..1.2).contains(&deviation), "{mean} {deviation}");
            let largest = angle.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
            assert!(largest <= 1.6 * most, "{largest} of {most}");
        }
    }
}
