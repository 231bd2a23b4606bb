//! What every way of making frames has in common.

use image::RgbImage;
use talkinghead_face::{FaceMotion, Landmarks};

use crate::error::FrameError;

/// A reference picture with its landmarks, pixels.
#[derive(Debug, Clone)]
pub struct Shot {
    /// The picture.
    pub picture: RgbImage,
    /// Its face.
    pub landmarks: Landmarks,
}

/// A person, prepared once from the references, who can give any number of performances, also at the same time.
pub trait Renderer: Send + Sync {
    /// Width and height of every frame in pixels: the reference's full frame.
    fn size(&self) -> (u32, u32);

    /// Looks at a whole performance, in order, before its first frame is made: choices that need the future (which
    /// remembered mouth is shown when) are made here. `performance` gives one motion a frame.
    ///
    /// # Errors
    /// [`FrameError`] when the performance cannot be made.
    fn prepare(&self, performance: &mut dyn Iterator<Item = FaceMotion>)
    -> Result<Box<dyn PreparedPerformance + '_>, FrameError>;
}

/// In which order the frames of a performance may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameOrder {
    /// In any, and on several threads at once.
    Any,
    /// By rising number: a frame depends on those before it. One that does not follow the last begins a new sequence.
    Rising,
}

/// One performance of a [`Renderer`]. Frames may be made in any order and on several threads at once unless
/// [`PreparedPerformance::order`] says otherwise, and the same motion at the same index, behind the same frames where they must be
/// made in order, always gives the same picture.
pub trait PreparedPerformance: Send + Sync {
    /// In which order frames must be made.
    fn order(&self) -> FrameOrder {
        FrameOrder::Any
    }

    /// The frame of number `index` of the performance, `[height, width]`, the person's head moved and pasted back into
    /// the reference's full frame.
    ///
    /// # Errors
    /// [`FrameError`] when the frame cannot be made.
    fn render(&self, motion: &FaceMotion, index: usize) -> Result<RgbImage, FrameError>;
}
