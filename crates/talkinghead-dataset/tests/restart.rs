//! Runs that are stopped and taken up again, runs that are shared, and runs into an object store.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod fixture;

use std::path::Path;

use fixture::{assert_same_tree, clip, preprocessing, tree, whole};
use talkinghead_dataset::{Corpus, Format, Location, MergeSettings, Shard, merge};

fn corpus(folder: &Path) {
    for (number, (portrait, start)) in
        [("hopper.jpg", 0.5), ("ride.jpg", 2.0), ("johnson.jpg", 4.0), ("lincoln.jpg", 6.0)].into_iter().enumerate()
    {
        clip(&folder.join(format!("s{number}/clip{number}.mpg")), portrait, start, true);
    }
    std::fs::write(folder.join("s1/broken.mpg"), b"nothing").unwrap();
}

#[test]
fn shards_together_are_the_whole_and_a_restart_changes_nothing() {
    let (input, single, shared) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    corpus(input.path());
    let (_, merged) = whole(Corpus::Grid, input.path(), single.path());
    assert_eq!((merged.clips, merged.rejected), (4, 1));
    let complete = tree(single.path());

    let mut sources = 0;
    for index in 0..4 {
        let shard = Shard::new(index, 4).unwrap();
        sources += preprocessing(Corpus::Grid, input.path(), shared.path(), shard).run(&|_| {}).unwrap().sources;
    }
    merge(&Location::Folder(shared.path().to_owned()), &MergeSettings::default()).unwrap();
    assert_eq!(sources, 5);
    assert_same_tree(single.path(), shared.path());

    // A second run reads nothing anew.
    let (again, _) = whole(Corpus::Grid, input.path(), single.path());
    assert_eq!((again.resumed, again.clips), (5, 4));
    assert_eq!(tree(single.path()), complete);

    // As if killed: one source without its record, one clip half gone, something left in the making.
    std::fs::remove_file(single.path().join("work/s0/clip0.mpg.json")).unwrap();
    std::fs::remove_file(single.path().join("clips/s1/clip1/clip.json")).unwrap();
    std::fs::write(single.path().join("clips/s0/clip0/clip0.wav"), b"half").unwrap();
    std::fs::create_dir_all(single.path().join(".staging/source-x/clips/0")).unwrap();
    std::fs::write(single.path().join(".staging/source-x/clips/0/x.wav"), b"half").unwrap();
    let (again, _) = whole(Corpus::Grid, input.path(), single.path());
    assert_eq!(again.resumed, 3);
    assert_eq!(tree(single.path()), complete);

    // A touched source is read but not done again; a changed one is.
    let source = input.path().join("s2/clip2.mpg");
    let bytes = std::fs::read(&source).unwrap();
    std::fs::write(&source, &bytes).unwrap();
    assert_eq!(whole(Corpus::Grid, input.path(), single.path()).0.resumed, 5);
    clip(&source, "hopper.jpg", 7.0, true);
    assert_eq!(whole(Corpus::Grid, input.path(), single.path()).0.resumed, 4);
}

#[test]
fn tar_shards_are_reproducible() {
    let (input, output) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    clip(&input.path().join("s1/one.mpg"), "hopper.jpg", 0.5, true);
    let settings = MergeSettings { format: Format::Webdataset, ..MergeSettings::default() };
    let run = preprocessing(Corpus::Grid, input.path(), output.path(), Shard::WHOLE);
    run.run(&|_| {}).unwrap();
    merge(&run.output, &settings).unwrap();
    let once = tree(output.path());
    merge(&run.output, &settings).unwrap();
    assert_eq!(tree(output.path()), once);
    let shard = &once[Path::new("shards/train-000000.tar")];
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| output.path().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode("shards/train-000000.tar"), mode("manifest.jsonl"));
    }
    let mut archive = tar::Archive::new(&shard[..]);
    let mut names: Vec<String> =
        archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
    names.sort();
    assert!(names.contains(&"s1/one.aligned.mp4".to_owned()) && names.contains(&"s1/one.json".to_owned()), "{names:?}");
    assert_eq!(fixture::rows(&output.path().join("manifest.jsonl"))[0]["shard"], "shards/train-000000.tar");
}

#[cfg(feature = "object-store")]
#[test]
fn an_object_store_holds_the_same() {
    let (input, local) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    clip(&input.path().join("s1/one.mpg"), "hopper.jpg", 0.5, true);
    let settings = MergeSettings { format: Format::Webdataset, ..MergeSettings::default() };
    let run = preprocessing(Corpus::Grid, input.path(), local.path(), Shard::WHOLE);
    run.run(&|_| {}).unwrap();
    merge(&run.output, &settings).unwrap();

    // The corpus itself lies in the store too.
    let store = std::sync::Arc::new(object_store::memory::InMemory::new());
    let raw = Location::in_store(store.clone(), "raw").unwrap();
    raw.write("s1/one.mpg", &std::fs::read(input.path().join("s1/one.mpg")).unwrap()).unwrap();
    let output = Location::in_store(store, "made/clips").unwrap();
    let remote = talkinghead_dataset::Preprocessing { input: raw, output: output.clone(), ..run };
    assert_eq!(remote.run(&|_| {}).unwrap().clips, 1);
    merge(&output, &settings).unwrap();
    for (name, bytes) in tree(local.path()) {
        let name = name.to_str().unwrap();
        let stored = output.read(name).unwrap();
        // Records hold the source's stamp, which differs between a file and an object.
        if name.starts_with("work/") && name.ends_with("json") {
            assert!(stored.is_some(), "{name}");
        } else {
            assert!(stored.as_deref() == Some(&bytes[..]), "{name}");
        }
    }
    assert_eq!(remote.run(&|_| {}).unwrap().resumed, 1);
}
