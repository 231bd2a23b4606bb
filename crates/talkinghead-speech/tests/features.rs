//! The features of a known recording (1961, public domain), and that streaming does not change them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use talkinghead_speech::{SpeechEvidence, SpeechFeatures, SpeechFrame};

fn recording() -> Vec<f32> {
    let bytes = include_bytes!("fixtures/jfk_16k_mono.wav");
    // A plain 44-byte header, then 16-bit samples.
    bytes[44..].chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0).collect()
}

fn features(samples: Vec<f32>) -> Vec<SpeechFrame> {
    SpeechFeatures::of_samples(samples).unwrap().map(|frame| frame.unwrap()).collect()
}

/// Cosine of two frames' phoneme features after removing `mean`.
fn likeness(a: &SpeechFrame, b: &SpeechFrame, mean: &[f32]) -> f32 {
    let centred = |f: &SpeechFrame| f.phoneme_features.iter().zip(mean).map(|(x, m)| x - m).collect::<Vec<f32>>();
    let (a, b) = (centred(a), centred(b));
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
    dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()
}

#[test]
fn the_phones_of_a_known_recording() {
    let samples = recording();
    let frames = features(samples.clone());
    assert_eq!(frames.len(), samples.len().div_ceil(640));
    let phones: Vec<&str> = frames.iter().flat_map(|f| f.spikes.iter().map(|s| s.phoneme)).collect();
    let wanted = "æ n d s oʊ m aɪ s ɑ ə m ɛ r i k ɪ ɑ s n ɑ t h w aɪ j ɛ ɹ k ʌ n t ɹ i k æ n d u f ɔ ɹ j u æ s p ɑ t j u k æ n d o f ɔ ɹ j ʊ ɹ ʌ n t ɹ i";
    let wanted: Vec<&str> = wanted.split(' ').collect();
    let wrong = edit_distance(&phones, &wanted);
    assert!(wrong <= wanted.len() / 6, "{wrong} of {} phones differ: {}", wanted.len(), phones.join(" "));
}

fn edit_distance(a: &[&str], b: &[&str]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let best = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()]
}

#[test]
fn frames_are_finite_and_tell_speech_from_pauses() {
    let frames = features(recording());
    for frame in &frames {
        assert!(frame.log_mel.iter().chain(&frame.phoneme_features).chain(&frame.viseme_curves).all(|v| v.is_finite()));
        assert!((0.0..=1.0).contains(&frame.voice_activity) && (0.0..=1.0).contains(&frame.lip_closure));
        assert!((60.0..=400.0).contains(&frame.pitch));
    }
    // "And so, my fellow Americans" | pause from about 2.3 to 3.2 s | "ask not".
    let mean = |from: f32, to: f32| {
        let part = &frames[(from * 25.0) as usize..(to * 25.0) as usize];
        part.iter().map(|f| f.voice_activity).sum::<f32>() / part.len() as f32
    };
    assert!(mean(0.5, 2.0) > 0.9, "{}", mean(0.5, 2.0));
    assert!(mean(2.5, 3.0) < 0.3, "{}", mean(2.5, 3.0));
    assert!(frames.iter().any(|f| f.lip_closure > 0.8));
}

#[test]
fn long_recordings_in_windows_equal_short_ones_where_windows_meet() {
    let once = recording();
    let second = [vec![0.0; 8_000], once.clone(), vec![0.0; 8_000]].concat();
    // 48 s: three windows. Every repetition must sound alike, wherever the windows fall.
    let long = features([second.clone(), second.clone(), second.clone(), second.clone()].concat());
    assert_eq!(long.len(), 4 * second.len() / 640);
    let alone = features(second.clone());
    let mean: Vec<f32> =
        (0..256).map(|i| alone.iter().map(|f| f.phoneme_features[i]).sum::<f32>() / alone.len() as f32).collect();
    for repetition in 0..4 {
        let offset = repetition * second.len() / 640;
        let likenesses: Vec<f32> = (15..alone.len() - 15).map(|i| likeness(&alone[i], &long[offset + i], &mean)).collect();
        let average = likenesses.iter().sum::<f32>() / likenesses.len() as f32;
        assert!(average > 0.9, "repetition {repetition}: {average}");
        let mel = |frames: &[SpeechFrame], i: usize| frames[i].log_mel[20];
        assert!((50..300).all(|i| (mel(&alone, i) - mel(&long, offset + i)).abs() < 0.2));
    }
}

#[test]
fn silence_and_slivers_of_sound_are_no_speech() {
    for samples in [vec![0.0; 48_000], vec![0.0; 1], vec![0.001; 1_600]] {
        let count = samples.len().div_ceil(640);
        let frames = features(samples);
        assert_eq!(frames.len(), count);
        assert!(frames.iter().all(|f| f.voice_activity < 0.05 && f.log_mel.iter().all(|v| v.is_finite())));
    }
    assert!(SpeechFeatures::of_samples(Vec::new()).is_err());
}

#[test]
fn hiss_is_no_speech_whatever_the_phone_network_hears() {
    let mut state = 1u32;
    let mut hiss = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    for amplitude in [0.3, 0.02] {
        let frames = features((0..64_000).map(|_| amplitude * hiss()).collect());
        let most = frames.iter().map(|f| f.voice_activity).fold(0.0, f32::max);
        assert!(most < 0.1, "{amplitude}: {most}");
    }
}

fn holds_speech(frames: &[SpeechFrame]) -> bool {
    let mut evidence = SpeechEvidence::default();
    frames.iter().for_each(|frame| evidence.push(frame));
    evidence.holds_speech()
}

/// White noise in -1..1.
fn noise() -> impl FnMut() -> f32 {
    let mut state = 1u32;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

/// As a 16-bit file would hold it.
fn in_16_bits(samples: impl Iterator<Item = f32>) -> Vec<f32> {
    samples.map(|sample| (sample * 32768.0).round() / 32768.0).collect()
}

#[test]
fn speech_is_heard_however_quiet_it_is() {
    let mean = |frames: &[SpeechFrame], from: usize, to: usize| {
        frames[from..to].iter().map(|f| f.voice_activity).sum::<f32>() / (to - from) as f32
    };
    // The fixture has about -20 dB of full scale; noise lies 60, 20 and 10 dB under the speech.
    for (gain, floor) in [(3e-3, 0.0), (1e-3, 0.0), (3e-3, 0.03), (3e-3, 0.1), (0.1, 0.1)] {
        let mut noise = noise();
        let frames = features(in_16_bits(recording().into_iter().map(|s| gain * (s + 0.1 * floor * noise()))));
        assert!(holds_speech(&frames) && mean(&frames, 12, 50) > 0.8, "{gain} {floor}: {}", mean(&frames, 12, 50));
        assert!(mean(&frames, 63, 75) < 0.5, "{gain} {floor}: {}", mean(&frames, 63, 75));
    }
    // A recorder whose zero is not zero.
    let frames = features(in_16_bits(recording().into_iter().map(|s| 3e-3 * s - 0.02)));
    assert!(holds_speech(&frames) && mean(&frames, 12, 50) > 0.8, "{}", mean(&frames, 12, 50));
}

#[test]
fn what_holds_no_speech_is_told_by_its_shape() {
    let at = |i: usize, hertz: f32| (i as f32 * hertz * std::f32::consts::TAU / 16_000.0).sin();
    for amplitude in [0.3, 3e-3, 3e-4] {
        let mut noise = noise();
        let hiss = (0..64_000).map(|_| noise()).collect::<Vec<f32>>();
        let hum = (0..64_000).map(|i| at(i, 50.0) + 0.3 * at(i, 150.0)).collect();
        let tone = (0..64_000).map(|i| at(i, 440.0)).collect();
        let clicks = hiss.iter().enumerate().map(|(i, n)| if i % 11_200 < 160 { *n } else { 0.0 }).collect();
        let gusts = hiss.iter().enumerate().map(|(i, n)| n * (1.0 + 0.9 * at(i, 0.7))).collect();
        for (name, sound) in [("hiss", hiss), ("hum", hum), ("tone", tone), ("clicks", clicks), ("gusts", gusts)] {
            let frames = features(in_16_bits(sound.into_iter().map(|s: f32| 0.5 * amplitude * s)));
            let phones: Vec<&str> = frames.iter().flat_map(|f| f.spikes.iter().map(|s| s.phoneme)).collect();
            assert!(!holds_speech(&frames), "{name} at {amplitude}: {phones:?}");
        }
    }
    let steps = (0..64_000).map(|i| if i % 3 == 0 { 1.0 / 32768.0 } else { 0.0 });
    assert!(!holds_speech(&features(steps.collect())) && !holds_speech(&features(vec![0.0; 64_000])));
}

#[test]
fn a_tenth_of_a_second_of_voice_is_speech() {
    let whole = recording();
    for (start, seconds) in [(1.7, 0.1), (1.7, 0.2), (1.7, 0.3), (1.0, 0.1), (1.0, 0.3)] {
        let (from, to) = ((start * 16_000.0) as usize, ((start + seconds) * 16_000.0) as usize);
        let frames = features(whole[from..to].to_vec());
        assert_eq!(frames.len(), (to - from).div_ceil(640));
        let most = frames.iter().map(|f| f.voice_activity).fold(0.0, f32::max);
        assert!(holds_speech(&frames) && most > 0.6, "{seconds} s from {start} s on: {most}");
    }
}

#[test]
fn a_tenth_of_a_second_between_silences_is_speech() {
    let whole = recording();
    let rms = |samples: &[f32]| (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt();
    let between = |sound: &[f32]| {
        let mut noise = noise();
        let mut room = || (0..16_000).map(|_| 3e-4 * noise()).collect::<Vec<f32>>();
        features([room(), sound.to_vec(), room()].concat())
    };
    let words = whole.chunks_exact(1_600).filter(|word| rms(word) > rms(&whole));
    let heard: Vec<bool> = words.map(|word| holds_speech(&between(word))).collect();
    // 0.82 of them; some slices are a sibilant alone.
    let share = heard.iter().filter(|h| **h).count() as f32 / heard.len() as f32;
    assert!(share >= 0.75, "{share} of {}", heard.len());
}

#[test]
fn speech_that_is_rare_is_speech() {
    let word = recording()[24_000..32_000].to_vec();
    let frames = features([vec![0.0; 320_000], word, vec![0.0; 320_000]].concat());
    assert!(holds_speech(&frames));
    assert!(frames[500..512].iter().all(|frame| frame.voice_activity > 0.5));
}

/// Struck strings: a melody of decaying partials, 16 kHz.
fn melody(seconds: f32) -> Vec<f32> {
    let length = (seconds * 16_000.0) as usize;
    let mut samples = vec![0.0_f32; length + 8_000];
    for (number, start) in (0..length).step_by(5_600).enumerate() {
        let pitch = 220.0 * 2.0_f32.powf([0.0, 4.0, 7.0, 5.0, 12.0, 9.0, 2.0][number % 7] / 12.0);
        for (at, sample) in samples[start..].iter_mut().take(8_000).enumerate() {
            let time = at as f32 / 16_000.0;
            let partial = |k: f32| {
                let angle = std::f32::consts::TAU * pitch * k * time * (1.0 + 0.0004 * k * k);
                angle.sin() * (-time * (2.0 + 0.9 * k)).exp() / k
            };
            *sample += 0.15 * (1..9).map(|k| partial(k as f32)).sum::<f32>();
        }
    }
    samples.truncate(length);
    samples
}

#[test]
fn music_is_no_speech_and_speech_behind_it_is() {
    let music = features(melody(10.0));
    assert!(!holds_speech(&music), "the lips move to a melody");
    let speech = recording();
    let before = melody(6.0);
    let frames = features([before.clone(), speech.clone()].concat());
    assert!(holds_speech(&frames));
    let active = |frames: &[SpeechFrame]| frames.iter().filter(|f| f.voice_activity > 0.5).count() as f32 / frames.len() as f32;
    let at = before.len() / 640;
    // Half a second on both sides belongs to either.
    assert!(active(&frames[..at - 13]) < 0.1, "{} of the melody", active(&frames[..at - 13]));
    let alone = active(&features(speech));
    assert!(active(&frames[at..]) > 0.9 * alone, "{} of the speech, {alone} without a melody", active(&frames[at..]));
}
