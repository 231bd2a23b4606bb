//! What is held against what.

use std::path::{Path, PathBuf};

use crate::EvaluationError;

/// A generated video and what it is held against.
#[derive(Clone, Debug, PartialEq, Eq, Default, serde::Serialize)]
pub struct Pair {
    /// The video to score.
    pub generated: PathBuf,
    /// The real video of the same words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub real: Option<PathBuf>,
    /// A picture or video of the person who should be seen; the real video otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<PathBuf>,
    /// Whether the real video shows another person, whose motion alone is comparable.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub other_person: bool,
    /// Whether the sentence is one of the form whose mean opening is taken out, where one is; see [`super::mean_opening`].
    #[serde(skip)]
    pub fixed_form: bool,
    /// Who is seen, for intervals over people; the reference's or real video's name otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

impl Pair {
    /// Who is seen, as far as is known.
    pub fn person(&self) -> String {
        let path = self.reference.as_ref().or(self.real.as_ref()).unwrap_or(&self.generated);
        self.person.clone().unwrap_or_else(|| path.display().to_string())
    }

    /// What is spoken: the real video, or the generated one where there is none.
    pub fn recording(&self) -> &Path {
        self.real.as_deref().unwrap_or(&self.generated)
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    generated: PathBuf,
    real: Option<PathBuf>,
    reference: Option<PathBuf>,
    person: Option<String>,
}

/// Reads a list: a CSV file with a heading line of `generated` and, where wanted, `real`, `reference`, `person`. Paths are relative to
/// the list's folder; empty fields mean that there is none.
///
/// # Errors
/// [`EvaluationError::Io`]; [`EvaluationError::List`] names the line that is wrong.
pub fn read_pairs(list: &Path) -> Result<Vec<Pair>, EvaluationError> {
    let bytes = std::fs::read(list).map_err(|source| EvaluationError::io(list, source))?;
    let folder = list.parent().unwrap_or(Path::new(""));
    let beside = |path: PathBuf| folder.join(path);
    let wrong = |reason: String| EvaluationError::List { path: list.to_owned(), reason };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes.as_slice());
    let mut pairs = Vec::new();
    for row in reader.deserialize() {
        let row: Row = row.map_err(|error| wrong(error.to_string().replace('\n', " ")))?;
        if row.generated.as_os_str().is_empty() {
            return Err(wrong(format!("pair {} names no generated video", pairs.len() + 1)));
        }
        pairs.push(Pair {
            generated: beside(row.generated),
            real: row.real.map(beside),
            reference: row.reference.map(beside),
            person: row.person,
            fixed_form: true,
            other_person: false,
        });
    }
    if pairs.is_empty() {
        return Err(wrong("it lists no pair".to_owned()));
    }
    Ok(pairs)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Pair>, EvaluationError> {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("pairs.csv");
        std::fs::write(&list, text).unwrap();
        let pairs = read_pairs(&list)?;
        assert!(pairs.iter().all(|pair| pair.generated.starts_with(folder.path())));
        Ok(pairs)
    }

    #[test]
    fn lists_are_read_and_wrong_ones_told() {
        let pairs = read("generated,real,person\na.mp4,b.mp4,ann\n c.mp4,,\n").unwrap();
        assert_eq!(pairs.len(), 2);
        assert_eq!((pairs[0].person(), pairs[1].real.clone()), ("ann".to_owned(), None));
        for wrong in ["", "generated\n", "made\na.mp4\n", "generated,real\n,b.mp4\n", "generated,real\na.mp4\n", "\u{0}"] {
            assert!(matches!(read(wrong), Err(EvaluationError::List { .. })), "{wrong:?}");
        }
    }
}
