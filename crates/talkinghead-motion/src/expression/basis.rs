//! Between an expression's few numbers and the mesh.

use talkinghead_face::{LIP_PAIRS, MESH_POINTS};

use super::{CENTIMETRES_PER_IOD, Expression};

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
pub struct ExpressionBasis {}

impl ExpressionBasis {
    /// The basis that ships with the program, parsed once.
    pub fn get() -> &'static ExpressionBasis {
        static BASIS: ExpressionBasis = ExpressionBasis {};
        &BASIS
    }

    /// The movement of the mesh for an expression. Total: NaN or infinite numbers count as 0.
    pub fn decode(&self, expression: &Expression) -> Deformation {
        let opening = expression.opening.max(0.0);
        let vertices = &talkinghead_face::CanonicalMesh::get().vertices;
        let lip = vertices[14][1];
        let displacement = (0..MESH_POINTS)
            .map(|i| {
                let jaw = ((vertices[i][1] - lip) / 0.5 + 0.5).clamp(0.0, 1.0);
                [0.0, 0.85 * jaw * opening * CENTIMETRES_PER_IOD, 0.0]
            })
            .collect();
        let lip_gaps = std::array::from_fn(|k| opening * (1.0 - ((k as f32 - 4.0) / 5.0).powi(2)));
        Deformation { displacement, lip_gaps }
    }

    /// The expression whose decoded movement is nearest to a measured one.
    ///
    /// `displacement`: `[468]`, from the person's relaxed face with closed lips, frontal frame, canonical centimetres
    /// ([`talkinghead_face::RigidFit::frontal`] of a frame minus that of the neutral face).
    pub fn encode(&self, displacement: &[[f32; 3]]) -> Expression {
        let (upper, lower) = LIP_PAIRS[4];
        let opening = (displacement[lower][1] - displacement[upper][1]).max(0.0) / CENTIMETRES_PER_IOD;
        let width = (displacement[291][0] - displacement[61][0]) / CENTIMETRES_PER_IOD;
        Expression { opening, width, ..Expression::NEUTRAL }
    }
}
