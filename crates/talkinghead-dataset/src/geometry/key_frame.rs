//! Frames that stand out: the key frame, the widest mouth, the nearest and the farthest reference (SPEC-data, sections 2, 5,
//! 9 and 10).

/// Sum of the absolute components of a rotation vector.
pub fn rotation_size(rt: &[f64; 6]) -> f64 {
    rt[0].abs() + rt[1].abs() + rt[2].abs()
}

/// The frame whose head is turned least: smallest [`rotation_size`], the first of equals. `None` without frames.
pub fn key_frame(rts: &[[f64; 6]]) -> Option<usize> {
    first_least(rts.iter().map(rotation_size))
}

/// Points around each eye: corners, upper lid, lower lid below it.
const EYES: [[usize; 6]; 2] = [[36, 39, 37, 38, 41, 40], [42, 45, 43, 44, 47, 46]];
/// An eye this much less open than it is in the middle of the clip is blinking.
const BLINKING: f64 = 0.75;

/// Height of the eyes over their width, mean of both.
pub fn eye_opening(points: &[[f64; 3]]) -> f64 {
    let distance = |a: usize, b: usize| (points[a][0] - points[b][0]).hypot(points[a][1] - points[b][1]);
    let opening = |[inner, outer, u0, u1, l0, l1]: [usize; 6]| {
        0.5 * (distance(u0, l0) + distance(u1, l1)) / distance(inner, outer).max(1e-9)
    };
    EYES.into_iter().map(opening).sum::<f64>() / 2.0
}

/// The frame among `candidates` to take the face's colours from: as [`key_frame`], but no frame of a blink, which the
/// reference allows: the projection would keep its eyes closed through the whole clip.
///
/// `frames` and `rts` have an entry for each frame of the clip; candidates beyond them are passed over.
pub fn open_eyed_key_frame(rts: &[[f64; 6]], frames: &[impl AsRef<[[f64; 3]]>], candidates: &[usize]) -> Option<usize> {
    let candidates: Vec<usize> = candidates.iter().copied().filter(|&frame| frame < rts.len().min(frames.len())).collect();
    let opening = |frame: usize| eye_opening(frames[frame].as_ref());
    let least = BLINKING * crate::statistics::median(&mut candidates.iter().map(|&frame| opening(frame)).collect::<Vec<_>>());
    let open: Vec<usize> = candidates.into_iter().filter(|&frame| opening(frame) >= least).collect();
    let rows: Vec<[f64; 6]> = open.iter().map(|&frame| rts[frame]).collect();
    key_frame(&rows).map(|at| open[at])
}

/// Inner-lip pairs (upper, lower).
const LIPS: [(usize, usize); 3] = [(61, 67), (62, 66), (63, 65)];

/// Mean of the six coordinate differences (x and y) upper minus lower of the inner lips: more negative is wider open. Pixels.
pub fn signed_openness(points: &[[f64; 3]]) -> f64 {
    LIPS.iter().flat_map(|&(a, b)| [points[a][0] - points[b][0], points[a][1] - points[b][1]]).sum::<f64>() / 6.0
}

/// As [`signed_openness`] with the absolute value of each difference.
pub fn absolute_openness(points: &[[f64; 3]]) -> f64 {
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
pub fn is_degenerate(points: &[[f64; 3]]) -> bool {
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
    fn a_blink_is_no_key_frame() {
        let open = talkinghead_face::standard_face();
        let mut closed = open;
        for (upper, lower) in [(37, 41), (38, 40), (43, 47), (44, 46)] {
            closed[upper][1] = closed[lower][1];
        }
        let rts = [[0.2; 6], [0.0; 6], [0.1; 6], [0.3; 6]];
        let frames = [open, closed, open, open];
        assert_eq!(key_frame(&rts), Some(1));
        assert_eq!(open_eyed_key_frame(&rts, &frames, &[0, 1, 2, 3]), Some(2));
        assert_eq!(open_eyed_key_frame(&rts, &frames, &[1]), Some(1));
        assert_eq!(open_eyed_key_frame(&rts, &frames, &[9]), None);
    }

    #[test]
    fn points_in_one_place_are_no_face() {
        assert!(is_degenerate(&[[0.0; 3]; 68]));
        assert!(is_degenerate(&[[5.2, 0.0, 0.0], [5.9, 40.0, 0.0]]));
        assert!(!is_degenerate(&[[5.2, 0.0, 0.0], [6.1, 40.0, 0.0]]));
    }
}
