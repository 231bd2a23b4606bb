//! What of a face lies beyond the picture's edge.

use crate::geometry::landmarks::Landmarks;

/// The outline of the lips.
const LIPS: [usize; 20] = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185];
/// Share of the lips' outline that may lie outside: landmarks tremble.
const MOST_LIPS_OUTSIDE: f32 = 0.1;
const CHIN: usize = 152;
/// For each side of the picture's face: outer eye corner, middle of the cheek.
const SIDES: [[usize; 2]; 2] = [[33, 50], [263, 280]];

/// Outer corners of the eyes.
const EYES: [usize; 2] = [33, 263];

/// A part of a face that a picture does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingPart {
    /// The lips, or some of them: nothing to move is left.
    Mouth,
    /// The chin, with the mouth in the picture.
    Chin,
    /// Both eyes, with the mouth in the picture.
    Eyes,
    /// One eye's outer corner or one cheek.
    Side,
}

impl MissingPart {
    /// The part in words, with its article.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mouth => "the mouth",
            Self::Chin => "the chin",
            Self::Eyes => "the eyes",
            Self::Side => "one side of the face",
        }
    }
}

/// Parts of a face that lie outside its picture of `width` by `height` pixels; empty for most.
pub fn missing_parts(landmarks: &Landmarks, (width, height): (u32, u32)) -> Vec<MissingPart> {
    let outside = |&point: &usize| {
        let [x, y, _] = landmarks.points()[point];
        x < -0.5 || y < -0.5 || x > width as f32 - 0.5 || y > height as f32 - 0.5
    };
    let mut parts = Vec::new();
    let lips = LIPS.iter().filter(|p| outside(p)).count() as f32 / LIPS.len() as f32;
    if lips > MOST_LIPS_OUTSIDE {
        parts.push(MissingPart::Mouth);
    } else if outside(&CHIN) {
        parts.push(MissingPart::Chin);
    }
    if EYES.iter().all(outside) {
        parts.push(MissingPart::Eyes);
    } else if SIDES.iter().any(|side| side.iter().any(outside)) {
        parts.push(MissingPart::Side);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The canonical mesh, 10 pixels a centimetre, its nose bridge at (200, 150).
    fn face() -> Landmarks {
        let mesh = crate::CanonicalMesh::get();
        Landmarks::from_fn(|i| mesh.vertices.get(i).map_or([0.0; 3], |v| [200.0 + 10.0 * v[0], 150.0 + 10.0 * v[1], 0.0]))
    }

    #[test]
    fn what_the_edge_cuts_off_is_named() {
        let face = face();
        let [_, chin, _] = face.points()[CHIN];
        let [_, lips, _] = face.points()[17];
        assert!(missing_parts(&face, (400, 400)).is_empty());
        assert_eq!(missing_parts(&face, (400, chin as u32 - 3)), [MissingPart::Chin]);
        assert_eq!(missing_parts(&face, (400, lips as u32 - 6)), [MissingPart::Mouth]);
        let lowered = Landmarks::from_fn(|i| {
            let [x, y, z] = face.points()[i];
            [x, y - face.points()[33][1].max(face.points()[263][1]) - 3.0, z]
        });
        assert_eq!(missing_parts(&lowered, (400, 400)), [MissingPart::Eyes]);
        let [eye, ..] = face.points()[263];
        assert_eq!(missing_parts(&face, (eye as u32 - 3, 400)), [MissingPart::Side]);
        let half = missing_parts(&face, (200, 400));
        assert_eq!(half, [MissingPart::Mouth, MissingPart::Side]);
    }
}
