//! What every way of making frames has in common.

use image::RgbImage;
use talkinghead_face::FaceMotion;

use crate::SynthesisError;

/// Makes the frames of one person's performance. Prepared once from the references; frames may be made in any order and
/// on several threads at once, and the same motion at the same index always gives the same picture.
pub trait Renderer: Send + Sync {
    /// Width and height of every frame in pixels: the reference's full frame.
    fn size(&self) -> (u32, u32);

    /// Looks at the whole performance, in order, before the first frame is made: choices that need the future (which
    /// remembered mouth is shown when) are made here. `performance` gives one motion a frame.
    ///
    /// # Errors
    /// [`SynthesisError`] when the performance cannot be made.
    fn prepare(&mut self, performance: &mut dyn Iterator<Item = FaceMotion>) -> Result<(), SynthesisError> {
        let _ = performance;
        Ok(())
    }

    /// The frame of number `index` of the performance, `[height, width]`, the person's head moved and pasted back into
    /// the reference's full frame.
    ///
    /// # Errors
    /// [`SynthesisError`] when the frame cannot be made.
    fn render(&self, motion: &FaceMotion, index: usize) -> Result<RgbImage, SynthesisError>;
}
