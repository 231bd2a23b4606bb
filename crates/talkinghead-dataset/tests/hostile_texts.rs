//! The readers of texts that strangers may send, on made-up damage: refused or read, never a panic, and what is read can be written and
//! read again. The same as the targets in `fuzz/`, for every machine and without another compiler; more of it with
//! `TALKINGHEAD_MUTATIONS=1000000 cargo nextest run --release -p talkinghead-dataset --test hostile_texts --no-capture`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Instant;

use talkinghead_dataset::corpus::{TranscriptKind, words};
use talkinghead_dataset::geometry::HeadMesh;
use talkinghead_dataset::{ClipDescription, Thresholds, WorkRecord, read_manifest};

/// Mutations of each seed text where the environment does not say.
const USUAL_MUTATIONS: u64 = 3000;
/// What parsers stumble over.
const TOKENS: [&str; 22] = [
    "-1",
    "0",
    "1e999",
    "-1e-999",
    "18446744073709551616",
    "4294967295",
    "NaN",
    "Infinity",
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    "{",
    "[[[[[[[[",
    "\\u0000",
    "\u{fffd}",
    "../../etc/passwd",
    "/",
    "//",
    "\r\n",
    "f 1/1 2/2 99999999999/1\n",
];

/// Marsaglia's xorshift64*: the same damage on every machine.
struct Damage(u64);

impl Damage {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % count.max(1)
    }

    /// One to four changes: a flipped bit, a part cut out or doubled, a token put in or in the place of a number, the end lost.
    fn damaged(&mut self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(text.len());
            let end = (at + 1 + self.below(40)).min(text.len());
            match self.below(6) {
                0 if !text.is_empty() => text[at] ^= 1 << self.below(8),
                1 => drop(text.drain(at..end)),
                2 => {
                    let part = text[at..end].to_vec();
                    text.splice(at..at, part);
                }
                3 => drop(text.splice(at..at, TOKENS[self.below(TOKENS.len())].bytes())),
                4 => {
                    let digit = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
                    let start = text[at..].iter().position(digit).map_or(at, |skipped| at + skipped);
                    let end = text[start..].iter().position(|byte| !digit(byte)).map_or(text.len(), |length| start + length);
                    text.splice(start..end, TOKENS[self.below(TOKENS.len())].bytes());
                }
                _ => text.truncate(at),
            }
        }
        text
    }
}

/// Reads the text itself, which must be sound, and then much damage done to it.
fn feed(name: &str, text: &[u8], read: impl Fn(&[u8]) -> bool) {
    assert!(read(text), "{name}: the sound text is refused");
    let mutations = std::env::var("TALKINGHEAD_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(USUAL_MUTATIONS);
    let (mut damage, mut accepted) = (Damage(0x1234_5678_9abc_def1), 0_u64);
    let start = Instant::now();
    for _ in 0..mutations {
        accepted += u64::from(read(&damage.damaged(text)));
    }
    let rate = mutations as f64 / start.elapsed().as_secs_f64();
    println!("{name}: {mutations} mutations, {accepted} of them still sound, {rate:.0}/s");
}

#[test]
fn clip_descriptions() {
    feed("clip_description", include_bytes!("texts/clip.json"), |bytes| {
        ClipDescription::from_json(bytes).inspect(|clip| assert!(clip.files.all().iter().all(|name| !name.contains('/')))).is_ok()
    });
}

#[test]
fn manifests() {
    feed("manifest", include_bytes!("texts/manifest.jsonl"), |bytes| read_manifest(bytes).is_ok());
}

#[test]
fn work_records() {
    feed("work_record", include_bytes!("texts/work.json"), |bytes| {
        let read = WorkRecord::from_json(bytes);
        if let Ok(record) = &read {
            let written = serde_json::to_vec(record).expect("what was read can be written");
            assert!(WorkRecord::from_json(&written).is_ok_and(|again| again.clips.len() == record.clips.len()));
        }
        read.is_ok()
    });
}

#[test]
fn thresholds() {
    feed("thresholds", &serde_json::to_vec(&Thresholds::default()).unwrap(), |bytes| {
        let read = Thresholds::from_json(bytes);
        if let Ok(thresholds) = &read {
            assert!(Thresholds::from_json(&serde_json::to_vec(thresholds).expect("numbers can be written")).is_ok());
        }
        read.is_ok()
    });
}

#[test]
fn transcripts() {
    let align = b"0 11000 sil\n11000 17500 bin\n17500 23750 blue\n23750 26000 at\n26000 31000 f\n31000 74500 sil\n";
    let text = b"Text:  THE PEOPLE\nConf:  4\n\nWORD START END ASDSCORE\nTHE 0.05 0.19 9.7\nPEOPLE 0.19 0.61 8.1\n";
    feed("align", align, |bytes| !words(bytes, TranscriptKind::Align).is_empty());
    feed("text", text, |bytes| !words(bytes, TranscriptKind::Text).is_empty());
}

#[test]
fn head_meshes() {
    let mesh = b"mtllib head.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0.5\nv 1 1 0.5\nvt 0 0\nvt 1 0\nvt 0 1\nvt 1 1\nf 1/1 2/2 3/3\nf 2/2 4/4 3/3\n";
    feed("head_mesh", mesh, |bytes| {
        let mesh = std::str::from_utf8(bytes).ok().and_then(|text| HeadMesh::from_obj(text, 256));
        mesh.inspect(|mesh| assert!(mesh.triangles.iter().flatten().all(|&corner| corner < mesh.vertices.len()))).is_some()
    });
}
