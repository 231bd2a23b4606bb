//! What can go wrong while a portrait is prepared, and while a frame is made.

/// A portrait that cannot be animated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RenderError {
    /// A landmark is not a number.
    #[error("landmark {index} is not a finite number")]
    LandmarkNotFinite {
        /// Its number.
        index: usize,
    },
    /// Too few pixels to animate.
    #[error("the face is too small: the eyes are {:.1} pixels apart, at least {least:.0} are needed", (.found * 10.0).floor() / 10.0)]
    FaceTooSmall {
        /// Interocular distance in pixels.
        found: f32,
        /// Least interocular distance.
        least: f32,
    },
    /// The eyes lie outside the picture.
    #[error("the face lies outside the picture of {width} x {height} pixels")]
    FaceOutside {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// A matte of another size than the picture.
    #[error("the {name} matte has {found_width} x {found_height} pixels, the picture {width} x {height}")]
    MatteSize {
        /// `person` or `hair`.
        name: &'static str,
        /// Pixels.
        found_width: u32,
        /// Pixels.
        found_height: u32,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
}

/// A frame that a [`Renderer`](crate::Renderer) could not make. Renderers have errors of their own kinds; what they share is
/// the message and a word on what to do.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct FrameError {
    source: Box<dyn std::error::Error + Send + Sync>,
    hint: Option<String>,
}

impl FrameError {
    /// `source` says what happened, `hint` what a person can do about it.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>, hint: Option<String>) -> Self {
        Self { source: source.into(), hint }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}
