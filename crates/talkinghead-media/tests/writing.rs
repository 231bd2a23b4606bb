//! Videos that appear whole or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fixture;

use std::path::{Path, PathBuf};

use fixture::{ffmpeg, ffprobe};
use image::{Rgb, RgbImage};
use talkinghead_media::{
    FrameReader, Limits, MediaError, OutputClaim, VideoOptions, VideoWriter, check_output, read_audio, read_image, write_file,
    write_picture,
};

fn picture(width: u32, height: u32, seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = |v: u32| u8::try_from((v + seed * 3) % 200 + 20).unwrap();
        Rgb([wave(x), wave(y), wave(x + y)])
    })
}

fn write_video(path: &Path, options: &VideoOptions, count: u32) -> Result<(), MediaError> {
    let mut writer = VideoWriter::create(path, options)?;
    for index in 0..count {
        writer.write(&picture(options.width, options.height, index))?;
    }
    writer.finish()
}

fn options(audio: Option<PathBuf>) -> VideoOptions {
    VideoOptions { width: 96, height: 64, crf: None, audio }
}

/// Names in a folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn writes_h264_and_aac_as_long_as_the_sound() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound.wav");
    ffmpeg("-f lavfi -i sine=frequency=300:sample_rate=16000:duration=1.97", &sound);
    for (name, video_codec, audio_codec) in [("a.mp4", "h264", "aac"), ("a.mov", "h264", "aac"), ("a.webm", "vp9", "opus")] {
        let path = folder.path().join(name);
        write_video(&path, &options(Some(sound.clone())), 50).unwrap();
        assert_eq!(ffprobe(&path, "v:0", "stream=codec_name"), video_codec);
        assert_eq!(ffprobe(&path, "a:0", "stream=codec_name"), audio_codec);
        assert_eq!(ffprobe(&path, "v:0", "stream=pix_fmt,r_frame_rate"), "yuv420p,25/1");
        assert_eq!(ffprobe(&path, "v:0", "stream=nb_read_frames"), "50");
        let seconds: f64 = ffprobe(&path, "v:0", "format=duration").parse().unwrap();
        assert!((seconds - 1.97).abs() <= 0.04, "{name} lasts {seconds} s");
        let samples = read_audio(&path, &Limits::default()).unwrap().len();
        assert!(samples.abs_diff(32_000) <= 640, "{name} has {samples} samples");
    }
    assert_eq!(names(folder.path()), ["a.mov", "a.mp4", "a.webm", "sound.wav"]);
}

#[test]
fn sound_is_cut_and_filled_to_the_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mp4");
    for seconds in ["0.1", "6"] {
        let sound = folder.path().join("sound.wav");
        ffmpeg(&format!("-f lavfi -i sine=sample_rate=22050:duration={seconds} -ac 2"), &sound);
        write_video(&path, &options(Some(sound)), 40).unwrap();
        let samples = read_audio(&path, &Limits::default()).unwrap().len();
        assert!(samples.abs_diff(25_600) <= 640, "{samples}");
    }
}

#[test]
fn frames_come_back_as_they_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mp4");
    // 720 lines and more are where readers would guess another colour matrix.
    for (width, height) in [(97, 63), (1280, 720)] {
        let colours = [[200_u8, 40, 40], [40, 160, 60], [40, 60, 190], [128, 128, 128], [230, 190, 160]];
        let options = VideoOptions { width, height, crf: Some(10), audio: None };
        let mut writer = VideoWriter::create(&path, &options).unwrap();
        colours.iter().for_each(|&colour| writer.write(&RgbImage::from_pixel(width, height, Rgb(colour))).unwrap());
        writer.finish().unwrap();
        let frames: Vec<RgbImage> = FrameReader::open(&path, &Limits::default()).unwrap().map(Result::unwrap).collect();
        assert_eq!(frames.len(), colours.len());
        assert_eq!(frames[0].dimensions(), (width.next_multiple_of(2), height.next_multiple_of(2)));
        for (frame, colour) in frames.iter().zip(colours) {
            for at in [(0, 0), (width / 2, height / 2), (frame.width() - 1, frame.height() - 1)] {
                let found = frame.get_pixel(at.0, at.1).0;
                let far = found.iter().zip(colour).map(|(a, b)| a.abs_diff(b)).max().unwrap();
                assert!(far <= 4, "{found:?} for {colour:?} at {at:?}");
            }
        }
    }
}

#[test]
fn the_same_frames_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound.wav");
    ffmpeg("-f lavfi -i anoisesrc=sample_rate=16000:seed=1:duration=1", &sound);
    for extension in ["mp4", "webm"] {
        let paths = ["a", "b"].map(|name| folder.path().join(format!("{name}.{extension}")));
        for path in &paths {
            write_video(path, &options(Some(sound.clone())), 25).unwrap();
        }
        assert!(std::fs::read(&paths[0]).unwrap() == std::fs::read(&paths[1]).unwrap(), "{extension}");
    }
}

#[test]
fn an_unfinished_video_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mp4");
    std::fs::write(&path, "old").unwrap();
    let mut writer = VideoWriter::create(&path, &options(None)).unwrap();
    for index in 0..5 {
        writer.write(&picture(96, 64, index)).unwrap();
    }
    assert_eq!(names(folder.path()).len(), 2);
    drop(writer);
    assert_eq!(names(folder.path()), ["out.mp4"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");

    let missing = options(Some(folder.path().join("none.wav")));
    assert!(write_video(&path, &missing, 3).is_err());
    assert!(VideoWriter::create(&path, &options(None)).unwrap().finish().is_err(), "no frame is no video");
    assert_eq!(names(folder.path()), ["out.mp4"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
}

#[test]
fn bad_outputs_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let create = |path: &Path| VideoWriter::create(path, &options(None)).map(drop).unwrap_err();
    assert!(matches!(create(&at("out.gif")), MediaError::UnknownExtension { .. }));
    assert!(matches!(create(&at("none/out.mp4")), MediaError::OutputFolderMissing { .. }));
    std::fs::create_dir(at("folder.mp4")).unwrap();
    assert!(matches!(create(&at("folder.mp4")), MediaError::OutputNotAFile { .. }));
    std::fs::write(at("file"), "").unwrap();
    assert!(matches!(create(&at("file/out.mp4")), MediaError::Unwritable { .. }));
    std::fs::remove_file(at("file")).unwrap();
    #[cfg(target_os = "linux")]
    assert!(matches!(check_output(Path::new("/proc/out.mp4"), []), Err(MediaError::Unwritable { .. })));
    let bad = VideoOptions { crf: Some(52), ..options(None) };
    assert!(matches!(VideoWriter::create(&at("out.mp4"), &bad), Err(MediaError::InvalidOption(_))));
    assert_eq!(names(folder.path()), ["folder.mp4"]);
}

#[test]
fn an_output_that_is_an_input_is_found_by_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let (input, link) = (folder.path().join("in.mp4"), folder.path().join("link.mp4"));
    std::fs::write(&input, "x").unwrap();
    std::fs::hard_link(&input, &link).unwrap();
    let same = |output: &Path| matches!(check_output(output, [input.as_path()]), Err(MediaError::OutputIsInput { .. }));
    assert!(same(&input) && same(&link) && same(&folder.path().join("./in.mp4")));
    assert!(!same(&folder.path().join("other.mp4")));
    write_picture(&folder.path().join("frame.png"), &picture(8, 8, 0)).unwrap();
    assert!(check_output(&folder.path().join("frame.png"), [folder.path()]).is_err(), "it would replace an input frame");
    assert!(check_output(&folder.path().join("new.mp4"), [folder.path()]).is_ok());
}

#[test]
fn wrong_frames_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = VideoWriter::create(&folder.path().join("out.mp4"), &options(None)).unwrap();
    assert!(matches!(writer.write(&picture(64, 96, 0)), Err(MediaError::WrongFrameSize { .. })));
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_permissions_are_the_usual_ones() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
    std::fs::write(&real, "old").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    write_file(&link, b"new").unwrap();
    assert_eq!(std::fs::read(&real).unwrap(), b"new");
    assert!(link.is_symlink());
    let (plain, new) = (folder.path().join("plain"), folder.path().join("new"));
    std::fs::write(&plain, "").unwrap();
    write_file(&new, b"new").unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&real), mode(&plain));
    assert_eq!(mode(&new), mode(&plain), "a new file follows the umask");
}

#[cfg(unix)]
#[test]
fn who_may_read_an_output_stays_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let sound = folder.path().join("sound.wav");
    ffmpeg("-f lavfi -i sine=duration=0.2", &sound);
    for wanted in [0o600, 0o640, 0o666] {
        let [text, picture_file, silent, loud] =
            ["a.json", "a.png", "silent.mp4", "loud.mp4"].map(|name| folder.path().join(name));
        for path in [&text, &picture_file, &silent, &loud] {
            std::fs::remove_file(path).ok();
            std::fs::write(path, "old").unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(wanted)).unwrap();
        }
        write_file(&text, b"new").unwrap();
        write_picture(&picture_file, &picture(8, 8, 0)).unwrap();
        write_video(&silent, &options(None), 2).unwrap();
        let mut writer = VideoWriter::create(&loud, &options(Some(sound.clone()))).unwrap();
        writer.write(&picture(96, 64, 0)).unwrap();
        let hidden = names(folder.path()).into_iter().find(|name| name.ends_with(".unfinished")).unwrap();
        assert_eq!(mode(&folder.path().join(hidden)), wanted | 0o600, "nobody else may look while it is made");
        writer.finish().unwrap();
        for path in [&text, &picture_file, &silent, &loud] {
            assert_eq!(format!("{:o}", mode(path)), format!("{wanted:o}"), "{}", path.display());
            assert_ne!(std::fs::read(path).unwrap(), b"old");
        }
    }
}

#[test]
fn a_protected_output_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.mp4");
    std::fs::write(&path, "old").unwrap();
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    let error = OutputClaim::new(&path, []).unwrap_err();
    assert!(matches!(error, MediaError::OutputProtected { .. }), "{error}");
    assert!(error.to_string().contains("protected from writing") && error.hint().unwrap().contains("chmod u+w"));
    assert!(write_file(&path, b"new").is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["kept.mp4"]);
}

#[test]
fn an_output_belongs_to_one_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let claim = |name: &str| OutputClaim::new(&at(name), []);
    let first = claim("out.mp4").unwrap();
    assert!(matches!(claim("out.mp4"), Err(MediaError::OutputInUse { .. })));
    assert!(matches!(claim("./out.mp4"), Err(MediaError::OutputInUse { .. })), "by another name of the folder");
    drop(claim("other.mp4").unwrap());
    let long = ["a".repeat(200) + "1.mp4", "a".repeat(200) + "2.mp4"];
    let both = long.each_ref().map(|name| claim(name).unwrap());
    drop(both);
    // The output itself appears while it is claimed.
    write_file(&at("out.mp4"), b"new").unwrap();
    assert!(matches!(claim("out.mp4"), Err(MediaError::OutputInUse { .. })));
    let lock = names(folder.path()).into_iter().find(|name| name.ends_with(".lock")).unwrap();
    drop(first);
    assert_eq!(names(folder.path()), ["out.mp4"]);
    // What a run that was killed left behind hinders nobody.
    std::fs::write(at(&lock), "").unwrap();
    drop(claim("out.mp4").unwrap());
    assert_eq!(names(folder.path()), ["out.mp4"]);
}

#[test]
fn of_many_runs_at_once_one_has_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mp4");
    let holders = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let Ok(_claim) = OutputClaim::new(&path, []) else { continue };
                    assert_eq!(holders.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0, "two hold it");
                    std::thread::yield_now();
                    holders.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                }
            });
        }
    });
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_picture_has_the_format_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let picture = picture(40, 30, 7);
    for (name, format) in [
        ("a.png", image::ImageFormat::Png),
        ("a.JPG", image::ImageFormat::Jpeg),
        ("a.jpeg", image::ImageFormat::Jpeg),
        ("a.webp", image::ImageFormat::WebP),
        ("a.bmp", image::ImageFormat::Bmp),
        ("a.tif", image::ImageFormat::Tiff),
    ] {
        let path = folder.path().join(name);
        write_picture(&path, &picture).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(image::guess_format(&bytes).unwrap(), format, "{name}");
        let found = read_image(&path, &Limits::default()).unwrap();
        let far = found.as_raw().iter().zip(picture.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(far <= if format == image::ImageFormat::Jpeg { 40 } else { 0 }, "{name}: {far}");
    }
    for name in ["a.gif", "a", "a.mp4"] {
        let error = write_picture(&folder.path().join(name), &picture).unwrap_err();
        assert!(error.hint().is_some_and(|hint| hint.contains(".png") && hint.contains(".jpg")), "{error}");
    }
}
