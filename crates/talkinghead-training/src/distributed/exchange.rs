//! Sums over all ranks.

use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::{Greeting, World};
use crate::run::RunError;

/// How long ranks wait for each other at the start.
const PATIENCE: Duration = Duration::from_secs(300);
/// Pause between two attempts to reach the first rank.
const PAUSE: Duration = Duration::from_millis(200);
/// Longest greeting, bytes.
const GREETING: u64 = 1 << 20;
/// Longest block of values, bytes.
const BLOCK: u64 = 16 << 30;

/// Adds numbers up over all ranks.
pub trait Exchange: std::fmt::Debug + Send {
    /// How many ranks there are.
    fn ranks(&self) -> usize;

    /// Replaces `values` by their sums over the ranks, the same bytes on all of them.
    ///
    /// # Errors
    /// A rank is gone.
    fn sum(&mut self, values: &mut [f32]) -> Result<(), LostRank>;

    /// The largest of all ranks' values.
    ///
    /// # Errors
    /// A rank is gone.
    fn largest(&mut self, value: f32) -> Result<f32, LostRank>;

    /// Bytes of the first rank, on every rank.
    ///
    /// # Errors
    /// A rank is gone.
    fn share_of_first(&mut self, bytes: &mut Vec<u8>) -> Result<(), LostRank>;
}

/// A rank that is gone.
#[derive(Debug, Clone, thiserror::Error)]
#[error("rank {rank} is gone: {reason}")]
pub struct LostRank {
    /// Which.
    pub rank: usize,
    /// What the connection said.
    pub reason: String,
}

/// Connections of a rank: of the first to all others in the order of their ranks, of each other one to the first.
#[derive(Debug)]
pub struct Peers {
    world: World,
    connections: Vec<Connection>,
}

impl Peers {
    /// Waits for all ranks, which must have chosen the same.
    ///
    /// # Errors
    /// A rank does not come, or has chosen something else: both are named.
    pub fn meet(world: &World, greeting: &Greeting) -> Result<Self, RunError> {
        let connections = if world.is_first() { wait_for_others(world, greeting)? } else { vec![reach_first(world, greeting)?] };
        Ok(Self { world: world.clone(), connections })
    }

    fn lost(&self, index: usize, error: &std::io::Error) -> LostRank {
        let rank = if self.world.is_first() { index + 1 } else { 0 };
        LostRank { rank, reason: error.to_string() }
    }

    fn gather(&mut self, own: Vec<u8>, join: impl Fn(&mut Vec<u8>, &[u8])) -> Result<Vec<u8>, LostRank> {
        let most = own.len() as u64;
        if !self.world.is_first() {
            let outcome = self.connections[0].send(&own).and_then(|()| self.connections[0].receive(BLOCK));
            return outcome.map_err(|error| self.lost(0, &error));
        }
        let mut sum = own;
        for index in 0..self.connections.len() {
            let theirs = self.connections[index].receive(most).map_err(|error| self.lost(index, &error))?;
            if theirs.len() != sum.len() {
                let reason = format!("it sent {} bytes, wanted {}", theirs.len(), sum.len());
                return Err(LostRank { rank: index + 1, reason });
            }
            join(&mut sum, &theirs);
        }
        for index in 0..self.connections.len() {
            self.connections[index].send(&sum).map_err(|error| self.lost(index, &error))?;
        }
        Ok(sum)
    }
}

impl Exchange for Peers {
    fn ranks(&self) -> usize {
        self.world.size
    }

    fn sum(&mut self, values: &mut [f32]) -> Result<(), LostRank> {
        let sum = self.gather(bytes_of(values), |sum, theirs| combine(sum, theirs, |a, b| a + b))?;
        values.iter_mut().zip(values_of(&sum)).for_each(|(value, sum)| *value = sum);
        Ok(())
    }

    fn largest(&mut self, value: f32) -> Result<f32, LostRank> {
        let all = self.gather(bytes_of(&[value]), |sum, theirs| combine(sum, theirs, f32::max))?;
        Ok(values_of(&all).next().unwrap_or(value))
    }

    fn share_of_first(&mut self, bytes: &mut Vec<u8>) -> Result<(), LostRank> {
        if self.world.is_first() {
            for index in 0..self.connections.len() {
                self.connections[index].send(bytes).map_err(|error| self.lost(index, &error))?;
            }
        } else {
            *bytes = self.connections[0].receive(BLOCK).map_err(|error| self.lost(0, &error))?;
        }
        Ok(())
    }
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn values_of(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

fn combine(sum: &mut [u8], theirs: &[u8], join: impl Fn(f32, f32) -> f32) {
    for (own, value) in sum.chunks_exact_mut(4).zip(values_of(theirs)) {
        let joined = join(f32::from_le_bytes([own[0], own[1], own[2], own[3]]), value);
        own.copy_from_slice(&joined.to_le_bytes());
    }
}

fn malformed(error: impl std::fmt::Display) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, error.to_string())
}

/// The first rank's side: every other one comes once, and hears what is wrong if it may not stay.
fn wait_for_others(world: &World, own: &Greeting) -> Result<Vec<Connection>, RunError> {
    let port = world.address.rsplit_once(':').map_or("0", |(_, port)| port);
    let failed = |error: std::io::Error| RunError::World(format!("cannot wait for the other ranks at port {port}: {error}"));
    let listener = TcpListener::bind(format!("0.0.0.0:{port}")).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let mut connections: Vec<Option<Connection>> = (1..world.size).map(|_| None).collect();
    let begun = Instant::now();
    while let Some(missing) = connections.iter().position(Option::is_none) {
        if begun.elapsed() > PATIENCE {
            let seconds = PATIENCE.as_secs();
            return Err(RunError::World(format!("rank {} of {} did not come in {seconds} seconds", missing + 1, world.size)));
        }
        if talkinghead_media::is_stopped() {
            return Err(talkinghead_media::MediaError::Interrupted.into());
        }
        let Ok((stream, _)) = listener.accept() else {
            std::thread::sleep(PAUSE);
            continue;
        };
        stream.set_nonblocking(false).map_err(failed)?;
        // Whoever is no rank of this training is let go.
        let Ok((connection, theirs)) = Connection::new(stream).and_then(greeted) else { continue };
        let slot = theirs.rank.checked_sub(1).filter(|index| *index < connections.len());
        let refusal = own.difference(&theirs).or_else(|| match slot {
            Some(index) if connections[index].is_none() => None,
            _ => Some(format!("there is a rank {} already", theirs.rank)),
        });
        let answer = refusal.clone().unwrap_or_default();
        let told = connection.send(answer.as_bytes());
        if let Some(reason) = refusal {
            for other in connections.iter().flatten() {
                let _ = other.send(reason.as_bytes());
            }
            return Err(RunError::World(reason));
        }
        if let (Ok(()), Some(index)) = (told, slot) {
            connections[index] = Some(connection);
        }
    }
    let connections: Vec<Connection> = connections.into_iter().flatten().collect();
    for (index, connection) in connections.iter().enumerate() {
        let gone = |error: std::io::Error| RunError::World(LostRank { rank: index + 1, reason: error.to_string() }.to_string());
        connection.send(b"").map_err(gone)?;
    }
    Ok(connections)
}

fn greeted(mut connection: Connection) -> std::io::Result<(Connection, Greeting)> {
    let greeting = serde_json::from_slice(&connection.receive(GREETING)?).map_err(malformed)?;
    Ok((connection, greeting))
}

/// Another rank's side.
fn reach_first(world: &World, own: &Greeting) -> Result<Connection, RunError> {
    let begun = Instant::now();
    let stream = loop {
        let attempt = world.address.to_socket_addrs().and_then(|mut found| {
            let address = found.next().ok_or_else(|| malformed("the name has no address"))?;
            TcpStream::connect_timeout(&address, Duration::from_secs(10))
        });
        match attempt {
            Ok(stream) => break stream,
            Err(error) if begun.elapsed() > PATIENCE => {
                return Err(RunError::World(format!("rank 0 is not at {}: {error}", world.address)));
            }
            Err(_) if talkinghead_media::is_stopped() => return Err(talkinghead_media::MediaError::Interrupted.into()),
            Err(_) => std::thread::sleep(PAUSE),
        }
    };
    let gone = |error: std::io::Error| RunError::World(LostRank { rank: 0, reason: error.to_string() }.to_string());
    let mut connection = Connection::new(stream).map_err(gone)?;
    let greeting = serde_json::to_vec(own).map_err(|error| gone(malformed(error)))?;
    connection.send(&greeting).map_err(gone)?;
    // Once for this rank, once when all are there.
    for _ in 0..2 {
        let answer = connection.receive(GREETING).map_err(gone)?;
        if !answer.is_empty() {
            return Err(RunError::World(String::from_utf8_lossy(&answer).into_owned()));
        }
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::recipe::{Recipe, RecipeDraft};

    /// A port that was free a moment ago.
    fn address() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    }

    /// Runs something on every rank.
    fn together<T: Send>(size: usize, recipes: &[Recipe], work: impl Fn(Result<Peers, RunError>, usize) -> T + Sync) -> Vec<T> {
        let address = address();
        std::thread::scope(|scope| {
            let handles: Vec<_> = (0..size)
                .map(|rank| {
                    let (address, work) = (address.clone(), &work);
                    let recipe = &recipes[rank % recipes.len()];
                    scope.spawn(move || {
                        let world = World { rank, size, address };
                        work(Peers::meet(&world, &Greeting::new(rank, size, recipe, "clips")), rank)
                    })
                })
                .collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect()
        })
    }

    #[test]
    fn all_ranks_have_the_same_sums() {
        let found = together(3, &[Recipe::default()], |peers, rank| {
            let mut peers = peers.unwrap();
            let mut values = [rank as f32, 0.1 * (rank + 1) as f32, 1e-8];
            peers.sum(&mut values).unwrap();
            let mut bytes = if rank == 0 { vec![7; 100_000] } else { Vec::new() };
            peers.share_of_first(&mut bytes).unwrap();
            (values, peers.largest(rank as f32).unwrap(), bytes.len())
        });
        let wanted = ([3.0, 0.1 + 0.2 + 0.3, 1e-8 + 1e-8 + 1e-8], 2.0, 100_000);
        assert!(found.iter().all(|one| *one == wanted), "{found:?}");
    }

    #[test]
    fn ranks_that_chose_differently_are_refused_and_both_are_named() {
        let mut draft = RecipeDraft::new();
        draft.set("training.lr", "0.001");
        let recipes = [Recipe::default(), draft.finish().unwrap()];
        let found = together(2, &recipes, |peers, _| peers.map(drop).unwrap_err().to_string());
        for error in found {
            assert!(error.contains("training.lr is 0.0004 on rank 0 and 0.001 on rank 1"), "{error}");
        }
    }

    #[test]
    fn a_rank_that_leaves_is_named_by_the_others() {
        let begun = Instant::now();
        let found = together(3, &[Recipe::default()], |peers, rank| {
            let mut peers = peers.unwrap();
            peers.sum(&mut [1.0]).unwrap();
            if rank == 2 {
                return String::new();
            }
            peers
                .sum(&mut [1.0; 10])
                .map_err(|lost| {
                    drop(peers);
                    lost.to_string()
                })
                .unwrap_err()
        });
        assert!(found[0].contains("rank 2 is gone") && found[1].contains("rank 0 is gone"), "{found:?}");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}
