//! The 478 points that the landmark network finds.

/// Points of the mesh; with the irises the network gives ten more.
pub const MESH_POINTS: usize = 468;

/// One face's landmarks in pixels of the picture: x right, y down, z away from the camera (nearer is negative).
///
/// Points 0..468 are the canonical mesh's vertices; 468 and 473 are the iris centres (image left, image right),
/// 469..473 and 474..478 their rings.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmarks {
    /// `[478]` points, each x, y, z in pixels.
    pub points: Vec<[f32; 3]>,
}

impl Landmarks {
    /// Distance between the iris centres in pixels (x and y only): the unit "IOD" of everything that moves.
    pub fn interocular_distance(&self) -> f32 {
        let (a, b) = (self.points[468], self.points[473]);
        ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt()
    }

    /// The mesh points without the irises, `[468]`.
    pub fn mesh(&self) -> &[[f32; 3]] {
        &self.points[..MESH_POINTS]
    }
}

impl Landmarks {
    /// Left, top, right, bottom of the box around all points, in pixels.
    pub fn bounding_box(&self) -> [f32; 4] {
        let start = [f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
        self.points.iter().fold(start, |b, p| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])])
    }

    /// Both sets of points mixed: `self` at 0, `other` at 1.
    pub fn mixed(&self, other: &Landmarks, share: f32) -> Landmarks {
        let mix = |(a, b): (&[f32; 3], &[f32; 3])| std::array::from_fn(|k| a[k] + share * (b[k] - a[k]));
        Landmarks { points: self.points.iter().zip(&other.points).map(mix).collect() }
    }
}
