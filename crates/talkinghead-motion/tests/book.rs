//! The example of the book's page "Change one stage in an hour" compiles, and its tests pass.
#![allow(missing_docs)]

// What the example finds in `crate` once it lies in this crate.
use talkinghead_motion::SpeechRhythm;

#[path = "../../../book/src/examples/phrase_blinks.rs"]
mod phrase_blinks;
