//! Frames that stand out: the key frame, the widest mouth, the nearest and the farthest reference (SPEC-data, sections 2, 5,
//! 9 and 10).

/// Landmarks of a frame in the order of the 68-point convention: x, y, z in pixels.
pub type Points68 = [[f64; 3]];

/// Sum of the absolute components of a rotation vector.
pub fn rotation_size(rt: &[f64; 6]) -> f64 {
    rt[0].abs() + rt[1].abs() + rt[2].abs()
}

/// The frame whose head is turned least: smallest [`rotation_size`], the first of equals. `None` without frames.
pub fn key_frame(rts: &[[f64; 6]]) -> Option<usize> {
    first_least(rts.iter().map(rotation_size))
}

/// Inner-lip pairs (upper, lower).
const LIPS: [(usize, usize); 3] = [(61, 67), (62, 66), (63, 65)];

/// Mean of the six coordinate differences (x and y) upper minus lower of the inner lips: more negative is wider open. Pixels.
pub fn signed_openness(points: &Points68) -> f64 {
    LIPS.iter().flat_map(|&(a, b)| [points[a][0] - points[b][0], points[a][1] - points[b][1]]).sum::<f64>() / 6.0
}

/// As [`signed_openness`] with the absolute value of each difference.
pub fn absolute_openness(points: &Points68) -> f64 {
    LIPS.iter().flat_map(|&(a, b)| [points[a][0] - points[b][0], points[a][1] - points[b][1]]).map(f64::abs).sum::<f64>() / 6.0
}

/// Frame numbers from the widest mouth to the most closed one, by [`signed_openness`].
pub fn widest_mouths(frames: &[Vec<[f64; 3]>]) -> Vec<usize> {
    let openness: Vec<f64> = frames.iter().map(|points| signed_openness(points)).collect();
    let mut order: Vec<usize> = (0..frames.len()).collect();
    order.sort_by(|&a, &b| openness[a].total_cmp(&openness[b]));
    order
}

/// Mean absolute difference of two rotation vectors, the reference's measure of how far apart two poses are. Radians.
pub fn rotation_difference(a: &[f64; 6], b: &[f64; 6]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).abs()).sum::<f64>() / 3.0
}

/// Position of the reference whose pose is nearest to the target's: for synthesis.
pub fn nearest_reference(references: &[[f64; 6]], target: &[f64; 6]) -> Option<usize> {
    first_least(references.iter().map(|reference| rotation_difference(reference, target)))
}

/// Position of the reference whose pose is farthest from the target's: training uses it on purpose.
pub fn farthest_reference(references: &[[f64; 6]], target: &[f64; 6]) -> Option<usize> {
    first_least(references.iter().map(|reference| -rotation_difference(reference, target)))
}

/// Whether a frame's landmarks have no extent (a face was never found): after truncation to whole pixels the box has no
/// width or no height.
pub fn is_degenerate(points: &Points68) -> bool {
    let flat = |axis: usize| {
        let (least, most) = points.iter().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p[axis]), b.max(p[axis])));
        least.trunc() == most.trunc()
    };
    points.is_empty() || flat(0) || flat(1)
}

fn first_least(values: impl Iterator<Item = f64>) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (index, value) in values.enumerate() {
        if best.is_none_or(|(_, least)| value < least) {
            best = Some((index, value));
        }
    }
    best.map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_turned_frame_is_the_key_frame() {
        let rts = [[0.1, -0.2, 0.0, 9.0, 9.0, 9.0], [0.0, 0.05, -0.05, 50.0, 0.0, 0.0], [0.05, 0.05, 0.0, 0.0, 0.0, 0.0]];
        assert_eq!(key_frame(&rts), Some(1));
        assert_eq!(key_frame(&[]), None);
        assert_eq!((nearest_reference(&rts, &rts[2]), farthest_reference(&rts, &rts[2])), (Some(2), Some(0)));
    }

    #[test]
    fn points_in_one_place_are_no_face() {
        assert!(is_degenerate(&[[0.0; 3]; 68]));
        assert!(is_degenerate(&[[5.2, 0.0, 0.0], [5.9, 40.0, 0.0]]));
        assert!(!is_degenerate(&[[5.2, 0.0, 0.0], [6.1, 40.0, 0.0]]));
    }
}
