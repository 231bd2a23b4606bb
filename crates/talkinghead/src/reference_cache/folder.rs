//! The folder with the entries: bounded in size, the least recently used out first.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::time::SystemTime;

use etcetera::BaseStrategy;
use talkinghead_media::write_file;

use super::key::Key;
use crate::ReferenceCache;

/// Name of the environment variable that says where the cache is, or `off`.
pub const CACHE_VARIABLE: &str = "TALKINGHEAD_CACHE";
/// Bytes of all entries.
const MOST_BYTES: u64 = 500 << 20;
/// Bytes of one entry; what is larger is not kept.
const MOST_ENTRY_BYTES: u64 = 128 << 20;
/// Extension of the entries.
const EXTENSION: &str = "safetensors";

/// A folder of entries, which need not exist yet.
#[derive(Clone, Debug)]
pub(super) struct CacheFolder {
    path: PathBuf,
    most_bytes: u64,
}

impl CacheFolder {
    /// The folder that was chosen; `None` for none, or where the system names none.
    pub(super) fn open(choice: &ReferenceCache) -> Option<Self> {
        let path = match choice {
            ReferenceCache::Off => return None,
            ReferenceCache::User => etcetera::base_strategy::choose_native_strategy().ok()?.cache_dir().join("talkinghead"),
            ReferenceCache::Folder(path) => path.clone(),
        };
        Some(Self { path: path.join("references"), most_bytes: MOST_BYTES })
    }

    fn entry(&self, key: &Key) -> PathBuf {
        self.path.join(format!("{key}.{EXTENSION}"))
    }

    /// An entry's bytes, which counts as using it.
    pub(super) fn read(&self, key: &Key) -> Option<Vec<u8>> {
        let file = File::open(self.entry(key)).ok()?;
        let length = file.metadata().ok()?.len();
        if length > MOST_ENTRY_BYTES {
            return None;
        }
        let mut bytes = Vec::with_capacity(length as usize);
        (&file).take(MOST_ENTRY_BYTES).read_to_end(&mut bytes).ok()?;
        // Where times cannot be set, the oldest goes first instead.
        let _ = file.set_modified(SystemTime::now());
        Some(bytes)
    }

    /// Keeps an entry, whole or not at all, and makes room.
    pub(super) fn write(&self, key: &Key, bytes: &[u8]) -> Option<()> {
        if bytes.len() as u64 > MOST_ENTRY_BYTES.min(self.most_bytes) {
            return None;
        }
        self.create().ok()?;
        write_file(&self.entry(key), bytes).ok()?;
        self.make_room();
        Some(())
    }

    /// For nobody else's eyes: entries hold pictures of people.
    fn create(&self) -> std::io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path)
    }

    fn make_room(&self) {
        let Ok(folder) = fs::read_dir(&self.path) else { return };
        let mut entries: Vec<(SystemTime, PathBuf, u64)> = folder
            .flatten()
            .filter(|entry| entry.path().extension() == Some(OsStr::new(EXTENSION)))
            .filter_map(|entry| {
                let about = entry.metadata().ok()?;
                Some((about.modified().ok()?, entry.path(), about.len()))
            })
            .collect();
        entries.sort();
        let mut bytes: u64 = entries.iter().map(|entry| entry.2).sum();
        for (_, path, length) in entries {
            if bytes <= self.most_bytes {
                break;
            }
            let _ = fs::remove_file(&path);
            tracing::debug!(path = %path.display(), "cache entry dropped");
            bytes -= length;
        }
    }
}

/// What a value of [`CACHE_VARIABLE`] means.
pub(super) fn by_setting(setting: Option<&OsStr>) -> ReferenceCache {
    match setting {
        None => ReferenceCache::User,
        Some(value) if value.is_empty() => ReferenceCache::User,
        Some(value) if value.eq_ignore_ascii_case("off") => ReferenceCache::Off,
        Some(folder) => ReferenceCache::Folder(folder.into()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_is_a_folder_or_off() {
        assert_eq!(by_setting(None), ReferenceCache::User);
        assert_eq!(by_setting(Some("".as_ref())), ReferenceCache::User);
        assert_eq!(by_setting(Some("OFF".as_ref())), ReferenceCache::Off);
        assert_eq!(by_setting(Some("/var/x".as_ref())), ReferenceCache::Folder("/var/x".into()));
        assert!(CacheFolder::open(&ReferenceCache::Off).is_none());
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let place = tempfile::tempdir().unwrap();
        let folder = CacheFolder { path: place.path().join("new/references"), most_bytes: 250 };
        let keys = ["a", "b", "c"].map(Key::for_test);
        assert!(folder.read(&keys[0]).is_none());
        for (age, key) in [(30, &keys[0]), (20, &keys[1])] {
            folder.write(key, &[7; 100]).unwrap();
            let then = SystemTime::now() - std::time::Duration::from_secs(age);
            File::options().write(true).open(folder.entry(key)).unwrap().set_modified(then).unwrap();
        }
        // Used: now the second is the older one.
        assert_eq!(folder.read(&keys[0]), Some(vec![7; 100]));
        folder.write(&keys[2], &[8; 100]).unwrap();
        assert!(folder.read(&keys[1]).is_none());
        assert!(folder.read(&keys[0]).is_some() && folder.read(&keys[2]) == Some(vec![8; 100]));
        assert!(folder.write(&keys[1], &[9; 300]).is_none(), "larger than all may be");
        assert!(folder.read(&keys[0]).is_some());
    }
}
