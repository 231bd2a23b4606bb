//! What processes must agree on before they train together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::recipe::Recipe;

/// What a process says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// Always [`Greeting::FORMAT`].
    pub format: String,
    /// Its rank.
    pub rank: usize,
    /// How many it believes there are.
    pub size: usize,
    /// What decides a step, by name: values must be equal.
    pub choices: BTreeMap<String, String>,
}

impl Greeting {
    /// Name and version of the exchange.
    pub const FORMAT: &str = "talkinghead-training-exchange/1";

    /// Of a recipe and clips.
    pub fn new(rank: usize, size: usize, recipe: &Recipe, clips: &str) -> Self {
        let mut choices: BTreeMap<String, String> = crate::run::deciding_choices(recipe).into_iter().collect();
        choices.insert("clips".to_owned(), clips.to_owned());
        choices.insert("program".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        Self { format: Self::FORMAT.to_owned(), rank, size, choices }
    }

    /// In what another differs, both named; none where they can train together.
    pub fn difference(&self, other: &Self) -> Option<String> {
        if self.format != other.format {
            return Some(format!("rank {} speaks `{}`, rank {} `{}`", self.rank, self.format, other.rank, other.format));
        }
        if self.size != other.size {
            return Some(format!("rank {} counts {} ranks, rank {} counts {}", self.rank, self.size, other.rank, other.size));
        }
        let nothing = "nothing".to_owned();
        let names: std::collections::BTreeSet<&String> = self.choices.keys().chain(other.choices.keys()).collect();
        let differing: Vec<String> = names
            .into_iter()
            .filter_map(|name| {
                let (own, theirs) = (self.choices.get(name).unwrap_or(&nothing), other.choices.get(name).unwrap_or(&nothing));
                (own != theirs).then(|| format!("{name} is {own} on rank {} and {theirs} on rank {}", self.rank, other.rank))
            })
            .collect();
        let more = if differing.len() > 3 { format!(", and {} more", differing.len() - 3) } else { String::new() };
        (!differing.is_empty()).then(|| differing[..differing.len().min(3)].join("; ") + &more)
    }
}
