//! Which part of a corpus one of many equal processes works on.

use std::str::FromStr;

use sha2::{Digest, Sha256};

/// Part `index` of `count`; sources fall to parts by a hash of their names, so that parts stay the same when
/// files are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// Everything.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Part `index` (from 0) of `count`; `None` unless `index < count`.
    pub fn new(index: u64, count: u64) -> Option<Self> {
        (index < count).then_some(Self { index, count })
    }

    /// The shard that a scheduler's environment asks for: a Slurm array (`SLURM_ARRAY_TASK_ID`, `_MIN`, `_COUNT`) or a
    /// Kubernetes indexed job (`JOB_COMPLETION_INDEX`, with the number of completions in `JOB_COMPLETIONS`, which
    /// the job's file must set as Kubernetes does not). `Ok(None)` without either.
    ///
    /// # Errors
    /// A message for people when a variable is there but unusable.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let number = |name: &str| -> Result<Option<u64>, String> {
            variable(name)
                .filter(|text| !text.is_empty())
                .map(|text| text.trim().parse().map_err(|_| format!("{name} is `{text}`, not a number")))
                .transpose()
        };
        if let Some(task) = number("SLURM_ARRAY_TASK_ID")? {
            let first = number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(0);
            let count = number("SLURM_ARRAY_TASK_COUNT")?
                .ok_or("SLURM_ARRAY_TASK_ID is set, but SLURM_ARRAY_TASK_COUNT is not; give --shard i/n")?;
            let step = number("SLURM_ARRAY_TASK_STEP")?.filter(|&step| step > 0).unwrap_or(1);
            return Self::new(task.saturating_sub(first) / step, count)
                .map(Some)
                .ok_or_else(|| format!("array task {task} does not fit {count} tasks from {first}; give --shard i/n"));
        }
        if let Some(index) = number("JOB_COMPLETION_INDEX")? {
            let count = number("JOB_COMPLETIONS")?.ok_or(
                "JOB_COMPLETION_INDEX is set, but JOB_COMPLETIONS is not; set it to the job's completions or give --shard i/n",
            )?;
            return Self::new(index, count)
                .map(Some)
                .ok_or_else(|| format!("completion index {index} does not fit {count} completions"));
        }
        Ok(None)
    }

    /// Whether a source of that name falls to this part.
    pub fn contains(&self, name: &str) -> bool {
        let digest = Sha256::digest(name.as_bytes());
        let mut first = [0_u8; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_le_bytes(first) % self.count == self.index
    }

    /// Whether this is everything.
    pub fn is_whole(&self) -> bool {
        self.count == 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no shard; write I/N with I from 0 to N-1, for instance 0/4");
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let (index, count) = (index.trim().parse().map_err(|_| wrong())?, count.trim().parse().map_err(|_| wrong())?);
        Self::new(index, count).ok_or_else(wrong)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn every_name_falls_to_exactly_one_part() {
        let parts: Vec<Shard> = (0..4).map(|index| Shard::new(index, 4).unwrap()).collect();
        let mut sizes = [0; 4];
        for number in 0..4000 {
            let owners: Vec<usize> = (0..4).filter(|&part| parts[part].contains(&format!("s{number}/x.mp4"))).collect();
            assert_eq!(owners.len(), 1);
            sizes[owners[0]] += 1;
        }
        assert!(sizes.iter().all(|&size| (900..1100).contains(&size)), "{sizes:?}");
    }

    #[test]
    fn schedulers_are_understood() {
        let ask = |pairs: &[(&str, &str)]| {
            let map: HashMap<String, String> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            Shard::from_environment(|name| map.get(name).cloned())
        };
        assert_eq!(ask(&[]).unwrap(), None);
        let slurm = [("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_MIN", "1"), ("SLURM_ARRAY_TASK_COUNT", "8")];
        assert_eq!(ask(&slurm).unwrap(), Shard::new(2, 8));
        assert_eq!(ask(&[("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETIONS", "5")]).unwrap(), Shard::new(0, 5));
        assert!(ask(&[("JOB_COMPLETION_INDEX", "0")]).is_err());
        assert!(ask(&[("SLURM_ARRAY_TASK_ID", "x")]).is_err());
    }

    #[test]
    fn text_forms() {
        assert_eq!("1/4".parse(), Ok(Shard::new(1, 4).unwrap()));
        for wrong in ["4/4", "1", "a/b", "-1/4", "0/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
