//! What can go wrong while a portrait is prepared.

/// A portrait that cannot be animated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RenderError {
    /// Not the 478 points of the landmark network.
    #[error("a face needs 478 landmarks, found {found}")]
    LandmarkCount {
        /// Points given.
        found: usize,
    },
    /// A landmark is not a number.
    #[error("landmark {index} is not a finite number")]
    LandmarkNotFinite {
        /// Its number.
        index: usize,
    },
    /// Too few pixels to animate.
    #[error("the face is too small: the eyes are {found:.1} pixels apart, at least {least:.0} are needed")]
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
