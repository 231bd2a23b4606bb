//! `talkinghead preprocess`, run as people and schedulers run it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../../../talkinghead-dataset/tests/fixture/mod.rs"]
mod fixture;
mod program;

mod bad_corpora;
mod clusters;
mod killed;
