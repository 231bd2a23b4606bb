//! Keeps the skin under the lower lip from folding over the chin's crease when the jaw drops.

/// Chains of mesh points from the lower lip down to the chin.
const CHAINS: [&[usize]; 7] = [
    &[14, 15, 16, 17, 18, 200],
    &[87, 86, 85, 84, 83, 201],
    &[317, 316, 315, 314, 313, 421],
    &[178, 179, 180, 181, 182],
    &[402, 403, 404, 405, 406],
    &[88, 89, 90, 91],
    &[318, 319, 320, 321],
];

/// Least length of a step as a share of the photograph's.
const LEAST_STEP: f32 = 0.45;

/// Pushes points of `posed` down where a step along a chain is shorter than 0.45 of the one in `source`.
///
/// Both `[468]` in pixels; `down_source`, `down` are the head's unit down directions in the photograph and in the frame.
pub fn guard_folds(source: &[[f32; 3]], posed: &mut [[f32; 3]], down_source: [f32; 2], down: [f32; 2]) {
    let along = |p: [f32; 3], d: [f32; 2]| p[0] * d[0] + p[1] * d[1];
    for chain in CHAINS {
        for pair in chain.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let wanted = LEAST_STEP * (along(source[b], down_source) - along(source[a], down_source)).max(0.0);
            let short = wanted - (along(posed[b], down) - along(posed[a], down));
            if short > 0.0 {
                posed[b][0] += short * down[0];
                posed[b][1] += short * down[1];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::HeadPose;

    #[test]
    fn a_folded_lip_is_unfolded_and_a_smooth_one_left_alone() {
        let source = landmarks(&HeadPose::default(), 12.0).mesh().to_vec();
        let mut posed = source.clone();
        guard_folds(&source, &mut posed, [0.0, 1.0], [0.0, 1.0]);
        assert_eq!(posed, source);
        posed[17][1] += 60.0;
        guard_folds(&source, &mut posed, [0.0, 1.0], [0.0, 1.0]);
        assert!(posed[18][1] > posed[17][1]);
        assert!(posed[200][1] > posed[18][1]);
    }
}
