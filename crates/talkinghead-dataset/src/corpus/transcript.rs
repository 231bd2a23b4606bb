//! What is said in a clip, from the text files that corpora bring.

use std::io::Read;
use std::path::Path;

/// No corpus has longer texts; a larger file is read so far.
const MOST_BYTES: u64 = 1 << 16;

/// The words in a file: LRS3's `Text:` line, GRID's `.align`, or the file as it is. Empty if it cannot be read.
pub(crate) fn read_transcript(path: &Path) -> String {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes));
    if let Err(error) = read {
        tracing::warn!("{}: {error}", path.display());
    }
    let align = path.extension().is_some_and(|extension| extension == "align");
    words(&bytes, if align { TranscriptKind::Align } else { TranscriptKind::Text })
}

/// Kinds of text files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TranscriptKind {
    /// GRID: `start end word`, 1000 units a frame.
    Align,
    /// LRS3, with a line `Text: …`, or plain text.
    Text,
}

/// The words in a file's bytes, whatever they are; silences left out.
pub fn words(bytes: &[u8], kind: TranscriptKind) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    if kind == TranscriptKind::Align {
        let words = text.lines().filter_map(|line| line.split_whitespace().nth(2)).filter(|word| !matches!(*word, "sil" | "sp"));
        return words.collect::<Vec<_>>().join(" ");
    }
    let said = text.lines().find_map(|line| line.strip_prefix("Text:")).unwrap_or(text);
    said.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_corpora_are_read() {
        let lrs3 = "Text:  AND SO MY FELLOW\nConf:  5\nRef: 0Fi83BHQsMA\n\nWORD START END ASDSCORE\nAND 0.1 0.2 9\n";
        assert_eq!(words(lrs3.as_bytes(), TranscriptKind::Text), "AND SO MY FELLOW");
        let grid = "0 23750 sil\n23750 29500 bin\n29500 34000 blue\n34000 34100 sp\n34100 36000 at\n36000 74500 sil\n";
        assert_eq!(words(grid.as_bytes(), TranscriptKind::Align), "bin blue at");
        assert_eq!(words(b"plain words\n", TranscriptKind::Text), "plain words");
        assert_eq!(words(b"\xff\xfe\n1 2", TranscriptKind::Align), "");
    }
}
