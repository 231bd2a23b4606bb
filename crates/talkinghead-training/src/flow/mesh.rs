//! Flow from the tracked face: where the landmarks of one picture lie in the other, and between them what the triangles say.
//! Needs no weights, follows the largest movements, knows nothing beyond the outline.

use nalgebra::{Matrix3, Vector3};
use talkinghead_face::FlatLandmarks68;
use talkinghead_render::polygon::contains;
use talkinghead_render::triangulate;

use super::{FlowField, LandmarkPair};

/// Points of the outline from ear to ear; the forehead's follow behind the 68.
const JAW: usize = 17;
/// Points of the inner lips.
const INNER_LIPS: std::ops::Range<usize> = 60..68;
/// Outer corners of the eyes.
const EYE_CORNERS: [usize; 2] = [36, 45];
/// Points that lips and jaw leave alone: ears, brows, nose, eye corners.
const STEADY: [usize; 27] =
    [0, 1, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 39, 42, 45];
/// Height of the forehead over the ears, in depths of the jaw under them.
const FOREHEAD: f32 = 2.0 / 3.0;
/// Beyond the outline the movement fades over this share of the distance between the outer eye corners.
const FADING: f32 = 0.5;
/// Triangles that shrink to less than this share of their area, or turn over, are hidden in the other picture.
const LEAST_AREA: f32 = 0.1;

/// Flow of the tracked mesh from the first picture to the second. Inside the outline confidence is 1, but for triangles that turn
/// away and for the open mouth, where other things come to sight; outside it is 0, and the movement fades.
pub fn mesh_flow(pair: &LandmarkPair, width: usize, height: usize) -> FlowField {
    let mut field = FlowField::unknown(width, height);
    let [mut first, mut second] = [&pair.first, &pair.second].map(narrow);
    let Some(steady) = steady_motion(&first, &second) else { return field };
    for i in (1..JAW - 1).rev() {
        let above = mirrored(&first, i);
        first.push(above);
        second.push(steady(above));
    }
    let outline: Vec<usize> = (0..JAW).chain(68..first.len()).collect();
    fade(&mut field, &first, &second, &outline);
    let ring: Vec<[f32; 2]> = outline.iter().map(|&i| first[i]).collect();
    for triangle in triangulate(&first) {
        let [before, after] = [&first, &second].map(|points| triangle.map(|i| points[i]));
        let middle = [0, 1].map(|k| before.iter().map(|p| p[k]).sum::<f32>() / 3.0);
        if contains(&ring, middle) {
            let visible = twice_area(after) / twice_area(before) > LEAST_AREA;
            let mouth = triangle.iter().all(|i| INNER_LIPS.contains(i));
            fill(&mut field, before, after, f32::from(u8::from(visible && !mouth)));
        }
    }
    field
}

fn narrow(landmarks: &FlatLandmarks68) -> Vec<[f32; 2]> {
    landmarks.iter().map(|point| point.map(|value| value as f32)).collect()
}

/// A point of the jaw on the other side of the line between the ears.
fn mirrored(points: &[[f32; 2]], i: usize) -> [f32; 2] {
    let [left, right, jaw] = [points[0], points[JAW - 1], points[i]];
    let along = [right[0] - left[0], right[1] - left[1]];
    let from = [jaw[0] - left[0], jaw[1] - left[1]];
    let share = (from[0] * along[0] + from[1] * along[1]) / (along[0] * along[0] + along[1] * along[1]).max(1e-6);
    let foot = [0, 1].map(|k| left[k] + share * along[k]);
    [0, 1].map(|k| foot[k] + FOREHEAD * (foot[k] - jaw[k]))
}

/// The affine movement of the steady points, by which the forehead goes; none when the landmarks are no face.
fn steady_motion(first: &[[f32; 2]], second: &[[f32; 2]]) -> Option<impl Fn([f32; 2]) -> [f32; 2] + use<>> {
    if !first.iter().chain(second).flatten().all(|value| value.is_finite()) {
        return None;
    }
    let (mut square, mut right) = (Matrix3::<f64>::zeros(), [Vector3::<f64>::zeros(); 2]);
    for i in STEADY {
        let place = Vector3::new(f64::from(first[i][0]), f64::from(first[i][1]), 1.0);
        square += place * place.transpose();
        (0..2).for_each(|k| right[k] += place * f64::from(second[i][k]));
    }
    let inverse = square.try_inverse()?;
    let rows = right.map(|right| inverse * right);
    Some(move |p: [f32; 2]| rows.map(|row| (row[0] * f64::from(p[0]) + row[1] * f64::from(p[1]) + row[2]) as f32))
}

fn twice_area([a, b, c]: [[f32; 2]; 3]) -> f32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Everywhere the movement of the outline, weighted by nearness, fading with the distance from it.
fn fade(field: &mut FlowField, first: &[[f32; 2]], second: &[[f32; 2]], outline: &[usize]) {
    let [left, right] = EYE_CORNERS.map(|i| first[i]);
    let reach = (FADING * (right[0] - left[0]).hypot(right[1] - left[1])).max(1.0);
    for (index, flow) in field.flow.iter_mut().enumerate() {
        let place = [(index % field.width) as f32, (index / field.width) as f32];
        let (mut sum, mut total, mut nearest) = ([0.0_f32; 2], 0.0_f32, f32::MAX);
        for &i in outline {
            let distance = (place[0] - first[i][0]).powi(2) + (place[1] - first[i][1]).powi(2);
            let weight = (distance + 1.0).powi(-2);
            nearest = nearest.min(distance);
            total += weight;
            (0..2).for_each(|k| sum[k] += weight * (second[i][k] - first[i][k]));
        }
        let fading = (-nearest / (reach * reach)).exp() / total;
        *flow = sum.map(|value| value * fading);
    }
}

/// The affine movement of one triangle, in the pixels whose centres it holds.
fn fill(field: &mut FlowField, before: [[f32; 2]; 3], after: [[f32; 2]; 3], confidence: f32) {
    let area = twice_area(before);
    if area.abs() < 1e-6 {
        return;
    }
    let bound = |axis: usize, most: usize| {
        let (low, high) = before.iter().fold((f32::MAX, f32::MIN), |(a, b), p| (a.min(p[axis]), b.max(p[axis])));
        low.ceil().max(0.0) as usize..(high.floor() + 1.0).clamp(0.0, most as f32) as usize
    };
    let (rows, columns) = (bound(1, field.height), bound(0, field.width));
    for y in rows {
        for x in columns.clone() {
            let place = [x as f32, y as f32];
            let shares = [
                twice_area([place, before[1], before[2]]) / area,
                twice_area([before[0], place, before[2]]) / area,
                twice_area([before[0], before[1], place]) / area,
            ];
            // Both neighbours take the pixels on their common edge, so that none is left out.
            if shares.iter().all(|share| *share >= -1e-5) {
                let index = y * field.width + x;
                field.flow[index] = [0, 1].map(|k| (0..3).map(|i| shares[i] * (after[i][k] - before[i][k])).sum());
                field.confidence[index] = confidence;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A face of rings: jaw, brows, nose, eyes, lips, about (48, 50), 60 wide.
    fn face(turn: impl Fn([f64; 2]) -> [f64; 2]) -> FlatLandmarks68 {
        std::array::from_fn(|i| {
            let ring = |start: usize, count: usize, centre: [f64; 2], size: [f64; 2], from: f64, to: f64| {
                let angle = from + (to - from) * (i - start) as f64 / count as f64;
                turn([centre[0] + size[0] * angle.cos(), centre[1] + size[1] * angle.sin()])
            };
            let pi = std::f64::consts::PI;
            match i {
                0..17 => ring(0, 16, [48.0, 45.0], [30.0, 40.0], pi, 0.0),
                17..27 => turn([26.0 + 4.8 * (i - 17) as f64, 32.0]),
                27..36 => turn([44.0 + (i - 27) as f64, 40.0 + 2.0 * (i - 27) as f64]),
                36..42 => ring(36, 6, [36.0, 40.0], [5.0, 2.0], pi, 3.0 * pi),
                42..48 => ring(42, 6, [60.0, 40.0], [5.0, 2.0], -pi, pi),
                48..60 => ring(48, 12, [48.0, 68.0], [10.0, 5.0], pi, 3.0 * pi),
                _ => ring(60, 8, [48.0, 68.0], [7.0, 2.5], pi, 3.0 * pi),
            }
        })
    }

    #[test]
    fn an_affine_movement_is_found_exactly_inside_and_fades_outside() {
        let affine = |p: [f64; 2]| [1.03 * p[0] - 0.05 * p[1] + 4.0, 0.02 * p[0] + 0.98 * p[1] - 3.0];
        let pair = LandmarkPair { first: face(|p| p), second: face(affine) };
        let field = mesh_flow(&pair, 96, 96);
        for (x, y) in [(48, 50), (48, 25), (40, 60), (60, 55), (36, 45)] {
            let wanted = affine([x as f64, y as f64]);
            let found = field.flow[y * 96 + x];
            assert!((f64::from(found[0]) - wanted[0] + x as f64).abs() < 1e-3, "{x} {y} {found:?} {wanted:?}");
            assert!((f64::from(found[1]) - wanted[1] + y as f64).abs() < 1e-3);
            assert_eq!(field.confidence[y * 96 + x], 1.0);
        }
        assert_eq!(field.confidence[68 * 96 + 48], 0.0, "the open mouth");
        let corner = 95 * 96 + 95;
        assert_eq!(field.confidence[corner], 0.0);
        assert!(
            field.flow[corner][0].hypot(field.flow[corner][1])
                < 0.5 * field.flow[90 * 96 + 48][0].hypot(field.flow[90 * 96 + 48][1])
        );
    }

    #[test]
    fn what_turns_away_is_not_believed_and_broken_landmarks_say_nothing() {
        // The right half of the face folds behind the left one.
        let folded = |p: [f64; 2]| [if p[0] > 48.0 { 96.0 - p[0] } else { p[0] }, p[1]];
        let field = mesh_flow(&LandmarkPair { first: face(|p| p), second: face(folded) }, 96, 96);
        assert_eq!([field.confidence[55 * 96 + 66], field.confidence[55 * 96 + 30]], [0.0, 1.0]);
        let broken = LandmarkPair { first: face(|p| p), second: face(|_| [f64::NAN; 2]) };
        assert_eq!(mesh_flow(&broken, 8, 8), FlowField::unknown(8, 8));
    }
}
