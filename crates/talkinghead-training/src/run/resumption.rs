//! Where a run begins: anew, or at its last checkpoint.

use serde_json::Value;

use super::{Checkpoint, CheckpointDescription, RunError, RunFolder};
use crate::recipe::Recipe;

/// Keys that may change from one stretch of a run to the next: they do not decide what a step computes.
const FREE: [&str; 3] = ["run", "about", "training.most_steps"];
/// Differing keys that are named.
const NAMED: usize = 3;

/// The last checkpoint of a folder that can be read, with its description. Damaged ones are passed over, each with a word.
pub(super) fn last_checkpoint(
    folder: &RunFolder,
    warn: &mut dyn FnMut(String),
) -> Result<Option<(Checkpoint, CheckpointDescription)>, RunError> {
    for checkpoint in Checkpoint::all(&folder.checkpoints())?.into_iter().rev() {
        match checkpoint.description() {
            Ok(description) => return Ok(Some((checkpoint, description))),
            Err(error) => warn(format!("{error}; the checkpoint before it is used")),
        }
    }
    Ok(None)
}

/// Refuses a recipe that would go on with other steps than the run's own.
pub(super) fn check_recipe(folder: &RunFolder, own: &Recipe, wanted: &Recipe) -> Result<(), RunError> {
    let (own, wanted) = (flat(own), flat(wanted));
    let said = |list: &[(String, String)], key: &str| {
        list.iter().find(|(name, _)| name == key).map_or_else(|| "nothing".to_owned(), |(_, value)| value.clone())
    };
    let mut keys: Vec<&String> = own.iter().chain(&wanted).map(|(key, _)| key).filter(|key| !is_free(key)).collect();
    keys.sort();
    keys.dedup();
    let differing: Vec<String> = keys
        .into_iter()
        .filter(|key| said(&own, key) != said(&wanted, key))
        .map(|key| format!("{key} was {}, now {}", said(&own, key), said(&wanted, key)))
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    let more = differing.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let named = differing[..differing.len().min(NAMED)].join("; ");
    Err(RunError::OtherConfiguration { path: folder.path().to_owned(), differences: named + &more })
}

fn is_free(key: &str) -> bool {
    FREE.iter().any(|free| key == *free || key.starts_with(&format!("{free}.")))
}

/// Keys that decide what a step computes, as `section.name` with their values.
pub(crate) fn deciding_choices(recipe: &Recipe) -> Vec<(String, String)> {
    flat(recipe).into_iter().filter(|(key, _)| !is_free(key)).collect()
}

/// Keys as `section.name` with their values.
fn flat(recipe: &Recipe) -> Vec<(String, String)> {
    let Ok(Value::Object(top)) = serde_json::to_value(recipe) else { return Vec::new() };
    top.iter()
        .flat_map(|(name, value)| match value {
            Value::Object(section) => section.iter().map(|(key, value)| (format!("{name}.{key}"), value.to_string())).collect(),
            value => vec![(name.clone(), value.to_string())],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::recipe::RecipeDraft;

    #[test]
    fn only_what_decides_a_step_must_be_the_same() {
        let recipe = |settings: &[(&str, &str)]| {
            let mut draft = RecipeDraft::new();
            settings.iter().for_each(|(key, value)| draft.set(key, value));
            draft.finish().unwrap()
        };
        let folder = RunFolder::new(std::path::Path::new("runs/a"));
        let own = recipe(&[]);
        check_recipe(&folder, &own, &recipe(&[("run.keep", "7"), ("about", "x"), ("training.most_steps", "5")])).unwrap();
        let error =
            check_recipe(&folder, &own, &recipe(&[("network.ngf", "16"), ("training.lr", "0.1")])).unwrap_err().to_string();
        assert!(error.contains("network.ngf was 32, now 16") && error.contains("training.lr"), "{error}");
    }
}
