//! The frames that a network of several frames has made last.

use std::collections::VecDeque;

use burn::tensor::Tensor;

use crate::generator::{PreviousFrames, Synthesis};

/// How often the first frame of a sequence is made again, shown itself.
const SETTLING: usize = 2;

/// Frames in the order in which they were made. Where a frame is asked for that does not follow the last one, a new sequence begins.
#[derive(Debug, Default)]
pub struct FrameHistory {
    /// Frames that the network is shown.
    window: usize,
    /// The frame that would follow.
    next: usize,
    /// Labels and pictures, the oldest first.
    frames: VecDeque<[Tensor<4>; 2]>,
}

impl FrameHistory {
    /// An empty one for a network that is shown so many frames; 0 for one that is shown none.
    pub fn new(window: usize) -> Self {
        Self { window, ..Self::default() }
    }

    /// Frame `index`, whose label image is `label`, as `make` makes it of the frames before it.
    ///
    /// At the start of a sequence there are none, and a picture made of none looks different from all that follow it. So that no video begins
    /// with a jump it is made again, as if the person had been like that before.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn made<E>(
        &mut self,
        index: usize,
        label: &Tensor<4>,
        make: impl Fn(Option<PreviousFrames>) -> Result<Synthesis, E>,
    ) -> Result<Synthesis, E> {
        if index != self.next {
            self.frames.clear();
        }
        let starts = self.window > 0 && self.frames.is_empty();
        let mut made = make(self.before())?;
        for _ in 0..if starts { SETTLING } else { 0 } {
            self.frames = std::iter::repeat_n([label.clone(), made.image.clone()], self.window).collect();
            made = make(self.before())?;
        }
        self.push(index, label, &made.image);
        Ok(made)
    }

    /// The frames so far; none at the start of a sequence.
    fn before(&self) -> Option<PreviousFrames> {
        if self.window == 0 || self.frames.len() < self.window {
            return None;
        }
        let all = |part: usize| Tensor::cat(self.frames.iter().map(|frame| frame[part].clone()).collect(), 1);
        Some(PreviousFrames { labels: all(0), images: all(1) })
    }

    /// Frame `index` was made: its label and its picture.
    fn push(&mut self, index: usize, label: &Tensor<4>, image: &Tensor<4>) {
        self.next = index + 1;
        if self.window == 0 {
            return;
        }
        if self.frames.len() == self.window {
            self.frames.pop_front();
        }
        self.frames.push_back([label.clone(), image.clone()]);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::generator::PerSource;
    use burn::tensor::Device;

    /// Frames `indices` made by a network that is shown `window` of them and adds one to the sum of what it sees: what it made, and what it
    /// saw for the last of its tries.
    fn performance(window: usize, indices: &[usize]) -> (Vec<f32>, Vec<Option<Vec<f32>>>, usize) {
        let device = Device::flex();
        let frame = |value: f32| Tensor::<4>::full([1, 1, 1, 1], value, &device);
        let numbers = |tensor: Tensor<4>| tensor.into_data().try_into_vec_as::<f32>().unwrap_or_default();
        let (mut history, tries, seen) = (FrameHistory::new(window), RefCell::new(0), RefCell::new(None));
        let (mut made, mut saw) = (Vec::new(), Vec::new());
        for index in indices {
            let synthesis = history.made(*index, &frame(0.0), |previous| {
                *tries.borrow_mut() += 1;
                let images = previous.map(|previous| numbers(previous.images));
                let sum: f32 = images.iter().flatten().sum();
                *seen.borrow_mut() = images;
                Ok::<_, ()>(Synthesis {
                    image: frame(sum + 1.0),
                    raw: None,
                    with_projection: None,
                    flow: PerSource::default(),
                    weight: PerSource::default(),
                    warped: PerSource::default(),
                    attention: None,
                    strongest_shot: None,
                })
            });
            made.extend(synthesis.into_iter().flat_map(|synthesis| numbers(synthesis.image)));
            saw.push(seen.take());
        }
        (made, saw, tries.into_inner())
    }

    #[test]
    fn a_sequence_is_remembered_and_begins_anew_where_it_is_left() {
        // 1, then 1 + 1 and 1 + 2 as it settles; the next frames see those before them.
        let (made, saw, tries) = performance(1, &[0, 1, 2, 0, 1]);
        assert_eq!(made, [3.0, 4.0, 5.0, 3.0, 4.0]);
        assert_eq!(saw, [2.0, 3.0, 4.0, 2.0, 3.0].map(|value| Some(vec![value])));
        assert_eq!(tries, 5 + 2 * SETTLING);
        let (made, saw, _) = performance(2, &[0, 1, 2]);
        assert_eq!(made, [7.0, 11.0, 19.0]);
        assert_eq!(saw[2], Some(vec![7.0, 11.0]));
    }

    #[test]
    fn a_network_of_single_frames_sees_none_and_makes_each_once() {
        assert_eq!(performance(0, &[0, 1, 2]), (vec![1.0; 3], vec![None; 3], 3));
    }
}
