//! The 478 points that the landmark network finds.

use crate::FaceError;

/// Points of the mesh; with the irises the network gives ten more.
pub const MESH_POINTS: usize = 468;
/// Points of a face: mesh and irises.
pub const LANDMARK_POINTS: usize = 478;

/// One face's landmarks in pixels of the picture: x right, y down, z away from the camera (nearer is negative).
///
/// Points 0..468 are the canonical mesh's vertices; 468 and 473 are the iris centres (image left, image right),
/// 469..473 and 474..478 their rings.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmarks(Box<[[f32; 3]; LANDMARK_POINTS]>);

impl Landmarks {
    /// The landmarks of a list, `[478]` points.
    ///
    /// # Errors
    /// [`FaceError::LandmarkCount`] if there are more or fewer.
    pub fn new(points: Vec<[f32; 3]>) -> Result<Self, FaceError> {
        let found = points.len();
        let points = points.into_boxed_slice().try_into().map_err(|_| FaceError::LandmarkCount { found })?;
        Ok(Self(points))
    }

    /// The landmarks whose point number `i` is `point(i)`.
    pub fn from_fn(mut point: impl FnMut(usize) -> [f32; 3]) -> Self {
        let mut points = Box::new([[0.0; 3]; LANDMARK_POINTS]);
        points.iter_mut().enumerate().for_each(|(i, to)| *to = point(i));
        Self(points)
    }

    /// The points, each x, y, z in pixels.
    pub fn points(&self) -> &[[f32; 3]; LANDMARK_POINTS] {
        &self.0
    }

    /// The points, to be moved.
    pub fn points_mut(&mut self) -> &mut [[f32; 3]; LANDMARK_POINTS] {
        &mut self.0
    }

    /// Every point moved.
    pub fn map(&self, mut to: impl FnMut([f32; 3]) -> [f32; 3]) -> Self {
        Self::from_fn(|i| to(self.0[i]))
    }

    /// The mesh points without the irises, `[468]`.
    pub fn mesh(&self) -> &[[f32; 3]] {
        &self.0[..MESH_POINTS]
    }

    /// The points of both irises, `[10]`.
    pub fn irises(&self) -> &[[f32; 3]] {
        &self.0[MESH_POINTS..]
    }

    /// Distance between the iris centres in pixels (x and y only): the unit "IOD" of everything that moves.
    pub fn interocular_distance(&self) -> f32 {
        let (a, b) = (self.0[468], self.0[473]);
        ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt()
    }

    /// Left, top, right, bottom of the box around all points, in pixels.
    pub fn bounding_box(&self) -> [f32; 4] {
        let start = [f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
        self.0.iter().fold(start, |b, p| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])])
    }

    /// Both sets of points mixed: `self` at 0, `other` at 1.
    pub fn mixed(&self, other: &Self, share: f32) -> Self {
        Self::from_fn(|i| std::array::from_fn(|k| self.0[i][k] + share * (other.0[i][k] - self.0[i][k])))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_478_points_are_a_face() {
        for found in [0, 468, 477, 479] {
            let error = Landmarks::new(vec![[0.0; 3]; found]).unwrap_err();
            assert!(matches!(error, FaceError::LandmarkCount { found: told } if told == found));
        }
        let face = Landmarks::new((0..478).map(|i| [i as f32, 0.0, 1.0]).collect()).unwrap();
        assert_eq!((face.mesh().len(), face.irises()[0]), (468, [468.0, 0.0, 1.0]));
        assert_eq!(face, Landmarks::from_fn(|i| [i as f32, 0.0, 1.0]));
        assert_eq!(face.interocular_distance(), 5.0);
        assert_eq!(face.map(|[x, y, z]| [2.0 * x, y, z]).points()[3], [6.0, 0.0, 1.0]);
    }
}
