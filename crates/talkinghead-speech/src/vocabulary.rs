//! The phoneme network's tokens and the mouth shapes they stand for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Mouth classes of the vocabulary; silence is not one of them.
pub const VISEMES: usize = 13;

/// Names of the mouth classes, in order.
pub const VISEME_NAMES: [&str; VISEMES] = ["PP", "FF", "TH", "DD", "kk", "CH", "SS", "RR", "aa", "E", "ih", "oh", "ou"];

/// What a token asks of the mouth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MouthShape {
    None,
    One(usize),
    /// First half, second half.
    Two(usize, usize),
}

/// Tokens of the network, in the order of its output.
pub(crate) struct Vocabulary {
    pub tokens: Vec<String>,
    pub shapes: Vec<MouthShape>,
    pub blank: usize,
    pub word_boundary: usize,
}

#[derive(serde::Deserialize)]
struct File {
    tokens: Vec<String>,
    blank: usize,
    word_boundary: usize,
    viseme_classes: Vec<String>,
    visemes: BTreeMap<String, Vec<String>>,
}

impl Vocabulary {
    /// The vocabulary that ships with the program, parsed once.
    pub(crate) fn get() -> &'static Vocabulary {
        static VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();
        VOCABULARY.get_or_init(|| parse(include_str!("../../../assets/models/phoneme_vocab.json")))
    }
}

#[allow(clippy::expect_used, reason = "the file is compiled in and covered by a test")]
fn parse(text: &str) -> Vocabulary {
    let file: File = serde_json::from_str(text).expect("the vocabulary that ships is valid");
    let class = |name: &String| file.viseme_classes.iter().position(|c| c == name).expect("classes are listed");
    let shapes = file.tokens.iter().map(|token| match file.visemes.get(token).map(Vec::as_slice) {
        Some([one]) => MouthShape::One(class(one)),
        Some([first, second]) => MouthShape::Two(class(first), class(second)),
        _ => MouthShape::None,
    });
    Vocabulary { shapes: shapes.collect(), blank: file.blank, word_boundary: file.word_boundary, tokens: file.tokens }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vocabulary_that_ships_is_whole() {
        let vocabulary = Vocabulary::get();
        assert_eq!((vocabulary.tokens.len(), vocabulary.blank, vocabulary.word_boundary), (191, 190, 189));
        let shape = |token: &str| vocabulary.tokens.iter().position(|t| t == token).map(|i| vocabulary.shapes[i]);
        assert_eq!(shape("m"), Some(MouthShape::One(0)));
        assert_eq!(shape("oʊ"), Some(MouthShape::Two(11, 12)));
        let file: serde_json::Value =
            serde_json::from_str(include_str!("../../../assets/models/phoneme_vocab.json")).unwrap_or_default();
        assert_eq!(file["viseme_classes"], serde_json::json!(VISEME_NAMES));
    }
}
