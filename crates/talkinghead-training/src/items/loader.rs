//! Items made ahead of their use, in order, by several threads.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::{Choice, ClipSet, ItemError, ItemPosition, ItemSettings, TrainingItem, make_sequence};

/// Items that each thread makes ahead.
const AHEAD: usize = 4;
/// How often another draw replaces one whose frames cannot be read.
const ATTEMPTS: u64 = 20;

/// An item, frame by frame, and what could not be read on the way to it.
#[derive(Debug)]
pub struct LoadedItem {
    /// Its consecutive frames; a single one before the temporal stage.
    pub frames: Vec<TrainingItem>,
    /// One line for each draw that was passed over.
    pub skipped: Vec<String>,
}

/// The endless sequence of items from a position on. The same for any number of threads.
#[derive(Debug)]
pub struct ItemLoader {
    queues: Vec<Receiver<Result<LoadedItem, ItemError>>>,
    threads: Vec<JoinHandle<()>>,
    next: u64,
}

impl ItemLoader {
    /// Items number `first` and following, counted from 0 over all epochs of `items_an_epoch` items.
    pub fn new(clips: Arc<ClipSet>, settings: ItemSettings, items_an_epoch: u64, first: u64, threads: usize) -> Self {
        let workers = threads.max(1) as u64;
        let (mut queues, mut handles) = (Vec::new(), Vec::new());
        for worker in 0..workers {
            let (sender, receiver) = sync_channel(AHEAD);
            let clips = Arc::clone(&clips);
            // Item `i` is made by thread `i mod workers`.
            let start = first + (worker + workers - first % workers) % workers;
            handles.push(std::thread::spawn(move || {
                work(&clips, &settings, items_an_epoch, (start..).step_by(workers as usize), &sender);
            }));
            queues.push(receiver);
        }
        Self { queues, threads: handles, next: first }
    }

    /// The next item.
    ///
    /// # Errors
    /// A clip is damaged or no longer there, the cache cannot be written, or no draw of a clip could be read.
    pub fn next_item(&mut self) -> Result<LoadedItem, ItemError> {
        let queue = (self.next % self.queues.len() as u64) as usize;
        let item = self.queues[queue].recv().map_err(|_| ItemError::Worker)?;
        self.next += 1;
        item
    }
}

impl Drop for ItemLoader {
    fn drop(&mut self) {
        // Threads end when nobody listens any more.
        self.queues.clear();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn work(
    clips: &ClipSet,
    settings: &ItemSettings,
    items_an_epoch: u64,
    items: impl Iterator<Item = u64>,
    sender: &SyncSender<Result<LoadedItem, ItemError>>,
) {
    for item in items {
        let position = ItemPosition { epoch: item / items_an_epoch + 1, index: item % items_an_epoch, attempt: 0 };
        let made = load(clips, settings, position);
        let failed = made.is_err();
        if sender.send(made).is_err() || failed {
            return;
        }
    }
}

/// The item of a position, or of another draw where frames cannot be read.
pub(super) fn load(clips: &ClipSet, settings: &ItemSettings, position: ItemPosition) -> Result<LoadedItem, ItemError> {
    let mut skipped = Vec::new();
    loop {
        let attempt = skipped.len() as u64;
        // A clip that is gone altogether must not be asked for ever: later draws take the items that follow.
        let place = ItemPosition { index: position.index + attempt / 4, ..position };
        let clip = clips.clip(settings, place);
        let drawn = Choice::draw(clip, settings, ItemPosition { attempt, ..place });
        let Some(choice) = drawn else {
            let clip = clip.name.clone();
            return Err(talkinghead_dataset::DatasetError::Settings(format!("{clip} is too short for an item")).into());
        };
        match make_sequence(clip, &choice, settings) {
            Ok(frames) => return Ok(LoadedItem { frames, skipped }),
            Err(error) if error.is_of_one_frame() && attempt + 1 < ATTEMPTS => skipped.push(error.to_string()),
            Err(error) => return Err(error),
        }
    }
}
