//! Pictures as phones, cameras and painters leave them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fixture;

use std::path::Path;

use fixture::ffmpeg;
use image::{Rgb, RgbImage, Rgba, RgbaImage};
use moxcms::ColorProfile;
use talkinghead_media::{DamagedPictures, FrameReader, Limits, MediaError, MediaKind, probe, read_image, write_picture};

fn read(path: &Path) -> RgbImage {
    read_image(path, &Limits::default()).unwrap()
}

/// A picture's middle.
fn middle(picture: &RgbImage) -> [u8; 3] {
    picture.get_pixel(picture.width() / 2, picture.height() / 2).0
}

#[test]
fn a_file_of_one_frame_is_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let frames = |options: &str, name: &str| {
        let path = folder.path().join(name);
        ffmpeg(&format!("-f lavfi -i testsrc=size=64x48:rate=25 {options}"), &path);
        let info = probe(&path, &Limits::default()).unwrap();
        let count = FrameReader::open(&path, &Limits::default()).unwrap().map(Result::unwrap).count();
        (info.kind, info.size, count)
    };
    let picture = (MediaKind::Picture, Some((64, 48)), 1);
    for name in ["photo.mov", "photo.mkv", "photo.avi"] {
        assert_eq!(frames("-frames:v 1 -pix_fmt yuv420p -c:v mpeg4", name).0, MediaKind::Picture, "{name}");
    }
    assert_eq!(frames("-frames:v 1", "photo.gif").0, MediaKind::Picture);
    assert_eq!(frames("-frames:v 1 -pix_fmt yuv420p -c:v mpeg4", "photo.mp4"), picture);
    assert_eq!(frames("-frames:v 1 -r 1 -pix_fmt yuv420p -c:v mpeg4", "second.mp4"), picture);
    assert_eq!(frames("-frames:v 5 -pix_fmt yuv420p -c:v mpeg4", "video.mp4"), (MediaKind::Video, Some((64, 48)), 5));
    assert_eq!(frames("-frames:v 4", "loop.gif").0, MediaKind::Video);
}

/// A JPEG file with a profile put into it.
fn with_profile(jpeg: &Path, profile: &ColorProfile) -> Vec<u8> {
    let bytes = std::fs::read(jpeg).unwrap();
    let icc = profile.encode().unwrap();
    let length = u16::try_from(icc.len() + 16).unwrap().to_be_bytes();
    [&bytes[..2], &[0xFF, 0xE2], &length, b"ICC_PROFILE\0\x01\x01", &icc, &bytes[2..]].concat()
}

#[test]
fn colours_are_those_of_the_profile() {
    let folder = tempfile::tempdir().unwrap();
    let jpeg = folder.path().join("skin.jpg");
    ffmpeg("-f lavfi -i color=0xC89682:size=64x64 -frames:v 1 -q:v 2", &jpeg);
    let plain = middle(&read(&jpeg));
    for (profile, changes) in
        [(ColorProfile::new_srgb(), false), (ColorProfile::new_display_p3(), true), (ColorProfile::new_adobe_rgb(), true)]
    {
        let path = folder.path().join("profile.jpg");
        std::fs::write(&path, with_profile(&jpeg, &profile)).unwrap();
        let found = middle(&read(&path));
        assert_eq!(found != plain, changes, "{plain:?} {found:?}");
        assert!(!changes || (found[0] > plain[0] + 3 && found[2] <= plain[2] + 1), "redder: {plain:?} {found:?}");
    }
}

#[test]
fn a_picture_that_is_cut_short_is_an_error_unless_it_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let used = Limits { damaged_pictures: DamagedPictures::Used, ..Limits::default() };
    for name in ["a.jpg", "a.png", "progressive.jpg"] {
        let path = folder.path().join(name);
        ffmpeg("-f lavfi -i testsrc2=size=320x320 -frames:v 1", &path);
        read(&path);
        let bytes = std::fs::read(&path).unwrap();
        for share in [3, 6, 9] {
            std::fs::write(&path, &bytes[..bytes.len() * share / 10]).unwrap();
            let error = read_image(&path, &Limits::default()).unwrap_err();
            assert!(matches!(error, MediaError::Damaged { .. }), "{name} {share}: {error}");
            assert!(error.hint().unwrap().contains("--allow-damaged"));
            assert_eq!(read_image(&path, &used).unwrap().dimensions(), (320, 320), "{name} {share}");
        }
    }
    // What follows a picture does no harm.
    let path = folder.path().join("more.jpg");
    ffmpeg("-f lavfi -i testsrc2=size=64x64 -frames:v 1", &path);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, [bytes.as_slice(), b"and more"].concat()).unwrap();
    read(&path);
}

#[test]
fn a_transparent_edge_takes_the_colours_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("painting.png");
    let inside = |x: u32, y: u32| (10..90).contains(&x) && (10..90).contains(&y);
    let painting =
        RgbaImage::from_fn(100, 100, |x, y| if inside(x, y) { Rgba([30, 60, 90, 255]) } else { Rgba([255, 255, 255, 0]) });
    painting.save(&path).unwrap();
    assert!(read(&path).pixels().all(|pixel| pixel.0.iter().zip([30, 60, 90]).all(|(a, b)| a.abs_diff(b) <= 2)));
}

#[test]
fn videos_of_high_dynamic_range_come_in_the_usual_one() {
    let folder = tempfile::tempdir().unwrap();
    // A grey card has 38 % of the signal in both, and 40 % of sRGB's.
    for transfer in ["arib-std-b67", "smpte2084", "bt709"] {
        let path = folder.path().join("card.mkv");
        let marks = format!("-color_trc {transfer} -colorspace bt2020nc -color_primaries bt2020 -color_range tv");
        let source = "-f lavfi -i color=black:size=64x64:duration=0.2,format=yuv420p10,geq=lum=397:cb=512:cr=512";
        ffmpeg(&format!("{source} -pix_fmt yuv420p10 {marks} -c:v ffv1"), &path);
        let frame = FrameReader::open(&path, &Limits::default()).unwrap().next().unwrap().unwrap();
        let grey = middle(&frame);
        let wanted = if transfer == "bt709" { 88..=98 } else { 99..=110 };
        assert!(wanted.contains(&grey[1]) && grey[0].abs_diff(grey[2]) <= 2, "{transfer}: {grey:?}");
    }
}

/// The units of an HEVC stream.
fn units(stream: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> = (0..stream.len().saturating_sub(3)).filter(|&at| stream[at..at + 3] == [0, 0, 1]).collect();
    let ends = starts.iter().skip(1).copied().chain([stream.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| stream[start + 3..end].strip_suffix(&[0]).unwrap_or(&stream[start + 3..end]))
        .collect()
}

fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&u32::try_from(content.len() + 8).unwrap().to_be_bytes(), name.as_slice(), content].concat()
}

/// A photo of two tiles side by side, each of 64x64 pixels, shown as 100x64 and turned left by `turns`.
fn heic(tiles: [&[u8]; 2], turns: u8) -> Vec<u8> {
    let kind = |unit: &[u8]| unit[0] >> 1 & 63;
    let sets: Vec<Vec<u8>> =
        units(tiles[0]).into_iter().filter(|unit| (32..=34).contains(&kind(unit))).map(<[u8]>::to_vec).collect();
    let mut hvcc = vec![0; 21];
    hvcc.extend([3, u8::try_from(sets.len()).unwrap()]);
    for set in &sets {
        hvcc.extend([kind(set), 0, 1]);
        hvcc.extend(u16::try_from(set.len()).unwrap().to_be_bytes());
        hvcc.extend(set);
    }
    let coded: Vec<Vec<u8>> = tiles
        .iter()
        .map(|tile| {
            let pictures = units(tile).into_iter().filter(|unit| kind(unit) < 32);
            pictures.flat_map(|unit| [&u32::try_from(unit.len()).unwrap().to_be_bytes(), unit].concat()).collect()
        })
        .collect();
    let entry = |id: u8, name: &[u8; 4]| boxed(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0], name.as_slice(), &[0]].concat());
    let kinds = [&[0, 0, 0, 0, 0, 3], entry(1, b"grid").as_slice(), &entry(2, b"hvc1"), &entry(3, b"hvc1")].concat();
    let size = |width: u8, height: u8| boxed(b"ispe", &[0, 0, 0, 0, 0, 0, 0, width, 0, 0, 0, height]);
    let properties = [boxed(b"hvcC", &hvcc), size(64, 64), size(100, 64), boxed(b"irot", &[turns])].concat();
    let belonging = [0, 0, 0, 0, 0, 0, 0, 3, 0, 1, 2, 3, 0x84, 0, 2, 2, 0x81, 2, 0, 3, 2, 0x81, 2];
    let iprp = [boxed(b"ipco", &properties), boxed(b"ipma", &belonging)].concat();
    let grid = [0, 0, 0, 1, 0, 100, 0, 64];
    let head = boxed(b"ftyp", b"heic\0\0\0\0mif1heic");
    let index = |start: u32| {
        let place = |id: u8, inside: u8, offset: u32, length: usize| {
            let numbers = [offset.to_be_bytes(), u32::try_from(length).unwrap().to_be_bytes()].concat();
            [&[0, id, 0, inside, 0, 0, 0, 1], numbers.as_slice()].concat()
        };
        let second = start + u32::try_from(coded[0].len()).unwrap();
        let places = [place(1, 1, 0, 8), place(2, 0, start, coded[0].len()), place(3, 0, second, coded[1].len())].concat();
        let iloc = [&[1, 0, 0, 0, 0x44, 0, 0, 3], places.as_slice()].concat();
        let iref = [&[0, 0, 0, 0], boxed(b"dimg", &[0, 1, 0, 2, 0, 2, 0, 3]).as_slice()].concat();
        let parts = [
            boxed(b"pitm", &[0, 0, 0, 0, 0, 1]),
            boxed(b"iinf", &kinds),
            boxed(b"iloc", &iloc),
            boxed(b"iref", &iref),
            boxed(b"iprp", &iprp),
            boxed(b"idat", &grid),
        ];
        boxed(b"meta", &[&[0; 4], parts.concat().as_slice()].concat())
    };
    let start = u32::try_from(head.len() + index(0).len() + 8).unwrap();
    [head, index(start), boxed(b"mdat", &coded.concat())].concat()
}

/// A tile of one colour, as HEVC.
fn tile(folder: &Path, colour: &str) -> Vec<u8> {
    let path = folder.join("tile.hevc");
    let options = "-frames:v 1 -pix_fmt yuv420p -c:v libx265 -x265-params log-level=none:info=0";
    ffmpeg(&format!("-f lavfi -i color={colour}:size=64x64 {options}"), &path);
    std::fs::read(path).unwrap()
}

#[test]
fn a_photo_made_to_fill_the_memory_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, red) = (folder.path().join("photo.heic"), tile(folder.path(), "red"));
    let whole = heic([&red, &red], 0);
    let place = |name: &[u8]| whole.windows(name.len()).position(|window| window == name).unwrap();
    // A tile of 2^32 pixels a side.
    let mut large = whole.clone();
    large[place(b"ispe") + 8..][..8].fill(0xff);
    // Both tiles are all of the file.
    let mut repeated = whole.clone();
    for item in [1, 2] {
        let entry = place(b"iloc") + 12 + 16 * item;
        repeated[entry + 8..][..4].fill(0);
        repeated[entry + 12..][..4].copy_from_slice(&u32::try_from(whole.len()).unwrap().to_be_bytes());
    }
    for bytes in [large, repeated] {
        std::fs::write(&path, &bytes).unwrap();
        let error = read_image(&path, &Limits::default()).unwrap_err();
        assert!(matches!(error, MediaError::OverLimit { .. } | MediaError::Undecodable { .. }), "{error}");
        assert!(probe(&path, &Limits::default()).is_err());
    }
    // Whatever byte of the index is damaged: an answer or an error, within the limits.
    let limits = Limits { max_dimension: 4096, ..Limits::default() };
    for at in 12..place(b"mdat") {
        for value in [0, 1, 0x7f, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = value;
            std::fs::write(&path, &damaged).unwrap();
            // Without the marks of a photo it would be a file for ffprobe.
            if let Ok(info) = probe(&path, &limits) {
                assert!(info.size.is_some_and(|(width, height)| width.max(height) <= 4096), "byte {at} as {value}: {info:?}");
            }
        }
    }
}

#[test]
fn photos_of_phones_with_tiles_and_turns() {
    let folder = tempfile::tempdir().unwrap();
    let (red, blue) = (tile(folder.path(), "red"), tile(folder.path(), "blue"));
    // Named as people do who only rename.
    let path = folder.path().join("photo.jpg");
    for (turns, size, ends) in [(0, (100, 64), [(5, 32), (95, 32)]), (1, (64, 100), [(32, 95), (32, 5)])] {
        std::fs::write(&path, heic([&red, &blue], turns)).unwrap();
        let info = probe(&path, &Limits::default()).unwrap();
        assert_eq!((info.kind, info.size), (MediaKind::Picture, Some(size)));
        let picture = read(&path);
        assert_eq!(picture.dimensions(), size);
        let [first, last] = ends.map(|(x, y)| picture.get_pixel(x, y).0);
        assert!(first[0] > 200 && first[2] < 60 && last[2] > 200 && last[0] < 60, "{turns}: {first:?} {last:?}");
    }
    let whole = std::fs::read(&path).unwrap();
    for length in [20, 100, 400, whole.len() - 30] {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(read_image(&path, &Limits::default()).is_err(), "{length}");
    }
    let other: Vec<u8> =
        whole.windows(4).position(|name| name == b"hvc1").map(|at| [&whole[..at], b"j2k1", &whole[at + 4..]].concat()).unwrap();
    std::fs::write(&path, other).unwrap();
    let error = read_image(&path, &Limits::default()).unwrap_err();
    assert!(matches!(error, MediaError::PictureFormat { .. }) && error.hint().unwrap().contains("heif-convert"), "{error}");
}

#[test]
fn a_picture_that_was_written_is_the_one_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    let picture = RgbImage::from_fn(7, 5, |x, y| Rgb([x as u8 * 30, y as u8 * 50, 77]));
    write_picture(&path, &picture).unwrap();
    assert_eq!(read(&path), picture);
}
