//! What lies under the mouth scene's soft edge: the lips' own edge, drawn out over the hole between them.

use crate::warp::WarpField;

/// Inner lips from image left to right.
const UPPER: [usize; 11] = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308];
const LOWER: [usize; 11] = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308];
/// Behind everything else.
const FAR: f32 = 1e9;

/// Adds triangles that cover the hole between the inner lips with the colours of the lips' edges.
pub(crate) fn cover(field: &mut WarpField, source: &[[f32; 3]], posed: &[[f32; 3]]) {
    if field.is_empty() {
        return;
    }
    let back = |p: [f32; 3]| [p[0], p[1], FAR];
    for k in 0..10 {
        let middle = |k: usize| {
            let (u, l) = (posed[UPPER[k]], posed[LOWER[k]]);
            [0.5 * (u[0] + l[0]), 0.5 * (u[1] + l[1]), FAR]
        };
        for lip in [UPPER, LOWER] {
            let (a, b) = (lip[k], lip[k + 1]);
            // The source of the middle is the edge itself: the colour is drawn out.
            field.add([source[a], source[b], source[b]], [back(posed[a]), back(posed[b]), middle(k + 1)]);
            field.add([source[a], source[b], source[a]], [back(posed[a]), middle(k + 1), middle(k)]);
        }
    }
    field.sort();
}
