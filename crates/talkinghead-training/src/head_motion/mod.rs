//! From recordings of heads that speak to the material of the head-motion model.
//!
//! [`train_head_motion`] takes real movement apart: a ridge regression finds how head and brows answer the speed of the
//! lips (which stands for the voice where there is no sound), and what it leaves is kept, frame by frame, with the
//! spectrum of people in free speech.

mod equaliser;
mod error;
mod landmark_pose;
mod recordings;
mod train;

pub use error::HeadMotionTrainingError;
pub use train::{HeadMotionTraining, TrainedHeadMotion, train_head_motion};
