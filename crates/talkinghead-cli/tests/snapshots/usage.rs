//! Wrong usage: one `error:` line, one `hint:` line, exit code 2.

use crate::assert_all_said;
use crate::program::Place;

#[test]
fn wrong_usage() {
    let generate = "generate --reference portrait.jpg --audio speech.wav --output out.mp4";
    let with = |flags: &str| format!("{generate} {flags}");
    let flags = [
        "--head-gian 2",
        "--shots 0",
        "--crf 99",
        "--head-gain -1",
        "--max-seconds 0",
        "--blink sometimes",
        "--device quantum",
        "--motion track.json --seed 1",
        "--front front.npy",
    ]
    .map(with);
    let mut commands =
        vec!["sing", "generat", "generate", "generate --audio speech.wav --output out.mp4", "motion --output track.json"];
    commands.extend(flags.iter().map(String::as_str));
    commands.extend([
        "import",
        "import model.pth --output model.safetensors --set n_shot",
        "verify generator",
        "verify taste --golden golden",
        "preprocess",
        "preprocess --dataset videos --input a --output b --shard 4/4",
        "train expression",
        "train unsmile",
    ]);
    assert_all_said("usage", &Place::new(), &commands);
}
