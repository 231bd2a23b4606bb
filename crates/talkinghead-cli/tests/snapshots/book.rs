//! The book's `console` blocks: `$ talkinghead ...`, `? CODE` unless it is 0, and what is printed then.

use std::path::{Path, PathBuf};

use crate::program::Place;
use crate::transcript;

/// Every page below a folder.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages.extend(self::pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages
}

/// The page as it should be: every block holds what the program says now.
fn retold(page: &str, place: &Place) -> String {
    let mut blocks = page.split("```console\n");
    let mut told = blocks.next().unwrap_or_default().to_owned();
    for block in blocks {
        let (said, rest) = block.split_once("```").expect("a block that ends");
        let command = said.lines().next().and_then(|line| line.strip_prefix("$ talkinghead ")).expect("a command of the program");
        told += &format!("```console\n{}```{rest}", transcript(place, command));
    }
    told
}

#[test]
fn the_book_quotes_the_program() {
    let place = Place::new();
    // Beside the portrait and the recording: a picture without a face, a damaged one, a track with a misspelt name.
    place.ffmpeg("-f lavfi -i testsrc=size=320x320 -frames:v 1", "pattern.png");
    place.write("damaged.jpg", [7; 900]);
    let track = r#"{"format": "talkinghead motion track", "version": 1, "frame_rate": 25, "frames": [{"yawn": 1}]}"#;
    place.write("misspelt.json", track);
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src");
    let mut blocks = 0;
    for path in pages(&book) {
        let page = std::fs::read_to_string(&path).unwrap();
        blocks += page.matches("```console").count();
        let told = retold(&page, &place);
        if std::env::var_os("INSTA_UPDATE").is_some_and(|choice| choice == "always") {
            std::fs::write(&path, &told).unwrap();
        } else {
            assert!(
                page == told,
                "{} is out of date: `make snapshots` brings it up to date. It should be\n{told}",
                path.display()
            );
        }
    }
    assert!(blocks > 5, "{blocks} blocks");
}
