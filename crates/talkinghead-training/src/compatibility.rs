//! Whether the published programs' defects are kept.

/// Which behaviour is wanted where the published programs have a defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compatibility {
    /// The published programs', defects included: numbers equal theirs.
    Reference,
    /// What was meant.
    #[default]
    Right,
}
