//! What is drawn for an item: frames, crops, mirroring (SPEC-data 9).

use rand::seq::index;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use talkinghead_dataset::clip::{CropJitter, PixelBox, frame_ranges, training_crop};
use talkinghead_dataset::geometry::{farthest_reference, nearest_reference};
use talkinghead_face::FlatLandmarks68;

use super::{CropRule, Flips, ItemSettings, ReferenceRule, TrainingClip};
use crate::Compatibility;

/// Nearest and farthest references around a target, frames.
const AROUND: std::ops::RangeInclusive<usize> = 14..=300;

/// Which item: everything about it follows from this, the seed and the clips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemPosition {
    /// Epoch, counted from 1.
    pub epoch: u64,
    /// Item of the epoch, counted from 0; where several processes train together, of this one's.
    pub index: u64,
    /// How often a frame of it could not be read.
    pub attempt: u64,
}

impl ItemPosition {
    pub(super) fn random(self, seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64([self.epoch, self.index, self.attempt].into_iter().fold(seed, mixed))
    }
}

/// Two numbers into one; any change of either changes about half the bits.
pub(super) fn mixed(state: u64, value: u64) -> u64 {
    let mut z = state.rotate_left(23) ^ value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What an item is made of; frames are numbers in the clip.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// References.
    pub references: Vec<usize>,
    /// The frame to synthesise; of a sequence the first.
    pub target: usize,
    /// Consecutive frames to synthesise.
    pub length: usize,
    /// Position among the references of the one that is warped.
    pub warp_reference: usize,
    /// The part of the references that is cut out.
    pub reference_part: PixelBox,
    /// The part of the target.
    pub target_part: PixelBox,
    /// The part of the projection.
    pub projection_part: PixelBox,
    /// Whether everything is mirrored.
    pub mirrored: bool,
}

impl Choice {
    /// Draws an item of a clip. `None` when the clip is too short.
    pub fn draw(clip: &TrainingClip, settings: &ItemSettings, position: ItemPosition) -> Option<Self> {
        let position = settings.share.global(position);
        let random = &mut position.random(settings.seed);
        let scale = [0, 1].map(|_| random.random_range(0.8..=1.2));
        let wanted = settings.sequence.length(position.epoch);
        let (references, target, length) = frames(clip.usable(), settings, wanted, random)?;
        let farthest = random.random_bool(settings.farthest_probability.clamp(0.0, 1.0));
        let drawn = random.random_range(0..references.len());
        let warp_reference = if farthest { farthest_of(clip, &references, target).unwrap_or(drawn) } else { drawn };
        let mut part = |points: &FlatLandmarks68| {
            let offset = [0, 1].map(|_| random.random_range(-0.2..=0.2));
            let jitter = (settings.crop == CropRule::Random).then_some(CropJitter { scale, offset });
            around(points, jitter)
        };
        let reference_part = part(clip.landmarks(references[0]));
        let target_part = part(clip.landmarks(target));
        let projection_part = part(&clip.projection_landmarks(target));
        let mirrored = random.random_bool(0.5) && settings.flips == Flips::Half;
        let projection_part = match settings.compatibility {
            Compatibility::Reference => projection_part,
            // Cut out otherwise, the projection would lie beside the frame that it explains.
            Compatibility::Right => target_part,
        };
        Some(Self { references, target, length, warp_reference, reference_part, target_part, projection_part, mirrored })
    }

    /// An item to judge by, number `index` of `of`: nothing drawn, frames spread evenly, the nearest reference warped as at synthesis.
    /// `None` when the clip is too short.
    pub fn fixed(clip: &TrainingClip, settings: &ItemSettings, index: usize, of: usize) -> Option<Self> {
        let usable = clip.usable();
        let ranges = frame_ranges(usable.len(), settings.shots, 1, share(settings))?;
        let spread =
            |range: &std::ops::Range<usize>, index: usize, of: usize| usable[range.start + range.len() * index / of.max(1)];
        let references: Vec<usize> = (0..settings.shots).map(|shot| spread(&ranges.references, shot, settings.shots)).collect();
        let target = spread(&ranges.targets, index % of.max(1), of);
        let poses: Vec<[f64; 6]> = references.iter().map(|&frame| *clip.pose(frame)).collect();
        let warp_reference = nearest_reference(&poses, clip.pose(target)).unwrap_or(0);
        let target_part = around(clip.landmarks(target), None);
        let reference_part = around(clip.landmarks(references[0]), None);
        Some(Self {
            references,
            target,
            length: 1,
            warp_reference,
            reference_part,
            target_part,
            projection_part: target_part,
            mirrored: false,
        })
    }

    /// The same for up to `length` consecutive frames, in one square: how many there are with a face.
    pub fn fixed_sequence(
        clip: &TrainingClip,
        settings: &ItemSettings,
        (index, of): (usize, usize),
        length: usize,
    ) -> Option<Self> {
        let mut choice = Self::fixed(clip, settings, index, of)?;
        let first = clip.usable().binary_search(&choice.target).ok()?;
        choice.length = run_length(&clip.usable()[first..]).min(length);
        Some(choice)
    }

    /// The choice of frame `at` of the sequence: all stay where they are.
    pub(super) fn frame(&self, at: usize) -> Self {
        Self { target: self.target + at, length: 1, ..self.clone() }
    }
}

fn share(settings: &ItemSettings) -> f64 {
    match settings.references {
        ReferenceRule::FirstPart(share) => share,
        ReferenceRule::Around => 0.25,
    }
}

/// References, the first target, and how many consecutive targets there are: as many as wanted, or as the clip has.
fn frames(
    usable: &[usize],
    settings: &ItemSettings,
    wanted: usize,
    random: &mut ChaCha8Rng,
) -> Option<(Vec<usize>, usize, usize)> {
    let shots = settings.shots;
    match settings.references {
        ReferenceRule::FirstPart(share) => {
            let ranges = frame_ranges(usable.len(), shots, settings.sequence.least(), share)?;
            let references = index::sample(random, ranges.references.len(), shots).into_iter();
            let references = references.map(|at| usable[ranges.references.start + at]).collect();
            if wanted <= 1 {
                return Some((references, usable[random.random_range(ranges.targets)], 1));
            }
            let (target, length) = consecutive(&usable[ranges.targets], wanted, random)?;
            (length >= settings.sequence.least()).then_some((references, target, length))
        }
        ReferenceRule::Around => {
            let has_any = |at: &usize| (0..usable.len()).any(|other| AROUND.contains(&other.abs_diff(*at)));
            let targets: Vec<usize> = (0..usable.len()).filter(has_any).collect();
            if targets.is_empty() {
                return None;
            }
            let target = targets[random.random_range(0..targets.len())];
            let near: Vec<usize> = (0..usable.len()).filter(|other| AROUND.contains(&other.abs_diff(target))).collect();
            let references = (0..shots).map(|_| usable[near[random.random_range(0..near.len())]]).collect();
            let length = run_length(&usable[target..]).min(wanted.max(1));
            Some((references, usable[target], length))
        }
    }
}

/// How many frames follow each other without a gap from the first on.
pub(super) fn run_length(frames: &[usize]) -> usize {
    frames.iter().zip(0..).take_while(|(frame, k)| **frame == frames[0] + k).count()
}

/// The longest run of consecutive frames.
pub(super) fn longest_run(frames: &[usize]) -> usize {
    let mut longest = 0;
    let mut at = 0;
    while at < frames.len() {
        let length = run_length(&frames[at..]);
        longest = longest.max(length);
        at += length;
    }
    longest
}

/// A run of `wanted` consecutive frames, or of as many as there are: its first frame and its length.
fn consecutive(frames: &[usize], wanted: usize, random: &mut ChaCha8Rng) -> Option<(usize, usize)> {
    let length = longest_run(frames).min(wanted);
    let starts: Vec<usize> = (0..frames.len()).filter(|&at| run_length(&frames[at..]) >= length).collect();
    if length == 0 || starts.is_empty() {
        return None;
    }
    Some((frames[starts[random.random_range(0..starts.len())]], length))
}

/// Consecutive frames that targets may come from, at most.
pub(super) fn target_run(usable: &[usize], settings: &ItemSettings) -> usize {
    match settings.references {
        ReferenceRule::FirstPart(share) => frame_ranges(usable.len(), settings.shots, settings.sequence.least(), share)
            .map_or(0, |ranges| longest_run(&usable[ranges.targets])),
        ReferenceRule::Around => longest_run(usable),
    }
}

/// Usable frames that a rule needs.
pub(super) fn frames_needed(settings: &ItemSettings) -> usize {
    match settings.references {
        ReferenceRule::FirstPart(_) => settings.shots + settings.sequence.least(),
        ReferenceRule::Around => AROUND.start() + 1,
    }
}

fn farthest_of(clip: &TrainingClip, references: &[usize], target: usize) -> Option<usize> {
    let poses: Vec<[f64; 6]> = references.iter().map(|&frame| *clip.pose(frame)).collect();
    farthest_reference(&poses, clip.pose(target))
}

fn around(points: &FlatLandmarks68, jitter: Option<CropJitter>) -> PixelBox {
    training_crop(&points.map(|[x, y]| [x, y, 0.0]), jitter)
}
