//! What a run leaves, and the way to a weights file.

use crate::program::{material, succeed, talkinghead, train};

#[test]
fn a_run_shows_itself_and_becomes_a_weights_file() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = material(folder.path());
    let run = folder.path().join("run");
    let more = ["--steps", "4", "--picture-every", "2", "--set", "run.validate_every=2", "--json"];
    let output = succeed(&mut train(&clips, &run, &recipe, &more));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["best"]["scores"]["psnr"].as_f64().unwrap() > 3.0, "{report}");
    for step in [0, 2, 4] {
        let picture = image::open(run.join(format!("pictures/step-{step:08}.png"))).unwrap();
        // Eleven columns, a row for each of the two frames, and two of consecutive frames and their differences.
        assert_eq!((picture.width(), picture.height()), (11 * 34, 4 * 34));
    }
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert_eq!(page.matches("data:image/png;base64,").count(), 3);
    assert!(page.contains("G_GAN_Feat") && page.contains("PSNR") && page.contains("ngf = 4") && !page.contains("http"));
    let resolved = std::fs::read_to_string(run.join("recipe.toml")).unwrap();
    assert!(resolved.contains("most_steps = 4") && resolved.contains("warp_ani = true"), "{resolved}");
    let events = std::fs::read_dir(&run).unwrap().flatten().filter(|e| e.file_name().to_string_lossy().contains("tfevents"));
    let bytes = std::fs::read(events.last().unwrap().path()).unwrap();
    let tag = |tag: &str| bytes.windows(tag.len()).any(|window| window == tag.as_bytes());
    assert!(tag("brain.Event:2") && tag("losses/G_GAN") && tag("validation/psnr") && tag("pictures"));

    let mut sizes = Vec::new();
    for floats in ["f32", "f16", "bf16"] {
        let weights = folder.path().join(format!("{floats}.safetensors"));
        let output = succeed(talkinghead(&["export", "--floats", floats, "--json"]).arg(&run).arg("--output").arg(&weights));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((report["side"].as_u64(), report["averaged"].as_bool()), (Some(32), Some(true)));
        sizes.push(std::fs::metadata(&weights).unwrap().len());
        let video = folder.path().join(format!("{floats}.mp4"));
        let demo = clips.join("1");
        let mut generate = talkinghead(&["generate", "--quiet", "--ref-img-id", "0,8", "--how-many", "3"]);
        succeed(generate.arg("--demo").arg(demo).arg("--weights").arg(&weights).arg("--output").arg(&video));
        assert!(std::fs::metadata(&video).unwrap().len() > 500);
    }
    // Two bytes a number for both; the header names the type of each tensor, and one name is longer.
    assert!(sizes[1] < sizes[0] && sizes[2].abs_diff(sizes[1]) < 1000, "{sizes:?}");
}
