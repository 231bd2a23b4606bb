//! Who trains together: ranks, their number, and where the first is found.

use crate::run::RunError;

/// One of several processes that train together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// This process, counted from 0; the first writes the run's folder.
    pub rank: usize,
    /// How many there are.
    pub size: usize,
    /// Where the first is found: name or address, and port.
    pub address: String,
}

/// The port that torchrun uses unless told otherwise.
const PORT: &str = "29500";

impl World {
    /// From the environment, as launchers set it: `RANK`, `WORLD_SIZE`, `MASTER_ADDR` and `MASTER_PORT` (torchrun); in the place of the first
    /// two `SLURM_PROCID` and `SLURM_NTASKS` (srun), or `JOB_COMPLETION_INDEX` and `JOB_COMPLETIONS` (Kubernetes' indexed jobs).
    ///
    /// # Errors
    /// A variable is missing, or is no such number; by name.
    pub fn from_environment() -> Result<Self, RunError> {
        Self::from_variables(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
    }

    /// From variables by name.
    ///
    /// # Errors
    /// As [`World::from_environment`].
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, RunError> {
        let pairs = [("RANK", "WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS"), ("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS")];
        let Some((rank_name, size_name)) = pairs.into_iter().find(|(rank, _)| variable(rank).is_some()) else {
            return Err(RunError::World("no rank is set: RANK, SLURM_PROCID or JOB_COMPLETION_INDEX".to_owned()));
        };
        let number = |name: &str| -> Result<usize, RunError> {
            let text = variable(name).ok_or_else(|| RunError::World(format!("{rank_name} is set, but {name} is not")))?;
            text.trim().parse().map_err(|_| RunError::World(format!("{name} is `{text}`, wanted a whole number")))
        };
        let (rank, size) = (number(rank_name)?, number(size_name)?);
        if rank >= size || size > 4096 {
            let wanted = "wanted a rank below their number, of at most 4096";
            return Err(RunError::World(format!("{rank_name} is {rank} and {size_name} is {size}: {wanted}")));
        }
        let host = match variable("MASTER_ADDR") {
            Some(host) => host,
            None if size == 1 => "127.0.0.1".to_owned(),
            None => return Err(RunError::World("MASTER_ADDR is not set: the address of rank 0".to_owned())),
        };
        let port = variable("MASTER_PORT").unwrap_or_else(|| PORT.to_owned());
        port.trim().parse::<u16>().map_err(|_| RunError::World(format!("MASTER_PORT is `{port}`, wanted 1 to 65535")))?;
        Ok(Self { rank, size, address: format!("{}:{}", host.trim(), port.trim()) })
    }

    /// Whether this process writes the run's folder.
    pub fn is_first(&self) -> bool {
        self.rank == 0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn world(variables: &[(&str, &str)]) -> Result<World, String> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        World::from_variables(find).map_err(|error| error.to_string())
    }

    #[test]
    fn launchers_are_understood() {
        let wanted = World { rank: 1, size: 4, address: "node0:29500".into() };
        for (rank, size) in
            [("RANK", "WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS"), ("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS")]
        {
            assert_eq!(world(&[(rank, "1"), (size, "4"), ("MASTER_ADDR", "node0")]).unwrap(), wanted);
        }
        // torchrun within a Slurm allocation: its own ranks count.
        let both = [("SLURM_PROCID", "0"), ("SLURM_NTASKS", "1"), ("RANK", "1"), ("WORLD_SIZE", "4"), ("MASTER_ADDR", "node0")];
        assert_eq!(world(&both).unwrap(), wanted);
        assert_eq!(world(&[("RANK", "0"), ("WORLD_SIZE", "1"), ("MASTER_PORT", "7")]).unwrap().address, "127.0.0.1:7");
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (variables, named) in [
            (&[][..], "RANK"),
            (&[("RANK", "1")], "WORLD_SIZE"),
            (&[("RANK", "4"), ("WORLD_SIZE", "4"), ("MASTER_ADDR", "a")], "RANK is 4"),
            (&[("RANK", "one"), ("WORLD_SIZE", "4")], "`one`"),
            (&[("RANK", "1"), ("WORLD_SIZE", "4")], "MASTER_ADDR"),
            (&[("RANK", "1"), ("WORLD_SIZE", "4"), ("MASTER_ADDR", "a"), ("MASTER_PORT", "x")], "MASTER_PORT"),
        ] {
            let error = world(variables).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
