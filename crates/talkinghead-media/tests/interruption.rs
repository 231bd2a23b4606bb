//! What Ctrl-C does. A file of its own: stopping everything is for the whole process and for good.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fixture;

use image::RgbImage;
use talkinghead_media::{FrameReader, Limits, MediaError, VideoOptions, VideoWriter, is_stopped, stop_everything, write_file};

#[test]
fn stopping_everything_leaves_no_child_and_no_file() {
    let inputs = tempfile::tempdir().unwrap();
    let video = inputs.path().join("video.mp4");
    fixture::ffmpeg("-f lavfi -i testsrc=size=320x240:rate=25:duration=20 -pix_fmt yuv420p", &video);
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.mp4");
    let mut reader = FrameReader::open(&video, &Limits::default()).unwrap();
    let options = VideoOptions { width: 320, height: 240, ..VideoOptions::default() };
    let mut writer = VideoWriter::create(&output, &options).unwrap();
    writer.write(&reader.next().unwrap().unwrap()).unwrap();

    stop_everything();

    assert!(is_stopped());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let ours = |line: &[u8]| {
        let line = String::from_utf8_lossy(line);
        line.contains(video.to_str().unwrap()) || line.contains(folder.path().to_str().unwrap())
    };
    let left = std::fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let left = left.filter(|entry| std::fs::read(entry.path().join("cmdline")).is_ok_and(|line| ours(&line)));
    assert_eq!(left.count(), 0);
    assert!(reader.filter_map(Result::err).all(|error| matches!(error, MediaError::Interrupted)));
    let mut outcome = Ok(());
    for _ in 0..50 {
        outcome = writer.write(&RgbImage::new(320, 240));
        if outcome.is_err() {
            break;
        }
    }
    assert!(matches!(outcome, Err(MediaError::Interrupted)), "{outcome:?}");
    assert!(matches!(writer.finish(), Err(MediaError::Interrupted | MediaError::Encoding { .. })));
    assert!(matches!(write_file(&output, b"x"), Err(MediaError::Interrupted)));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
