//! The mesh of the whole picture: 468 points of the face and a lattice around it, with all that is fixed per portrait.

use talkinghead_face::{CanonicalMesh, MESH_POINTS};

use super::delaunay::triangulate;
use super::holes::{EYES, MOUTH};
use super::slope::limit_slope;
use crate::math::smoothstep;
use crate::picture::polygon::contains;
use crate::picture::working_area::AreaFrame;
use crate::portrait::geometry::{PortraitGeometry, RigidMotion};
use crate::portrait::head_region::{HeadRegion, oval, oval_points};

/// Interocular distances between lattice points.
const PITCH: f32 = 0.16;
/// Lattice points beyond the picture's edge, so that an inward shift leaves no bare strip.
const BEYOND: f32 = 0.48;
/// Lattice points nearer to the oval than this many interocular distances are left out.
const CLEARANCE: f32 = 0.08;
/// Interocular distances over which the head's motion fades into body and background.
pub const FALLOFF: f32 = 1.6;
/// Pixels of depth per pixel of picture.
pub const SLOPE_LIMIT: f32 = 1.7;

/// A lattice point's part in the movement: skinning weights, on the rigid head and on the face oval's points.
#[derive(Clone, Debug)]
struct LatticeWeights {
    /// Share of the head's rigid motion, 0..1.
    rigid: f32,
    /// Weights on the oval's points of the expression's motion; empty when negligible.
    oval: Vec<f32>,
}

/// The picture's mesh.
#[derive(Clone, Debug)]
pub struct WarpMesh {
    /// Pixels (x, y, z): the face's 468, then the lattice. Depth is limited in slope.
    pub vertices: Vec<[f32; 3]>,
    /// Without the insides of mouth and eyes.
    pub triangles: Vec<[u32; 3]>,
    /// Insides of the eyes, image left and right.
    pub eye_triangles: [Vec<[u32; 3]>; 2],
    lattice_weights: Vec<LatticeWeights>,
}

impl WarpMesh {
    /// Builds the mesh over the working area and limits the depth of `portrait.vertices` with it.
    pub fn build(portrait: &mut PortraitGeometry, region: &HeadRegion, area: &AreaFrame) -> Self {
        let oval_numbers = oval_points();
        let ring = oval(portrait);
        let lattice = lattice_points(region, &ring, portrait.iod, area);
        let far_side: f32 =
            [127usize, 356, 234, 454].iter().map(|&i| portrait.vertices[i][2]).sum::<f32>() / 4.0 + 0.35 * portrait.iod;

        let mut vertices = portrait.vertices.clone();
        let mut lattice_weights = Vec::with_capacity(lattice.len());
        for &[x, y] in &lattice {
            let from_oval = region.from_oval(x, y);
            let mut weights: Vec<f32> =
                ring.iter().map(|p| (((x - p[0]).powi(2) + (y - p[1]).powi(2)).sqrt() / portrait.iod + 0.02).powi(-4)).collect();
            let sum: f32 = weights.iter().sum();
            weights.iter_mut().for_each(|w| *w /= sum);
            let beside: f32 = weights.iter().zip(oval_numbers).map(|(w, &i)| w * portrait.vertices[i][2]).sum();
            // A quarter of an ellipse from the oval's own depth back to the plane of the ears.
            let t = 1.0 - (from_oval / 0.6).min(1.0);
            let z = beside + (far_side - beside) * (1.0 - t * t).max(0.0).sqrt();
            vertices.push([x, y, z]);
            let near = (-(from_oval / 0.5).powi(2)).exp();
            if near > 1e-3 {
                weights.iter_mut().for_each(|w| *w *= near);
            } else {
                weights.clear();
            }
            let rest = smoothstep(0.0, 0.8, area.to_open_edge(x, y) / portrait.iod);
            let rigid = rest * (1.0 - smoothstep(0.0, FALLOFF, region.from_core(x, y)));
            lattice_weights.push(LatticeWeights { rigid, oval: weights });
        }
        limit_slope(&mut vertices, SLOPE_LIMIT);
        portrait.vertices.copy_from_slice(&vertices[..MESH_POINTS]);

        let mut triangles = face_triangles(|t| !MOUTH.holds(t) && !EYES.iter().any(|eye| eye.holds(t)));
        let eye_triangles = EYES.map(|eye| face_triangles(|t| eye.holds(t)));
        triangles.extend(surrounding_triangles(&ring, oval_numbers, &lattice));
        Self { vertices, triangles, eye_triangles, lattice_weights }
    }

    /// Poses the lattice: `out` holds the 468 posed face points and grows to all vertices.
    ///
    /// `delta` are the face's expression moves in pixels of the portrait before head motion, `[468]`.
    pub fn pose_lattice(&self, rigid: &RigidMotion, delta: &[[f32; 3]], out: &mut Vec<[f32; 3]>) {
        out.truncate(MESH_POINTS);
        let carried: Vec<[f32; 3]> = oval_points().iter().map(|&i| rigid.apply_to_vector(delta[i])).collect();
        for (vertex, weights) in self.vertices[MESH_POINTS..].iter().zip(&self.lattice_weights) {
            if weights.rigid == 0.0 {
                out.push(*vertex);
                continue;
            }
            let turned = rigid.apply(*vertex);
            let mut moved: [f32; 3] = std::array::from_fn(|k| turned[k] - vertex[k]);
            for (w, e) in weights.oval.iter().zip(&carried) {
                (0..3).for_each(|k| moved[k] += w * e[k]);
            }
            out.push(std::array::from_fn(|k| vertex[k] + weights.rigid * moved[k]));
        }
    }
}

/// Those of the canonical triangles that are `wanted`.
fn face_triangles(wanted: impl Fn(&[usize; 3]) -> bool) -> Vec<[u32; 3]> {
    CanonicalMesh::get().triangles.iter().filter(|t| wanted(t)).map(|t| t.map(|i| i as u32)).collect()
}

/// A triangular lattice over the picture and a little beyond, where anything can move and one step further.
fn lattice_points(region: &HeadRegion, ring: &[[f32; 2]], iod: f32, area: &AreaFrame) -> Vec<[f32; 2]> {
    let pitch = PITCH * iod;
    let beyond = BEYOND * iod;
    let row_height = pitch * 0.866;
    let rows = ((area.height as f32 + 2.0 * beyond) / row_height).ceil() as usize + 1;
    let columns = ((area.width as f32 + 2.0 * beyond) / pitch).ceil() as usize + 2;
    let mut points = Vec::new();
    for row in 0..rows {
        let y = row as f32 * row_height - beyond;
        let shift = if row % 2 == 0 { 0.0 } else { -0.5 * pitch };
        for column in 0..columns {
            let x = column as f32 * pitch - beyond + shift;
            let free = region.from_oval(x, y) >= CLEARANCE;
            let near = region.from_core(x, y) < FALLOFF + 2.0 * PITCH;
            if free && near && !in_an_edges_circle(ring, x, y) {
                points.push([x, y]);
            }
        }
    }
    points
}

/// A point inside the circle over an oval's edge would take that edge out of the triangulation.
fn in_an_edges_circle(ring: &[[f32; 2]], x: f32, y: f32) -> bool {
    (0..ring.len()).any(|i| {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        (x - a[0]) * (x - b[0]) + (y - a[1]) * (y - b[1]) <= 0.0
    })
}

fn surrounding_triangles(ring: &[[f32; 2]], numbers: &[usize], lattice: &[[f32; 2]]) -> Vec<[u32; 3]> {
    let mut points = ring.to_vec();
    points.extend_from_slice(lattice);
    let vertex = |i: usize| if i < ring.len() { numbers[i] } else { MESH_POINTS + i - ring.len() } as u32;
    triangulate(&points)
        .into_iter()
        .filter(|t| {
            let centre: [f32; 2] = std::array::from_fn(|k| t.iter().map(|&i| points[i][k]).sum::<f32>() / 3.0);
            !(t.iter().all(|&i| i < ring.len()) && contains(ring, centre))
        })
        .map(|t| t.map(vertex))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic_face::landmarks;
    use nalgebra::{Matrix3, Vector3};
    use talkinghead_face::HeadPose;

    fn mesh() -> (PortraitGeometry, WarpMesh) {
        let mut portrait = PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 12.0));
        let region = HeadRegion::find(&portrait, None, 512, 512);
        let mesh = WarpMesh::build(&mut portrait, &region, &AreaFrame::whole(512, 512));
        (portrait, mesh)
    }

    #[test]
    fn the_mesh_is_about_as_dense_as_the_recipes() {
        let (_, mesh) = mesh();
        assert!((1800..6000).contains(&mesh.triangles.len()), "{}", mesh.triangles.len());
        assert!(mesh.triangles.iter().flatten().all(|&i| (i as usize) < mesh.vertices.len()));
    }

    #[test]
    fn the_mesh_covers_the_face_oval_and_its_surroundings_once() {
        let (portrait, mesh) = mesh();
        let mut area = 0.0;
        for t in &mesh.triangles {
            let [a, b, c] = t.map(|i| mesh.vertices[i as usize]);
            // Surroundings only: triangles with at least one lattice point.
            if t.iter().any(|&i| i as usize >= MESH_POINTS) {
                area += 0.5 * ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).abs();
            }
        }
        let ring = oval(&portrait);
        let mut oval_area = 0.0;
        for i in 0..ring.len() {
            let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
            oval_area += 0.5 * (a[0] * b[1] - a[1] * b[0]);
        }
        assert!(area > 2.0 * oval_area.abs(), "{area} {oval_area}");
    }

    #[test]
    fn a_resting_head_leaves_the_lattice_where_it_is() {
        let (portrait, mesh) = mesh();
        let rest =
            RigidMotion { rotation: Matrix3::identity(), scale: 1.0, centre: portrait.centre.into(), shift: Vector3::zeros() };
        let mut out = portrait.vertices.clone();
        mesh.pose_lattice(&rest, &vec![[0.0; 3]; MESH_POINTS], &mut out);
        for (a, b) in out.iter().zip(&mesh.vertices) {
            assert!((a[0] - b[0]).abs() < 1e-3 && (a[1] - b[1]).abs() < 1e-3);
        }
    }

    #[test]
    fn the_far_background_never_moves() {
        let (portrait, mesh) = mesh();
        let turned = RigidMotion {
            rotation: HeadPose { yaw: 12.0, ..Default::default() }.rotation(),
            scale: 1.1,
            centre: portrait.centre.into(),
            shift: Vector3::new(9.0, 4.0, 0.0),
        };
        let mut out = portrait.vertices.clone();
        mesh.pose_lattice(&turned, &vec![[0.0; 3]; MESH_POINTS], &mut out);
        let still = mesh.lattice_weights.iter().zip(&out[MESH_POINTS..]).zip(&mesh.vertices[MESH_POINTS..]);
        assert!(still.filter(|((f, _), _)| f.rigid == 0.0).all(|((_, a), b)| a == b));
    }
}
