//! How far and how wide a mouth is open, over a clip.

use talkinghead_face::Landmarks;

/// Inner lips in the middle (upper, lower), corners of the mouth, outer corners of the eyes.
const INNER_LIPS: (usize, usize) = (13, 14);
const MOUTH_CORNERS: (usize, usize) = (61, 291);
const EYE_CORNERS: (usize, usize) = (33, 263);

/// A mouth over a clip, in distances between the outer corners of the eyes (in space, so that a turned head changes little).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LipCurve {
    /// Between the inner lips.
    pub opening: Vec<f64>,
    /// Between the corners of the mouth.
    pub width: Vec<f64>,
}

impl LipCurve {
    /// Measures it on landmarks, frame by frame.
    pub fn of_landmarks<'a>(frames: impl IntoIterator<Item = &'a Landmarks>) -> Self {
        let mut curve = Self::default();
        for landmarks in frames {
            let eyes = distance(landmarks, EYE_CORNERS).max(1e-6);
            curve.opening.push(distance(landmarks, INNER_LIPS) / eyes);
            curve.width.push(distance(landmarks, MOUTH_CORNERS) / eyes);
        }
        curve
    }
}

fn distance(landmarks: &Landmarks, (a, b): (usize, usize)) -> f64 {
    let (a, b) = (landmarks.points()[a], landmarks.points()[b]);
    (0..3).map(|k| f64::from(a[k] - b[k]).powi(2)).sum::<f64>().sqrt()
}
