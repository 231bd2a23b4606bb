//! The remembered mouths themselves: kept within a bound of memory, found by how near they are to a wanted one.

use image::RgbImage;
use talkinghead_face::Landmarks;

use super::entry::Entry;
use super::feature::MouthTarget;
use super::frames::LEAST_GAP_RANGE;

/// How much a bank may keep.
#[derive(Clone, Debug, PartialEq)]
pub struct MouthBankOptions {
    /// Bytes of crops and points; when they are full, mouths that have a near twin are forgotten.
    pub most_bytes: usize,
    /// Eye distance in pixels above which crops are made smaller; use about 1.2 times the base picture's.
    pub largest_iod: f32,
}

impl Default for MouthBankOptions {
    fn default() -> Self {
        Self { most_bytes: 64 << 20, largest_iod: 240.0 }
    }
}

/// Remembered mouths.
#[derive(Clone, Debug)]
pub struct MouthBank {
    options: MouthBankOptions,
    entries: Vec<Entry>,
    /// For each entry the one that really followed it, if it is kept.
    next: Vec<Option<usize>>,
    /// For each entry the one that really came before it, if it is kept.
    previous: Vec<Option<usize>>,
    bytes: usize,
    recordings: usize,
}

impl MouthBank {
    /// An empty bank.
    pub fn new(options: MouthBankOptions) -> Self {
        Self { options, entries: Vec::new(), next: Vec::new(), previous: Vec::new(), bytes: 0, recordings: 0 }
    }

    /// A bank of the frames of one recording, in their order.
    pub fn from_frames(frames: impl IntoIterator<Item = (RgbImage, Landmarks)>, options: MouthBankOptions) -> Self {
        let mut bank = Self::new(options);
        bank.begin_recording();
        for (number, (picture, landmarks)) in frames.into_iter().enumerate() {
            bank.add(&picture, &landmarks, number);
        }
        bank
    }

    /// Says that what is added next belongs to another video or is another picture, which no earlier frame runs on to.
    pub fn begin_recording(&mut self) {
        self.recordings += 1;
    }

    /// Remembers a frame's mouth; `frame` counts the recording's frames at 25 a second (numbers may be left out).
    ///
    /// A mouth outside the picture is not remembered.
    pub fn add(&mut self, picture: &RgbImage, landmarks: &Landmarks, frame: usize) {
        let Some(entry) = Entry::cut(picture, landmarks, frame, self.recordings, self.options.largest_iod) else {
            return;
        };
        self.bytes += entry.bytes();
        let index = self.entries.len();
        let follows = self.entries.last().is_some_and(|last| last.recording == entry.recording && last.frame + 1 == frame);
        self.entries.push(entry);
        self.next.push(None);
        self.previous.push(None);
        if follows {
            self.next[index - 1] = Some(index);
            self.previous[index] = Some(index - 1);
        }
        if self.bytes > self.options.most_bytes && self.entries.len() > 8 {
            self.thin_out();
        }
    }

    /// What it may keep.
    pub fn options(&self) -> &MouthBankOptions {
        &self.options
    }

    /// Mouths remembered.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether its mouths differ in how far they are open; if not, they show no more than one picture does.
    pub fn differs(&self) -> bool {
        let gaps = self.entries.iter().map(|entry| entry.target.feature.gap());
        let (low, high) = gaps.fold((f32::MAX, f32::MIN), |(low, high), gap| (low.min(gap), high.max(gap)));
        high - low >= LEAST_GAP_RANGE
    }

    /// Bytes held by crops and points.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Form and pose of a remembered mouth.
    pub fn target(&self, entry: usize) -> &MouthTarget {
        &self.entries[entry].target
    }

    /// Frame number (within its recording) of a remembered mouth.
    pub fn frame(&self, entry: usize) -> usize {
        self.entries[entry].frame
    }

    /// The `count` cheapest entries for a target with their costs, cheapest first.
    pub fn nearest(&self, target: &MouthTarget, count: usize) -> Vec<(usize, f32)> {
        let mut all: Vec<(usize, f32)> = self.entries.iter().map(|e| e.target.cost(target)).enumerate().collect();
        let order = |a: &(usize, f32), b: &(usize, f32)| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0));
        if all.len() > count && count > 0 {
            all.select_nth_unstable_by(count - 1, order);
            all.truncate(count);
        }
        all.sort_unstable_by(order);
        all
    }

    /// A remembered mouth.
    pub(super) fn entry(&self, entry: usize) -> &Entry {
        &self.entries[entry]
    }

    /// The entry that really came next in the recording.
    pub(crate) fn next(&self, entry: usize) -> Option<usize> {
        self.next[entry]
    }

    /// The entry `steps` later (earlier when negative) in the recording, as far as it goes.
    pub(crate) fn stepped(&self, entry: usize, steps: isize) -> usize {
        let links = if steps < 0 { &self.previous } else { &self.next };
        (0..steps.abs()).fold(entry, |at, _| links[at].unwrap_or(at))
    }

    /// Forgets a quarter: keeps those that are farthest from each other (the first is kept always).
    fn thin_out(&mut self) {
        let keep = (self.entries.len() * 3 / 4).max(1);
        let mut distance: Vec<f32> = self.entries.iter().map(|e| e.target.cost(&self.entries[0].target)).collect();
        let mut kept = vec![false; self.entries.len()];
        kept[0] = true;
        for _ in 1..keep {
            let far =
                (0..distance.len()).filter(|&i| !kept[i]).max_by(|&a, &b| distance[a].total_cmp(&distance[b]).then(b.cmp(&a)));
            let Some(far) = far else { break };
            kept[far] = true;
            for (i, d) in distance.iter_mut().enumerate() {
                *d = d.min(self.entries[i].target.cost(&self.entries[far].target));
            }
        }
        let mut flags = kept.iter();
        self.entries.retain(|_| flags.next().copied().unwrap_or(true));
        self.link();
    }

    /// A bank of these, in the order in which they were added.
    pub(super) fn of_entries(entries: Vec<Entry>, options: MouthBankOptions) -> Self {
        let recordings = entries.iter().map(|entry| entry.recording).max().unwrap_or(0);
        let mut bank = Self { entries, recordings, ..Self::new(options) };
        bank.link();
        bank
    }

    /// Counts the bytes, and finds for each entry those before and after it.
    fn link(&mut self) {
        self.bytes = self.entries.iter().map(Entry::bytes).sum();
        self.next = vec![None; self.entries.len()];
        self.previous = vec![None; self.entries.len()];
        for i in 1..self.entries.len() {
            let (a, b) = (&self.entries[i - 1], &self.entries[i]);
            if a.recording == b.recording && a.frame + 1 == b.frame {
                self.next[i - 1] = Some(i);
                self.previous[i] = Some(i - 1);
            }
        }
    }
}
