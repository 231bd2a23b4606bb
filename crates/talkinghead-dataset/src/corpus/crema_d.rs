//! CREMA-D (Cao and others, 2014): 91 actors, 12 sentences in six emotions.
//!
//! `VideoFlash/1001_DFA_ANG_XX.flv` with its sound also as `AudioWAV/1001_DFA_ANG_XX.wav`: actor, sentence, emotion, level.

use super::sidecars::{SidecarIndex, is_audio, is_video};
use super::source::Source;
use crate::store::FileEntry;

/// The sources; files whose place or name the layout does not know go to `unplaced`.
pub(super) fn sources<'a>(files: &'a [FileEntry], index: &SidecarIndex<'_>, unplaced: &mut Vec<&'a FileEntry>) -> Vec<Source> {
    let mut sources = Vec::new();
    for file in files.iter().filter(|file| is_video(file)) {
        let stem = file.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        let fields: Vec<&str> = stem.split('_').collect();
        match (fields[..].first(), fields.get(2).and_then(|code| emotion(code))) {
            (Some(actor), Some(emotion)) if actor.len() == 4 && actor.bytes().all(|b| b.is_ascii_digit()) => {
                sources.push(Source {
                    // The published wav files are the better sound; the video's own is the fallback.
                    audio: index.beside(file, |other| other.extension() == "wav").or_else(|| index.beside(file, is_audio)),
                    identity: Some((*actor).to_owned()),
                    emotion: Some(emotion.to_owned()),
                    ..Source::new(file)
                });
            }
            _ => unplaced.push(file),
        }
    }
    sources
}

fn emotion(code: &str) -> Option<&'static str> {
    Some(match code {
        "ANG" => "anger",
        "DIS" => "disgust",
        "FEA" => "fear",
        "HAP" => "happiness",
        "NEU" => "neutral",
        "SAD" => "sadness",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::corpus::corpora::{Corpus, listing_of};
    use crate::rejection::Reason;

    #[test]
    fn actor_emotion_and_sound_are_found() {
        let listing = listing_of(&[
            "AudioMP3/1001_DFA_ANG_XX.mp3",
            "AudioWAV/1001_DFA_ANG_XX.wav",
            "VideoFlash/1001_DFA_ANG_XX.flv",
            "VideoFlash/notes.flv",
        ]);
        let (sources, problems) = Corpus::CremaD.sources(&listing, &|_| None);
        assert_eq!(sources.len(), 1);
        assert_eq!(sources[0].identity.as_deref(), Some("1001"));
        assert_eq!(sources[0].emotion.as_deref(), Some("anger"));
        assert_eq!(sources[0].audio.as_ref().unwrap().name(), "AudioWAV/1001_DFA_ANG_XX.wav");
        assert_eq!(problems[0].reason, Reason::UnknownLayout);
    }
}
