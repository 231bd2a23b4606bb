//! Several processes that train together.
//!
//! Design decision: Burn 0.22 has collective operations only between CUDA devices of one process (NCCL), none for the processor and none
//! between processes. So the processes here hand their gradients to the first one, which adds them in the order of the ranks and hands back the
//! sum: plain, the same on every machine, and right for the few processes and small networks that are trained without such hardware. It sends
//! every gradient through one machine: where NCCL is at hand, that is what should take this place.

mod connection;
mod exchange;
mod greeting;
mod world;

pub use exchange::{Exchange, LostRank, Peers};
pub use greeting::Greeting;
pub use world::World;
