//! ARKit's blendshapes and what the ones that this program can show do to the mesh.
//!
//! Left and right are the person's own: the person's left is at the picture's right. Ten mouth shapes are learned (the basis that
//! takes a smile off a portrait, `assets/models/unsmile.md`, made symmetric), pucker is the expression basis' width, and
//! `mouthClose` and `mouthFrown` are made by hand after ARKit's descriptions. Shapes that are not listed move nothing here.

use std::sync::OnceLock;

use talkinghead_face::{CanonicalMesh, LIP_PAIRS, MESH_POINTS};

use super::arkit_names::place;
use super::nonnegative::BoundedLeastSquares;
use crate::expression::points::SHAPE_POINTS;
use crate::expression::{CENTIMETRES_PER_IOD, TensorFile, opening_and_width};
use crate::{Expression, ExpressionBasis};

/// A brow raised by this (interocular distances) is a raised brow of 1, lowered by half of it a lowered one of 1.
pub(super) const FULL_BROW: f32 = 0.12;
/// Radius of the eyeball in eye widths, and the degrees of a look of 1.
pub(super) const EYE_RADIUS: f32 = 0.4;
pub(super) const FULL_LOOK: f32 = 30.0;
/// Width of the mouth that a pucker of 1 takes away, in interocular distances.
const FULL_PUCKER: f32 = 0.25;
/// Centimetres by which a frown of 1 lowers a corner of the mouth.
const FULL_FROWN: f32 = 0.8;
/// How much opening and width weigh against one coordinate of one point.
const LIP_WEIGHT: f32 = 15.0;

type Field = Vec<[f32; 3]>;

/// The blendshapes of the mouth, ready to be mixed and unmixed.
pub(super) struct MouthShapes {
    /// Place in [`super::ARKIT_NAMES`] and displacement of the mesh at 1, `[468]`, canonical centimetres.
    shapes: Vec<(usize, Field)>,
    solver: BoundedLeastSquares,
}

impl MouthShapes {
    /// Those of the shipped bases, made once.
    pub(super) fn get() -> &'static Self {
        static SHAPES: OnceLock<MouthShapes> = OnceLock::new();
        SHAPES.get_or_init(Self::shipped)
    }

    #[expect(clippy::expect_used, reason = "the asset is compiled in and checked by a test")]
    fn shipped() -> Self {
        let bytes = include_bytes!("../../../../assets/models/unsmile.safetensors");
        let file = TensorFile::from_bytes(bytes).expect("the shipped asset unsmile.safetensors is checked by a test");
        let mesh = CanonicalMesh::get();
        let values = file.get("basis", &[mesh.blendshape_names.len(), 3 * MESH_POINTS]);
        let values = values.expect("the shipped asset unsmile.safetensors is checked by a test");
        let mirror = mirrored_points();
        // All scores of this name (both sides together), made symmetric.
        let learned = |name: &str| {
            let mut field = vec![[0.0; 3]; MESH_POINTS];
            for (row, _) in mesh.blendshape_names.iter().enumerate().filter(|(_, n)| n.starts_with(name)) {
                let row = &values[3 * MESH_POINTS * row..3 * MESH_POINTS * (row + 1)];
                for (point, moved) in field.iter_mut().zip(row.chunks_exact(3)) {
                    point.iter_mut().zip(moved).for_each(|(p, m)| *p += m);
                }
            }
            symmetric(&field, &mirror)
        };
        let jaw = learned("jawOpen");
        let mut shapes = vec![
            (const { place("JawOpen") }, jaw.clone()),
            (const { place("MouthClose") }, lips_closed_again(&jaw)),
            (const { place("MouthFunnel") }, learned("mouthFunnel")),
            (const { place("MouthPucker") }, symmetric(&pucker(), &mirror)),
        ];
        for (left, right, field) in [
            (const { place("MouthSmileLeft") }, const { place("MouthSmileRight") }, learned("mouthSmile")),
            (const { place("MouthFrownLeft") }, const { place("MouthFrownRight") }, frown()),
            (const { place("MouthStretchLeft") }, const { place("MouthStretchRight") }, learned("mouthStretch")),
            (const { place("MouthLowerDownLeft") }, const { place("MouthLowerDownRight") }, learned("mouthLowerDown")),
            (const { place("MouthUpperUpLeft") }, const { place("MouthUpperUpRight") }, learned("mouthUpperUp")),
        ] {
            shapes.push((left, half(&field, 1.0)));
            shapes.push((right, half(&field, -1.0)));
        }
        let solver = BoundedLeastSquares::new(shapes.iter().map(|(_, field)| rows(field)).collect());
        Self { shapes, solver }
    }

    /// Writes the mouth's weights for an expression.
    pub(super) fn weights(&self, expression: &Expression, weights: &mut [f32; 52]) {
        let brow = Expression { brow: 0.0, ..*expression };
        let found = self.solver.solve(&rows(&ExpressionBasis::get().decode(&brow).displacement));
        for ((place, _), weight) in self.shapes.iter().zip(found) {
            weights[*place] = weight;
        }
    }

    /// The expression of the mouth's weights; the brows rest.
    pub(super) fn expression(&self, weights: &[f32; 52]) -> Expression {
        let mut field = vec![[0.0; 3]; MESH_POINTS];
        for (place, shape) in &self.shapes {
            let weight = weights[*place];
            if weight != 0.0 {
                for (point, moved) in field.iter_mut().zip(shape) {
                    point.iter_mut().zip(moved).for_each(|(p, m)| *p += weight * m);
                }
            }
        }
        Expression { brow: 0.0, ..ExpressionBasis::get().encode(&field) }
    }
}

/// What the fit looks at: lips and jaw point by point, and the lips' opening and width, which weigh most.
fn rows(field: &[[f32; 3]]) -> Vec<f32> {
    let (opening, width) = opening_and_width(|point, axis| field[point][axis]);
    let lips = [opening, width].map(|value| LIP_WEIGHT * CENTIMETRES_PER_IOD * value);
    SHAPE_POINTS.iter().flat_map(|&point| field[point]).chain(lips).collect()
}

/// The point on the other side of the face, for each point.
fn mirrored_points() -> Vec<usize> {
    let vertices = &CanonicalMesh::get().vertices;
    let distance = |a: [f32; 3], b: [f32; 3]| (a[0] + b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2);
    let nearest = |a: [f32; 3]| (0..MESH_POINTS).min_by(|&i, &j| distance(a, vertices[i]).total_cmp(&distance(a, vertices[j])));
    vertices.iter().map(|&vertex| nearest(vertex).unwrap_or_default()).collect()
}

fn symmetric(field: &[[f32; 3]], mirror: &[usize]) -> Field {
    let half = |a: f32, b: f32| (a + b) / 2.0;
    field
        .iter()
        .zip(mirror)
        .map(|(p, &other)| [half(p[0], -field[other][0]), half(p[1], field[other][1]), half(p[2], field[other][2])])
        .collect()
}

/// The part on one side (1: the picture's right, the person's left), with a soft edge in the middle of the face.
fn half(field: &[[f32; 3]], side: f32) -> Field {
    const EDGE: f32 = 1.2;
    let vertices = &CanonicalMesh::get().vertices;
    let share = |x: f32| (0.5 + side * x / (2.0 * EDGE)).clamp(0.0, 1.0);
    field.iter().zip(vertices).map(|(moved, vertex)| moved.map(|m| share(vertex[0]) * m)).collect()
}

/// Lips brought together again while the jaw stays open: the jaw's movement taken back at and near the lips.
fn lips_closed_again(jaw: &[[f32; 3]]) -> Field {
    const NEAR: f32 = 0.9;
    let vertices = &CanonicalMesh::get().vertices;
    let lips: Vec<usize> =
        LIP_PAIRS.iter().flat_map(|(upper, lower)| [*upper, *lower]).chain(SHAPE_POINTS[..40].to_vec()).collect();
    let distance = |a: [f32; 3], b: [f32; 3]| (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f32>();
    vertices
        .iter()
        .zip(jaw)
        .map(|(vertex, moved)| {
            let nearest = lips.iter().map(|&lip| distance(*vertex, vertices[lip])).fold(f32::MAX, f32::min);
            moved.map(|m| -m * (-0.5 * nearest / (NEAR * NEAR)).exp())
        })
        .collect()
}

/// The expression basis' own narrow mouth.
fn pucker() -> Field {
    let narrow = Expression { width: -FULL_PUCKER, ..Expression::NEUTRAL };
    ExpressionBasis::get().decode(&narrow).displacement
}

/// Both corners of the mouth drawn down, and a little outwards.
fn frown() -> Field {
    const SPREAD: f32 = 1.1;
    let vertices = &CanonicalMesh::get().vertices;
    let mut field = vec![[0.0; 3]; MESH_POINTS];
    for (corner, outwards) in [(61, -1.0), (291, 1.0)] {
        let centre = vertices[corner];
        for (point, vertex) in field.iter_mut().zip(vertices) {
            let distance: f32 = (0..2).map(|k| (vertex[k] - centre[k]).powi(2)).sum();
            let strength = FULL_FROWN * (-0.5 * distance / (SPREAD * SPREAD)).exp();
            point[0] += 0.15 * outwards * strength;
            point[1] += strength;
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_talking_mouth_comes_back_from_its_blendshapes() {
        let shapes = MouthShapes::get();
        for k in 0..60 {
            let wave = |f: f32| (k as f32 * f).sin();
            let opening = (0.12 + 0.12 * wave(0.7)).max(0.0);
            let shape = std::array::from_fn(|c| if c == 0 { 2.0 * opening / 0.12 } else { 0.5 * wave(0.3 + 0.2 * c as f32) });
            let said = Expression { opening, width: 0.04 * wave(0.4), shape, brow: 0.0 };
            let mut weights = [0.0; 52];
            shapes.weights(&said, &mut weights);
            assert!(weights.iter().all(|w| (0.0..=1.0).contains(w)));
            let back = shapes.expression(&weights);
            assert!((back.opening - said.opening).abs() < 0.012, "{k}: opening {} became {}", said.opening, back.opening);
            assert!((back.width - said.width).abs() < 0.012, "{k}: width {} became {}", said.width, back.width);
        }
    }

    #[test]
    fn rest_has_no_weights_and_a_smile_has_both_sides() {
        let shapes = MouthShapes::get();
        let mut weights = [0.0; 52];
        shapes.weights(&Expression::NEUTRAL, &mut weights);
        assert!(weights.iter().all(|w| *w == 0.0));
        assert_eq!(shapes.expression(&weights).opening, 0.0);
        weights[place("MouthSmileLeft")] = 1.0;
        let half = shapes.expression(&weights).width;
        weights[place("MouthSmileRight")] = 1.0;
        let whole = shapes.expression(&weights).width;
        assert!(half > 0.05 && (whole - 2.0 * half).abs() < 0.02, "{half} {whole}");
    }

    #[test]
    fn sides_are_the_persons_own() {
        let shapes = MouthShapes::get();
        let corner = |name: &str, point: usize| {
            let index = place(name);
            shapes.shapes.iter().find(|(place, _)| *place == index).map_or(0.0, |(_, field)| field[point][1])
        };
        // 291 is the corner at the picture's right: the person's left.
        assert!(corner("MouthSmileLeft", 291) < -0.5 && corner("MouthSmileLeft", 61).abs() < 0.05);
        assert!(corner("MouthFrownRight", 61) > 0.5 && corner("MouthFrownRight", 291).abs() < 0.05);
        // Jaw open and mouth closed: the chin is down, the lips touch.
        assert!(corner("JawOpen", 152) > 1.5 && (corner("JawOpen", 14) + corner("MouthClose", 14)).abs() < 1e-3);
    }
}
