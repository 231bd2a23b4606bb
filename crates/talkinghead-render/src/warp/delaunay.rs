//! Delaunay triangulation of a few thousand points (Bowyer and Watson's insertion).

/// A triangle with its circumcircle.
struct Cell {
    corners: [usize; 3],
    centre: [f64; 2],
    radius_squared: f64,
}

/// Triangles over `points`, each a triple of their numbers; no point lies inside a triangle's circumcircle.
///
/// Equal points make no triangle with each other. Points of a regular lattice are fine: ties are broken by a shift of
/// under a thousandth of the spacing that depends on the number of the point only.
pub fn triangulate(points: &[[f32; 2]]) -> Vec<[usize; 3]> {
    if points.len() < 3 {
        return Vec::new();
    }
    let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
    for p in points {
        let p = p.map(f64::from);
        low = [low[0].min(p[0]), low[1].min(p[1])];
        high = [high[0].max(p[0]), high[1].max(p[1])];
    }
    let size = (high[0] - low[0]).max(high[1] - low[1]).max(1e-6);
    let shift = 2e-4 * size / (points.len() as f64).sqrt();
    let mut places: Vec<[f64; 2]> =
        points.iter().enumerate().map(|(i, p)| [0, 1].map(|k| f64::from(p[k]) + shift * jitter(2 * i + k))).collect();
    let middle = [0, 1].map(|k| 0.5 * (low[k] + high[k]));
    let n = places.len();
    places.push([middle[0] - 40.0 * size, middle[1] - 20.0 * size]);
    places.push([middle[0] + 40.0 * size, middle[1] - 20.0 * size]);
    places.push([middle[0], middle[1] + 40.0 * size]);

    // Inserting from left to right lets finished triangles leave the search.
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| places[a][0].total_cmp(&places[b][0]));
    let mut open = vec![cell(&places, [n, n + 1, n + 2])];
    let mut done: Vec<[usize; 3]> = Vec::new();
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for &i in &order {
        let p = places[i];
        edges.clear();
        let mut j = 0;
        while j < open.len() {
            let c = &open[j];
            let dx = p[0] - c.centre[0];
            if dx > 0.0 && dx * dx > c.radius_squared {
                done.push(open.swap_remove(j).corners);
                continue;
            }
            let dy = p[1] - c.centre[1];
            if dx * dx + dy * dy <= c.radius_squared {
                let [a, b, c] = open.swap_remove(j).corners;
                edges.extend([(a, b), (b, c), (c, a)]);
                continue;
            }
            j += 1;
        }
        // The hole's rim: edges that occur once.
        for (k, &(a, b)) in edges.iter().enumerate() {
            if !edges.iter().enumerate().any(|(m, &e)| m != k && (e == (b, a) || e == (a, b))) {
                open.push(cell(&places, [a, b, i]));
            }
        }
    }
    done.extend(open.into_iter().map(|c| c.corners));
    done.retain(|t| t.iter().all(|&i| i < n));
    // The search order must not show in the result.
    done.sort_unstable();
    done
}

fn cell(places: &[[f64; 2]], corners: [usize; 3]) -> Cell {
    let [a, b, c] = corners.map(|i| places[i]);
    let (bx, by, cx, cy) = (b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]);
    let d = 2.0 * (bx * cy - by * cx);
    if d.abs() < 1e-12 {
        return Cell { corners, centre: a, radius_squared: f64::INFINITY };
    }
    let (b2, c2) = (bx * bx + by * by, cx * cx + cy * cy);
    let (ux, uy) = ((cy * b2 - by * c2) / d, (bx * c2 - cx * b2) / d);
    Cell { corners, centre: [a[0] + ux, a[1] + uy], radius_squared: ux * ux + uy * uy }
}

/// A fixed number in -1..1 for each index.
fn jitter(i: usize) -> f64 {
    let z = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((z ^ (z >> 27)) >> 40) as f64 / f64::from(1u32 << 23) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(points: &[[f32; 2]], t: [usize; 3]) -> f32 {
        let [a, b, c] = t.map(|i| points[i]);
        0.5 * ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).abs()
    }

    #[test]
    fn a_lattice_is_covered_exactly_once() {
        let points: Vec<[f32; 2]> = (0..12).flat_map(|y| (0..15).map(move |x| [x as f32 * 7.0, y as f32 * 7.0])).collect();
        let triangles = triangulate(&points);
        let total: f32 = triangles.iter().map(|&t| area(&points, t)).sum();
        assert!((total - 14.0 * 7.0 * 11.0 * 7.0).abs() < 1.0, "{total}");
        assert!(triangles.len() >= 2 * 14 * 11);
    }

    #[test]
    fn circumcircles_are_empty() {
        let points: Vec<[f32; 2]> = (0..150).map(|i| [jitter(2 * i) as f32, jitter(2 * i + 1) as f32]).collect();
        let places: Vec<[f64; 2]> = points.iter().map(|p| p.map(f64::from)).collect();
        for t in triangulate(&points) {
            let c = cell(&places, t);
            for (i, p) in places.iter().enumerate() {
                let d = (p[0] - c.centre[0]).powi(2) + (p[1] - c.centre[1]).powi(2);
                assert!(t.contains(&i) || d > c.radius_squared * 0.98, "{t:?} {i}");
            }
        }
    }
}
