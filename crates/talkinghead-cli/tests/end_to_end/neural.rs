//! The neural renderer, from a published checkpoint to a video; and its driving by a file set.

use talkinghead_synthesis::import::metadata_of;
use talkinghead_synthesis::weights::write_safetensors;

use crate::bad_weights::{small, tensors};
use crate::main_job::{count_frames, probe};
use crate::program::Place;

/// A `.npy` file of float64.
fn npy(shape: &[usize], values: &[f64]) -> Vec<u8> {
    let shape = shape.iter().map(|size| format!("{size}, ")).collect::<String>();
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}");
    while !(header.len() + 11).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let body: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    [b"\x93NUMPY\x01\x00".as_slice(), &(header.len() as u16).to_le_bytes(), header.as_bytes(), &body].concat()
}

/// A file set of `frames` frames of a face that turns a little, in the published layout.
fn file_set(place: &Place, frames: usize) {
    let front = talkinghead_face::standard_face();
    let turn = |frame: usize| 0.02 * frame as f64;
    let mut posed = Vec::new();
    let mut rows = Vec::new();
    for frame in 0..frames {
        let (sine, cosine) = turn(frame).sin_cos();
        // q = R p + t with t = 0, so that p = R^T q; R turns about y.
        posed.extend(front.iter().flat_map(|q| [cosine * q[0] - sine * q[2], q[1], sine * q[0] + cosine * q[2]]));
        rows.extend([0.0, turn(frame), 0.0, 0.0, 0.0, 0.0]);
    }
    place.write("a.npy", npy(&[frames, 68, 3], &posed));
    place.write("a_rt.npy", npy(&[frames, 6], &rows));
    place.write("a_front.npy", npy(&[68, 3], front.as_flattened()));
    place.video("clip.mp4", 1);
    place.ffmpeg(
        &format!("-i {} -vf scale=256:256 -frames:v {frames} -pix_fmt yuv420p", place.at("clip.mp4").display()),
        "a_ani.mp4",
    );
}

const DRIVE: &str = "generate --renderer neural --weights model.safetensors --driving-landmarks a.npy --driving-rotations a_rt.npy \
                     --front a_front.npy --reference clip.mp4 --reference-landmarks a.npy --output out.mp4";

fn model(place: &Place) {
    write_safetensors(&place.at("model.safetensors"), &tensors(), &metadata_of(&small())).unwrap();
}

#[test]
fn an_imported_checkpoint_makes_a_video() {
    let place = Place::new();
    write_safetensors(&place.at("converted.safetensors"), &tensors(), &Default::default()).unwrap();
    let said = place.succeed("import converted.safetensors --output model.safetensors --set no_warp=false");
    assert!(said.contains("flow_multiplier = 20 was assumed") && !said.contains("no_warp ="), "{said}");
    // Everything is in the file now: nothing is assumed again.
    let said = place.succeed("import model.safetensors --output again.safetensors");
    assert!(!said.contains("assumed"), "{said}");
    let output = place.run(
        "generate --reference portrait.jpg --audio speech.wav --output out.mp4 --renderer neural --weights model.safetensors --json",
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(count_frames(&place.at("out.mp4")), 25);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for stage in ["reference", "speech", "motion", "preparation", "rendering", "encoding"] {
        assert!(report["stage_seconds"][stage].is_number(), "{stage} in {report}");
    }
}

#[test]
fn a_file_set_drives_with_and_without_comparison() {
    let place = Place::new();
    model(&place);
    file_set(&place, 4);
    place.succeed(&format!("{DRIVE} --projection a_ani.mp4"));
    assert_eq!(probe(&place.at("out.mp4"), "v:0", "stream=width,height"), "256,256");
    assert_eq!(count_frames(&place.at("out.mp4")), 4);
    // Label, real frame, result, result before composition, two warped sources and their masks.
    place.succeed(&format!("{DRIVE} --projection a_ani.mp4 --comparison --audio speech.wav"));
    assert_eq!(probe(&place.at("out.mp4"), "v:0", "stream=width,height"), "2048,256");
}

#[test]
fn file_sets_that_do_not_fit() {
    let place = Place::new();
    model(&place);
    file_set(&place, 3);
    let failure = place.fail(DRIVE, 1, &["projection"]);
    assert!(failure.hint.contains("--projection"), "{failure:?}");
    let whole = std::fs::read(place.at("a_rt.npy")).unwrap();
    let drive = format!("{DRIVE} --projection a_ani.mp4");
    place.write("a_rt.npy", &whole[..whole.len() - 8]);
    let failure = place.fail(&drive, 1, &["a_rt.npy", "[3, 6]"]);
    assert!(failure.hint.contains("float64"), "{failure:?}");
    place.write("a_rt.npy", npy(&[2, 6], &[0.0; 12]));
    place.fail(&drive, 1, &["driving rotations", "3 frames", "2 rows"]);
    place.write("a_rt.npy", npy(&[3, 5], &[0.0; 15]));
    place.fail(&drive, 1, &["a_rt.npy", "[frames, 6]", "[3, 5]"]);
    place.write("a_rt.npy", npy(&[3, 6], &[f64::NAN; 18]));
    place.fail(&drive, 1, &["a_rt.npy", "element 0", "NaN"]);
    place.write("a_rt.npy", b"not an array at all");
    place.fail(&drive, 1, &["a_rt.npy", "npy"]);
    place.write("a_rt.npy", &whole);
    place.write("a_front.npy", npy(&[2, 68, 3], &[1.0; 408]));
    place.fail(&drive, 1, &["front landmarks", "3 frames", "2 faces"]);
}
