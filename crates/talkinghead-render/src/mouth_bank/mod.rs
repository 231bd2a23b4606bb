//! Real mouths of the person, remembered from a reference video or several pictures, and shown again where they fit.
//!
//! A [`MouthBank`] keeps crops of mouths (no whole frames; its memory is bounded), a [`MouthPlanner`] finds for every wanted
//! mouth the nearest remembered one along a smooth path, and [`MouthBank::overlay`] warps it onto the posed lips and blends
//! it in. Head, jaw and neck come from the one warp of the base picture; only lips and what lies between them are taken over.

mod bank;
mod entry;
mod feature;
mod frames;
mod light;
mod overlay;
mod plan;
mod record;
mod spread;
#[cfg(test)]
mod tests;

pub use bank::{MouthBank, MouthBankOptions};
pub use feature::{MouthFeature, MouthTarget};
pub use frames::{SpeechStyle, diverse_mouths, key_frame, mouths_differ};
pub use light::MouthLight;
pub use plan::{MouthChoice, MouthPlanner};
pub use record::MouthRecord;
