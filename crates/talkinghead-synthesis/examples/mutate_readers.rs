//! Random mutations of files against every reader, on a stable compiler: `mutate_readers SECONDS FILE...`. A panic ends it.

use std::time::{Duration, Instant};

use talkinghead_synthesis::neural::{parse_landmarks, parse_poses};
use talkinghead_synthesis::options::Options;
use talkinghead_synthesis::verify::parse_keys;
use talkinghead_synthesis::weights::{parse_pytorch, parse_safetensors};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().ok_or("usage: mutate_readers SECONDS FILE...")?.parse()?;
    let files = arguments.map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below.max(1)
    };
    let (start, mut runs, mut accepted) = (Instant::now(), 0_u64, 0_u64);
    while start.elapsed() < Duration::from_secs(seconds) && !files.is_empty() {
        let mut bytes = files[random(files.len())].clone();
        for _ in 0..=random(6) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes.truncate(at),
                1 if !bytes.is_empty() => bytes[at] = random(256) as u8,
                2 => bytes.insert(at, [0, 0xff, b'(', b'R', b'.', b'q'][random(6)]),
                _ => {
                    let part = bytes[at..(at + random(32)).min(bytes.len())].to_vec();
                    let to = random(bytes.len());
                    bytes.splice(to..to, part);
                }
            }
        }
        accepted += u64::from(parse_pytorch(&bytes).is_ok() || parse_safetensors(&bytes).is_ok());
        accepted += u64::from(parse_landmarks(&bytes).is_ok() || parse_poses(&bytes).is_ok());
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = (parse_keys(text), Options::parse(text).map(|options| options.generator().is_ok()));
        }
        runs += 1;
    }
    println!("{runs} mutations, {accepted} accepted, no panic");
    Ok(())
}
