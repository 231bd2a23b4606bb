//! `talkinghead evaluate`, run as people run it: the order of what is known to be better, the small suite that guards quality, and
//! input that is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[allow(dead_code, reason = "other tests need more of it")]
#[path = "../end_to_end/program.rs"]
mod program;

mod bad_input;
mod guard;
mod sanity;
mod scene;
