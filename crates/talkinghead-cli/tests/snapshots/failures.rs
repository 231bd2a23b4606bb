//! Work that cannot be done: one `error:` line, one `hint:` line, exit code 1. The commonest are in the book
//! (`book/src/troubleshooting.md`), and compared there.

use crate::assert_all_said;
use crate::program::Place;

#[test]
fn failures() {
    let generate = "generate --reference portrait.jpg --audio speech.wav --output out.mp4";
    let device = format!("{generate} --device vulkan");
    let weights = format!("{generate} --weights model.safetensors");
    let commands = [
        device.as_str(),
        weights.as_str(),
        "import speech.wav --output model.safetensors",
        "import speech.wav --output model.safetensors --set n_shots=2",
        "verify preprocessing --golden nowhere",
        "verify generator --golden nowhere",
        "inspect nowhere",
        "preprocess --merge --output nowhere",
        "preprocess --dataset videos --input nowhere --output clips",
        "train expression --data nowhere --output model.safetensors",
        "train unsmile --data nowhere --output basis.safetensors",
    ];
    assert_all_said("failures", &Place::new(), &commands);
}
