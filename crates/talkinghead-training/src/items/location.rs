//! Training data that lies in an object store.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use talkinghead_dataset::Location;

use super::ItemError;

/// The folder that [`super::ClipSet::open`] reads: `data` itself, or, where it is an address such as `s3://bucket/prefix`, a copy below `cache`.
/// Of a bucket with tar shards these are copied and nothing else, those of the split `test` left out; else its clip folders with their manifest.
/// What was copied before is not fetched again.
///
/// # Errors
/// A malformed address, a build without object stores, a store that refuses.
pub fn on_this_machine(data: &Path, cache: &Path) -> Result<PathBuf, ItemError> {
    let location = Location::parse(data.as_os_str())?;
    if let Location::Folder(folder) = location {
        return Ok(folder);
    }
    let name: String =
        Sha256::digest(data.as_os_str().as_encoded_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let is_shard = |path: &Path| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("tar"));
    let in_shards = location.list()?.files.iter().any(|file| is_shard(&file.path));
    let is_test = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("test-"));
    let is_of_clips = |path: &Path| path.starts_with("clips") || path == Path::new("manifest.jsonl");
    let wanted = |path: &Path| if in_shards { is_shard(path) && !is_test(path) } else { is_of_clips(path) };
    Ok(location.on_this_machine(&cache.join(".fetched").join(name), wanted)?)
}
