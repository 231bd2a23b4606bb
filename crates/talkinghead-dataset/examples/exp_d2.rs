use std::path::PathBuf;
use talkinghead_dataset::ClipFolder;
use talkinghead_dataset::round_trip::projection_difference;
use talkinghead_face::FaceNetworks;
use talkinghead_media::*;
fn main() {
    let networks = FaceNetworks::load();
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        let clip = ClipFolder::open(&path).unwrap();
        let show = |name: &str, clip: &ClipFolder| {
            if let Ok(Some(d)) = projection_difference(clip, &networks) {
                let g: String = d.groups.iter().map(|(n, v)| format!("{n} {:.2} ", 100.0 * v)).collect();
                println!("{:<16} {name}: all {:.2} stable {:.2} {g} within {:.2}", path.file_name().unwrap().to_string_lossy(), 100.0 * d.all, 100.0 * d.stable, d.within);
            }
        };
        let real = ClipFolder { animation: Some(clip.video.clone()), ..clip.clone() };
        show("real  ", &real);
        let out = std::env::temp_dir().join("d2/masked.mp4");
        let a = FrameReader::open(&clip.video, &Limits::default()).unwrap();
        let b = FrameReader::open(clip.animation.as_ref().unwrap(), &Limits::default()).unwrap();
        let mut w = VideoWriter::create(&out, &VideoOptions { width: 256, height: 256, ..VideoOptions::default() }).unwrap();
        for (a, b) in a.zip(b) {
            let (mut a, b) = (a.unwrap(), b.unwrap());
            for (p, q) in a.pixels_mut().zip(b.pixels()) {
                if q.0.iter().all(|&v| v < 14) { p.0 = [0; 3]; }
            }
            w.write_owned(a).unwrap();
        }
        w.finish().unwrap();
        show("masked", &ClipFolder { animation: Some(out), ..clip.clone() });
        show("proj  ", &clip);
    }
}
