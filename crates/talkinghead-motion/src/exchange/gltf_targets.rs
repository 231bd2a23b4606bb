//! The numbers of a track as morph targets of the canonical face mesh: what [`crate::ExpressionBasis`] decodes, written as a sum.

use talkinghead_face::{CanonicalMesh, MESH_POINTS};

use crate::{Expression, ExpressionBasis, MotionFrame};

/// One target: its name, and what it does to the mesh at 1 (`[468]`, this project's axes, centimetres).
pub(super) struct Target {
    pub(super) name: String,
    pub(super) displacement: Vec<[f32; 3]>,
}

/// Units of opening, width and brow at which the basis is asked; it bounds them beyond 0.3.
const PROBE: f32 = 0.25;

/// Opening, width, eight shape components, brow, and the lids of the picture's left and right eye.
pub(super) fn targets() -> Vec<Target> {
    let basis = ExpressionBasis::get();
    let decoded = |expression: Expression, per: f32| -> Vec<[f32; 3]> {
        basis.decode(&expression).displacement.iter().map(|d| d.map(|v| v / per)).collect()
    };
    let rest = Expression::NEUTRAL;
    let mut targets = vec![
        ("opening".to_owned(), decoded(Expression { opening: PROBE, ..rest }, PROBE)),
        ("width".to_owned(), decoded(Expression { width: PROBE, ..rest }, PROBE)),
    ];
    for component in 0..rest.shape.len() {
        let mut shape = rest.shape;
        shape[component] = 1.0;
        targets.push((format!("shape{component}"), decoded(Expression { shape, ..rest }, 1.0)));
    }
    targets.push(("brow".to_owned(), decoded(Expression { brow: PROBE, ..rest }, PROBE)));
    targets.push(("blinkLeft".to_owned(), lid("image_left_eye")));
    targets.push(("blinkRight".to_owned(), lid("image_right_eye")));
    targets.into_iter().map(|(name, displacement)| Target { name, displacement }).collect()
}

/// The weights of a frame, in the order of [`targets`], bounded as the basis bounds them.
pub(super) fn weights(frame: &MotionFrame) -> Vec<f32> {
    let e = &frame.expression;
    let mut weights = vec![e.opening.clamp(0.0, 1.0), e.width.clamp(-0.5, 0.5)];
    weights.extend(e.shape.map(|component| component.clamp(-6.0, 6.0)));
    weights.push(e.brow.clamp(-0.3, 0.3));
    weights.extend(frame.blink);
    weights
}

/// An eye's upper lid laid on the lower one: points of the eye's ring above its corners go to the height of those below.
fn lid(ring: &str) -> Vec<[f32; 3]> {
    let mesh = CanonicalMesh::get();
    let mut field = vec![[0.0; 3]; MESH_POINTS];
    let Some(ring) = mesh.contours.get(ring) else { return field };
    let at = |point: usize| mesh.vertices[point];
    let by_x = |a: &&usize, b: &&usize| at(**a)[0].total_cmp(&at(**b)[0]);
    let (Some(&left), Some(&right)) = (ring.iter().min_by(by_x), ring.iter().max_by(by_x)) else { return field };
    let share = |x: f32| (x - at(left)[0]) / (at(right)[0] - at(left)[0]).max(1e-6);
    let line = |x: f32| at(left)[1] + share(x) * (at(right)[1] - at(left)[1]);
    let (upper, lower): (Vec<usize>, Vec<usize>) =
        ring.iter().filter(|&&p| p != left && p != right).partition(|&&p| at(p)[1] < line(at(p)[0]));
    for point in upper {
        let nearest = lower.iter().min_by(|&&a, &&b| {
            let far = |p: usize| (at(p)[0] - at(point)[0]).abs();
            far(a).total_cmp(&far(b))
        });
        if let Some(&below) = nearest {
            field[point] = std::array::from_fn(|k| if k == 0 { 0.0 } else { at(below)[k] - at(point)[k] });
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::sample::performance;

    #[test]
    fn the_sum_of_the_targets_is_what_the_basis_decodes() {
        let targets = targets();
        for frame in performance(40).frames {
            let weights = weights(&frame);
            assert_eq!(weights.len(), targets.len());
            let wanted = ExpressionBasis::get().decode(&frame.expression).displacement;
            for point in 0..MESH_POINTS {
                for axis in 0..3 {
                    // Without the lids, which the basis does not know.
                    let sum: f32 = targets
                        .iter()
                        .zip(&weights)
                        .take(11)
                        .map(|(target, weight)| weight * target.displacement[point][axis])
                        .sum();
                    assert!((sum - wanted[point][axis]).abs() < 2e-3, "{point} {axis}: {sum} {}", wanted[point][axis]);
                }
            }
        }
    }

    #[test]
    fn a_closed_lid_lies_on_the_lower_one() {
        let closed = lid("image_left_eye");
        let vertices = &CanonicalMesh::get().vertices;
        assert!((vertices[159][1] + closed[159][1] - vertices[145][1]).abs() < 0.1, "{:?}", closed[159]);
        assert_eq!((closed[145], closed[33]), ([0.0; 3], [0.0; 3]));
    }
}
