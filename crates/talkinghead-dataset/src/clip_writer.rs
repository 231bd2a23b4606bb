//! A tracked piece of a source becomes a clip folder: the reference's file set and `clip.json`.

use std::path::{Path, PathBuf};

use image::RgbImage;
use talkinghead_face::{
    FaceCrop, FaceTrack, HeadPose, IdentityEmbedding, Landmarks68, Points68, ReferencePose, RigidFit, standard_face,
};
use talkinghead_media::{FRAME_RATE, VideoOptions, VideoWriter, write_png};

use crate::alignment::{crop_around, cut, to_clip};
use crate::clip::{CLIP_SIDE, ClipFiles, CropDescription, PoseRange, Spread, SyncDescription, rounded};
use crate::corpus::piece_name;
use crate::head_mesh::HeadMesh;
use crate::key_frame::key_frame;
use crate::npy::{Array, Precision};
use crate::pieces::{SAMPLES_PER_FRAME, SoundStream};
use crate::process::{Picture, Processor, Trouble, piece_rejection};
use crate::projection::animation_frame;
use crate::quality::QualityMeter;
use crate::rigid::to_front;
use crate::signature::signature;
use crate::sync::{SyncEstimate, moved_earlier, speech_energy};
use crate::wav::wav_bytes;
use crate::{ClipDescription, DatasetError, Reason, Rejection, Source};

/// Seconds of sound read around a clip, so that it can be moved.
const SOUND_MARGIN: usize = 15 * SAMPLES_PER_FRAME;
/// Every how many frames other faces are looked for.
const OTHERS_EVERY: usize = 10;
/// Frames of the contact strip.
const STRIP_FRAMES: usize = 5;
/// Pixels of a picture in it.
const STRIP_SIDE: u32 = 112;
/// Clips shorter than this cannot be judged by lips and sound, frames.
const LEAST_FRAMES_FOR_SYNC: usize = 125;

/// A piece that was tracked.
pub(crate) struct Take<'a> {
    pub(crate) source: &'a Source,
    /// Its first frame in the source.
    pub(crate) first: usize,
    /// Its number, if the source has several.
    pub(crate) number: Option<usize>,
    pub(crate) track: &'a FaceTrack,
    /// SHA-256 of the source.
    pub(crate) hash: &'a str,
    pub(crate) transcript: Option<&'a str>,
}

/// What became of it.
pub(crate) struct Written {
    pub(crate) result: Result<(ClipDescription, PathBuf), Rejection>,
    pub(crate) strip: Option<Vec<u8>>,
}

pub(crate) struct ClipWriter<'a> {
    pub(crate) processor: &'a Processor,
    pub(crate) staging: &'a Path,
}

/// What the landmarks alone say.
struct Geometry {
    crop: FaceCrop,
    /// Landmarks in the source.
    source: Vec<Points68>,
    /// Landmarks in the clip, rounded to f32 as they are stored.
    clip: Vec<Points68>,
    rts: Vec<[f64; 6]>,
    front: Vec<Points68>,
    /// Yaw, pitch, roll in degrees.
    angles: Vec<[f64; 3]>,
    key: usize,
}

/// What reading the pictures gave.
struct Seen {
    key_picture: RgbImage,
    identity: Vec<IdentityEmbedding>,
    strip: Vec<RgbImage>,
}

impl ClipWriter<'_> {
    /// Reads exactly the take's frames from `pictures` and its sound, and writes the clip unless it is rejected.
    pub(crate) fn write(
        &self,
        take: &Take<'_>,
        pictures: &mut impl Iterator<Item = Picture>,
        sound: &mut SoundStream,
    ) -> Result<Written, Trouble> {
        let frames = take.track.frames.len();
        let clock = &self.processor.clock;
        let Some(geometry) = clock.time("landmarks and pose", || self.geometry(take.track)) else {
            return Err(Trouble::Source(Reason::Failed, "no landmarks".to_owned()));
        };
        let name = take.number.map_or_else(|| take.source.clip.clone(), |number| piece_name(&take.source.clip, number));
        let files = ClipFiles::named(name.rsplit('/').next().unwrap_or(&name), geometry.key);
        let folder = self.staging.join(format!("{}", take.first));
        std::fs::create_dir_all(&folder).map_err(DatasetError::file("write", &folder))?;

        let mut meter = QualityMeter::default();
        let seen = self.video(take, &geometry, pictures, &folder.join(&files.video), &mut meter)?;
        let strip = clock.time("contact strip", || strip_jpeg(&seen.strip));
        let spoken = self.sound(take, &geometry, sound, frames)?;
        let Some(Sound { samples, sync }) = spoken else {
            let rejection = piece_rejection(take.source, take.first, frames, Reason::NoAudio, "the sound ends before the piece begins".to_owned());
            return Ok(Written { result: Err(rejection), strip });
        };
        let (embedding, identity_spread) = identity_of(&seen.identity);
        let quality = meter.finish(identity_spread, &samples);
        let judged_sync = (frames >= LEAST_FRAMES_FOR_SYNC).then_some(sync.found.correlation);
        let shortcomings = quality.shortcomings(&self.processor.settings.thresholds, judged_sync);
        if let Some(worst) = shortcomings.first() {
            let detail = shortcomings.iter().map(|s| s.detail.as_str()).collect::<Vec<_>>().join("; ");
            let rejection = Rejection {
                measured: Some(worst.measured),
                threshold: Some(worst.threshold),
                ..piece_rejection(take.source, take.first, frames, worst.reason, detail)
            };
            std::fs::remove_dir_all(&folder).map_err(DatasetError::file("remove", &folder))?;
            return Ok(Written { result: Err(rejection), strip });
        }

        let mesh = clock.time("mesh", || self.mesh(take, &geometry, &seen.key_picture));
        self.animation(&mesh, &geometry, &folder.join(&files.animation))?;
        let description = ClipDescription {
            format: ClipDescription::FORMAT.to_owned(),
            clip: name,
            dataset: self.processor.settings.dataset.name().to_owned(),
            source: take.source.name.clone(),
            source_sha256: take.hash.to_owned(),
            first_frame: take.first,
            frames,
            frame_rate: FRAME_RATE,
            identity: take.source.identity.clone(),
            recording: take.source.recording.clone(),
            official_split: take.source.official_split,
            emotion: take.source.emotion.clone(),
            transcript: take.transcript.map(str::to_owned),
            key_frame: geometry.key,
            crop: CropDescription {
                mode: self.processor.settings.crop,
                side: geometry.crop.side,
                top: (0..geometry.crop.corners.len()).map(|frame| geometry.crop.corner(frame)[1]).collect(),
                left: (0..geometry.crop.corners.len()).map(|frame| geometry.crop.corner(frame)[0]).collect(),
            },
            sync,
            quality,
            pose: pose_range(&geometry.angles),
            interpolated_frames: (0..frames).filter(|&frame| take.track.frames[frame].interpolated).collect(),
            embedding: embedding.iter().map(|&value| rounded(f64::from(value), 4) as f32).collect(),
            signature: signature(&seen.key_picture, &samples),
            settings: self.processor.settings.clone(),
            files,
        };
        clock.time("writing files", || write_files(&folder, &description, &geometry, &mesh, &seen.key_picture, &samples))?;
        Ok(Written { result: Ok((description, folder)), strip })
    }

    fn geometry(&self, track: &FaceTrack) -> Option<Geometry> {
        let source: Vec<Points68> = track.frames.iter().map(|frame| Landmarks68::from_mesh(&frame.landmarks).to_f64()).collect();
        let crop = crop_around(&source, self.processor.settings.crop)?;
        let in_clip = |(frame, points): (usize, &Points68)| points.map(|p| to_clip(&crop, p, frame).map(|v| f64::from(v as f32)));
        let clip: Vec<Points68> = source.iter().enumerate().map(in_clip).collect();
        let standard = standard_face();
        let poses: Vec<ReferencePose> = clip.iter().map(|points| ReferencePose::fit(points, &standard)).collect();
        let front = poses.iter().zip(&clip).map(|(pose, points)| pose.to_front(points)).collect();
        let rts: Vec<[f64; 6]> = poses.iter().map(ReferencePose::to_rt).collect();
        // A frame in which the face was not seen shows no face to take colours from.
        let candidates: Vec<usize> = (0..rts.len()).filter(|&frame| !track.frames[frame].interpolated).collect();
        let rows: Vec<[f64; 6]> = candidates.iter().map(|&frame| rts[frame]).collect();
        let key = key_frame(&rows).map(|at| candidates[at])?;
        let angles = track
            .frames
            .iter()
            .map(|frame| HeadPose::angles(&RigidFit::to_canonical(&frame.landmarks).rotation).map(f64::from))
            .collect();
        Some(Geometry { crop, source, clip, rts, front, angles, key })
    }

    fn video(
        &self,
        take: &Take<'_>,
        geometry: &Geometry,
        pictures: &mut impl Iterator<Item = Picture>,
        path: &Path,
        meter: &mut QualityMeter,
    ) -> Result<Seen, Trouble> {
        let clock = &self.processor.clock;
        let frames = take.track.frames.len();
        let mut video = VideoWriter::create(path, &self.video_options())?;
        let looks = (frames / 25).clamp(3, 12);
        let mut seen = Seen { key_picture: RgbImage::new(CLIP_SIDE, CLIP_SIDE), identity: Vec::new(), strip: Vec::new() };
        for (frame, tracked) in take.track.frames.iter().enumerate() {
            let picture = clock.time("decoding again", || pictures.next()).ok_or_else(|| {
                Trouble::Source(Reason::Undecodable, format!("frame {} could be decoded once but not twice", take.first + frame))
            })??;
            let [yaw, pitch, _] = geometry.angles[frame];
            meter.frame(&geometry.source[frame], picture.dimensions(), yaw, pitch, !tracked.interpolated);
            if (0..looks).any(|look| frame == frames * (2 * look + 1) / (2 * looks)) && !tracked.interpolated && yaw.abs() < 50.0 {
                seen.identity.push(clock.time("identity", || self.processor.networks.identity(&picture, &tracked.landmarks))?);
            }
            if frame % OTHERS_EVERY == OTHERS_EVERY / 2 {
                let second = clock.time("other faces", || self.has_second_face(&picture, &geometry.source[frame]))?;
                meter.others(second);
            }
            let crop = clock.time("cropping", || cut(&geometry.crop, &picture, frame));
            clock.time("quality", || meter.picture(&crop, &geometry.clip[frame]));
            if frame == geometry.key {
                seen.key_picture = crop.clone();
            }
            if (0..STRIP_FRAMES).any(|k| frame == frames * (2 * k + 1) / (2 * STRIP_FRAMES)) {
                seen.strip.push(strip_picture(&crop, &geometry.clip[frame]));
            }
            clock.time("encoding", || video.write_owned(crop))?;
        }
        clock.time("encoding", || video.finish())?;
        Ok(seen)
    }

    fn video_options(&self) -> VideoOptions {
        VideoOptions { width: CLIP_SIDE, height: CLIP_SIDE, crf: Some(self.processor.settings.crf), ..VideoOptions::default() }
    }

    /// Whether a face other than the one at `points` is in the picture, at least half as large.
    fn has_second_face(&self, picture: &RgbImage, points: &[[f64; 3]]) -> Result<bool, Trouble> {
        let extent = |axis: usize| points.iter().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p[axis]), b.max(p[axis])));
        let ((x0, x1), (y0, y1)) = (extent(0), extent(1));
        let found = self.processor.networks.find_faces(picture)?;
        Ok(found.iter().any(|face| {
            let [x, y] = face.center().map(f64::from);
            let elsewhere = !((x0..=x1).contains(&x) && (y0..=y1).contains(&y));
            elsewhere && f64::from(face.width()) > 0.5 * (x1 - x0)
        }))
    }

    fn mesh(&self, take: &Take<'_>, geometry: &Geometry, picture: &RgbImage) -> HeadMesh {
        let landmarks = &take.track.frames[geometry.key].landmarks;
        let points: Vec<[f64; 3]> = landmarks
            .points
            .iter()
            .map(|&[x, y, z]| to_clip(&geometry.crop, [x, y, -z].map(f64::from), geometry.key))
            .collect();
        HeadMesh::of_frame(&points, picture)
    }

    fn animation(&self, mesh: &HeadMesh, geometry: &Geometry, path: &Path) -> Result<(), Trouble> {
        let clock = &self.processor.clock;
        let mut video = VideoWriter::create(path, &self.video_options())?;
        let key = ReferencePose::from_rt(geometry.rts[geometry.key]);
        let front = HeadMesh { vertices: to_front(&key, &mesh.vertices), ..mesh.clone() };
        for rt in &geometry.rts {
            let picture = clock.time("projection", || animation_frame(&front, &ReferencePose::from_rt(*rt)));
            clock.time("encoding", || video.write_owned(picture))?;
        }
        clock.time("encoding", || video.finish())?;
        Ok(())
    }

    /// The take's sound, moved to fit the lips when its offset is sure; `None` if there is none.
    fn sound(&self, take: &Take<'_>, geometry: &Geometry, sound: &mut SoundStream, frames: usize) -> Result<Option<Sound>, Trouble> {
        let clock = &self.processor.clock;
        let start = take.first * SAMPLES_PER_FRAME;
        let wanted = frames * SAMPLES_PER_FRAME;
        let from = start.saturating_sub(SOUND_MARGIN);
        let around = clock.time("sound", || sound.stretch(from, start + wanted + SOUND_MARGIN).map(<[f32]>::to_vec))?;
        let before = start - from;
        let own = around.get(before..).unwrap_or(&[]);
        // Less than half the piece is no sound for it.
        if own.len() < wanted / 2 {
            return Ok(None);
        }
        let cut = |samples: &[f32]| -> Vec<f32> { (before..before + wanted).map(|at| samples.get(at).copied().unwrap_or(0.0)).collect() };
        let samples = cut(&around);
        let opening: Vec<f64> = geometry.front.iter().map(|points| points[66][1] - points[62][1]).collect();
        let found = clock.time("sound", || SyncEstimate::of(&opening, &speech_energy(&samples, frames)));
        let move_it = self.processor.settings.correct_sync && found.sure && found.offset_ms.abs() >= 40.0;
        let moved_ms = if move_it { rounded(found.offset_ms, 0) } else { 0.0 };
        let samples = if move_it { cut(&moved_earlier(&around, moved_ms)) } else { samples };
        let found = SyncEstimate {
            offset_ms: rounded(found.offset_ms, 0),
            correlation: rounded(found.correlation, 3),
            correlation_unshifted: rounded(found.correlation_unshifted, 3),
            distinctness: rounded(found.distinctness, 2),
            sure: found.sure,
        };
        Ok(Some(Sound { samples, sync: SyncDescription { found, moved_ms } }))
    }
}

struct Sound {
    samples: Vec<f32>,
    sync: SyncDescription,
}

fn write_files(
    folder: &Path,
    description: &ClipDescription,
    geometry: &Geometry,
    mesh: &HeadMesh,
    key_picture: &RgbImage,
    samples: &[f32],
) -> Result<(), DatasetError> {
    let files = &description.files;
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).map_err(DatasetError::file("write", folder.join(name)));
    put(&files.landmarks, &Array::from_points(&geometry.clip).to_bytes(Precision::Single))?;
    put(&files.pose, &Array::from_rows(&geometry.rts).to_bytes(Precision::Double))?;
    put(&files.front, &Array::from_points(&geometry.front).to_bytes(Precision::Double))?;
    put(&files.mesh, mesh.to_obj(CLIP_SIDE).as_bytes())?;
    // The key frame's landmarks, flipped as the mesh is.
    let height = f64::from(CLIP_SIDE);
    let flipped: Vec<[f64; 3]> = geometry.clip[geometry.key].iter().map(|p| [p[0], height - 1.0 - p[1], p[2]]).collect();
    put(&files.mesh_landmarks, &Array { shape: vec![68, 3], values: flipped.into_iter().flatten().collect() }.to_bytes(Precision::Single))?;
    write_png(&folder.join(&files.key_frame_picture), key_picture)?;
    put(&files.audio, &wav_bytes(samples))?;
    let mut text = serde_json::to_vec_pretty(description)
        .map_err(|error| DatasetError::Malformed { file: "clip.json".to_owned(), detail: error.to_string() })?;
    text.push(b'\n');
    put("clip.json", &text)
}

fn pose_range(angles: &[[f64; 3]]) -> PoseRange {
    let of = |axis: usize| Spread::of(&angles.iter().map(|a| a[axis]).collect::<Vec<_>>());
    PoseRange { yaw: of(0), pitch: of(1), roll: of(2) }
}

/// The clip's identity vector (mean), and how far its frames are from the most typical one; with four or more, the one
/// farthest frame does not count: a blink or a hand.
fn identity_of(found: &[IdentityEmbedding]) -> (Vec<f32>, f64) {
    let Some(length) = found.first().map(|one| one.values.len()) else { return (Vec::new(), 0.0) };
    let mean = (0..length).map(|i| found.iter().map(|one| one.values[i]).sum::<f32>() / found.len() as f32).collect();
    let distances = |one: &IdentityEmbedding| -> Vec<f64> { found.iter().map(|other| f64::from(one.distance(other))).collect() };
    let typical = found.iter().map(distances).min_by(|a, b| a.iter().sum::<f64>().total_cmp(&b.iter().sum::<f64>()));
    let mut spread = typical.unwrap_or_default();
    spread.sort_by(f64::total_cmp);
    if spread.len() >= 4 {
        spread.pop();
    }
    (mean, spread.last().copied().unwrap_or(0.0))
}

/// A small picture of a crop with its landmarks.
fn strip_picture(crop: &RgbImage, points: &[[f64; 3]]) -> RgbImage {
    let mut small = image::imageops::resize(crop, STRIP_SIDE, STRIP_SIDE, image::imageops::FilterType::Triangle);
    let scale = f64::from(STRIP_SIDE) / f64::from(CLIP_SIDE);
    for point in points {
        let (x, y) = ((point[0] * scale).round(), (point[1] * scale).round());
        if x >= 0.0 && y >= 0.0 && x < f64::from(STRIP_SIDE) && y < f64::from(STRIP_SIDE) {
            small.put_pixel(x as u32, y as u32, image::Rgb([60, 255, 60]));
        }
    }
    small
}

fn strip_jpeg(pictures: &[RgbImage]) -> Option<Vec<u8>> {
    let mut strip = RgbImage::new(STRIP_SIDE * pictures.len() as u32, STRIP_SIDE);
    for (at, picture) in pictures.iter().enumerate() {
        image::imageops::replace(&mut strip, picture, i64::from(STRIP_SIDE) * at as i64, 0);
    }
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 72);
    (!pictures.is_empty() && strip.write_with_encoder(encoder).is_ok()).then_some(bytes)
}
