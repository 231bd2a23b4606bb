//! Recordings as people have them: quiet, in one channel, with a header that is wrong.

use crate::program::Place;

/// What was said, and how wide the mouth opens in each frame.
fn openings(place: &Place, audio: &str) -> (String, Vec<f64>) {
    let said = place.succeed(&format!("motion --audio {audio} --output track.json"));
    let track: serde_json::Value = serde_json::from_slice(&std::fs::read(place.at("track.json")).unwrap()).unwrap();
    let frames = track["frames"].as_array().unwrap();
    (said, frames.iter().map(|frame| frame["opening"].as_f64().unwrap_or(0.0)).collect())
}

/// Makes a sound from `speech.wav`.
fn filtered(place: &Place, filter: &str, name: &str) {
    let speech = place.at("speech.wav");
    place.ffmpeg(&format!("-i {} -filter_complex {filter} -c:a pcm_s16le", speech.display()), name);
}

fn widest(openings: &[f64]) -> f64 {
    openings.iter().copied().fold(0.0, f64::max)
}

#[test]
fn quiet_speech_is_raised_and_noise_rests() {
    let place = Place::new();
    let (said, usual) = openings(&place, "speech.wav");
    assert!(!said.contains("warning"), "{said}");
    filtered(&place, "volume=-50dB", "quiet.wav");
    let (said, quiet) = openings(&place, "quiet.wav");
    assert!(said.contains("quiet.wav is very quiet") && said.contains("dB"), "{said}");
    // The steps of 16 bits are a tenth of its amplitude: not quite as lively.
    assert!(widest(&quiet) > 0.5 * widest(&usual), "{quiet:?} {usual:?}");
    place.ffmpeg("-f lavfi -i anoisesrc=amplitude=0.2:sample_rate=16000:seed=1:duration=2", "noise.wav");
    place.ffmpeg("-f lavfi -i sine=frequency=50:sample_rate=16000:duration=2", "hum.wav");
    for name in ["noise.wav", "hum.wav"] {
        let (said, rest) = openings(&place, name);
        assert!(said.contains("holds no speech") && widest(&rest) == 0.0, "{name}: {said} {rest:?}");
    }
}

/// Whole numbers of 16 bits, written as floats without dividing them.
#[test]
fn floats_far_beyond_full_scale_are_made_quieter() {
    let place = Place::new();
    let (_, usual) = openings(&place, "speech.wav");
    let speech = place.at("speech.wav");
    let filter = "-filter_complex aformat=flt,volume=32768:precision=float -c:a pcm_f32le";
    place.ffmpeg(&format!("-i {} {filter}", speech.display()), "large.wav");
    let (said, found) = openings(&place, "large.wav");
    assert!(said.contains("above full scale") && said.contains("90 dB quieter"), "{said}");
    assert!((widest(&found) / widest(&usual) - 1.0).abs() < 0.05, "{found:?} {usual:?}");
    // The video's sound is the recording's, not a square wave.
    place.succeed("generate --reference portrait.jpg --audio large.wav --output out.mp4");
    let loudness = |name: &str, of: &str| -> f64 {
        place.ffmpeg(&format!("-i {} -ac 1 -c:a pcm_f32le -f f32le", place.at(of).display()), name);
        let bytes = std::fs::read(place.at(name)).unwrap();
        let samples = bytes.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
        samples.clone().map(|sample| sample * sample).sum::<f64>() / samples.count() as f64
    };
    let ratio = loudness("of_video", "out.mp4") / loudness("of_speech", "speech.wav");
    assert!((0.7..1.4).contains(&ratio), "{ratio}");
}

#[test]
fn the_channel_with_the_speech_is_heard() {
    let place = Place::new();
    let (_, usual) = openings(&place, "speech.wav");
    filtered(&place, "pan=stereo|c0=c0|c1=-1*c0", "opposite.wav");
    filtered(&place, "pan=5.1|FL=0*c0|FC=c0", "surround.wav");
    filtered(&place, "anoisesrc=a=0.2:r=44100:d=1[n];[0]volume=-40dB[s];[n][s]join=inputs=2", "beside_noise.wav");
    for (name, word) in [("opposite.wav", "cancel"), ("surround.wav", ""), ("beside_noise.wav", "right channel alone")] {
        let (said, found) = openings(&place, name);
        assert!(said.contains("warning") != word.is_empty() && said.contains(word), "{name}: {said}");
        assert!(widest(&found) > 0.7 * widest(&usual), "{name}: {found:?} {usual:?}");
    }
    // The sound of the video stays as it was given.
    place.succeed("generate --reference portrait.jpg --audio opposite.wav --output out.mp4");
    place.ffmpeg(&format!("-i {} -ac 1", place.at("out.mp4").display()), "mixed.wav");
    assert_eq!(crate::main_job::probe(&place.at("out.mp4"), "a:0", "stream=channels"), "2");
    let mixed = std::fs::read(place.at("mixed.wav")).unwrap();
    let loudest = mixed[80..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]]).unsigned_abs()).max();
    assert!(loudest < Some(600), "{loudest:?}");
}

#[test]
fn a_header_with_a_wrong_length() {
    let place = Place::new();
    place.ffmpeg(&format!("-i {} -ar 16000 -bitexact", place.at("speech.wav").display()), "right.wav");
    let right = std::fs::read(place.at("right.wav")).unwrap();
    for (name, length) in [("short.wav", 4000_u32), ("none.wav", 0), ("stream.wav", u32::MAX)] {
        let mut wrong = right.clone();
        wrong[40..44].copy_from_slice(&length.to_le_bytes());
        place.write(name, wrong);
        let (said, found) = openings(&place, name);
        assert!(said.contains("warning: ") && said.contains("header") && found.len() == 25, "{name}: {said} {found:?}");
    }
    place.succeed("generate --reference portrait.jpg --audio short.wav --output out.mp4");
    assert_eq!(crate::main_job::count_frames(&place.at("out.mp4")), 25);
    let sound: f64 = crate::main_job::probe(&place.at("out.mp4"), "a:0", "stream=duration").parse().unwrap();
    assert!((sound - 1.0).abs() < 0.05, "{sound} s of sound");
}

#[test]
fn samples_that_are_no_numbers() {
    let place = Place::new();
    place.ffmpeg(&format!("-i {} -c:a pcm_f32le -bitexact", place.at("speech.wav").display()), "float.wav");
    let mut bytes = std::fs::read(place.at("float.wav")).unwrap();
    let data = bytes.windows(4).position(|name| name == b"data").unwrap() + 8;
    for (at, bad) in [(4000, f32::NAN), (4001, f32::INFINITY), (9000, f32::NEG_INFINITY), (20_000, f32::NAN)] {
        bytes[data + 4 * at..data + 4 * at + 4].copy_from_slice(&bad.to_le_bytes());
    }
    place.write("bad.wav", bytes);
    for output in ["out.mp4", "out.webm"] {
        let said = place.succeed(&format!("generate --reference portrait.jpg --audio bad.wav --output {output}"));
        assert!(said.contains("bad.wav holds samples that are no numbers"), "{said}");
        assert_eq!(crate::main_job::count_frames(&place.at(output)), 25);
    }
}

#[test]
fn one_short_word_moves_the_lips() {
    let place = Place::new();
    for seconds in ["0.1", "0.2", "0.3"] {
        filtered(&place, &format!("atrim=start=0.55:duration={seconds}"), "word.wav");
        let (said, found) = openings(&place, "word.wav");
        assert!(!said.contains("warning") && widest(&found) > 0.05, "{seconds} s: {said} {found:?}");
    }
}
