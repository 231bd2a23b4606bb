//! The flow teacher of a recipe.

use super::RunError;
use crate::recipe::{FlowSection, RecipeError, TeacherName};

/// Refuses teachers, none of which can be asked yet: a flow loss that is silently left out would be no published training.
///
/// # Errors
/// The recipe names one.
pub(super) fn check_teacher(section: &FlowSection) -> Result<(), RunError> {
    match section.teacher {
        TeacherName::None => Ok(()),
        named => Err(RunError::Recipe(RecipeError::Range {
            name: "flow.teacher",
            value: format!("{named:?}").to_lowercase(),
            wanted: "none: no teacher can be asked yet".to_owned(),
        })),
    }
}
