//! Clips out of tar shards: the way back from [`super::webdataset`].

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use talkinghead_media::write_file;

use crate::error::DatasetError;

/// Largest file of a clip, bytes: minutes of video stay far below.
const LARGEST_FILE: u64 = 1 << 30;
/// Files in a shard.
const MOST_FILES: usize = 1_000_000;

/// A file of a clip in a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardFile {
    /// The clip's folder, below all clips.
    pub clip: PathBuf,
    /// The file's name in a clip folder.
    pub name: String,
    /// Bytes.
    pub size: u64,
}

/// Unpacks shards into clip folders under `folder` and returns those, sorted. Files that are there in full are left as they are, so that
/// the second time takes no longer than reading the shards' tables. A clip's key frame picture, which nothing learns from, stays behind.
///
/// # Errors
/// A shard cannot be read, holds names that would leave the folder, or files beyond all bounds; the folder cannot be written.
pub fn unpack_shards(shards: &[PathBuf], folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let mut clips = Vec::new();
    for shard in shards {
        let file = std::fs::File::open(shard).map_err(DatasetError::file("read", shard))?;
        read_shard(std::io::BufReader::new(file), &shard.display().to_string(), &mut |file, bytes| {
            let clip = folder.join(&file.clip);
            let path = clip.join(&file.name);
            let there = std::fs::metadata(&path).is_ok_and(|about| about.is_file() && about.len() == file.size);
            if !there {
                let mut content = Vec::new();
                bytes.read_to_end(&mut content).map_err(DatasetError::file("read", shard))?;
                if content.len() as u64 != file.size {
                    let detail = format!("{} breaks off after {} of {} bytes", file.name, content.len(), file.size);
                    return Err(DatasetError::Malformed { file: shard.display().to_string(), detail });
                }
                std::fs::create_dir_all(&clip).map_err(DatasetError::file("write", &clip))?;
                write_file(&path, &content)?;
            }
            if clips.last() != Some(&clip) {
                clips.push(clip);
            }
            Ok(())
        })?;
    }
    clips.sort();
    clips.dedup();
    Ok(clips)
}

/// Hands out the files of a shard's clips one after the other, with their bytes to be read or not.
///
/// # Errors
/// The bytes are no tar file, or hold names or sizes that no shard has; whatever `take` returns.
pub fn read_shard(
    from: impl Read,
    shard: &str,
    take: &mut dyn FnMut(&ShardFile, &mut dyn Read) -> Result<(), DatasetError>,
) -> Result<(), DatasetError> {
    let malformed = |detail: String| DatasetError::Malformed { file: shard.to_owned(), detail };
    let mut archive = tar::Archive::new(from);
    let entries = archive.entries().map_err(|error| malformed(error.to_string()))?;
    for (count, entry) in entries.enumerate() {
        let mut entry = entry.map_err(|error| malformed(error.to_string()))?;
        if count >= MOST_FILES {
            return Err(malformed(format!("more than {MOST_FILES} files")));
        }
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path().map_err(|error| malformed(error.to_string()))?.into_owned();
        let size = entry.size();
        if size > LARGEST_FILE {
            return Err(malformed(format!("{} has {size} bytes, more than {LARGEST_FILE}", path.display())));
        }
        let Some((clip, name)) = place(&path).map_err(malformed)? else { continue };
        take(&ShardFile { clip, name, size }, &mut entry)?;
    }
    Ok(())
}

/// The clip folder and the name in it of an entry `id1/video/00001.aligned.mp4`; none for what no folder needs.
fn place(path: &Path) -> Result<Option<(PathBuf, String)>, String> {
    let refused = || format!("{} is no name of a shard's file", path.display().to_string().escape_debug());
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(refused());
    }
    let (file, folder) = (path.file_name().and_then(|name| name.to_str()), path.parent());
    let (stem, kind) = file.and_then(|name| name.split_once('.')).ok_or_else(refused)?;
    if stem.is_empty() || kind.is_empty() {
        return Err(refused());
    }
    let name = match kind {
        "key_frame.png" => return Ok(None),
        "json" => "clip.json".to_owned(),
        "wav" => format!("{stem}.wav"),
        kind => format!("{stem}_{kind}"),
    };
    Ok(Some((folder.unwrap_or(Path::new("")).join(stem), name)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shard(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_entry_type(tar::EntryType::Regular);
            // Not `append_data`, which would itself refuse names that leave the folder.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            tar.append(&header, *bytes).unwrap();
        }
        tar.into_inner().unwrap()
    }

    #[test]
    fn files_find_back_to_their_clips_and_are_not_written_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train-000000.tar");
        let files: [(&str, &[u8]); 4] =
            [("s1/b.aligned.mp4", b"video"), ("s1/b.json", b"{}"), ("s1/b.key_frame.png", b"png"), ("s1/c.wav", b"wav")];
        std::fs::write(&path, shard(&files)).unwrap();
        let to = folder.path().join("clips");
        let clips = unpack_shards(std::slice::from_ref(&path), &to).unwrap();
        assert_eq!(clips, [to.join("s1/b"), to.join("s1/c")]);
        assert_eq!(std::fs::read(to.join("s1/b/b_aligned.mp4")).unwrap(), b"video");
        assert_eq!(std::fs::read(to.join("s1/c/c.wav")).unwrap(), b"wav");
        assert_eq!(std::fs::read_dir(to.join("s1/b")).unwrap().count(), 2);
        std::fs::write(to.join("s1/c/c.wav"), b"own").unwrap();
        unpack_shards(&[path], &to).unwrap();
        assert_eq!(std::fs::read(to.join("s1/c/c.wav")).unwrap(), b"own", "of the same length: left as it is");
    }

    #[test]
    fn names_that_leave_the_folder_and_broken_shards_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["../b.wav", "/etc/b.wav", "s1/../../b.wav", "s1/b", "s1/.wav"] {
            let path = folder.path().join("bad.tar");
            std::fs::write(&path, shard(&[(name, b"x")])).unwrap();
            let error = unpack_shards(&[path], &folder.path().join("clips")).unwrap_err();
            assert!(error.to_string().contains("no name of a shard's file"), "{name}: {error}");
        }
        let whole = shard(&[("s1/b.wav", &[7; 2000])]);
        let path = folder.path().join("cut.tar");
        std::fs::write(&path, &whole[..1000]).unwrap();
        assert!(unpack_shards(&[path], &folder.path().join("clips")).is_err());
        assert!(!folder.path().join("clips/s1/b/b.wav").exists());
    }
}
