//! The inner lip line and the plane behind it in which the mouth is drawn.

use nalgebra::{Matrix3, Vector3};
use talkinghead_face::RigidFit;

/// Upper inner lip contour from corner to corner, image left to right.
pub(crate) const UPPER_LIP: [usize; 11] = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308];
/// Lower inner lip contour from corner to corner, image left to right.
pub(crate) const LOWER_LIP: [usize; 11] = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308];
/// The outer lip contour, closed.
pub(crate) const OUTER_LIPS: [usize; 20] =
    [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146];
/// Depth of the dental arch: `z = x^2 / (2 ARCH)` in interocular distances.
pub(crate) const ARCH: f32 = 0.36;

/// The inner lips as a closed polygon.
pub(crate) fn inner_lips(points: &[[f32; 3]]) -> Vec<[f32; 2]> {
    let lower = LOWER_LIP.iter();
    let upper = UPPER_LIP[1..10].iter().rev();
    lower.chain(upper).map(|&i| [points[i][0], points[i][1]]).collect()
}

/// The outer lips as a closed polygon.
pub(crate) fn outer_lips(points: &[[f32; 3]]) -> Vec<[f32; 2]> {
    OUTER_LIPS.iter().map(|&i| [points[i][0], points[i][1]]).collect()
}

/// A polygon scaled about the middle of its bounding box.
pub(crate) fn scaled(polygon: &[[f32; 2]], factor: [f32; 2]) -> Vec<[f32; 2]> {
    let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
    for p in polygon {
        for k in 0..2 {
            low[k] = low[k].min(p[k]);
            high[k] = high[k].max(p[k]);
        }
    }
    let middle = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])];
    polygon.iter().map(|p| std::array::from_fn(|k| middle[k] + factor[k] * (p[k] - middle[k]))).collect()
}

/// A frame fixed to the skull behind the lips: x right, y down, z away, in interocular distances.
///
/// Pictures are seen along parallel rays; a ray through a pixel meets the plane `z = 0` or the dental arch
/// `z = x^2 / (2 ARCH)`.
#[derive(Clone, Debug)]
pub(crate) struct SkullFrame {
    origin: [f32; 2],
    /// Interocular distances to pixels.
    linear: Matrix3<f32>,
    /// Pixels to plane coordinates, `[row][column]`.
    inverse: [[f32; 2]; 2],
    /// Shift in the plane per unit of depth along a ray.
    slant: [f32; 2],
}

impl SkullFrame {
    /// The frame whose origin is `origin` (frontal centimetres) on a head placed by `head`; `unit` is one interocular
    /// distance in frontal centimetres.
    pub fn new(head: &RigidFit, origin: [f32; 3], unit: f32) -> Self {
        let linear = head.rotation * (head.scale * unit);
        let ([a, b], [c, d]) = ([linear[(0, 0)], linear[(0, 1)]], [linear[(1, 0)], linear[(1, 1)]]);
        let det = a * d - b * c;
        let det = if det.abs() < 1e-6 { 1e-6 } else { det };
        let inverse = [[d / det, -b / det], [-c / det, a / det]];
        let depth = [linear[(0, 2)], linear[(1, 2)]];
        // A point (x, y, z) is seen where the plane point (x, y) + z * shear is seen; so along a ray the plane
        // coordinates change by minus the shear.
        let shear: [f32; 2] = std::array::from_fn(|k| inverse[k][0] * depth[0] + inverse[k][1] * depth[1]);
        let at = head.to_picture(origin);
        Self { origin: [at[0], at[1]], linear, inverse, slant: [-shear[0], -shear[1]] }
    }

    /// Plane coordinates (`z = 0`) of a pixel.
    pub fn plane(&self, pixel: [f32; 2]) -> [f32; 2] {
        let p = [pixel[0] - self.origin[0], pixel[1] - self.origin[1]];
        std::array::from_fn(|k| self.inverse[k][0] * p[0] + self.inverse[k][1] * p[1])
    }

    /// Where the ray through a plane point meets the dental arch: x and y there.
    pub fn on_arch(&self, plane: [f32; 2]) -> [f32; 2] {
        let mut x = plane[0];
        let mut depth = 0.0;
        for _ in 0..3 {
            depth = (x * x / (2.0 * ARCH)).min(0.35);
            x = plane[0] + self.slant[0] * depth;
        }
        [x, plane[1] + self.slant[1] * depth]
    }

    /// Pixel of a point on the dental arch.
    pub fn arch_to_picture(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let p = self.linear * Vector3::new(x, y, (x * x / (2.0 * ARCH)).min(0.35));
        [self.origin[0] + p[0], self.origin[1] + p[1]]
    }
}

/// Both inner lip contours as functions of x in the skull frame's plane.
pub(crate) struct LipLines {
    left: f32,
    step: f32,
    upper: Vec<f32>,
    lower: Vec<f32>,
}

impl LipLines {
    const SAMPLES: usize = 96;

    /// Reads the contours of the posed points (pixels).
    pub fn new(frame: &SkullFrame, points: &[[f32; 3]]) -> Self {
        let line = |numbers: &[usize; 11]| numbers.map(|i| frame.plane([points[i][0], points[i][1]]));
        let (upper, lower) = (line(&UPPER_LIP), line(&LOWER_LIP));
        let (left, right) = (upper[0][0], upper[10][0].max(upper[0][0] + 1e-3));
        let step = (right - left) / (Self::SAMPLES - 1) as f32;
        let sample = |line: &[[f32; 2]; 11]| (0..Self::SAMPLES).map(|i| height(line, left + i as f32 * step)).collect();
        Self { left, step, upper: sample(&upper), lower: sample(&lower) }
    }

    /// How far to the side a place lies: 0 in the middle, 1 at the mouth's corners.
    pub fn aside(&self, x: f32) -> f32 {
        let half = 0.5 * self.step * (Self::SAMPLES - 1) as f32;
        ((x - self.left - half) / half).abs()
    }

    /// Distance below the upper and above the lower contour, each at least 0 inside the lips.
    pub fn depth(&self, [x, y]: [f32; 2]) -> (f32, f32) {
        let at = ((x - self.left) / self.step).clamp(0.0, (Self::SAMPLES - 1) as f32);
        let i = (at as usize).min(Self::SAMPLES - 2);
        let t = at - i as f32;
        let value = |line: &[f32]| line[i] + t * (line[i + 1] - line[i]);
        (y - value(&self.upper), value(&self.lower) - y)
    }
}

/// Height of a polyline at x; where it doubles back (a far corner of a turned head) the first piece counts.
fn height(line: &[[f32; 2]; 11], x: f32) -> f32 {
    for pair in line.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if x <= b[0] && b[0] > a[0] {
            let t = ((x - a[0]) / (b[0] - a[0])).clamp(0.0, 1.0);
            return a[1] + t * (b[1] - a[1]);
        }
    }
    line[10][1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use talkinghead_face::HeadPose;

    fn head(yaw: f32) -> RigidFit {
        let pose = HeadPose { yaw, pitch: 5.0, roll: 8.0, ..Default::default() };
        RigidFit { scale: 13.0, rotation: pose.rotation(), translation: Vector3::new(200.0, 180.0, 0.0) }
    }

    #[test]
    fn plane_and_picture_are_inverse() {
        let frame = SkullFrame::new(&head(20.0), [0.1, 3.0, -2.0], 6.0);
        for point in [[0.0, 0.0], [0.2, -0.1], [-0.4, 0.15]] {
            let pixel = frame.arch_to_picture(point);
            let back = frame.on_arch(frame.plane(pixel));
            assert!((back[0] - point[0]).abs() < 0.01 && (back[1] - point[1]).abs() < 0.01, "{point:?} {back:?}");
        }
    }

    #[test]
    fn the_origin_lies_where_the_head_puts_it() {
        let head = head(-12.0);
        let frame = SkullFrame::new(&head, [0.3, 3.0, -1.0], 6.0);
        let at = head.to_picture([0.3, 3.0, -1.0]);
        let plane = frame.plane([at[0], at[1]]);
        assert!(plane[0].abs() < 1e-5 && plane[1].abs() < 1e-5);
    }
}
