//! Which of several faces is meant.

use crate::error::FaceError;
use crate::networks::detection::Detection;

/// Which of several faces to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum FaceChoice {
    /// The largest and most central.
    #[default]
    Main,
    /// The face of this number, counted from 0, from left to right.
    Index(usize),
}

impl FaceChoice {
    /// Picks among the faces of one picture.
    ///
    /// # Errors
    /// [`FaceError::NoFace`] if `faces` is empty, [`FaceError::NoSuchFace`].
    pub fn pick(self, faces: &[Detection], width: u32, height: u32) -> Result<Detection, FaceError> {
        let no_face = || FaceError::NoFace { place: "the picture".into() };
        match self {
            Self::Main => {
                let weight = |face: &Detection| prominence(face, width, height);
                faces.iter().max_by(|a, b| weight(a).total_cmp(&weight(b))).cloned().ok_or_else(no_face)
            }
            Self::Index(wanted) => {
                if faces.is_empty() {
                    return Err(no_face());
                }
                let mut sorted: Vec<&Detection> = faces.iter().collect();
                sorted.sort_by(|a, b| a.centre()[0].total_cmp(&b.centre()[0]));
                let face = sorted.get(wanted).ok_or(FaceError::NoSuchFace { wanted, found: faces.len() })?;
                Ok((*face).clone())
            }
        }
    }
}

/// Area, halved for a face at the picture's edge.
pub(crate) fn prominence(face: &Detection, width: u32, height: u32) -> f32 {
    let [x, y] = face.centre();
    let (dx, dy) = (x / width as f32 - 0.5, y / height as f32 - 0.5);
    face.width() * face.height() * (1.0 - (dx * dx + dy * dy).sqrt()).max(0.1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn face(x: f32, side: f32) -> Detection {
        Detection { score: 0.9, bounds: [x, 40.0, x + side, 40.0 + side], keypoints: [[0.0; 2]; 6] }
    }

    #[test]
    fn the_main_face_is_large_and_central() {
        let faces = [face(0.0, 20.0), face(40.0, 20.0), face(70.0, 12.0)];
        assert_eq!(FaceChoice::Main.pick(&faces, 100, 100).unwrap(), faces[1]);
    }

    #[test]
    fn numbers_count_from_the_left() {
        let faces = [face(70.0, 12.0), face(0.0, 20.0)];
        assert_eq!(FaceChoice::Index(1).pick(&faces, 100, 100).unwrap(), faces[0]);
        assert!(matches!(FaceChoice::Index(2).pick(&faces, 100, 100), Err(FaceError::NoSuchFace { wanted: 2, found: 2 })));
        assert!(matches!(FaceChoice::Index(0).pick(&[], 100, 100), Err(FaceError::NoFace { .. })));
    }
}
