//! Moves the lids over the eyes: the contour and two rows of points above it, one below.

/// One eye's rows of mesh points, seven each, running the same way.
struct Lid {
    upper: [usize; 7],
    above: [usize; 7],
    brow_side: [usize; 7],
    lower: [usize; 7],
    below: [usize; 7],
}

/// Image-left and image-right eye.
const LIDS: [Lid; 2] = [
    Lid {
        upper: [246, 161, 160, 159, 158, 157, 173],
        above: [247, 30, 29, 27, 28, 56, 190],
        brow_side: [113, 225, 224, 223, 222, 221, 189],
        lower: [7, 163, 144, 145, 153, 154, 155],
        below: [25, 110, 24, 23, 22, 26, 112],
    },
    Lid {
        upper: [466, 388, 387, 386, 385, 384, 398],
        above: [467, 260, 259, 257, 258, 286, 414],
        brow_side: [342, 445, 444, 443, 442, 441, 413],
        lower: [249, 390, 373, 374, 380, 381, 382],
        below: [255, 339, 254, 253, 252, 256, 341],
    },
];

/// Share of the way that the upper lid goes; the lower lid meets it.
const UPPER_SHARE: f32 = 0.88;

/// Closes the eyes of `face` (`[468]`, any frame) by `blink` (0..1, image left and right); at 1 the lids meet.
pub fn close_lids(face: &mut [[f32; 3]], blink: [f32; 2]) {
    for (lid, b) in LIDS.iter().zip(blink) {
        let b = b.clamp(0.0, 1.0);
        if b == 0.0 {
            continue;
        }
        for k in 0..7 {
            let (upper, lower) = (face[lid.upper[k]], face[lid.lower[k]]);
            let way: [f32; 3] = std::array::from_fn(|axis| b * (lower[axis] - upper[axis]));
            let mut shift = |point: usize, share: f32| face[point].iter_mut().zip(way).for_each(|(v, w)| *v += share * w);
            shift(lid.lower[k], UPPER_SHARE - 1.0);
            shift(lid.below[k], 0.5 * (UPPER_SHARE - 1.0));
            shift(lid.upper[k], UPPER_SHARE);
            shift(lid.above[k], 0.42 * UPPER_SHARE);
            shift(lid.brow_side[k], 0.06 * UPPER_SHARE);
        }
    }
}

/// The upper lid's skin that comes into sight as it closes, between its edge and the next row of points, as a ring.
pub(crate) fn lid_outline(eye: usize) -> Vec<usize> {
    let lid = &LIDS[eye];
    lid.upper.iter().copied().chain(lid.above.iter().rev().copied()).collect()
}

/// Points under the lower lid, on the cheek side.
pub(crate) fn under_eye(eye: usize) -> [usize; 7] {
    LIDS[eye].below
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::HeadPose;

    #[test]
    fn shut_lids_meet_and_an_open_eye_is_untouched() {
        let before = landmarks(&HeadPose::default(), 12.0).mesh().to_vec();
        let mut face = before.clone();
        close_lids(&mut face, [1.0, 0.0]);
        for k in 0..7 {
            let (u, l) = (face[LIDS[0].upper[k]], face[LIDS[0].lower[k]]);
            assert!((0..3).all(|a| (u[a] - l[a]).abs() < 1e-3));
            assert_eq!(face[LIDS[1].upper[k]], before[LIDS[1].upper[k]]);
        }
    }
}
