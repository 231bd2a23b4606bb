//! Posing any number of points, where [`ReferencePose`] poses the 68.

use nalgebra::Vector3;
use talkinghead_face::ReferencePose;

/// Points with the pose removed: `R p + t`.
pub fn to_front(pose: &ReferencePose, points: &[[f64; 3]]) -> Vec<[f64; 3]> {
    points.iter().map(|&p| (pose.rotation * Vector3::from(p) + pose.translation).into()).collect()
}

/// Frontal points put into the pose: `R^T (q - t)`.
pub fn posed(pose: &ReferencePose, front: &[[f64; 3]]) -> Vec<[f64; 3]> {
    let back = pose.rotation.transpose();
    front.iter().map(|&q| (back * (Vector3::from(q) - pose.translation)).into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_pose_is_found_again_and_undone(axis in prop::array::uniform3(-1.0_f64..1.0), shift in prop::array::uniform3(-50.0_f64..50.0)) {
            let standard = talkinghead_face::standard_face();
            let truth = ReferencePose::from_rt([axis[0], axis[1], axis[2], shift[0], shift[1], shift[2]]);
            let turned = truth.to_posed(&standard);
            prop_assert_eq!(posed(&truth, &standard), turned.to_vec());
            let found = ReferencePose::fit(&turned, &standard);
            for (a, b) in found.to_rt().iter().zip(truth.to_rt()) {
                prop_assert!((a - b).abs() < 1e-8);
            }
            let again = posed(&found, &to_front(&found, &turned));
            prop_assert!(again.iter().flatten().zip(turned.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }
}
