//! Which recordings exist, and which may teach what ships.

use std::path::{Path, PathBuf};

use super::ExpressionTrainingError;

/// One row of a corpus' `index.csv`.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct CorpusRow {
    /// Path inside the corpus.
    pub file: String,
    /// `grid` (read sentences), `clip` (free speech), `still` (photographs); others are ignored.
    pub kind: String,
    /// Whose face it is.
    pub identity: String,
    /// `train`, `validation`, `test` or `test-seen`.
    pub split: String,
    /// `ok`, `shifted`, or `weak` where lips and sound could not be shown to fit.
    pub sync: String,
    /// `redistributable` or `evaluation only`.
    pub licence: String,
}

impl CorpusRow {
    /// Whether weights that ship may be trained on it.
    pub fn may_teach(&self) -> bool {
        self.split == "train" && self.licence == "redistributable"
    }

    /// Whether it shows somebody speaking, sound and lips together.
    pub fn speaks(&self) -> bool {
        (self.kind == "grid" || self.kind == "clip") && self.sync != "weak"
    }
}

/// A folder with `index.csv`.
#[derive(Clone, Debug)]
pub struct ExpressionCorpus {
    /// The folder.
    pub folder: PathBuf,
    /// Rows in the file's order.
    pub rows: Vec<CorpusRow>,
}

impl ExpressionCorpus {
    /// Reads `index.csv` in a folder.
    ///
    /// # Errors
    /// The file is missing, or a column is.
    pub fn open(folder: &Path) -> Result<Self, ExpressionTrainingError> {
        let index = folder.join("index.csv");
        let broken = |e: csv::Error| ExpressionTrainingError::Index { path: index.clone(), detail: e.to_string() };
        let mut reader = csv::Reader::from_path(&index).map_err(broken)?;
        let rows = reader.deserialize().collect::<Result<_, _>>().map_err(broken)?;
        Ok(Self { folder: folder.to_owned(), rows })
    }

    /// Where a row's file lies.
    pub fn path(&self, row: &CorpusRow) -> PathBuf {
        self.folder.join(&row.file)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_free_rows_of_the_training_split_may_teach() {
        let folder = tempfile::tempdir().unwrap();
        let text = "file,kind,identity,split,seconds,sync,licence,terms\n\
                    a.mp4,grid,s1,train,3.0,ok,redistributable,x\n\
                    b.mp4,clip,c,train,3.0,ok,evaluation only,x\n\
                    c.mp4,clip,c,test,3.0,weak,redistributable,x\n";
        std::fs::write(folder.path().join("index.csv"), text).unwrap();
        let corpus = ExpressionCorpus::open(folder.path()).unwrap();
        assert_eq!(corpus.rows.iter().map(CorpusRow::may_teach).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(corpus.rows.iter().map(CorpusRow::speaks).collect::<Vec<_>>(), [true, true, false]);
        assert!(ExpressionCorpus::open(&folder.path().join("missing")).is_err());
    }
}
