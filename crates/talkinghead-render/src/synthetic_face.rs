//! A made-up face for tests: the canonical mesh itself, posed in a picture.

use nalgebra::Vector3;
use talkinghead_face::{CanonicalMesh, HeadPose, Landmarks, RigidFit};

/// Landmarks of the canonical face, `scale` pixels a centimetre, centred on (256, 256).
pub(crate) fn landmarks(pose: &HeadPose, scale: f32) -> Landmarks {
    let fit = RigidFit { scale, rotation: pose.rotation(), translation: Vector3::new(256.0, 256.0, 0.0) };
    let mesh = &CanonicalMesh::get().vertices;
    let mut frontal = mesh.clone();
    for corners in [[33, 133, 159, 145], [362, 263, 386, 374]] {
        let mut centre = [0.0f32; 3];
        for i in corners {
            (0..3).for_each(|k| centre[k] += mesh[i][k] / 4.0);
        }
        frontal.push(centre);
        for (dx, dy) in [(0.6, 0.0), (0.0, -0.6), (-0.6, 0.0), (0.0, 0.6)] {
            frontal.push([centre[0] + dx, centre[1] + dy, centre[2]]);
        }
    }
    Landmarks::from_fn(|i| fit.to_picture(frontal[i]))
}
