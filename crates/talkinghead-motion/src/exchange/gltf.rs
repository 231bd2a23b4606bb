//! glTF 2.0: the canonical face mesh with morph targets and a head node, animated at 25 frames a second.
//!
//! Metres, y up, the face looks along +z. The gaze is left out: the mesh has no eyeballs.

use base64::Engine;
use serde_json::{Value, json};
use talkinghead_face::CanonicalMesh;
use talkinghead_media::FRAME_RATE;

use super::axes::{place, quaternion, up};
use super::gltf_targets::{targets, weights};
use crate::MotionTrack;

const FLOAT: u32 = 5126;
const UNSIGNED_SHORT: u32 = 5123;
const METRES_PER_CENTIMETRE: f32 = 0.01;

/// One `.glb` file.
pub(super) fn binary(track: &MotionTrack) -> Vec<u8> {
    let (mut document, mut numbers) = document(track);
    document["buffers"] = json!([{ "byteLength": numbers.len() }]);
    let mut text = document.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(4), b' ');
    numbers.resize(numbers.len().next_multiple_of(4), 0);
    let total = 12 + 8 + text.len() + 8 + numbers.len();
    let mut file = Vec::with_capacity(total);
    file.extend(b"glTF");
    file.extend(2_u32.to_le_bytes());
    file.extend((total as u32).to_le_bytes());
    for (kind, chunk) in [(b"JSON", &text), (b"BIN\0", &numbers)] {
        file.extend((chunk.len() as u32).to_le_bytes());
        file.extend(kind);
        file.extend(chunk);
    }
    file
}

/// The same as one `.gltf` file with the numbers as base64.
pub(super) fn text(track: &MotionTrack) -> String {
    let (mut document, numbers) = document(track);
    let encoded = base64::engine::general_purpose::STANDARD.encode(&numbers);
    let uri = format!("data:application/octet-stream;base64,{encoded}");
    document["buffers"] = json!([{ "byteLength": numbers.len(), "uri": uri }]);
    document.to_string()
}

/// The document without its buffer, and the buffer's bytes.
fn document(track: &MotionTrack) -> (Value, Vec<u8>) {
    let mesh = CanonicalMesh::get();
    let mut numbers = Numbers::default();
    let metres =
        |points: &[[f32; 3]]| -> Vec<[f32; 3]> { points.iter().map(|&p| up(p).map(|v| METRES_PER_CENTIMETRE * v)).collect() };
    let vertices = metres(&mesh.vertices);
    let position = numbers.vectors(&vertices, Use::Vertices);
    let normal = numbers.vectors(&normals(&vertices, &mesh.triangles), Use::Vertices);
    let corners: Vec<u16> = mesh.triangles.iter().flatten().map(|&corner| corner as u16).collect();
    let indices = numbers.indices(&corners);
    let targets = targets();
    let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    let morphs: Vec<Value> = targets
        .iter()
        .map(|target| json!({ "POSITION": numbers.vectors(&metres(&target.displacement), Use::Vertices) }))
        .collect();

    let times: Vec<f32> = (0..track.len()).map(|k| k as f32 / FRAME_RATE as f32).collect();
    let times = numbers.scalars(&times, true);
    let poses = || track.frames.iter().map(|frame| &frame.head_pose);
    let places: Vec<[f32; 3]> = poses().map(|pose| place(pose).map(|v| METRES_PER_CENTIMETRE * v)).collect();
    let rotations: Vec<[f32; 4]> = poses().map(quaternion).collect();
    let moved: Vec<f32> = track.frames.iter().flat_map(weights).collect();
    let outputs = [
        ("translation", numbers.vectors(&places, Use::Animation)),
        ("rotation", numbers.quaternions(&rotations)),
        ("weights", numbers.scalars(&moved, false)),
    ];
    let samplers: Vec<Value> =
        outputs.iter().map(|(_, output)| json!({ "input": times, "output": output, "interpolation": "LINEAR" })).collect();
    let channels: Vec<Value> =
        outputs.iter().enumerate().map(|(k, (path, _))| json!({ "sampler": k, "target": { "node": 0, "path": path } })).collect();
    let document = json!({
        "asset": { "version": "2.0", "generator": concat!("talkinghead ", env!("CARGO_PKG_VERSION")) },
        "scene": 0,
        "scenes": [{ "nodes": [0] }],
        "nodes": [{ "name": "Head", "mesh": 0 }],
        "materials": [{
            "name": "Skin",
            "doubleSided": true,
            "pbrMetallicRoughness": { "baseColorFactor": [0.75, 0.6, 0.52, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.8 }
        }],
        "meshes": [{
            "name": "Face",
            "primitives": [{
                "attributes": { "POSITION": position, "NORMAL": normal }, "indices": indices, "material": 0, "targets": morphs
            }],
            "weights": vec![0.0; names.len()],
            "extras": { "targetNames": names }
        }],
        "animations": [{ "name": "Performance", "samplers": samplers, "channels": channels }],
        "bufferViews": numbers.views,
        "accessors": numbers.accessors
    });
    (document, numbers.bytes)
}

/// Unit normals of the vertices, from the triangles around them.
fn normals(vertices: &[[f32; 3]], triangles: &[[usize; 3]]) -> Vec<[f32; 3]> {
    use nalgebra::Vector3;
    let mut sums = vec![Vector3::zeros(); vertices.len()];
    for triangle in triangles {
        let [a, b, c] = triangle.map(|corner| Vector3::from(vertices[corner]));
        let normal = (b - a).cross(&(c - a));
        triangle.iter().for_each(|&corner| sums[corner] += normal);
    }
    sums.iter().map(|sum| sum.try_normalize(1e-12).unwrap_or_else(Vector3::z).into()).collect()
}

/// What numbers are for: views of vertices have a target, animations have none.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Vertices,
    Animation,
}

/// The buffer with its views and accessors, as it grows.
#[derive(Default)]
struct Numbers {
    bytes: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
}

impl Numbers {
    fn vectors(&mut self, vectors: &[[f32; 3]], purpose: Use) -> usize {
        let bounds = |choose: fn(f32, f32) -> f32, start: f32| -> [f32; 3] {
            vectors.iter().fold([start; 3], |bound, v| std::array::from_fn(|k| choose(bound[k], v[k])))
        };
        let bytes = vectors.iter().flatten().flat_map(|v| v.to_le_bytes()).collect();
        let mut accessor = json!({ "componentType": FLOAT, "count": vectors.len(), "type": "VEC3" });
        if purpose == Use::Vertices {
            accessor["min"] = json!(bounds(f32::min, f32::MAX));
            accessor["max"] = json!(bounds(f32::max, f32::MIN));
        }
        self.add(bytes, (purpose == Use::Vertices).then_some(34962), accessor)
    }

    fn quaternions(&mut self, rotations: &[[f32; 4]]) -> usize {
        let bytes = rotations.iter().flatten().flat_map(|v| v.to_le_bytes()).collect();
        self.add(bytes, None, json!({ "componentType": FLOAT, "count": rotations.len(), "type": "VEC4" }))
    }

    /// `bounded`: with smallest and largest value, as an animation's times need them.
    fn scalars(&mut self, values: &[f32], bounded: bool) -> usize {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let mut accessor = json!({ "componentType": FLOAT, "count": values.len(), "type": "SCALAR" });
        if bounded {
            accessor["min"] = json!([values.first()]);
            accessor["max"] = json!([values.last()]);
        }
        self.add(bytes, None, accessor)
    }

    fn indices(&mut self, corners: &[u16]) -> usize {
        let bytes = corners.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.add(bytes, Some(34963), json!({ "componentType": UNSIGNED_SHORT, "count": corners.len(), "type": "SCALAR" }))
    }

    fn add(&mut self, bytes: Vec<u8>, target: Option<u32>, mut accessor: Value) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let mut view = json!({ "buffer": 0, "byteOffset": self.bytes.len(), "byteLength": bytes.len() });
        if let Some(target) = target {
            view["target"] = json!(target);
        }
        self.bytes.extend(bytes);
        accessor["bufferView"] = json!(self.views.len());
        self.views.push(view);
        self.accessors.push(accessor);
        self.accessors.len() - 1
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::track::sample::performance;

    fn parts(file: &[u8]) -> (Value, Vec<u8>) {
        let length = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        assert!(file.starts_with(b"glTF\x02\0\0\0") && length(8) == file.len());
        let text = length(12);
        assert_eq!((&file[16..20], &file[24 + text..28 + text], text % 4), (&b"JSON"[..], &b"BIN\0"[..], 0));
        (serde_json::from_slice(&file[20..20 + text]).unwrap(), file[28 + text..].to_vec())
    }

    #[test]
    fn every_accessor_lies_in_the_buffer_and_every_channel_has_all_frames() {
        let (document, numbers) = parts(&binary(&performance(37)));
        assert!(document["buffers"][0]["byteLength"].as_u64().unwrap() as usize <= numbers.len());
        for accessor in document["accessors"].as_array().unwrap() {
            let view = &document["bufferViews"][accessor["bufferView"].as_u64().unwrap() as usize];
            let width = match accessor["type"].as_str().unwrap() {
                "VEC3" => 12,
                "VEC4" => 16,
                _ if accessor["componentType"] == UNSIGNED_SHORT => 2,
                _ => 4,
            };
            assert_eq!(view["byteLength"].as_u64().unwrap(), accessor["count"].as_u64().unwrap() * width);
            assert!(view["byteOffset"].as_u64().unwrap() % 4 == 0);
        }
        let count = |sampler: usize, end: &str| {
            let index = document["animations"][0]["samplers"][sampler][end].as_u64().unwrap() as usize;
            document["accessors"][index]["count"].as_u64().unwrap()
        };
        let targets = document["meshes"][0]["primitives"][0]["targets"].as_array().unwrap().len() as u64;
        assert_eq!([count(0, "input"), count(0, "output"), count(1, "output"), count(2, "output")], [37, 37, 37, 37 * targets]);
        assert_eq!(document["meshes"][0]["extras"]["targetNames"].as_array().unwrap().len() as u64, targets);
    }

    #[test]
    fn normals_look_out_of_the_face() {
        let mesh = CanonicalMesh::get();
        let vertices: Vec<[f32; 3]> = mesh.vertices.iter().map(|&v| up(v)).collect();
        let normals = normals(&vertices, &mesh.triangles);
        assert!(normals[4][2] > 0.5, "the tip of the nose looks at the viewer: {:?}", normals[4]);
    }

    #[test]
    fn text_and_binary_hold_the_same() {
        let track = performance(5);
        let (binary, numbers) = parts(&binary(&track));
        let text: Value = serde_json::from_str(&text(&track)).unwrap();
        assert_eq!(text["accessors"], binary["accessors"]);
        let uri = text["buffers"][0]["uri"].as_str().unwrap().split_once(',').unwrap().1.to_owned();
        let decoded = base64::engine::general_purpose::STANDARD.decode(uri).unwrap();
        assert_eq!(decoded, numbers[..decoded.len()]);
    }
}
