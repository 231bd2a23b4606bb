//! Cuts: where one shot ends and the next begins.
//!
//! A cut changes the whole picture at once and stays changed; fast movement changes parts, a flash comes back. Two
//! small pictures are compared: the colours place by place (24x24 blocks) and their distribution (histogram). A frame
//! begins a new shot when both differ strongly from the frame before, and far more than neighbouring frames differ.

use image::RgbImage;

/// Blocks along each side of the small picture.
const BLOCKS: usize = 24;
/// Histogram cells for each colour.
const CELLS: usize = 8;
/// Least mean block difference (0..1) of a cut.
const LEAST_BLOCKS: f32 = 0.08;
/// Least histogram difference (0..1) of a cut.
const LEAST_HISTOGRAM: f32 = 0.18;
/// A cut differs this many times more than the frames before it did.
const OVER_NEIGHBOURS: f32 = 4.0;
/// Frames before that are compared with.
const NEIGHBOURS: usize = 8;

/// What of a frame tells cuts: colours of blocks and a histogram.
#[derive(Debug, Clone)]
struct FrameFeatures {
    blocks: Vec<[f32; 3]>,
    histogram: Vec<f32>,
}

impl FrameFeatures {
    fn of(frame: &RgbImage) -> Self {
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        let raw = frame.as_raw();
        let mut sums = vec![[0_u32; 3]; BLOCKS * BLOCKS];
        let mut counts = vec![0_u32; BLOCKS * BLOCKS];
        let mut histogram = [0_u32; 3 * CELLS];
        // A quarter of the pixels tells as much.
        for y in (0..height).step_by(2) {
            let row = y * BLOCKS / height * BLOCKS;
            for x in (0..width).step_by(2) {
                let block = row + x * BLOCKS / width;
                let at = (y * width + x) * 3;
                counts[block] += 1;
                for channel in 0..3 {
                    let value = raw[at + channel];
                    sums[block][channel] += u32::from(value);
                    histogram[channel * CELLS + usize::from(value) * CELLS / 256] += 1;
                }
            }
        }
        let pixels: u32 = counts.iter().sum::<u32>().max(1);
        Self {
            blocks: sums.iter().zip(&counts).map(|(sum, &count)| sum.map(|v| v as f32 / (count.max(1) * 255) as f32)).collect(),
            histogram: histogram.iter().map(|&count| count as f32 / pixels as f32).collect(),
        }
    }

    /// Mean block difference and histogram difference, each 0..1.
    fn difference(&self, other: &Self) -> (f32, f32) {
        let blocks: f32 =
            self.blocks.iter().zip(&other.blocks).map(|(a, b)| (0..3).map(|c| (a[c] - b[c]).abs()).sum::<f32>() / 3.0).sum();
        let histogram: f32 = self.histogram.iter().zip(&other.histogram).map(|(a, b)| (a - b).abs()).sum();
        (blocks / self.blocks.len() as f32, histogram / 6.0)
    }
}

/// Finds cuts in a stream of frames.
#[derive(Debug, Default)]
pub struct ShotDetector {
    last: Option<FrameFeatures>,
    recent: std::collections::VecDeque<f32>,
}

impl ShotDetector {
    /// A detector that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing was looked at yet.
    pub fn is_new(&self) -> bool {
        self.last.is_none()
    }

    /// Looks at the next frame; true if it begins a new shot. The first frame does not.
    pub fn begins_shot(&mut self, frame: &RgbImage) -> bool {
        let features = FrameFeatures::of(frame);
        let Some(last) = self.last.replace(features.clone()) else { return false };
        let (blocks, histogram) = last.difference(&features);
        let usual = self.recent.iter().copied().fold(0.0, f32::max);
        let cut = blocks >= LEAST_BLOCKS
            && (histogram >= LEAST_HISTOGRAM || blocks >= 2.0 * LEAST_BLOCKS)
            && blocks >= OVER_NEIGHBOURS * usual;
        if cut {
            self.recent.clear();
        } else {
            self.recent.push_back(blocks);
            if self.recent.len() > NEIGHBOURS {
                self.recent.pop_front();
            }
        }
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    fn scene(kind: u32, time: u32) -> RgbImage {
        RgbImage::from_fn(160, 120, |x, y| {
            let moving = (x + 3 * time).wrapping_sub(60) < 40 && (30..90).contains(&y);
            match (kind, moving) {
                (0, true) => Rgb([220, 180, 150]),
                (0, false) => Rgb([30 + (y / 2) as u8, 60, 120]),
                (_, true) => Rgb([90, 60, 50]),
                (_, false) => Rgb([200, 190 - (x / 4) as u8, 90]),
            }
        })
    }

    #[test]
    fn a_cut_is_found_and_movement_is_none() {
        let mut detector = ShotDetector::new();
        let cuts: Vec<u32> = (0..40).filter(|&time| detector.begins_shot(&scene(u32::from(time >= 17), time))).collect();
        assert_eq!(cuts, [17]);
    }

    #[test]
    fn a_slow_fade_is_no_cut() {
        let mut detector = ShotDetector::new();
        let faded = |time: u32| RgbImage::from_pixel(64, 64, Rgb([(time * 4) as u8; 3]));
        assert!((0..60).all(|time| !detector.begins_shot(&faded(time))));
    }
}
