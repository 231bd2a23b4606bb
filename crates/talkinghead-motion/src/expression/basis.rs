//! Between an expression's few numbers and the mesh.

use std::sync::OnceLock;

use talkinghead_face::{CanonicalMesh, LIP_PAIRS, MESH_POINTS};

use super::points::{BROW_POINTS, MOUTH_CORNERS, SHAPE_POINTS};
use super::tensor_file::{TensorFile, TensorFileError};
use super::{CENTIMETRES_PER_IOD, Expression, SHAPE_COMPONENTS};

const FIELD: usize = MESH_POINTS * 3;
const SHAPE_VALUES: usize = SHAPE_POINTS.len() * 3;
/// Shape components are never believed beyond this many standard deviations.
const MAX_SHAPE: f32 = 6.0;
/// A gap beside the middle of the lips is at most this much wider than the middle's.
const WIDEST_GAP: f32 = 1.15;

/// The mesh's movement that an [`Expression`] stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Deformation {
    /// `[468]` displacements from the relaxed face with closed lips, frontal frame (x right, y down, z away), canonical
    /// centimetres.
    pub displacement: Vec<[f32; 3]>,
    /// Gaps of the nine lip pairs in interocular distances; all 0 when `opening` is 0, the middle one equals `opening`.
    pub lip_gaps: [f32; 9],
}

/// Linear basis of lips, jaw and cheeks; fitted by `train_expression`, shipped with the expression model.
#[derive(Clone, Debug)]
pub struct ExpressionBasis {
    /// `[8][468 * 3]`: displacement per unit of each shape component.
    shape: Vec<Vec<f32>>,
    /// `[468 * 3]`: displacement that opens the lips by one interocular distance and leaves the width.
    opening: Vec<f32>,
    /// `[468 * 3]`: displacement that widens the mouth by one interocular distance and leaves the opening.
    width: Vec<f32>,
    /// `[8][73 * 3]`: shape components of a displacement of [`SHAPE_POINTS`].
    encoder: Vec<Vec<f32>>,
    /// `[468]`: how far each point follows the brows, 0 to 1.
    brow: Vec<f32>,
}

impl ExpressionBasis {
    /// The basis that ships with the program, parsed once.
    #[expect(clippy::expect_used, reason = "the asset is compiled in and checked by a test")]
    pub fn get() -> &'static ExpressionBasis {
        static BASIS: OnceLock<ExpressionBasis> = OnceLock::new();
        BASIS.get_or_init(|| {
            Self::from_tensors(super::shipped()).expect("the shipped asset expression.safetensors is checked by a test")
        })
    }

    /// A basis from tensors `basis.shape` `[8, 1404]`, `basis.opening` and `basis.width` `[1404]`, `basis.encoder`
    /// `[8, 219]`.
    ///
    /// # Errors
    /// A tensor is missing or has another shape.
    pub fn from_tensors(file: &TensorFile) -> Result<Self, TensorFileError> {
        let rows = |values: &[f32], width: usize| values.chunks_exact(width).map(<[f32]>::to_vec).collect::<Vec<_>>();
        Ok(Self {
            shape: rows(file.get("basis.shape", &[SHAPE_COMPONENTS, FIELD])?, FIELD),
            opening: file.get("basis.opening", &[FIELD])?.to_vec(),
            width: file.get("basis.width", &[FIELD])?.to_vec(),
            encoder: rows(file.get("basis.encoder", &[SHAPE_COMPONENTS, SHAPE_VALUES])?, SHAPE_VALUES),
            brow: brow_weights(),
        })
    }

    /// The movement of the mesh for an expression. Total: numbers that are not finite count as 0.
    pub fn decode(&self, expression: &Expression) -> Deformation {
        let finite = |v: f32| if v.is_finite() { v } else { 0.0 };
        let opening = finite(expression.opening).clamp(0.0, 1.0);
        let mut field = vec![0.0; FIELD];
        for (row, component) in self.shape.iter().zip(expression.shape) {
            add(&mut field, row, finite(component).clamp(-MAX_SHAPE, MAX_SHAPE));
        }
        // The shape has an opening and a width of its own: take it the rest of the way.
        let (has_opening, has_width) = opening_and_width(|i, axis| field[3 * i + axis]);
        add(&mut field, &self.opening, opening - has_opening);
        add(&mut field, &self.width, finite(expression.width).clamp(-0.5, 0.5) - has_width);
        let lift = finite(expression.brow).clamp(-0.3, 0.3) * CENTIMETRES_PER_IOD;
        let displacement: Vec<[f32; 3]> =
            field.chunks_exact(3).zip(&self.brow).map(|(d, brow)| [d[0], d[1] - brow * lift, d[2]]).collect();
        let lip_gaps = LIP_PAIRS.map(|(upper, lower)| {
            let gap = (displacement[lower][1] - displacement[upper][1]) / CENTIMETRES_PER_IOD;
            gap.clamp(0.0, WIDEST_GAP * opening)
        });
        Deformation { displacement, lip_gaps }
    }

    /// The expression whose decoded movement is nearest to a measured one.
    ///
    /// `displacement`: `[468]`, from the person's relaxed face with closed lips, frontal frame, canonical centimetres
    /// ([`talkinghead_face::RigidFit::frontal`] of a frame minus that of the neutral face).
    pub fn encode(&self, displacement: &[[f32; 3]]) -> Expression {
        let (opening, width) = opening_and_width(|i, axis| displacement[i][axis]);
        let points = SHAPE_POINTS.iter().flat_map(|&i| displacement[i]);
        let values: Vec<f32> = points.collect();
        let mut shape = [0.0; SHAPE_COMPONENTS];
        for (component, row) in shape.iter_mut().zip(&self.encoder) {
            *component = row.iter().zip(&values).map(|(a, b)| a * b).sum();
        }
        let brows = BROW_POINTS.iter().map(|&i| -displacement[i][1]).sum::<f32>() / BROW_POINTS.len() as f32;
        let follow = BROW_POINTS.iter().map(|&i| self.brow[i]).sum::<f32>() / BROW_POINTS.len() as f32;
        Expression { opening: opening.max(0.0), width, shape, brow: brows / follow / CENTIMETRES_PER_IOD }
    }
}

/// Opening and width that displacements make, in interocular distances, from the closed mouth at rest.
pub fn opening_and_width(at: impl Fn(usize, usize) -> f32) -> (f32, f32) {
    let (upper, lower) = LIP_PAIRS[4];
    let (left, right) = MOUTH_CORNERS;
    ((at(lower, 1) - at(upper, 1)) / CENTIMETRES_PER_IOD, (at(right, 0) - at(left, 0)) / CENTIMETRES_PER_IOD)
}

fn add(field: &mut [f32], row: &[f32], factor: f32) {
    for (value, step) in field.iter_mut().zip(row) {
        *value += factor * step;
    }
}

/// Brow points move fully, the forehead less with distance, nothing below the upper lids.
fn brow_weights() -> Vec<f32> {
    const SPREAD: f32 = 1.3;
    let vertices = &CanonicalMesh::get().vertices;
    let lid = f32::midpoint(vertices[159][1], vertices[386][1]);
    let lowest_brow = BROW_POINTS.iter().map(|&i| vertices[i][1]).fold(f32::MIN, f32::max);
    vertices
        .iter()
        .map(|v| {
            let distance = BROW_POINTS
                .iter()
                .map(|&i| (0..2).map(|k| (v[k] - vertices[i][k]).powi(2)).sum::<f32>())
                .fold(f32::MAX, f32::min);
            let above_lid = ((lid - v[1]) / (lid - lowest_brow).max(0.1)).clamp(0.0, 1.0);
            (-0.5 * distance / (SPREAD * SPREAD)).exp() * above_lid
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smile_and_talk() -> Expression {
        Expression { opening: 0.17, width: 0.06, shape: [1.0, -0.5, 0.3, 0.8, -0.2, 0.1, 0.4, -0.3], brow: 0.04 }
    }

    #[test]
    fn rest_moves_nothing() {
        let rest = ExpressionBasis::get().decode(&Expression::NEUTRAL);
        assert!(rest.displacement.iter().flatten().all(|&d| d == 0.0) && rest.lip_gaps == [0.0; 9]);
    }

    #[test]
    fn opening_and_width_have_the_last_word() {
        let basis = ExpressionBasis::get();
        let wanted = smile_and_talk();
        let moved = basis.decode(&wanted);
        let (opening, width) = opening_and_width(|i, axis| moved.displacement[i][axis]);
        assert!((opening - wanted.opening).abs() < 2e-3 && (width - wanted.width).abs() < 2e-3, "{opening} {width}");
        assert!((moved.lip_gaps[4] - wanted.opening).abs() < 2e-3);
        // The corners' gaps are smaller than the middle's.
        assert!(moved.lip_gaps[0] < moved.lip_gaps[4] && moved.lip_gaps[8] < moved.lip_gaps[4]);
        let closed = basis.decode(&Expression { opening: 0.0, ..wanted });
        assert_eq!(closed.lip_gaps, [0.0; 9]);
    }

    #[test]
    fn a_wide_open_mouth_lowers_the_chin_and_leaves_the_eyes() {
        let open = ExpressionBasis::get().decode(&Expression { opening: 0.4, ..Expression::NEUTRAL });
        assert!(open.displacement[152][1] > 0.5, "chin {:?}", open.displacement[152]);
        assert!(open.displacement[14][1] > 1.0 && open.displacement[13][1] < 0.5);
        for point in [159, 386, 33, 263, 6] {
            assert!(open.displacement[point].iter().all(|d| d.abs() < 0.15), "{point} {:?}", open.displacement[point]);
        }
    }

    #[test]
    fn raised_brows_go_up() {
        let raised = ExpressionBasis::get().decode(&Expression { brow: 0.1, ..Expression::NEUTRAL });
        assert!(raised.displacement[105][1] < -0.5 && raised.displacement[105][1] > -0.7);
        assert_eq!(raised.displacement[14][1], 0.0);
    }

    #[test]
    fn encoding_undoes_decoding() {
        let basis = ExpressionBasis::get();
        let first = basis.encode(&basis.decode(&smile_and_talk()).displacement);
        let second = basis.encode(&basis.decode(&first).displacement);
        assert!((first.opening - 0.17).abs() < 2e-3 && (first.width - 0.06).abs() < 2e-3 && (first.brow - 0.04).abs() < 1e-3);
        // What the correction added is in the shape the second time: coding again changes nothing more.
        for (a, b) in first.shape.iter().zip(second.shape) {
            assert!((a - b).abs() < 0.25, "{:?} {:?}", first.shape, second.shape);
        }
    }

    #[test]
    fn nonsense_is_not_passed_on() {
        let odd = Expression { opening: f32::NAN, width: f32::INFINITY, shape: [f32::NAN; 8], brow: f32::NAN };
        let moved = ExpressionBasis::get().decode(&odd);
        assert!(moved.displacement.iter().flatten().chain(&moved.lip_gaps).all(|v| v.is_finite()));
    }
}
