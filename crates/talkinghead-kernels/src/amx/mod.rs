//! Matrix tiles (AMX) in bf16.

/// Whether this processor has the tiles and the system lets us use them.
pub(crate) fn is_available() -> bool {
    false
}
