//! The book's table of published flags against what the program takes.

use std::path::Path;

use crate::program::talkinghead;

/// Flags of the published training and test commands.
const PUBLISHED: [&str; 33] = [
    "--name",
    "--dataset_mode",
    "--adaptive_spade",
    "--warp_ref",
    "--warp_ani",
    "--spade_combine",
    "--add_raw_loss",
    "--gpu_ids",
    "--batchSize",
    "--nThreads",
    "--niter",
    "--niter_decay",
    "--niter_single",
    "--n_shot",
    "--n_frames_G",
    "--dataroot",
    "--dataset_name",
    "--save_epoch_freq",
    "--save_latest_freq",
    "--display_freq",
    "--continue_train",
    "--use_new",
    "--crop_ref",
    "--no_warp",
    "--no_atten",
    "--example",
    "--which_epoch",
    "--how_many",
    "--ref_img_id",
    "--serial_batches",
    "--lr",
    "--no_TTUR",
    "--no_flip",
];

#[test]
fn every_published_flag_has_a_counterpart_that_exists() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src/training-generator.md");
    let page = std::fs::read_to_string(page).unwrap();
    let help = |command: &[&str]| {
        let output = talkinghead(command).arg("--help").output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let commands = [
        ("train generator", help(&["train", "generator"])),
        ("generate", help(&["generate"])),
        ("export", help(&["export"])),
        ("preprocess", help(&["preprocess"])),
    ];
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| `--"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    for flag in PUBLISHED {
        let row = rows.iter().find(|row| row[0].trim_matches('`') == flag);
        let row = row.unwrap_or_else(|| panic!("the table lacks {flag}"));
        let ours: Vec<&str> = row[1].split('`').skip(1).step_by(2).collect();
        assert!(!ours.is_empty(), "{flag} has no counterpart");
        for command in ours {
            check(flag, command, &commands);
        }
    }
    assert_eq!(rows.len(), PUBLISHED.len(), "rows that are no published flag");
}

/// `COMMAND --flag ...`, or `SECTION.KEY` of a recipe.
fn check(flag: &str, ours: &str, commands: &[(&str, String)]) {
    if !ours.contains("--") {
        let recipe =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../talkinghead-training/src/recipe/sections.rs"));
        let (_, key) = ours.split_once('.').unwrap_or_else(|| panic!("{flag}: `{ours}` is neither a flag nor a key"));
        let key = key.split([' ', '=']).next().unwrap();
        assert!(recipe.unwrap().contains(&format!("pub {key}:")), "{flag}: recipes have no {ours}");
        return;
    }
    let (name, rest) = ours.split_once(" --").unwrap_or_else(|| panic!("{flag}: `{ours}` is no command with a flag"));
    let (_, help) = commands.iter().find(|(command, _)| *command == name).unwrap_or_else(|| panic!("{flag}: no command {name}"));
    let word = rest.split([' ', '=', '[']).next().unwrap();
    assert!(help.contains(&format!("--{word}")), "{flag}: {name} has no --{word}");
}
