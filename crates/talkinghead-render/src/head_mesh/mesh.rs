//! The coloured mesh of the key frame: the face that the animation video shows in every frame's pose.
//!
//! The reference takes some 44 000 coloured vertices from PRNet; here the 468 points of the landmark network and a rim around
//! them, divided three times, give 36 000, with the same file formats. Vertices that face away from the camera take the colour of
//! their mirror image instead of whatever covers them.

use std::fmt::Write;

use image::RgbImage;
use nalgebra::Vector3;
use talkinghead_face::{CanonicalMesh, MESH_POINTS, RIGID_POINTS, RigidFit};

use super::topology::{MeshTopology, RimVertex};
use crate::projection::{ColouredMesh, render_hard};

/// A vertex whose normal leans less towards the camera than this (cosine) is not seen well.
const LEAST_FACING: f64 = 0.12;

/// A coloured triangle mesh in pixels of the clip: x right, y down, z towards the camera.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadMesh {
    /// Vertices.
    pub vertices: Vec<[f64; 3]>,
    /// Colours, 0..1.
    pub colours: Vec<[f64; 3]>,
    /// Vertex numbers from 0.
    pub triangles: Vec<[usize; 3]>,
}

impl HeadMesh {
    /// The mesh of a frame: its 468 landmarks (pixels, z towards the camera) and a rim around them, with the frame's colours.
    /// Empty when there are fewer landmarks.
    pub fn of_frame(landmarks: &[[f64; 3]], picture: &RgbImage) -> Self {
        let Some(face) = landmarks.get(..MESH_POINTS) else {
            return Self { vertices: Vec::new(), colours: Vec::new(), triangles: Vec::new() };
        };
        let topology = MeshTopology::get();
        let mut vertices = face.to_vec();
        vertices.extend(rim(topology, face));
        for &(a, b) in &topology.between {
            let (a, b) = (vertices[a], vertices[b]);
            vertices.push(std::array::from_fn(|axis| 0.5 * (a[axis] + b[axis])));
        }
        let facing = facing(&vertices, &topology.triangles);
        let colours = (0..vertices.len())
            .map(|vertex| {
                let seen_elsewhere =
                    topology.mirror[vertex].filter(|&other| facing[vertex] < LEAST_FACING && facing[other] > facing[vertex]);
                colour_at(picture, vertices[seen_elsewhere.unwrap_or(vertex)])
            })
            .collect();
        Self { vertices, colours, triangles: topology.triangles.clone() }
    }

    /// The mesh as it is, on black, as a square picture (SPEC-data section 6).
    ///
    /// Landmarks put pixel `k` at coordinate `k`, the rasteriser at `k + 0.5`: the mesh is moved by half a pixel so that the picture lies
    /// over the frame.
    pub fn drawn(&self, side: u32) -> RgbImage {
        let vertices: Vec<[f64; 3]> = self.vertices.iter().map(|[x, y, z]| [x + 0.5, y + 0.5, *z]).collect();
        let mesh = ColouredMesh { vertices: &vertices, triangles: &self.triangles, colours: &self.colours };
        let drawn = render_hard(mesh, side as usize, side as usize);
        RgbImage::from_fn(side, side, |x, y| image::Rgb(drawn.colours[(y * side + x) as usize]))
    }

    /// The mesh as the reference's `.obj`: `v x y z r g b` with y upwards in a picture `height` pixels high, `f a b c` from 1.
    pub fn to_obj(&self, height: u32) -> String {
        let mut text = String::with_capacity(self.vertices.len() * 48 + self.triangles.len() * 18);
        for (v, c) in self.vertices.iter().zip(&self.colours) {
            let y = f64::from(height) - 1.0 - v[1];
            // Writing to a string cannot fail.
            let _ = writeln!(text, "v {:.3} {y:.3} {:.3} {:.4} {:.4} {:.4}", v[0], v[2], c[0], c[1], c[2]);
        }
        for [a, b, c] in &self.triangles {
            let _ = writeln!(text, "f {} {} {}", a + 1, b + 1, c + 1);
        }
        text
    }

    /// Reads such an `.obj`; `None` if it holds anything else but vertices with colours and triangles.
    pub fn from_obj(text: &str, height: u32) -> Option<Self> {
        let mut mesh = Self { vertices: Vec::new(), colours: Vec::new(), triangles: Vec::new() };
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("v") => {
                    let numbers: Vec<f64> = words.map(str::parse).collect::<Result<_, _>>().ok()?;
                    let &[x, y, z, ref colour @ ..] = numbers.as_slice() else { return None };
                    mesh.vertices.push([x, f64::from(height) - 1.0 - y, z]);
                    mesh.colours.push(colour.try_into().unwrap_or([0.5; 3]));
                }
                Some("f") => {
                    let corners: Vec<usize> =
                        words.map(|word| word.split('/').next().unwrap_or("").parse()).collect::<Result<_, _>>().ok()?;
                    let &[a, b, c] = corners.as_slice() else { return None };
                    mesh.triangles.push([a.checked_sub(1)?, b.checked_sub(1)?, c.checked_sub(1)?]);
                }
                _ => {}
            }
        }
        let count = mesh.vertices.len();
        mesh.triangles.iter().flatten().all(|&corner| corner < count).then_some(mesh)
    }
}

/// The rim's vertices around a face: it sits on the outline and is turned and sized as the head is.
fn rim(topology: &MeshTopology, face: &[[f64; 3]]) -> Vec<[f64; 3]> {
    let canonical = &CanonicalMesh::get().vertices;
    let from: Vec<Vector3<f32>> = RIGID_POINTS.iter().map(|&i| canonical[i].into()).collect();
    let to: Vec<Vector3<f32>> =
        RIGID_POINTS.iter().map(|&i| Vector3::new(face[i][0] as f32, face[i][1] as f32, -face[i][2] as f32)).collect();
    let fit = RigidFit::between(&from, &to);
    let place = |vertex: &RimVertex| {
        let offset = (fit.scale * (fit.rotation * vertex.offset)).map(f64::from);
        let [x, y, z] = face[vertex.outline];
        [x + offset.x, y + offset.y, z - offset.z]
    };
    topology.rim.iter().map(place).collect()
}

/// Cosine between each vertex's normal and the direction to the camera.
fn facing(vertices: &[[f64; 3]], triangles: &[[usize; 3]]) -> Vec<f64> {
    let mut normals = vec![[0.0; 3]; vertices.len()];
    for triangle in triangles {
        let [a, b, c] = triangle.map(|vertex| vertices[vertex]);
        let (u, v): ([f64; 3], [f64; 3]) = (std::array::from_fn(|i| b[i] - a[i]), std::array::from_fn(|i| c[i] - a[i]));
        let normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        for &vertex in triangle {
            (0..3).for_each(|axis| normals[vertex][axis] += normal[axis]);
        }
    }
    // The canonical mesh's winding decides the sign; the face as a whole looks at the camera.
    let sign = if normals.iter().map(|n| n[2]).sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
    normals.iter().map(|n| sign * n[2] / (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]).sqrt().max(1e-9)).collect()
}

/// The picture's colour at a point, 0..1, bilinear; pixel `k`'s value lies at coordinate `k`.
fn colour_at(picture: &RgbImage, [x, y, _]: [f64; 3]) -> [f64; 3] {
    let limit = |value: f64, length: u32| value.clamp(0.0, f64::from(length.max(1) - 1));
    let (x, y) = (limit(x, picture.width()), limit(y, picture.height()));
    let (x0, y0) = (x.floor(), y.floor());
    let pixel = |dx: u32, dy: u32| {
        let at = ((x0 as u32 + dx).min(picture.width() - 1), (y0 as u32 + dy).min(picture.height() - 1));
        picture.get_pixel(at.0, at.1).0.map(f64::from)
    };
    let (fx, fy) = (x - x0, y - y0);
    let (a, b, c, d) = (pixel(0, 0), pixel(1, 0), pixel(0, 1), pixel(1, 1));
    std::array::from_fn(|i| ((a[i] * (1.0 - fx) + b[i] * fx) * (1.0 - fy) + (c[i] * (1.0 - fx) + d[i] * fx) * fy) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The canonical face in a clip, 1 canonical centimetre being 8 pixels.
    fn face() -> Vec<[f64; 3]> {
        CanonicalMesh::get()
            .vertices
            .iter()
            .map(|v| [128.0 + 8.0 * f64::from(v[0]), 128.0 + 8.0 * f64::from(v[1]), -8.0 * f64::from(v[2])])
            .collect()
    }

    fn gradient() -> RgbImage {
        RgbImage::from_fn(256, 256, |x, y| image::Rgb([x as u8, y as u8, 90]))
    }

    #[test]
    fn the_mesh_is_as_fine_as_the_references() {
        let mesh = HeadMesh::of_frame(&face(), &gradient());
        assert_eq!(mesh.triangles.len(), (898 + 3 * 72) * 64);
        assert_eq!(mesh.vertices.len(), mesh.colours.len());
        assert!((34_000..38_000).contains(&mesh.vertices.len()), "{}", mesh.vertices.len());
        assert_eq!(mesh.vertices[..468], face()[..]);
        let mirrored = MeshTopology::get().mirror.iter().flatten().count();
        // The rim's two triangles between neighbours have their diagonal on one side only.
        assert!(mirrored as f64 > 0.8 * mesh.vertices.len() as f64, "{mirrored} of {}", mesh.vertices.len());
        let facing = facing(&mesh.vertices, &mesh.triangles);
        assert!(facing[4] > 0.5, "the nose looks at the camera: {}", facing[4]);
    }

    #[test]
    fn hidden_vertices_take_the_colour_of_their_mirror_image() {
        // Turned far to one side: the far cheek looks away from the camera.
        let pose = talkinghead_face::ReferencePose::from_rt([0.0, 1.1, 0.0, 0.0, 0.0, 0.0]);
        let around: Vec<[f64; 3]> = face().iter().map(|p| [p[0] - 128.0, p[1] - 128.0, p[2]]).collect();
        let turned: Vec<[f64; 3]> = around
            .iter()
            .map(|&p| pose.rotation.transpose() * (nalgebra::Vector3::from(p) - pose.translation))
            .map(|p| [p[0] + 128.0, p[1] + 128.0, p[2]])
            .collect();
        let mesh = HeadMesh::of_frame(&turned, &gradient());
        let facing = facing(&mesh.vertices, &mesh.triangles);
        let hidden: Vec<usize> = (0..468).filter(|&v| facing[v] < -0.3).collect();
        assert!(!hidden.is_empty());
        for vertex in hidden {
            let Some(other) = MeshTopology::get().mirror[vertex].filter(|&other| facing[other] > facing[vertex]) else {
                continue;
            };
            assert_eq!(
                mesh.colours[vertex],
                colour_at(&gradient(), mesh.vertices[other]),
                "{vertex} keeps the colour of what covers it"
            );
        }
    }

    #[test]
    fn an_obj_comes_back() {
        let mesh = HeadMesh::of_frame(&face(), &gradient());
        let Some(again) = HeadMesh::from_obj(&mesh.to_obj(256), 256) else { panic!("our own file was not read") };
        assert_eq!(again.triangles, mesh.triangles);
        let largest = |a: &[[f64; 3]], b: &[[f64; 3]]| {
            a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        assert!(largest(&again.vertices, &mesh.vertices) < 1e-3 && largest(&again.colours, &mesh.colours) < 1e-4);
    }

    #[test]
    fn an_obj_that_points_nowhere_is_refused() {
        assert_eq!(HeadMesh::from_obj("v 1 2 3 0 0 0\nf 1 1 2\n", 256), None);
        assert_eq!(HeadMesh::from_obj("v 1 2 3 0 0 0\nf 0 1 1\n", 256), None);
        assert_eq!(HeadMesh::from_obj("v 1 2\n", 256), None);
        assert!(HeadMesh::from_obj("# nothing\n", 256).is_some());
    }

    proptest! {
        #[test]
        fn foreign_text_never_panics(text in "([vf#] ?[-0-9./ enaif]{0,20}\n){0,12}") {
            let _ = HeadMesh::from_obj(&text, 256);
        }
    }
}
