//! The canonical face mesh that poses are measured against.

use std::sync::OnceLock;

const SHIPPED: &str = include_str!("../../../../assets/models/canonical_face_mesh.json");

/// The points whose place hardly depends on the expression: the rigid fit uses these.
pub const RIGID_POINTS: [usize; 28] =
    [10, 67, 297, 109, 338, 151, 9, 8, 168, 6, 197, 195, 5, 4, 33, 133, 362, 263, 70, 300, 105, 334, 127, 356, 234, 454, 93, 323];

/// Inner-lip pairs (upper, lower) from image left to image right; the middle one is 13, 14.
pub const LIP_PAIRS: [(usize, usize); 9] =
    [(191, 95), (80, 88), (81, 178), (82, 87), (13, 14), (312, 317), (311, 402), (310, 318), (415, 324)];

/// The canonical mesh of 468 vertices, in this project's axes: x right, y down, z away from the camera; centimetres.
/// One interocular distance is about 6.0 of them.
#[derive(Clone, Debug)]
pub struct CanonicalMesh {
    /// `[468]` vertices.
    pub vertices: Vec<[f32; 3]>,
    /// `[898]` triangles, vertex numbers from 0.
    pub triangles: Vec<[usize; 3]>,
    /// Named rings and lines of vertex numbers (`lips_outer`, `lips_inner`, `face_oval`, `image_left_eye`,
    /// `image_right_eye`, …).
    pub contours: std::collections::BTreeMap<String, Vec<usize>>,
    /// Names of the 52 blendshape scores.
    pub blendshape_names: Vec<String>,
    /// The 146 landmark numbers that the blendshape network reads.
    pub blendshape_points: Vec<usize>,
}

impl CanonicalMesh {
    /// The mesh that ships with the program, parsed once.
    #[expect(clippy::expect_used, reason = "the asset is compiled in and checked by a test")]
    pub fn get() -> &'static CanonicalMesh {
        static MESH: OnceLock<CanonicalMesh> = OnceLock::new();
        MESH.get_or_init(|| parse(SHIPPED).expect("the shipped asset canonical_face_mesh.json is checked by a test"))
    }
}

#[derive(serde::Deserialize)]
struct File {
    vertices: Vec<[f32; 3]>,
    triangles: Vec<[usize; 3]>,
    contours: std::collections::BTreeMap<String, Contour>,
    blendshape_names: Vec<String>,
    blendshape_points: Vec<usize>,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Contour {
    Line(Vec<usize>),
    Iris { ring: Vec<usize> },
}

fn parse(text: &str) -> Result<CanonicalMesh, serde_json::Error> {
    let file: File = serde_json::from_str(text)?;
    Ok(CanonicalMesh {
        vertices: file.vertices.iter().map(|v| [v[0], -v[1], -v[2]]).collect(),
        triangles: file.triangles,
        contours: file
            .contours
            .into_iter()
            .map(|(name, contour)| match contour {
                Contour::Line(points) | Contour::Iris { ring: points } => (name, points),
            })
            .collect(),
        blendshape_names: file.blendshape_names,
        blendshape_points: file.blendshape_points,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_mesh_that_ships_is_whole() {
        let mesh = parse(SHIPPED).unwrap();
        assert_eq!((mesh.vertices.len(), mesh.triangles.len()), (468, 898));
        assert!(mesh.triangles.iter().flatten().all(|&v| v < 468));
        assert_eq!((mesh.blendshape_names.len(), mesh.blendshape_points.len()), (52, 146));
        for name in ["lips_outer", "lips_inner", "face_oval", "image_left_eye", "image_right_eye"] {
            assert!(mesh.contours[name].len() > 8 && mesh.contours[name].iter().all(|&v| v < 468), "{name}");
        }
        // y down: the chin (152) lies below the forehead (10).
        assert!(mesh.vertices[152][1] > mesh.vertices[10][1]);
    }
}
