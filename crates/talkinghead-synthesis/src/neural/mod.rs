//! The neural renderer: what the network is shown of a performance, and its pictures' way back into the full frame.

mod conditioning;
mod driving;
mod head_in_crop;
mod history;
mod paste;
mod person_frames;
mod renderer;

pub use conditioning::{
    FrameInput, hidden_parts, image_tensor, label_tensor, masked_source, picture_of, resized, sided_label, tile_of,
};
pub use driving::{DrivenSynthesis, Driving};
pub use history::FrameHistory;
pub use paste::paste;
pub use person_frames::{PersonFrame, PersonFrames, angle_distance};
pub use renderer::{NetworkInput, NeuralRenderer};
pub use talkinghead_formats::{parse_landmarks, parse_poses, read_landmarks, read_poses};
