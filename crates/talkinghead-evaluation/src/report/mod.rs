//! Scores for people: a table in the terminal, a page in the browser.

mod comparison;
mod markdown;
mod number;
mod page;
mod plot;
mod text;

pub use comparison::{EarlierRun, PairedDifference, paired_differences};
pub use markdown::markdown_table;
pub use number::shown;
pub use page::{ReportSection, report_page};
pub use text::text_table;
