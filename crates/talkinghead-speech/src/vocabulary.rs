//! The phoneme network's tokens and the mouth shapes they stand for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

const SHIPPED: &str = include_str!("../../../assets/models/phoneme_vocab.json");

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
    #[expect(clippy::expect_used, reason = "the asset is compiled in and checked by a test")]
    pub(crate) fn get() -> &'static Vocabulary {
        static VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();
        VOCABULARY.get_or_init(|| parse(SHIPPED).expect("the shipped asset phoneme_vocab.json is checked by a test"))
    }
}

/// Reads the file; a mouth class that is not listed is an error.
fn parse(text: &str) -> Result<Vocabulary, serde_json::Error> {
    let file: File = serde_json::from_str(text)?;
    let class = |name: &String| {
        let unlisted = || serde::de::Error::custom(format!("the mouth class `{name}` is not listed"));
        file.viseme_classes.iter().position(|c| c == name).ok_or_else(unlisted)
    };
    let shape = |token: &String| -> Result<MouthShape, serde_json::Error> {
        Ok(match file.visemes.get(token).map(Vec::as_slice) {
            Some([one]) => MouthShape::One(class(one)?),
            Some([first, second]) => MouthShape::Two(class(first)?, class(second)?),
            _ => MouthShape::None,
        })
    };
    let shapes = file.tokens.iter().map(shape).collect::<Result<_, _>>()?;
    Ok(Vocabulary { shapes, blank: file.blank, word_boundary: file.word_boundary, tokens: file.tokens })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_vocabulary_that_ships_is_whole() {
        let vocabulary = parse(SHIPPED).unwrap();
        assert_eq!((vocabulary.tokens.len(), vocabulary.blank, vocabulary.word_boundary), (191, 190, 189));
        let shape = |token: &str| vocabulary.tokens.iter().position(|t| t == token).map(|i| vocabulary.shapes[i]);
        assert_eq!(shape("m"), Some(MouthShape::One(0)));
        assert_eq!(shape("oʊ"), Some(MouthShape::Two(11, 12)));
        let file: serde_json::Value = serde_json::from_str(SHIPPED).unwrap();
        assert_eq!(file["viseme_classes"], serde_json::json!(VISEME_NAMES));
    }
}
