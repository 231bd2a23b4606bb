//! Textured meshes (`.obj`) of foreign clip folders.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_dataset::geometry::HeadMesh;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Some(mesh) = HeadMesh::from_obj(text, 256)
    {
        assert!(mesh.triangles.iter().flatten().all(|&corner| corner < mesh.vertices.len()));
    }
});
