//! The corpora's own folder layouts, from end to end.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod fixture;

use fixture::{FRAMES, beside, clip, clip_of, joined, muxed, rows, sound, whole};
use talkinghead_dataset::{ClipFolder, Corpus, Reason, Split};
use talkinghead_formats::NpyArray;

#[test]
fn voxceleb2_keeps_its_sound_in_another_tree() {
    let corpus = tempfile::tempdir().unwrap();
    let at = |name: &str| corpus.path().join(name);
    clip(&at("dev/mp4/id00012/21Uxsk56VDQ/00001.mp4"), "hopper.jpg", 0.5, false);
    sound(&at("dev/aac/id00012/21Uxsk56VDQ/00001.m4a"), 0.5);
    clip(&at("dev/mp4/id00012/21Uxsk56VDQ/00002.mp4"), "hopper.jpg", 2.0, false);
    clip(&at("test/mp4/id00017/5MkXgwdrmJw/00001.mp4"), "ride.jpg", 4.0, false);
    sound(&at("test/aac/id00017/5MkXgwdrmJw/00001.m4a"), 4.0);
    let output = tempfile::tempdir().unwrap();
    let (run, merged) = whole(Corpus::Voxceleb2, corpus.path(), output.path());
    assert_eq!((run.sources, merged.clips, merged.rejected), (3, 2, 1));
    assert_eq!(merged.reasons.keys().collect::<Vec<_>>(), [&Reason::NoAudio]);
    assert_eq!(merged.splits[&Split::Test], 1);
    let manifest = rows(&output.path().join("manifest.jsonl"));
    assert_eq!(manifest[0]["clip"], "dev/mp4/id00012/21Uxsk56VDQ/00001");
    assert_eq!((manifest[0]["identity"].as_str(), manifest[1]["split"].as_str()), (Some("id00012"), Some("test")));
    assert!(std::fs::read_to_string(output.path().join("report.html")).unwrap().contains("data:image/jpeg;base64,"));

    // The reference's file set, with its names, types and shapes.
    let folder = output.path().join("clips/dev/mp4/id00012/21Uxsk56VDQ/00001");
    let array = |name: &str| NpyArray::read(&folder.join(name)).unwrap();
    assert_eq!(array("00001_aligned.npy").shape, [FRAMES, 68, 3]);
    assert_eq!(array("00001_aligned_rt.npy").shape, [FRAMES, 6]);
    assert_eq!(array("00001_aligned_front.npy").shape, [FRAMES, 68, 3]);
    assert_eq!(array("00001_prnet.npy").shape, [68, 3]);
    for name in ["00001_aligned.mp4", "00001_aligned_ani.mp4", "00001_original.obj", "00001.wav", "clip.json"] {
        assert!(folder.join(name).metadata().unwrap().len() > 0, "{name}");
    }
    let clip = ClipFolder::open(&folder).unwrap();
    let description = clip.description.unwrap();
    assert!(folder.join(format!("00001_{:05}.png", description.key_frame)).exists());
    let wav = hound::WavReader::open(folder.join("00001.wav")).unwrap();
    assert_eq!((wav.spec().sample_rate, wav.duration() as usize), (16_000, FRAMES * 640));
    // Frontal landmarks posed back are the aligned ones.
    for ((points, front), row) in clip.landmarks.iter().zip(&clip.front).zip(&clip.poses) {
        let posed = talkinghead_dataset::geometry::posed(&talkinghead_face::ReferencePose::from_rt(*row), front);
        assert!(posed.iter().flatten().zip(points.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-4));
    }
}

#[test]
fn lrs3_has_words_and_three_parts() {
    let corpus = tempfile::tempdir().unwrap();
    let at = |name: &str| corpus.path().join(name);
    clip(&at("pretrain/0Fi83BHQsMA/00002.mp4"), "hopper.jpg", 0.5, true);
    std::fs::write(
        at("pretrain/0Fi83BHQsMA/00002.txt"),
        "Text:  AND SO MY FELLOW\nConf:  5\n\nWORD START END ASDSCORE\nAND 0.1 0.2 9\n",
    )
    .unwrap();
    clip(&at("trainval/0af00UcTOSc/50001.mp4"), "johnson.jpg", 3.0, true);
    clip(&at("test/0akiEFwtkyA/00001.mp4"), "ride.jpg", 5.0, true);
    let output = tempfile::tempdir().unwrap();
    let (_, merged) = whole(Corpus::Lrs3, corpus.path(), output.path());
    assert_eq!((merged.clips, merged.rejected), (3, 0));
    let manifest = rows(&output.path().join("manifest.jsonl"));
    assert_eq!(manifest[0]["transcript"], "AND SO MY FELLOW");
    assert_eq!(manifest[0]["official_split"], "pretrain");
    assert_eq!(manifest[1]["split"], "test");
}

#[test]
fn crema_d_takes_the_wav_and_the_emotion() {
    let corpus = tempfile::tempdir().unwrap();
    let at = |name: &str| corpus.path().join(name);
    clip(&at("VideoFlash/1001_DFA_ANG_XX.flv"), "hopper.jpg", 0.5, true);
    sound(&at("AudioWAV/1001_DFA_ANG_XX.wav"), 0.5);
    clip(&at("VideoFlash/1002_IEO_HAP_HI.flv"), "ride.jpg", 4.0, false);
    sound(&at("AudioWAV/1002_IEO_HAP_HI.wav"), 4.0);
    let output = tempfile::tempdir().unwrap();
    let (_, merged) = whole(Corpus::CremaD, corpus.path(), output.path());
    assert_eq!((merged.clips, merged.rejected), (2, 0));
    let manifest = rows(&output.path().join("manifest.jsonl"));
    let of = |row: usize, key: &str| manifest[row][key].as_str().unwrap().to_owned();
    assert_eq!((of(0, "identity"), of(0, "emotion")), ("1001".to_owned(), "anger".to_owned()));
    assert_eq!((of(1, "identity"), of(1, "emotion")), ("1002".to_owned(), "happiness".to_owned()));
}

#[cfg(unix)]
#[test]
fn a_badly_kept_folder_is_worked_through() {
    use std::os::unix::ffi::OsStrExt;
    let corpus = tempfile::tempdir().unwrap();
    let at = |name: &str| corpus.path().join(name);
    clip(&at("good one.mp4"), "hopper.jpg", 0.5, true);
    std::fs::copy(at("good one.mp4"), at("renamed copy.mp4")).unwrap();
    let odd = corpus.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.mp4"));
    clip(&at("plain.mp4"), "ride.jpg", 4.0, true);
    std::fs::rename(at("plain.mp4"), &odd).unwrap();
    clip(&at("other.mp4"), "johnson.jpg", 2.0, true);
    joined(&at("cut.mp4"), &at("other.mp4"), &odd_copy(&odd, &at("tmp.mp4")));
    std::fs::remove_file(at("tmp.mp4")).unwrap();
    beside(&at("two people.mp4"), &at("other.mp4"), &at("good one.mp4"));
    std::fs::rename(at("other.mp4"), at("hidden.dat")).unwrap();
    clip(&at("silent.mp4"), "lincoln.jpg", 0.0, false);
    sound(&at("few.m4a"), 0.0);
    for (name, frames) in [("one frame.mp4", 1), ("three frames.mp4", 3)] {
        clip_of(&at("few.mp4"), "hopper.jpg", 0.0, false, frames);
        muxed(&at(name), &at("few.mp4"), &at("few.m4a"));
    }
    std::fs::remove_file(at("few.mp4")).unwrap();
    std::fs::write(at("empty.mp4"), b"").unwrap();
    std::fs::write(at("text.mp4"), "no video at all ".repeat(50)).unwrap();
    let portrait = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo/ride.jpg");
    std::fs::copy(&portrait, at("picture.mp4")).unwrap();
    let whole_file = std::fs::read(at("good one.mp4")).unwrap();
    std::fs::write(at("truncated.mp4"), &whole_file[..whole_file.len() / 3]).unwrap();
    std::os::unix::fs::symlink(corpus.path(), at("loop")).unwrap();

    let output = tempfile::tempdir().unwrap();
    let (_, merged) = whole(Corpus::Videos, corpus.path(), output.path());
    let rejected: Vec<(String, String)> = rows(&output.path().join("rejected.jsonl"))
        .iter()
        .map(|row| (row["source"].as_str().unwrap().to_owned(), row["reason"].as_str().unwrap().to_owned()))
        .collect();
    let reason = |source: &str| rejected.iter().find(|(name, _)| name == source).map(|(_, reason)| reason.as_str());
    assert_eq!(reason("empty.mp4"), Some("empty_file"));
    assert_eq!(reason("text.mp4"), Some("undecodable"));
    assert_eq!(reason("picture.mp4"), Some("not_a_video"));
    assert_eq!(reason("truncated.mp4"), Some("undecodable"));
    assert_eq!(reason("silent.mp4"), Some("no_audio"));
    // A file of one frame is a picture, whatever it is called.
    assert_eq!(reason("one frame.mp4"), Some("not_a_video"));
    assert_eq!(reason("three frames.mp4"), Some("too_short"));
    assert_eq!(reason("two people.mp4"), Some("several_faces"));
    assert_eq!(reason("loop"), Some("symlink_loop"));
    assert_eq!(reason("renamed copy.mp4"), Some("duplicate"));
    let clips: Vec<String> =
        rows(&output.path().join("manifest.jsonl")).iter().map(|row| row["clip"].as_str().unwrap().to_owned()).collect();
    assert!(clips.contains(&"good one".to_owned()) && clips.contains(&"caf%E9".to_owned()), "{clips:?}");
    // A video behind another extension is found; it is one of the shots of `cut.mp4` in another encoding.
    assert!(clips.contains(&"hidden".to_owned()) || reason("hidden.dat") == Some("duplicate"), "{clips:?} {rejected:?}");
    // The two shots of `cut.mp4` are told apart; being copies of two other clips they are listed as such or kept as such.
    let pieces = |name: &str| clips.iter().any(|clip| clip == name);
    let copies = rejected.iter().filter(|(name, reason)| name == "cut.mp4" && reason == "duplicate").count();
    assert_eq!(usize::from(pieces("cut-000")) + usize::from(pieces("cut-001")) + copies, 2, "{clips:?} {rejected:?}");
    assert_eq!(merged.clips, clips.len());
}

#[cfg(unix)]
fn odd_copy(from: &std::path::Path, to: &std::path::Path) -> std::path::PathBuf {
    std::fs::copy(from, to).unwrap();
    to.to_owned()
}
