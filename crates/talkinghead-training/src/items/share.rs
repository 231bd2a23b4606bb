//! Which items are whose.

use super::ItemPosition;

/// A process among those that train together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankShare {
    /// Which one, counted from 0.
    pub rank: usize,
    /// How many there are, at least 1.
    pub ranks: usize,
}

impl Default for RankShare {
    /// The only one.
    fn default() -> Self {
        Self { rank: 0, ranks: 1 }
    }
}

impl RankShare {
    /// The place of an item of this process among those of all, which take turns.
    pub(super) fn global(self, position: ItemPosition) -> ItemPosition {
        ItemPosition { index: position.index * self.ranks as u64 + self.rank as u64, ..position }
    }
}
