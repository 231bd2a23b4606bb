//! Measures clip folders against their own videos: `cargo run --release --example round_trip -- CLIP_FOLDER...`
//!
//! It makes the figures of docs/results.md; `inspect` shows a clip and `verify` compares with another implementation, neither measures
//! this. One line a clip: the largest posing error in pixels, then the mean difference between the landmarks found in the
//! projection video and the frame's, in per cent of the distance between the eyes.

use std::path::PathBuf;

use talkinghead_dataset::ClipFolder;
use talkinghead_dataset::inspect::{posing_difference, projection_difference};
use talkinghead_face::FaceNetworks;

fn main() -> std::process::ExitCode {
    let networks = FaceNetworks::load();
    println!(
        "{:<26} frames  posing px   all to-key expression stable   jaw brows  nose  eyes  lips  worst (frame)  within  shift x y",
        "clip"
    );
    let mut failed = false;
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let measured =
            ClipFolder::open(&path).and_then(|clip| Ok((posing_difference(&clip), projection_difference(&clip, &networks)?)));
        match measured {
            Ok((posing, Some(d))) => {
                let groups: String = d.groups.iter().map(|(_, value)| format!("{:6.2}", 100.0 * value)).collect();
                println!(
                    "{name:<26} {:6} {posing:10.1e} {:5.2} {:6.2} {:10.2} {:6.2}{groups} {:6.2} ({:5})  {:6.3}  {:+.2} {:+.2}",
                    d.frames,
                    100.0 * d.all,
                    100.0 * d.to_key_frame,
                    100.0 * d.expression,
                    100.0 * d.stable,
                    100.0 * d.worst.1,
                    d.worst.0,
                    d.within,
                    100.0 * d.shift[0],
                    100.0 * d.shift[1]
                );
            }
            Ok((posing, None)) => println!("{name:<26}      0 {posing:10.1e} no projection, or no frame near frontal"),
            Err(error) => {
                failed = true;
                eprintln!("error: {name}: {error}");
            }
        }
    }
    std::process::ExitCode::from(u8::from(failed))
}
