//! A bank as plain numbers and back, so that it can be kept in a file.

use super::bank::{MouthBank, MouthBankOptions};
use super::entry::{Entry, MouthMesh};
use super::feature::{FEATURE_LENGTH, MouthFeature, MouthTarget};

/// A remembered mouth.
#[derive(Clone, Debug, PartialEq)]
pub struct MouthRecord {
    /// Frame number in its recording.
    pub frame: usize,
    /// Which recording.
    pub recording: usize,
    /// `[89]` the form.
    pub feature: Vec<f32>,
    /// Yaw, pitch, roll in the picture, degrees.
    pub angles: [f32; 3],
    /// Width and height of the crop, pixels.
    pub size: [usize; 2],
    /// `[height * width * 3]` RGB.
    pub pixels: Vec<u8>,
    /// `[points]` mesh points in pixels of the crop; how many is [`MouthRecord::points_wanted`].
    pub points: Vec<[f32; 2]>,
}

impl MouthRecord {
    /// Numbers in a feature.
    pub const FEATURE_LENGTH: usize = FEATURE_LENGTH;

    /// Mesh points of a mouth.
    pub fn points_wanted() -> usize {
        MouthMesh::get().points.len()
    }

    fn of(entry: &Entry) -> Self {
        Self {
            frame: entry.frame,
            recording: entry.recording,
            feature: entry.target.feature.0.to_vec(),
            angles: entry.target.angles,
            size: [entry.width, entry.height],
            pixels: entry.pixels.iter().flat_map(|p| [p[0], p[1], p[2]]).collect(),
            points: entry.points.clone(),
        }
    }

    /// `None` where the numbers are no mouth.
    fn entry(self) -> Option<Entry> {
        let [width, height] = self.size;
        let (pixels, rest) = self.pixels.as_chunks::<3>();
        let fits = width > 0 && height > 0 && width.checked_mul(height) == Some(pixels.len()) && rest.is_empty();
        let numbers = self.points.as_flattened().iter().chain(&self.feature).chain(&self.angles);
        let sound = fits && self.points.len() == Self::points_wanted() && numbers.into_iter().all(|v| v.is_finite());
        let feature = MouthFeature(self.feature.try_into().ok().filter(|_| sound)?);
        let target = MouthTarget { feature, angles: self.angles };
        let (frame, recording, pixels, points) =
            (self.frame, self.recording, pixels.iter().map(|p| [p[0], p[1], p[2], 0]).collect(), self.points);
        Some(Entry { frame, recording, target, width, height, pixels, points })
    }
}

impl MouthBank {
    /// Its mouths, to be given to [`MouthBank::from_records`] one day.
    pub fn records(&self) -> impl Iterator<Item = MouthRecord> {
        (0..self.len()).map(|index| MouthRecord::of(self.entry(index)))
    }

    /// The bank of such records, which nothing is added to any more; `None` where one of them is no mouth.
    pub fn from_records(records: impl IntoIterator<Item = MouthRecord>, options: MouthBankOptions) -> Option<Self> {
        let entries: Option<Vec<Entry>> = records.into_iter().map(MouthRecord::entry).collect();
        Some(Self::of_entries(entries?, options))
    }
}
