//! A renderer that shows the reference as it is; used until a real one is ready.

use image::RgbImage;
use talkinghead_face::FaceMotion;
use talkinghead_synthesis::{Renderer, SynthesisError};

pub(crate) struct StandIn(pub RgbImage);

impl Renderer for StandIn {
    fn size(&self) -> (u32, u32) {
        self.0.dimensions()
    }

    fn render(&self, _motion: &FaceMotion, _index: usize) -> Result<RgbImage, SynthesisError> {
        Ok(self.0.clone())
    }
}
