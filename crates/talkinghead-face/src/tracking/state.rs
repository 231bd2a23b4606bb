//! Keeping hold of one face from frame to frame: look where it was, and search again when it is gone.

use image::RgbImage;

use super::face_choice::FaceChoice;
use super::face_search::FoundFace;
use super::still_face::check_size;
use super::tracker::Orientation;
use crate::error::FaceError;
use crate::geometry::landmarks::Landmarks;
use crate::geometry::quarter_turn::QuarterTurn;
use crate::networks::FaceNetworks;
use crate::networks::detection::{box_overlap, merge};
use crate::networks::detector::Look;
use crate::networks::identity::IdentityEmbedding;
use crate::networks::identity::aligned_face;
use crate::networks::region::FaceRegion;

/// A mean movement beyond this between two frames, in interocular distances, may be a cut to somebody else.
const SUSPICIOUS_MOVE: f32 = 0.15;
/// A change of size beyond this factor between two frames may be a cut as well.
const SUSPICIOUS_GROWTH: f32 = 1.3;
/// Two frames whose views of the face correlate less than this may be a cut, however alike the faces lie.
const SUSPICIOUS_CORRELATION: f32 = 0.6;
/// While the face is gone, small faces are searched for in every so many frames: that takes long.
const THOROUGH_SEARCH_EVERY: usize = 12;
/// And turned ones, before any was found, in every so many.
const TURNED_SEARCH_EVERY: usize = 96;
/// Side of the square in which a lost face is looked for first, in sides of the box around its points.
const NEIGHBOURHOOD: f32 = 4.0;
/// With several people in view, the face is compared with the chosen one's every so many frames.
const IDENTITY_CHECK_EVERY: usize = 12;
/// After this many frames of following, further faces of the person are enrolled for comparison.
const ENROL_AFTER: [usize; 3] = [10, 50, 200];

/// What a tracker knows from frame to frame of the one face it follows.
pub(crate) struct TrackerState {
    networks: FaceNetworks,
    choice: FaceChoice,
    orientation: Orientation,
    /// By how much frames are turned before they are looked at; settled with the first face.
    turn: QuarterTurn,
    /// Where the face was when it was last seen.
    last: Option<Landmarks>,
    /// What the place where the next frame's face is looked for showed then.
    thumbnail: Vec<f32>,
    /// Frames since then.
    frames_lost: usize,
    /// Frames in which the face was seen.
    seen: usize,
    /// Faces of the chosen person, to compare with.
    gallery: Vec<GalleryFace>,
    /// More than one face was in view at some time.
    several_faces: bool,
    /// How often the whole frame was searched.
    searches: usize,
    /// Why no face was accepted yet: the most telling reason.
    refusal: Option<FaceError>,
}

/// A face of the chosen person, kept for comparison. Most videos never need one, and the identity network is slow to load.
enum GalleryFace {
    /// The face, cut out upright.
    Aligned(Vec<f32>),
    /// Its identity.
    Embedded(IdentityEmbedding),
}

impl TrackerState {
    pub(crate) fn new(networks: &FaceNetworks, choice: FaceChoice, orientation: Orientation) -> Self {
        Self {
            networks: networks.clone(),
            choice,
            orientation,
            turn: QuarterTurn::None,
            last: None,
            thumbnail: Vec::new(),
            frames_lost: 0,
            seen: 0,
            gallery: Vec::new(),
            several_faces: false,
            searches: 0,
            refusal: None,
        }
    }

    /// Why the face was never found, if there is a better reason than that there was none.
    pub(crate) fn refusal(self) -> Option<FaceError> {
        self.refusal
    }

    /// By how much frames were turned.
    pub(crate) fn turn(&self) -> QuarterTurn {
        self.turn
    }

    /// How often the whole frame was searched.
    pub(crate) fn searches(&self) -> usize {
        self.searches
    }

    /// The face in the next frame, `None` if it is not seen.
    pub(crate) fn next(&mut self, frame: RgbImage) -> Result<Option<Landmarks>, FaceError> {
        let known = self.turn;
        let mut frame = known.turn(frame);
        let mut found = None;
        if self.frames_lost == 0
            && let Some(last) = self.last.take()
        {
            found = self.follow(&frame, &last)?;
            self.last = Some(last);
        }
        if found.is_none() {
            found = if self.last.is_none() { self.choose(&frame)? } else { self.search(&frame)? };
            if self.turn != known {
                // The first face has settled the turn of all frames.
                frame = self.turn.turn(frame);
            }
        }
        match &found {
            Some(landmarks) => {
                self.last = Some(landmarks.clone());
                self.thumbnail = thumbnail(&frame, &FaceRegion::around_landmarks(landmarks));
                self.frames_lost = 0;
                self.seen += 1;
                if ENROL_AFTER.contains(&self.seen) {
                    self.gallery.push(GalleryFace::Aligned(aligned_face(&frame, landmarks)));
                }
            }
            None => self.frames_lost += 1,
        }
        Ok(found)
    }

    /// Looks where the face was in the last frame.
    fn follow(&mut self, frame: &RgbImage, last: &Landmarks) -> Result<Option<Landmarks>, FaceError> {
        let region = FaceRegion::around_landmarks(last);
        let mut pass = self.networks.mesh_pass(frame, &region)?;
        if !pass.found() {
            return Ok(None);
        }
        let changed = correlation(&self.thumbnail, &thumbnail(frame, &region)) < SUSPICIOUS_CORRELATION;
        let suspicious = changed || moved_much(last, &pass.landmarks);
        if suspicious {
            pass = self.networks.mesh_pass(frame, &FaceRegion::around_landmarks(&pass.landmarks))?;
        }
        let check = suspicious || (self.several_faces && self.seen.is_multiple_of(IDENTITY_CHECK_EVERY));
        if !pass.found() || (check && !self.is_chosen(frame, &pass.landmarks)?) {
            return Ok(None);
        }
        Ok(Some(pass.landmarks))
    }

    /// Looks for the face that was followed: around its last place, then in the whole frame, and now and then for small faces.
    fn search(&mut self, frame: &RgbImage) -> Result<Option<Landmarks>, FaceError> {
        self.searches += 1;
        let Some(last) = self.last.clone() else { return Ok(None) };
        let before = last.bounding_box();
        let mut faces = self.networks.look_at(frame, &neighbourhood(&before))?;
        faces.extend(self.networks.look(frame, Look::Near)?);
        let thorough = self.frames_lost.is_multiple_of(THOROUGH_SEARCH_EVERY);
        if thorough && faces.is_empty() {
            faces = self.networks.find_faces(frame)?;
        }
        faces = merge(faces);
        self.several_faces |= faces.len() > 1;
        faces.sort_by(|a, b| box_overlap(&b.bounds, &before).total_cmp(&box_overlap(&a.bounds, &before)));
        for face in faces {
            let Some(found) = self.networks.examine(frame, face)? else { continue };
            if self.is_chosen(frame, &found.landmarks)? {
                return Ok(Some(found.landmarks));
            }
        }
        Ok(None)
    }

    /// The choice among all faces of a frame, when none was followed so far. Settles the turn.
    fn choose(&mut self, frame: &RgbImage) -> Result<Option<Landmarks>, FaceError> {
        self.searches += 1;
        let (turn, found) = match self.first_face(frame) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(error @ FaceError::NoSuchFace { .. }) => {
                self.refusal = Some(error);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if let Err(error) = check_size(&found.landmarks) {
            self.refusal = Some(error);
            return Ok(None);
        }
        let turned = turn.turned(frame);
        self.several_faces |= found.in_view > 1;
        self.gallery.push(GalleryFace::Aligned(aligned_face(&turned, &found.landmarks)));
        self.turn = turn;
        Ok(Some(found.landmarks))
    }

    /// The chosen face of a frame, searched for as thoroughly as the turn of frames allows.
    fn first_face(&self, frame: &RgbImage) -> Result<Option<(QuarterTurn, FoundFace)>, FaceError> {
        let due = |every: usize| self.frames_lost.is_multiple_of(every);
        if self.orientation == Orientation::Searched && due(TURNED_SEARCH_EVERY) {
            return self.networks.find_turned_face(frame, self.choice);
        }
        let found = if due(THOROUGH_SEARCH_EVERY) {
            self.networks.find_face(frame, self.choice)?
        } else {
            self.networks.find_large_face(frame, self.choice)?
        };
        Ok(found.map(|found| (QuarterTurn::None, found)))
    }

    /// Whether this is the person that is followed.
    fn is_chosen(&mut self, frame: &RgbImage, landmarks: &Landmarks) -> Result<bool, FaceError> {
        for enrolled in &mut self.gallery {
            if let GalleryFace::Aligned(face) = enrolled {
                *enrolled = GalleryFace::Embedded(self.networks.embed(face)?);
            }
        }
        let found = self.networks.identity(frame, landmarks)?;
        Ok(self.gallery.iter().any(|enrolled| matches!(enrolled, GalleryFace::Embedded(known) if known.same_person(&found))))
    }
}

/// Whether a face moved or grew more between two frames than heads do.
fn moved_much(before: &Landmarks, after: &Landmarks) -> bool {
    let unit = before.interocular_distance().max(1e-6);
    let growth = after.interocular_distance() / unit;
    let moved = before.points().iter().zip(after.points()).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum::<f32>();
    moved / before.points().len() as f32 / unit > SUSPICIOUS_MOVE
        || !(1.0 / SUSPICIOUS_GROWTH..SUSPICIOUS_GROWTH).contains(&growth)
}

/// The square around a box in which a face that was lost may have gone.
fn neighbourhood(&[left, top, right, bottom]: &[f32; 4]) -> FaceRegion {
    let side = NEIGHBOURHOOD * (right - left).max(bottom - top);
    FaceRegion { centre: [(left + right) / 2.0, (top + bottom) / 2.0], width: side, height: side, rotation: 0.0 }
}

/// A coarse view of a region, `[16, 16, 3]`, 0..1.
fn thumbnail(frame: &RgbImage, region: &FaceRegion) -> Vec<f32> {
    const SIDE: usize = 16;
    let mut view = vec![0.0; SIDE * SIDE * 3];
    region.read_rows(frame, SIDE, SIDE * 3, &mut view);
    view
}

/// Of two views: 1 for the same up to brightness and contrast, 0 for unrelated ones (or where there is nothing to see).
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |v: &[f32]| v.iter().sum::<f32>() / v.len().max(1) as f32;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut only_a, mut only_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        both += x * y;
        only_a += x * x;
        only_b += y * y;
    }
    both / (only_a * only_b).sqrt().max(1e-6)
}
