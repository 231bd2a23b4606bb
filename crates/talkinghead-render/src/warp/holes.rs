//! What lies under the soft edges of mouth scene and eyeballs: the lips' or lids' own edge, drawn out over the hole.

use super::field::WarpField;

/// A hole's two edges, from image left to right; both begin and end at the corners.
pub(crate) struct Hole {
    upper: &'static [usize],
    lower: &'static [usize],
}

/// Between the inner lips.
pub(crate) const MOUTH: Hole = Hole {
    upper: &[78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308],
    lower: &[78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308],
};

/// Between the lids: image-left and image-right eye.
pub(crate) const EYES: [Hole; 2] = [
    Hole { upper: &[33, 246, 161, 160, 159, 158, 157, 173, 133], lower: &[33, 7, 163, 144, 145, 153, 154, 155, 133] },
    Hole { upper: &[362, 398, 384, 385, 386, 387, 388, 466, 263], lower: &[362, 382, 381, 380, 374, 373, 390, 249, 263] },
];

/// Behind everything else.
const FAR: f32 = 1e9;

impl Hole {
    /// Whether all three corners of a triangle lie on the hole's rim.
    pub fn holds(&self, triangle: &[usize; 3]) -> bool {
        triangle.iter().all(|i| self.upper.contains(i) || self.lower.contains(i))
    }

    /// The line half way between the edges, corners included, in the picture plane.
    pub fn middle_line(&self, posed: &[[f32; 3]]) -> Vec<[f32; 2]> {
        let middle = |(&u, &l): (&usize, &usize)| [0, 1].map(|k| 0.5 * (posed[u][k] + posed[l][k]));
        self.upper.iter().zip(self.lower).map(middle).collect()
    }

    /// Adds triangles that cover the hole with the colours of its edges.
    pub fn cover(&self, field: &mut WarpField, source: &[[f32; 3]], posed: &[[f32; 3]]) {
        let back = |p: [f32; 3]| [p[0], p[1], FAR];
        let middle = |k: usize| {
            let (u, l) = (posed[self.upper[k]], posed[self.lower[k]]);
            [0.5 * (u[0] + l[0]), 0.5 * (u[1] + l[1]), FAR]
        };
        for k in 0..self.upper.len() - 1 {
            for edge in [self.upper, self.lower] {
                let (a, b) = (edge[k], edge[k + 1]);
                // The middle's source is the edge itself: its colour is drawn out.
                field.add([source[a], source[b], source[b]], [back(posed[a]), back(posed[b]), middle(k + 1)]);
                field.add([source[a], source[b], source[a]], [back(posed[a]), middle(k + 1), middle(k)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talkinghead_face::CanonicalMesh;

    #[test]
    fn holes_hold_the_triangles_inside_lips_and_lids() {
        let count = |hole: &Hole| CanonicalMesh::get().triangles.iter().filter(|t| hole.holds(t)).count();
        assert_eq!([count(&MOUTH), count(&EYES[0]), count(&EYES[1])], [18, 14, 14]);
    }
}
