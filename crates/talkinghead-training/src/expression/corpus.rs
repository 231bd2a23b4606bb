//! Which recordings exist, and which may teach what ships.

use std::path::{Path, PathBuf};

use super::ExpressionTrainingError;
use super::clip_folders::clip_folders;

/// `kind` of what `preprocess` made: a clip folder.
pub const CLIP_FOLDER: &str = "folder";

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
    /// Video and sound of a clip folder; other rows hold both in one file.
    #[serde(skip)]
    pub parts: Option<ClipParts>,
}

/// The files of a clip folder that teach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipParts {
    /// The cropped video, 25 frames a second.
    pub video: PathBuf,
    /// The sound.
    pub sound: PathBuf,
}

impl CorpusRow {
    /// Whether it teaches: of a collection, what may teach weights that ship; of clip folders, all of the training split, since whoever
    /// made them knows whose they are.
    pub fn may_teach(&self) -> bool {
        self.split == "train" && (self.licence == "redistributable" || self.kind == CLIP_FOLDER)
    }

    /// Whether it shows somebody speaking, sound and lips together.
    pub fn speaks(&self) -> bool {
        matches!(self.kind.as_str(), "grid" | "clip" | CLIP_FOLDER) && self.sync != "weak"
    }
}

/// A folder with `index.csv`, or with clip folders.
#[derive(Clone, Debug)]
pub struct ExpressionCorpus {
    /// The folder.
    pub folder: PathBuf,
    /// Rows in the file's order.
    pub rows: Vec<CorpusRow>,
}

impl ExpressionCorpus {
    /// Reads `index.csv` in a folder, or finds the clip folders of `preprocess` below it.
    ///
    /// # Errors
    /// There is neither, a column is missing, or a clip is damaged.
    pub fn open(folder: &Path) -> Result<Self, ExpressionTrainingError> {
        let index = folder.join("index.csv");
        if !index.exists() {
            return Ok(Self { folder: folder.to_owned(), rows: clip_folders(folder)? });
        }
        let broken = |e: csv::Error| ExpressionTrainingError::Index { path: index.clone(), detail: e.to_string() };
        let mut reader = csv::Reader::from_path(&index).map_err(broken)?;
        let rows = reader.deserialize().collect::<Result<_, _>>().map_err(broken)?;
        Ok(Self { folder: folder.to_owned(), rows })
    }

    /// Where a row's pictures lie.
    pub fn path(&self, row: &CorpusRow) -> PathBuf {
        row.parts.as_ref().map_or_else(|| self.folder.join(&row.file), |parts| parts.video.clone())
    }

    /// Where a row's sound lies.
    pub fn sound(&self, row: &CorpusRow) -> PathBuf {
        row.parts.as_ref().map_or_else(|| self.folder.join(&row.file), |parts| parts.sound.clone())
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
