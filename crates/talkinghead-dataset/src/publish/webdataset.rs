//! Tar shards in the webdataset convention: the files of a clip lie together, named `KEY.EXTENSION` with a key without dots.

use std::path::Path;

use super::manifest::ManifestRow;
use crate::error::DatasetError;
use crate::store::Location;

/// Writes `shards/SPLIT-000000.tar` and so on, in the manifest's order, and notes each clip's shard in its row. The same
/// clips give the same bytes.
pub(crate) fn write_shards(output: &Location, rows: &mut [ManifestRow], clips_per_shard: usize) -> Result<(), DatasetError> {
    output.remove("shards")?;
    let mut splits: Vec<_> = rows.iter().map(|row| row.split).collect();
    splits.sort_unstable();
    splits.dedup();
    for split in splits {
        let numbers: Vec<usize> = (0..rows.len()).filter(|&row| rows[row].split == split).collect();
        let word = split.name();
        for (shard, part) in numbers.chunks(clips_per_shard.max(1)).enumerate() {
            let name = format!("shards/{word}-{shard:06}.tar");
            write_shard(output, &name, part.iter().map(|&row| &rows[row]))?;
            for &row in part {
                rows[row].shard = Some(name.clone());
            }
        }
    }
    Ok(())
}

fn write_shard<'a>(output: &Location, name: &str, rows: impl Iterator<Item = &'a ManifestRow>) -> Result<(), DatasetError> {
    let file = tempfile::NamedTempFile::new().map_err(DatasetError::file("write", std::env::temp_dir()))?;
    let mut tar = tar::Builder::new(std::io::BufWriter::new(file.as_file()));
    for row in rows {
        let folder = format!("{}/", row.folder);
        for path in output.files_under(&row.folder)? {
            let file_name = path.strip_prefix(&folder).unwrap_or(&path);
            let bytes = output.read(&path)?.unwrap_or_default();
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(0);
            header.set_entry_type(tar::EntryType::Regular);
            tar.append_data(&mut header, entry_name(&row.clip, file_name), &bytes[..])
                .map_err(DatasetError::file("write", name))?;
        }
    }
    tar.into_inner()
        .and_then(|writer| writer.into_inner().map_err(std::io::IntoInnerError::into_error).map(drop))
        .map_err(DatasetError::file("write", name))?;
    publish(output, file.path(), name)
}

fn publish(output: &Location, file: &Path, name: &str) -> Result<(), DatasetError> {
    match output {
        Location::Folder(folder) => {
            let target = folder.join(name);
            if let Some(parent) = target.parent() {
                std::fs::create_dir_all(parent).map_err(DatasetError::file("write", parent))?;
            }
            let hidden = target.with_extension("unfinished");
            // Not `fs::copy`, which would keep the temporary file's permissions: nobody else could read it.
            std::fs::File::open(file)
                .and_then(|mut from| std::io::copy(&mut from, &mut std::fs::File::create(&hidden)?))
                .and_then(|_| std::fs::rename(&hidden, &target))
                .map_err(DatasetError::file("write", &target))
        }
        Location::Bucket(bucket) => bucket.upload(file, name),
    }
}

/// `id1/video/00001` and `00001_aligned.mp4` become `id1/video/00001.aligned.mp4`: webdataset takes what precedes the first
/// dot for the sample's key and the rest for the kind of file.
fn entry_name(clip: &str, file: &str) -> String {
    let key: String = clip.chars().map(|letter| if letter == '.' { '-' } else { letter }).collect();
    let stem = clip.rsplit('/').next().unwrap_or(clip);
    let kind = file.strip_prefix(stem).map_or(file, |rest| rest.trim_start_matches(['_', '.']));
    // The key frame's number is in clip.json; its picture is the only PNG.
    let kind = if kind.ends_with(".png") { "key_frame.png" } else { kind };
    format!("{key}.{}", if kind == "clip.json" { "json" } else { kind })
}

#[cfg(test)]
mod tests {
    use super::entry_name;

    #[test]
    fn names_follow_the_convention() {
        assert_eq!(entry_name("s1/b.x", "b.x_aligned.mp4"), "s1/b-x.aligned.mp4");
        assert_eq!(entry_name("s1/b", "b.wav"), "s1/b.wav");
        assert_eq!(entry_name("s1/b", "b_00012.png"), "s1/b.key_frame.png");
        assert_eq!(entry_name("s1/b", "clip.json"), "s1/b.json");
    }
}
