//! Frames and sound out of every kind of file people have.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fixture;

use std::path::Path;

use fixture::ffmpeg;
use image::{Rgb, RgbImage};
use talkinghead_media::{
    AudioReader, Bound, FrameReader, Limits, MediaError, MediaKind, list_frames, probe, read_audio, read_image, write_picture,
};

fn frames(path: &Path) -> Vec<RgbImage> {
    FrameReader::open(path, &Limits::default()).unwrap().collect::<Result<_, _>>().unwrap()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn every_frame_rate_becomes_25() {
    let folder = folder();
    for (rate, wanted) in [("25", 50), ("30", 50), ("24000/1001", 50), ("10", 50), ("60", 50)] {
        let path = folder.path().join("video.mp4");
        ffmpeg(&format!("-f lavfi -i testsrc=size=64x48:rate={rate}:duration=2 -pix_fmt yuv420p"), &path);
        let count = frames(&path).len();
        assert!((wanted - 2..=wanted + 2).contains(&count), "{count} frames from {rate} frames/s");
    }
}

#[test]
fn a_video_of_25_frames_per_second_keeps_each_frame() {
    let folder = folder();
    let path = folder.path().join("video.mkv");
    // Frame n is uniformly 5 n bright, losslessly stored.
    ffmpeg("-f lavfi -i color=black:size=32x32:rate=25:duration=1.6,format=gray,geq=lum='5*N' -c:v ffv1 -pix_fmt gray", &path);
    let levels: Vec<u8> = frames(&path).iter().map(|frame| frame.get_pixel(16, 16)[0]).collect();
    assert_eq!(levels, (0..40).map(|n| 5 * n).collect::<Vec<u8>>());
}

#[test]
fn variable_frame_rates_follow_the_clock() {
    let folder = folder();
    let path = folder.path().join("variable.mkv");
    // Black for a second at 5 frames/s, then white for a second at 50.
    let graph = "color=black:size=32x32:rate=5:duration=1[a];color=white:size=32x32:rate=50:duration=1[b];\
        [a]settb=1/1000[a1];[b]settb=1/1000,setpts=PTS+1/TB[b1];[a1][b1]interleave=duration=longest";
    ffmpeg(&format!("-f lavfi -i {graph} -vsync passthrough -enc_time_base 1/1000 -c:v ffv1"), &path);
    let levels: Vec<u8> = frames(&path).iter().map(|frame| frame.get_pixel(16, 16)[0]).collect();
    assert!((49..=51).contains(&levels.len()), "{}", levels.len());
    let turned = levels.iter().position(|&level| level > 128).unwrap();
    assert!((24..=26).contains(&turned), "white from frame {turned}");
}

#[test]
fn rotation_metadata_turn_the_picture() {
    let folder = folder();
    let (plain, turned) = (folder.path().join("plain.mp4"), folder.path().join("turned.mp4"));
    // Left half white, right half black.
    ffmpeg(
        "-f lavfi -i color=black:size=64x32:rate=25:duration=0.2,drawbox=x=0:y=0:w=32:h=32:color=white:t=fill -pix_fmt yuv420p",
        &plain,
    );
    ffmpeg(&format!("-i {} -c copy -metadata:s:v:0 rotate=90", plain.display()), &turned);
    let info = probe(&turned, &Limits::default()).unwrap();
    assert_eq!(info.size, Some((32, 64)));
    let frame = &frames(&turned)[0];
    assert_eq!(frame.dimensions(), (32, 64));
    let (top, bottom) = (frame.get_pixel(16, 8)[0], frame.get_pixel(16, 56)[0]);
    assert!(top.abs_diff(bottom) > 200, "top {top}, bottom {bottom}");
}

#[test]
fn odd_sizes_and_wide_pixels() {
    let folder = folder();
    let odd = folder.path().join("odd.mkv");
    ffmpeg("-f lavfi -i testsrc=size=65x47:rate=25:duration=0.2 -c:v ffv1", &odd);
    assert_eq!(frames(&odd)[0].dimensions(), (65, 47));
    let wide = folder.path().join("wide.mkv");
    ffmpeg("-f lavfi -i testsrc=size=64x48:rate=25:duration=0.2,setsar=3/2 -c:v ffv1", &wide);
    assert_eq!(frames(&wide)[0].dimensions(), (96, 48));
}

#[test]
fn content_counts_not_the_name() {
    let folder = folder();
    let picture = folder.path().join("picture.png");
    write_picture(&picture, &RgbImage::from_pixel(20, 10, Rgb([200, 100, 50]))).unwrap();
    let disguised = folder.path().join("picture.mp4");
    std::fs::rename(&picture, &disguised).unwrap();
    assert_eq!(probe(&disguised, &Limits::default()).unwrap().kind, MediaKind::Picture);
    assert_eq!(frames(&disguised).len(), 1);

    let video = folder.path().join("video.mp4");
    ffmpeg("-f lavfi -i testsrc=size=32x32:rate=25:duration=0.4 -pix_fmt yuv420p", &video);
    let disguised = folder.path().join("video.jpg");
    std::fs::rename(&video, &disguised).unwrap();
    assert_eq!(probe(&disguised, &Limits::default()).unwrap().kind, MediaKind::Video);
    assert_eq!(frames(&disguised).len(), 10);
    assert_eq!(read_image(&disguised, &Limits::default()).unwrap().dimensions(), (32, 32));
}

#[test]
fn exif_orientation_is_applied() {
    let folder = folder();
    let path = folder.path().join("turned.jpg");
    let mut plain = RgbImage::from_pixel(32, 16, Rgb([0, 0, 0]));
    (0..16).for_each(|y| (0..8).for_each(|x| plain.put_pixel(x, y, Rgb([255, 255, 255]))));
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 95).encode_image(&plain).unwrap();
    // An Exif block with one entry, Orientation = 6 (turn clockwise by 90 degrees), after the start marker.
    let tiff = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let mut with_exif = jpeg[..2].to_vec();
    with_exif.extend([0xff, 0xe1, 0, u8::try_from(tiff.len() + 2).unwrap()]);
    with_exif.extend(tiff);
    with_exif.extend(&jpeg[2..]);
    std::fs::write(&path, with_exif).unwrap();
    assert_eq!(probe(&path, &Limits::default()).unwrap().size, Some((16, 32)));
    let picture = read_image(&path, &Limits::default()).unwrap();
    assert_eq!(picture.dimensions(), (16, 32));
    assert!(picture.get_pixel(8, 2)[0] > 200 && picture.get_pixel(8, 28)[0] < 50);
}

#[test]
fn transparency_lies_over_white() {
    let folder = folder();
    let path = folder.path().join("clear.png");
    image::RgbaImage::from_pixel(4, 4, image::Rgba([0, 0, 0, 0])).save(&path).unwrap();
    assert_eq!(read_image(&path, &Limits::default()).unwrap().get_pixel(0, 0).0, [255, 255, 255]);
}

#[test]
fn a_folder_of_frames_is_read_in_natural_order() {
    let folder = folder();
    for number in [10_u8, 9, 1, 100] {
        write_picture(&folder.path().join(format!("frame{number}.png")), &RgbImage::from_pixel(8, 8, Rgb([number; 3]))).unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "no picture").unwrap();
    std::fs::write(folder.path().join(".hidden.png"), "no picture").unwrap();
    let levels: Vec<u8> = frames(folder.path()).iter().map(|frame| frame.get_pixel(0, 0)[0]).collect();
    assert_eq!(levels, [1, 9, 10, 100]);
    assert_eq!(list_frames(folder.path()).unwrap().len(), 4);
}

#[test]
fn sound_is_mono_16_khz_and_as_long_as_it_was() {
    let folder = folder();
    let path = folder.path().join("sound.m4a");
    ffmpeg("-f lavfi -i sine=frequency=440:sample_rate=44100:duration=2.5 -ac 2", &path);
    let samples = read_audio(&path, &Limits::default()).unwrap();
    assert!(samples.len().abs_diff(40_000) < 800, "{}", samples.len());
    // 440 Hz crosses zero 880 times a second.
    let crossings = samples[8000..24_000].windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count();
    assert!(crossings.abs_diff(880) <= 2, "{crossings}");
    let blocks: Vec<usize> =
        AudioReader::open_at_rate(&path, &Limits::default(), 8000).unwrap().map(|block| block.unwrap().len()).collect();
    assert_eq!(blocks[..2], [8000, 8000]);
}

#[test]
fn a_plain_file_of_16_khz_is_read_as_ffmpeg_reads_it() {
    let folder = folder();
    let [plain, coded] = ["plain.wav", "coded.flac"].map(|name| folder.path().join(name));
    ffmpeg("-f lavfi -i anoisesrc=r=16000:d=2.3:a=0.9 -ac 1 -c:a pcm_s16le -bitexact", &plain);
    ffmpeg(&format!("-i {} -c:a flac", plain.display()), &coded);
    let samples = read_audio(&plain, &Limits::default()).unwrap();
    assert_eq!(samples.len(), 36_800);
    assert_eq!(samples, read_audio(&coded, &Limits::default()).unwrap());
    assert_eq!(AudioReader::open(&plain, &Limits::default()).unwrap().next().unwrap().unwrap().len(), 16_000);
}

#[test]
fn sound_and_frames_share_a_clock() {
    let folder = folder();
    let path = folder.path().join("late.mkv");
    ffmpeg(
        "-f lavfi -i testsrc=size=32x32:rate=25:duration=2 -itsoffset 0.5 -f lavfi -i sine=sample_rate=16000:duration=1 -c:v ffv1 -c:a pcm_s16le",
        &path,
    );
    let samples = read_audio(&path, &Limits::default()).unwrap();
    let first = samples.iter().position(|sample| sample.abs() > 0.01).unwrap();
    assert!(first.abs_diff(8000) < 200, "the sound begins at sample {first}");
    assert_eq!(frames(&path).len(), 50);
}

#[test]
fn float_sound_is_tamed() {
    let folder = folder();
    let path = folder.path().join("wild.wav");
    ffmpeg("-f lavfi -i aevalsrc=if(lt(t\\,0.5)\\,40\\,-40):s=16000:d=1 -c:a pcm_f32le", &path);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() - 4000;
    bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let samples = read_audio(&path, &Limits::default()).unwrap();
    assert!(samples.iter().all(|sample| sample.is_finite() && sample.abs() <= 1.0));
    assert_eq!(samples.len(), 16_000);
}

#[test]
fn the_smallest_sound_is_read() {
    let folder = folder();
    let path = folder.path().join("short.wav");
    ffmpeg("-f lavfi -i sine=sample_rate=48000:duration=0.1", &path);
    assert!(read_audio(&path, &Limits::default()).unwrap().len().abs_diff(1600) < 8);
}

#[test]
fn broken_files_name_themselves_and_the_reason() {
    let folder = folder();
    let garbage = folder.path().join("garbage.mp4");
    std::fs::write(&garbage, [7_u8; 5000]).unwrap();
    let empty = folder.path().join("empty.wav");
    std::fs::write(&empty, []).unwrap();
    let text = folder.path().join("text.jpg");
    std::fs::write(&text, "hello").unwrap();
    let half = folder.path().join("half.jpg");
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new(&mut jpeg).encode_image(&RgbImage::new(64, 64)).unwrap();
    std::fs::write(&half, &jpeg[..60]).unwrap();
    for path in [&garbage, &empty, &text, &half] {
        let error = FrameReader::open(path, &Limits::default()).and_then(|mut frames| frames.next().unwrap()).unwrap_err();
        let line = error.to_string();
        assert!(matches!(error, MediaError::Undecodable { .. } | MediaError::NoVideo { .. }), "{error:?}");
        assert!(line.contains(path.file_name().unwrap().to_str().unwrap()) && !line.contains('\n'), "{line}");
        assert!(error.hint().is_some());
    }
    let missing = FrameReader::open(&folder.path().join("none.mp4"), &Limits::default()).unwrap_err();
    assert!(matches!(missing, MediaError::NotFound { .. }));
    let nothing = folder.path().join("nothing");
    std::fs::create_dir(&nothing).unwrap();
    assert!(matches!(FrameReader::open(&nothing, &Limits::default()), Err(MediaError::NoPictures { .. })));
    assert!(matches!(AudioReader::open(&nothing, &Limits::default()), Err(MediaError::NoAudio { .. })));
}

#[test]
fn a_video_without_sound_has_no_audio_and_sound_no_frames() {
    let folder = folder();
    let (video, sound) = (folder.path().join("video.mp4"), folder.path().join("sound.wav"));
    ffmpeg("-f lavfi -i testsrc=size=32x32:rate=25:duration=0.2 -pix_fmt yuv420p", &video);
    ffmpeg("-f lavfi -i sine=duration=0.2", &sound);
    assert!(matches!(read_audio(&video, &Limits::default()), Err(MediaError::NoAudio { .. })));
    assert!(matches!(FrameReader::open(&sound, &Limits::default()), Err(MediaError::NoVideo { .. })));
}

#[test]
fn a_video_that_breaks_off_gives_what_it_has_and_a_warning() {
    let folder = folder();
    let (whole, half) = (folder.path().join("whole.mp4"), folder.path().join("half.mp4"));
    ffmpeg("-f lavfi -i testsrc=size=64x64:rate=25:duration=8 -g 10 -pix_fmt yuv420p -movflags +faststart", &whole);
    let bytes = std::fs::read(&whole).unwrap();
    std::fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    let mut reader = FrameReader::open(&half, &Limits::default()).unwrap();
    let count = reader.by_ref().filter(Result::is_ok).count();
    assert!((20..190).contains(&count), "{count}");
    assert!(reader.warnings()[0].contains("breaks off"), "{:?}", reader.warnings());
}

#[test]
fn limits_hold() {
    let folder = folder();
    let path = folder.path().join("video.mp4");
    ffmpeg("-f lavfi -i testsrc=size=64x48:rate=25:duration=2 -f lavfi -i sine=duration=2 -pix_fmt yuv420p", &path);
    let bound = |limits: Limits| match FrameReader::open(&path, &limits) {
        Err(MediaError::OverLimit { bound, .. }) => Some(bound),
        Ok(frames) => frames.filter_map(Result::err).find_map(|error| match error {
            MediaError::OverLimit { bound, .. } => Some(bound),
            _ => None,
        }),
        Err(_) => None,
    };
    let limits = Limits::default();
    assert_eq!(bound(limits), None);
    assert_eq!(bound(limits.with_max_seconds(1.0)), Some(Bound::Seconds));
    assert_eq!(bound(Limits { max_pixels: 3000, ..limits }), Some(Bound::PictureSize));
    assert_eq!(bound(Limits { max_dimension: 63, ..limits }), Some(Bound::PictureSize));
    assert_eq!(bound(Limits { max_decoded_bytes: 100_000, ..limits }), Some(Bound::DecodedBytes));
    assert!(matches!(read_audio(&path, &limits.with_max_seconds(1.0)), Err(MediaError::OverLimit { bound: Bound::Seconds, .. })));
    let picture = folder.path().join("picture.png");
    write_picture(&picture, &RgbImage::new(100, 100)).unwrap();
    assert!(matches!(read_image(&picture, &Limits { max_pixels: 9999, ..limits }), Err(MediaError::OverLimit { .. })));
}

#[test]
fn lists_of_other_files_are_refused() {
    let folder = folder();
    let path = folder.path().join("list.mp4");
    std::fs::write(&path, "ffconcat version 1.0\nfile '/etc/hostname'\n").unwrap();
    assert!(FrameReader::open(&path, &Limits::default()).is_err());
    std::fs::write(&path, "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://localhost/a.ts\n#EXT-X-ENDLIST\n").unwrap();
    assert!(FrameReader::open(&path, &Limits::default()).is_err());
}

#[test]
fn names_that_look_like_options_or_addresses_are_names() {
    let folder = folder();
    let video = folder.path().join("a.mp4");
    ffmpeg("-f lavfi -i testsrc=size=32x32:rate=25:duration=0.2 -pix_fmt yuv420p", &video);
    for name in ["-v.mp4", "http:x.mp4", "with blank 'quote'.mp4", "100%.mp4", "mädchen.mp4"] {
        let path = folder.path().join(name);
        std::fs::copy(&video, &path).unwrap();
        assert_eq!(frames(&path).len(), 5, "{name}");
    }
}

#[test]
fn a_reader_dropped_early_leaves_no_child() {
    let folder = folder();
    let path = folder.path().join("video.mp4");
    ffmpeg("-f lavfi -i testsrc=size=320x240:rate=25:duration=10 -pix_fmt yuv420p", &path);
    let mut reader = FrameReader::open(&path, &Limits::default()).unwrap();
    reader.next().unwrap().unwrap();
    drop(reader);
    let children = std::fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok).filter(|entry| {
        std::fs::read(entry.path().join("cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(path.to_str().unwrap()))
    });
    assert_eq!(children.count(), 0);
}
