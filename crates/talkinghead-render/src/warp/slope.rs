//! The limit on depth's slope, which keeps the far cheek from folding and the near ear from smearing when the head turns.

/// Lowers every depth to at most `slope` pixels per pixel behind any other vertex: `z_i <- min_j (z_j + slope |p_i - p_j|)`.
///
/// Distances in the picture plane; z away from the camera. The result is `slope`-Lipschitz and nowhere behind the input.
pub fn limit_slope(vertices: &mut [[f32; 3]], slope: f32) {
    let before = vertices.to_vec();
    for vertex in vertices.iter_mut() {
        let mut z = vertex[2];
        for other in &before {
            // Only a nearer vertex can pull this one forward.
            let room = z - other[2];
            if room > 0.0 {
                let (dx, dy) = (vertex[0] - other[0], vertex[1] - other[1]);
                let distance = (dx * dx + dy * dy).sqrt();
                z = z.min(other[2] + slope * distance);
            }
        }
        vertex[2] = z;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pair_is_steeper_than_the_limit_and_nothing_moves_back() {
        // A fixed sequence of well-mixed numbers.
        let mut state = 12345u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 65536.0
        };
        let before: Vec<[f32; 3]> = (0..200).map(|_| [next(), next(), 4.0 * next()]).collect();
        let mut after = before.clone();
        limit_slope(&mut after, 1.7);
        for (i, a) in after.iter().enumerate() {
            assert!(a[2] <= before[i][2]);
            for b in &after {
                let distance = ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt();
                assert!((a[2] - b[2]).abs() <= 1.7 * distance + 1e-2);
            }
        }
        assert!(after.iter().zip(&before).any(|(a, b)| a[2] < b[2]));
    }
}
