//! The pose of a head from 68 flat landmarks: the rigid points of the standard face, seen from far away.

use nalgebra::{Matrix3, Matrix4, RowVector3, UnitQuaternion, Vector3, Vector4};
use talkinghead_face::{FlatLandmarks68, standard_face};

/// Points that hardly move when a face speaks: the nose, the inner and outer corners of the eyes, the temples.
const RIGID: [usize; 17] = [27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 39, 42, 45, 0, 1, 15, 16];
/// Steps of the fit.
const STEPS: usize = 8;

/// A head in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LandmarkPose {
    /// Yaw (to the picture's left), pitch (down), roll (clockwise), degrees.
    pub angles: [f64; 3],
    /// Pixels for one unit of the standard face.
    pub scale: f64,
}

/// The rigid points of the standard face about their mean: x right, y down, z away from the camera; unit: the distance
/// between its outer eye corners.
pub fn standard_points() -> Vec<Vector3<f64>> {
    let face = standard_face();
    let point = |k: usize| Vector3::new(face[k][0], face[k][1], -face[k][2]);
    let unit = (point(36) - point(45)).norm();
    let mean = RIGID.iter().map(|&k| point(k)).sum::<Vector3<f64>>() / RIGID.len() as f64;
    RIGID.iter().map(|&k| (point(k) - mean) / unit).collect()
}

impl LandmarkPose {
    /// Least squares over rotation and scale (scaled orthography), from an affine start; none when the points lie on a
    /// line or are not finite.
    pub fn fit(face: &FlatLandmarks68, standard: &[Vector3<f64>]) -> Option<Self> {
        let count = RIGID.len() as f64;
        let mean = RIGID.iter().fold([0.0; 2], |sum, &k| [sum[0] + face[k][0] / count, sum[1] + face[k][1] / count]);
        let seen: Vec<[f64; 2]> = RIGID.iter().map(|&k| [face[k][0] - mean[0], face[k][1] - mean[1]]).collect();
        let (mut rotation, mut scale) = affine_start(&seen, standard)?;
        for _ in 0..STEPS {
            let (mut moments, mut gradient) = (Matrix4::<f64>::identity() * 1e-9, Vector4::<f64>::zeros());
            for (point, seen) in standard.iter().zip(&seen) {
                let turned = rotation * point;
                let rows = [
                    (Vector4::new(turned.x, 0.0, scale * turned.z, -scale * turned.y), seen[0] - scale * turned.x),
                    (Vector4::new(turned.y, -scale * turned.z, 0.0, scale * turned.x), seen[1] - scale * turned.y),
                ];
                for (row, error) in rows {
                    moments += row * row.transpose();
                    gradient += row * error;
                }
            }
            let step = moments.cholesky()?.solve(&gradient);
            scale += step[0];
            rotation = UnitQuaternion::from_scaled_axis(Vector3::new(step[1], step[2], step[3])).to_rotation_matrix() * rotation;
        }
        let degrees = |radians: f64| radians.to_degrees();
        let angles = [
            degrees(rotation[(0, 2)].clamp(-1.0, 1.0).asin()),
            degrees((-rotation[(1, 2)]).atan2(rotation[(2, 2)])),
            degrees((-rotation[(0, 1)]).atan2(rotation[(0, 0)])),
        ];
        (scale > 0.0 && angles.iter().all(|a| a.is_finite())).then_some(Self { angles, scale })
    }
}

fn affine_start(seen: &[[f64; 2]], standard: &[Vector3<f64>]) -> Option<(Matrix3<f64>, f64)> {
    let moments: Matrix3<f64> = standard.iter().map(|p| p * p.transpose()).sum();
    let inverse = moments.try_inverse()?;
    let row = |axis: usize| -> RowVector3<f64> {
        let cross: Vector3<f64> = standard.iter().zip(seen).map(|(p, s)| p * s[axis]).sum();
        (inverse * cross).transpose()
    };
    let (x, y) = (row(0), row(1));
    let scale = (x.norm() * y.norm()).sqrt();
    let x = x.try_normalize(1e-9)?;
    let y = (y - x * y.dot(&x)).try_normalize(1e-9)?;
    Some((Matrix3::from_rows(&[x, y, x.cross(&y)]), scale))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_face_gives_its_angles() {
        let standard = standard_points();
        for (yaw, pitch, roll) in [(0.0, 0.0, 0.0), (12.0, -7.0, 5.0), (-25.0, 10.0, -15.0)] {
            // Conventions of HeadPose: R = Rz(roll) Rx(pitch) Ry(yaw) up to sign; compare through the fit of its own picture.
            let (y, p, r) = (f64::to_radians(yaw), f64::to_radians(pitch), f64::to_radians(roll));
            let row0 = RowVector3::new(y.cos() * r.cos(), -y.cos() * r.sin(), y.sin());
            let turn = nalgebra::Rotation3::from_axis_angle(&Vector3::x_axis(), p)
                * nalgebra::Rotation3::from_axis_angle(&Vector3::y_axis(), y)
                * nalgebra::Rotation3::from_axis_angle(&Vector3::z_axis(), r);
            assert!((turn.matrix().row(0) - row0).norm() < 1e-9);
            let mut face: FlatLandmarks68 = [[0.0; 2]; 68];
            for (k, point) in RIGID.iter().zip(&standard) {
                let seen = 180.0 * (turn * point);
                face[*k] = [300.0 + seen.x, 200.0 + seen.y];
            }
            let pose = LandmarkPose::fit(&face, &standard).unwrap();
            for (found, wanted) in pose.angles.iter().zip([yaw, pitch, roll]) {
                assert!((found - wanted).abs() < 0.01, "{:?}", pose.angles);
            }
            assert!((pose.scale - 180.0).abs() < 0.01);
        }
        assert!(LandmarkPose::fit(&[[1.0, 1.0]; 68], &standard).is_none());
    }
}
