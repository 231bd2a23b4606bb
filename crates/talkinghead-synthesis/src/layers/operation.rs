//! The heavy operations as spans of `tracing`: who wants to know where time goes subscribes to [`OPERATION_TARGET`].

/// Target of the spans. Each is named `operation` and has the fields `kind` (text) and `multiply_adds` (a number). Times are only
/// meaningful on devices that compute while they are called, such as the processor.
pub const OPERATION_TARGET: &str = "talkinghead_synthesis::operation";

/// Runs an operation of a kind in its span.
pub(crate) fn operation<T>(kind: &'static str, multiply_adds: usize, run: impl FnOnce() -> T) -> T {
    tracing::trace_span!(target: OPERATION_TARGET, "operation", kind, multiply_adds = multiply_adds as u64).in_scope(run)
}
