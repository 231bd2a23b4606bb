//! The frames that a network of several frames has made last.

use std::collections::VecDeque;

use burn::tensor::Tensor;

use crate::generator::PreviousFrames;

/// Frames in the order in which they were made. Where a frame is asked for that does not follow the last one, a new sequence begins.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Frames that the network is shown.
    window: usize,
    /// The frame that would follow.
    next: usize,
    /// Labels and pictures, the oldest first.
    frames: VecDeque<[Tensor<4>; 2]>,
}

impl History {
    /// An empty one for a network that is shown so many frames; 0 for one that is shown none.
    pub fn new(window: usize) -> Self {
        Self { window, ..Self::default() }
    }

    /// The frames before frame `index`; none at the start of a sequence.
    pub fn before(&mut self, index: usize) -> Option<PreviousFrames> {
        if index != self.next {
            self.frames.clear();
        }
        if self.window == 0 || self.frames.len() < self.window {
            return None;
        }
        let all = |part: usize| Tensor::cat(self.frames.iter().map(|frame| frame[part].clone()).collect(), 1);
        Some(PreviousFrames { labels: all(0), images: all(1) })
    }

    /// Frame `index` was made: its label and its picture.
    pub fn push(&mut self, index: usize, label: &Tensor<4>, image: &Tensor<4>) {
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
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn a_sequence_is_remembered_and_ends_where_it_is_left() {
        let device = Device::flex();
        let frame = |value: f64| Tensor::<4>::full([1, 1, 1, 1], value, &device);
        let images = |previous: Option<PreviousFrames>| {
            previous.map(|p| p.images.into_data().try_into_vec_as::<f32>().unwrap_or_default())
        };
        let mut history = History::new(2);
        for index in 0..4 {
            let wanted = (index >= 2).then(|| vec![index as f32 - 2.0, index as f32 - 1.0]);
            assert_eq!(images(history.before(index)), wanted);
            history.push(index, &frame(0.0), &frame(index as f64));
        }
        // The first frame again, as a preview asks for it.
        assert!(history.before(0).is_none());
        history.push(0, &frame(0.0), &frame(9.0));
        history.push(1, &frame(0.0), &frame(8.0));
        assert_eq!(images(history.before(2)), Some(vec![9.0, 8.0]));
        let mut none = History::new(0);
        none.push(0, &frame(0.0), &frame(1.0));
        assert!(none.before(1).is_none());
    }
}
