//! The triangles of the head mesh: the canonical face, a rim around it, all divided finely.
//!
//! The rim takes the picture beyond the face's outline, falling back towards the ears and under the chin as a head does. Without
//! it the outline of the projection is the jaw line itself, and a landmark network, which knows jaws by what lies around them,
//! places it 5 to 9 % of the distance between the eyes off; with it 2 to 4 %. The price is a little background beside a narrow head.

use std::collections::HashMap;
use std::sync::OnceLock;

use nalgebra::Vector3;
use talkinghead_face::{CanonicalMesh, MESH_POINTS};

/// Times every triangle is divided into four.
const DIVISIONS: usize = 3;
/// Distances of the rim's rings from the outline, in interocular distances.
const RINGS: [f32; 3] = [0.1, 0.25, 0.45];
/// Canonical centimetres between the eyes.
const INTEROCULAR: f32 = 6.0;
/// The rim reaches full depth at this distance, interocular distances.
const ROUNDNESS: f32 = 0.6;
/// The rim falls back no steeper than this: a turned head would show it as smears.
const STEEPEST: f32 = 1.7;
/// Points where the face meets the ears, and how far behind them the rim ends, interocular distances.
const EARS: [usize; 4] = [127, 356, 234, 454];
const BEHIND_EARS: f32 = 0.35;

/// Where a rim vertex lies.
pub(crate) struct RimVertex {
    /// The outline's vertex that it belongs to.
    pub(crate) outline: usize,
    /// From there, in the head's own axes (x right, y down, z away), canonical centimetres.
    pub(crate) offset: Vector3<f32>,
}

/// The mesh's structure, the same for every face. Vertices: the 468 of the canonical mesh, the rim, then those between.
pub(crate) struct MeshTopology {
    pub(crate) rim: Vec<RimVertex>,
    /// Pairs of coarser vertices, in order of making; a new vertex lies between them.
    pub(crate) between: Vec<(usize, usize)>,
    pub(crate) triangles: Vec<[usize; 3]>,
    /// Each vertex's mirror image.
    pub(crate) mirror: Vec<Option<usize>>,
}

impl MeshTopology {
    /// Worked out once.
    pub(crate) fn get() -> &'static Self {
        static TOPOLOGY: OnceLock<MeshTopology> = OnceLock::new();
        TOPOLOGY.get_or_init(|| {
            let canonical = CanonicalMesh::get();
            let outline: &[usize] = &canonical.contours["face_oval"];
            let rim = rim(&canonical.vertices, outline);
            let mut triangles = canonical.triangles.clone();
            triangles.extend(rim_triangles(canonical, outline));
            let mut mirror: Vec<Option<usize>> =
                canonical.vertices.iter().map(|v| mirrored_vertex(&canonical.vertices, *v)).collect();
            for ring in 0..RINGS.len() {
                for &vertex in outline {
                    let other = mirror[vertex].and_then(|other| outline.iter().position(|&o| o == other));
                    mirror.push(other.map(|at| MESH_POINTS + ring * outline.len() + at));
                }
            }
            divided(rim, triangles, mirror)
        })
    }
}

fn rim(vertices: &[[f32; 3]], outline: &[usize]) -> Vec<RimVertex> {
    let count = outline.len();
    let mean =
        |points: &[usize], axis: usize| points.iter().map(|&i| vertices[i][axis]).sum::<f32>() / points.len().max(1) as f32;
    let centre = [mean(outline, 0), mean(outline, 1)];
    let deepest = mean(&EARS, 2) + BEHIND_EARS * INTEROCULAR;
    let mut depths: Vec<f32> = outline.iter().map(|&i| vertices[i][2]).collect();
    let mut rim = Vec::with_capacity(count * RINGS.len());
    let mut before = 0.0;
    for distance in RINGS {
        for (k, &vertex) in outline.iter().enumerate() {
            let (next, last) = (vertices[outline[(k + 1) % count]], vertices[outline[(k + count - 1) % count]]);
            let (x, y) = (next[1] - last[1], last[0] - next[0]);
            let [vx, vy, depth] = vertices[vertex];
            let outwards = (x * (vx - centre[0]) + y * (vy - centre[1])).signum() / x.hypot(y).max(1e-6);
            let round = (1.0 - (1.0 - (distance / ROUNDNESS).min(1.0)).powi(2)).sqrt();
            depths[k] = (depth + (deepest - depth) * round).min(depths[k] + STEEPEST * (distance - before) * INTEROCULAR);
            let sideways = outwards * distance * INTEROCULAR;
            rim.push(RimVertex { outline: vertex, offset: Vector3::new(x * sideways, y * sideways, depths[k] - depth) });
        }
        before = distance;
    }
    rim
}

/// Two triangles between every pair of neighbours on one ring and on the next, wound as the face's.
fn rim_triangles(canonical: &CanonicalMesh, outline: &[usize]) -> Vec<[usize; 3]> {
    let count = outline.len();
    if count == 0 {
        return Vec::new();
    }
    let on_ring =
        |ring: usize, k: usize| if ring == 0 { outline[k % count] } else { MESH_POINTS + (ring - 1) * count + k % count };
    // A face's triangle at the outline runs along its edge in one direction; the rim's must run in the other.
    let (a, b) = (on_ring(0, 0), on_ring(0, 1));
    let runs_along = |t: &[usize; 3]| (0..3).any(|i| t[i] == a && t[(i + 1) % 3] == b);
    let along = canonical.triangles.iter().any(runs_along);
    (0..RINGS.len())
        .flat_map(|ring| (0..count).map(move |k| (ring, k)))
        .flat_map(|(ring, k)| {
            let [a, b, c, d] = [on_ring(ring, k), on_ring(ring, k + 1), on_ring(ring + 1, k), on_ring(ring + 1, k + 1)];
            if along { [[b, a, c], [b, c, d]] } else { [[a, b, c], [c, b, d]] }
        })
        .collect()
}

fn divided(rim: Vec<RimVertex>, mut triangles: Vec<[usize; 3]>, mut mirror: Vec<Option<usize>>) -> MeshTopology {
    let coarse = mirror.len();
    let mut count = coarse;
    let mut between = Vec::new();
    for _ in 0..DIVISIONS {
        let mut middles: HashMap<(usize, usize), usize> = HashMap::new();
        let mut finer = Vec::with_capacity(triangles.len() * 4);
        let first = count;
        for &[a, b, c] in &triangles {
            let mut middle = |a: usize, b: usize| {
                *middles.entry((a.min(b), a.max(b))).or_insert_with(|| {
                    between.push((a.min(b), a.max(b)));
                    count += 1;
                    count - 1
                })
            };
            let (ab, bc, ca) = (middle(a, b), middle(b, c), middle(c, a));
            finer.extend([[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]);
        }
        for vertex in first..count {
            let (a, b) = between[vertex - coarse];
            let other = match (mirror[a], mirror[b]) {
                (Some(a), Some(b)) => middles.get(&(a.min(b), a.max(b))).copied(),
                _ => None,
            };
            mirror.push(other);
        }
        triangles = finer;
    }
    MeshTopology { rim, between, triangles, mirror }
}

fn mirrored_vertex(vertices: &[[f32; 3]], [x, y, z]: [f32; 3]) -> Option<usize> {
    let distance = |v: &[f32; 3]| (v[0] + x).powi(2) + (v[1] - y).powi(2) + (v[2] - z).powi(2);
    let nearest = (0..vertices.len()).min_by(|&a, &b| distance(&vertices[a]).total_cmp(&distance(&vertices[b])))?;
    (distance(&vertices[nearest]) < 0.05).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_inner_edge_has_two_triangles_that_run_along_it_in_opposite_directions() {
        let topology = MeshTopology::get();
        let mut directed: HashMap<(usize, usize), usize> = HashMap::new();
        for t in &topology.triangles {
            (0..3).for_each(|i| *directed.entry((t[i], t[(i + 1) % 3])).or_default() += 1);
        }
        assert!(directed.values().all(|&count| count == 1));
        let open = directed.keys().filter(|(a, b)| !directed.contains_key(&(*b, *a))).count();
        // Only the rim's outer ring is open: 36 edges, each divided three times.
        assert_eq!(open, 36 * 8);
    }

    #[test]
    fn the_rim_lies_outside_and_behind_and_mirrors_itself() {
        let topology = MeshTopology::get();
        assert_eq!(topology.rim.len(), 36 * RINGS.len());
        for (number, vertex) in topology.rim.iter().enumerate() {
            let offset = vertex.offset;
            let distance = offset.x.hypot(offset.y) / INTEROCULAR;
            assert!(
                (distance - RINGS[number / 36]).abs() < 1e-4
                    && offset.z >= 0.0
                    && offset.z <= STEEPEST * distance * INTEROCULAR + 1e-4
            );
            let Some(other) = topology.mirror[MESH_POINTS + number] else { panic!("{number} has no mirror image") };
            let mirrored = topology.rim[other - MESH_POINTS].offset;
            assert!((mirrored.x + offset.x).abs() < 0.2 && (mirrored.y - offset.y).abs() < 0.2, "{offset} {mirrored}");
        }
    }
}
