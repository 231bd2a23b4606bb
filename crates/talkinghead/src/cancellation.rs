//! A way to stop a job from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::GenerationError;

/// Stops a job from another thread: the next frame is not begun, nothing is left behind. Clones are one and the same; many jobs
/// may share one.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Arc<Flag>);

#[derive(Debug, Default)]
struct Flag {
    asked: AtomicBool,
    parent: Option<Cancellation>,
}

impl Cancellation {
    /// Asks the job to stop.
    pub fn cancel(&self) {
        self.0.asked.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop, itself or any cancellation it is a child of.
    pub fn is_cancelled(&self) -> bool {
        self.0.asked.load(Ordering::Relaxed) || self.0.parent.as_ref().is_some_and(Self::is_cancelled)
    }

    /// One that is cancelled with this one, and can be cancelled without it.
    pub fn child(&self) -> Self {
        Self(Arc::new(Flag { asked: AtomicBool::new(false), parent: Some(self.clone()) }))
    }

    pub(crate) fn check(&self) -> Result<(), GenerationError> {
        if self.is_cancelled() { Err(GenerationError::Cancelled) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_hear_their_parents_and_not_the_other_way_round() {
        let parent = Cancellation::default();
        let (child, sibling) = (parent.child(), parent.child());
        child.clone().cancel();
        assert!(child.is_cancelled() && child.child().is_cancelled());
        assert!(!parent.is_cancelled() && !sibling.is_cancelled());
        parent.cancel();
        assert!(sibling.is_cancelled() && matches!(sibling.check(), Err(GenerationError::Cancelled)));
    }
}
