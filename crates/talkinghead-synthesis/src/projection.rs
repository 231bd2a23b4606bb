//! The renderer that needs no weights: the photographed head, moved in three dimensions, with the person's own mouths where
//! several pictures show them.

use std::sync::Arc;

use image::RgbImage;
use talkinghead_face::FaceMotion;
use talkinghead_render::{MouthBank, MouthChoice, MouthPlanner, MouthTarget, ProjectionRenderer};

use crate::{Renderer, SynthesisError};

/// Frames of the future that the choice of a remembered mouth looks at: two seconds.
const LOOK_AHEAD: usize = 50;

/// [`ProjectionRenderer`] behind the [`Renderer`] trait, with a plan of remembered mouths.
pub struct Projection {
    renderer: ProjectionRenderer,
    size: (u32, u32),
    bank: Option<Arc<MouthBank>>,
    /// One choice a frame, made by [`Renderer::prepare`].
    choices: Vec<MouthChoice>,
}

impl Projection {
    /// A renderer for frames of `size` pixels. A bank of fewer than two mouths is not used: the portrait's own mouth is
    /// already in the portrait.
    pub fn new(renderer: ProjectionRenderer, size: (u32, u32), bank: MouthBank) -> Self {
        let bank = (bank.len() >= 2).then(|| Arc::new(bank));
        Self { renderer, size, bank, choices: Vec::new() }
    }
}

impl Renderer for Projection {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn prepare(&mut self, performance: &mut dyn Iterator<Item = FaceMotion>) -> Result<(), SynthesisError> {
        self.choices.clear();
        let Some(bank) = &self.bank else { return Ok(()) };
        let mut planner = MouthPlanner::new(Arc::clone(bank), LOOK_AHEAD);
        for motion in performance {
            let target = MouthTarget::of_posed_face(self.renderer.portrait(), &self.renderer.pose(&motion));
            self.choices.extend(planner.push(&target));
        }
        self.choices.extend(planner.finish());
        Ok(())
    }

    fn render(&self, motion: &FaceMotion, index: usize) -> Result<RgbImage, SynthesisError> {
        let mouth = self.bank.as_deref().zip(self.choices.get(index));
        Ok(self.renderer.render_with_mouth(motion, mouth))
    }
}
