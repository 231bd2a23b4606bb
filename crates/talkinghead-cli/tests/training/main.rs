//! `talkinghead train generator` and `export`, run as people run them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../../../talkinghead-training/tests/fixture/mod.rs"]
mod fixture;
mod program;

mod bad_input;
mod clusters;
mod flag_table;
mod killed;
mod outputs;
mod teachers;
mod together;
