//! Flicker: what changes on a face that motion does not explain.

use talkinghead_face::{CanonicalMesh, Landmarks};

use crate::image::Plane;

/// Mean difference, in grey levels, between a face and the face of the frame before, carried along by the mesh: flow-warped
/// difference (Lai et al. 2018) with the tracked mesh as the flow. Inside the mesh, without the open mouth and what is turned away.
/// `None` where the face lies outside the picture.
pub fn flicker(before: (&Plane, &Landmarks), frame: (&Plane, &Landmarks)) -> Option<f64> {
    let (picture, landmarks) = frame;
    // Large faces on every second pixel.
    let step = if landmarks.interocular_distance() > 60.0 { 2 } else { 1 };
    let (mut sum, mut count) = (0.0_f64, 0_usize);
    for triangle in &CanonicalMesh::get().triangles {
        let [a, b, c] = triangle.map(|i| flat(landmarks, i));
        let [pa, pb, pc] = triangle.map(|i| flat(before.1, i));
        let area = cross(a, b, c);
        // The mesh's triangles all turn one way when they face the camera; tiny ones lie edge-on.
        if area.abs() < 1e-3 || area.signum() != facing() {
            continue;
        }
        let range = |k: usize, most: usize| {
            let low = a[k].min(b[k]).min(c[k]).ceil().max(0.0) as usize;
            let high = a[k].max(b[k]).max(c[k]).floor().min(most as f32 - 1.0);
            low.next_multiple_of(step)..if high < 0.0 { 0 } else { high as usize + 1 }
        };
        for y in range(1, picture.height).step_by(step) {
            for x in range(0, picture.width).step_by(step) {
                let p = [x as f32, y as f32];
                let (u, v) = (cross(p, b, c) / area, cross(a, p, c) / area);
                let w = 1.0 - u - v;
                if u < 0.0 || v < 0.0 || w < 0.0 {
                    continue;
                }
                let from = [0, 1].map(|k| u * pa[k] + v * pb[k] + w * pc[k]);
                sum += f64::from((picture.at(x, y) - before.0.between(from[0], from[1])).abs());
                count += 1;
            }
        }
    }
    (count > 0).then(|| sum / count as f64)
}

fn flat(landmarks: &Landmarks, point: usize) -> [f32; 2] {
    let [x, y, _] = landmarks.points()[point];
    [x, y]
}

/// Twice the signed area.
fn cross(a: [f32; 2], b: [f32; 2], c: [f32; 2]) -> f32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Sign of the area of a triangle of the canonical mesh that faces the camera.
fn facing() -> f32 {
    static SIGN: std::sync::OnceLock<f32> = std::sync::OnceLock::new();
    *SIGN.get_or_init(|| {
        let mesh = CanonicalMesh::get();
        let flat = |i: usize| [mesh.vertices[i][0], mesh.vertices[i][1]];
        mesh.triangles.iter().map(|t| cross(flat(t[0]), flat(t[1]), flat(t[2]))).sum::<f32>().signum()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn motion_is_no_flicker_and_a_change_of_light_is() {
        let mesh = CanonicalMesh::get();
        let face = |shift: f32| {
            Landmarks::from_fn(|i| {
                let [x, y, z] = mesh.vertices.get(i).copied().unwrap_or_default();
                [6.0 * x + 64.0 + shift, 6.0 * y + 64.0, 6.0 * z]
            })
        };
        let texture = |shift: f32, light: f32| Plane::from_fn(128, 128, |x, _| light + 40.0 * (0.2 * (x as f32 - shift)).sin());
        let still = texture(0.0, 100.0);
        let moved = flicker((&still, &face(0.0)), (&texture(3.0, 100.0), &face(3.0))).unwrap();
        assert!(moved < 0.1, "{moved}");
        let lit = flicker((&still, &face(0.0)), (&texture(3.0, 105.0), &face(3.0))).unwrap();
        assert!((lit - 5.0).abs() < 0.1, "{lit}");
        let unexplained = flicker((&still, &face(0.0)), (&texture(3.0, 100.0), &face(0.0))).unwrap();
        assert!(unexplained > 5.0, "{unexplained}");
    }
}
