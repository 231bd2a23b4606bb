//! A tracked piece of a source becomes a clip folder: the reference's file set and `clip.json`.

use std::path::{Path, PathBuf};

use image::RgbImage;
use talkinghead_face::{FaceTrack, IdentityEmbedding, ReferencePose};
use talkinghead_media::{FRAME_RATE, VideoOptions, VideoWriter, write_png};

use crate::alignment::{cut, to_clip};
use crate::clip::{CLIP_SIDE, ClipFiles, rounded};
use crate::clip_geometry::ClipGeometry;
use crate::clip_identity::identity_of;
use crate::clip_sound::{ClipSound, SOUND_MARGIN};
use crate::contact_strip::ContactStrip;
use crate::corpus::piece_name;
use crate::head_mesh::HeadMesh;
use crate::npy::{Array, Precision};
use crate::pieces::{Picture, SAMPLES_PER_FRAME, SoundStream};
use crate::process::{Processor, Trouble, piece_rejection};
use crate::projection::animation_frame;
use crate::quality::QualityMeter;
use crate::rigid::to_front;
use crate::signature::signature;
use crate::wav::wav_bytes;
use crate::{ClipDescription, DatasetError, Reason, Rejection, Source};

/// Every how many frames other faces are looked for.
const OTHERS_EVERY: usize = 10;
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

/// What reading the pictures gave.
struct Seen {
    key_picture: RgbImage,
    identity: Vec<IdentityEmbedding>,
    strip: ContactStrip,
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
        let Some(geometry) = clock.time("landmarks and pose", || ClipGeometry::of(take.track, self.processor.settings.crop))
        else {
            return Err(Trouble::Source(Reason::Failed, "no landmarks".to_owned()));
        };
        let name = take.number.map_or_else(|| take.source.clip.clone(), |number| piece_name(&take.source.clip, number));
        let files = ClipFiles::named(name.rsplit('/').next().unwrap_or(&name), geometry.key);
        let folder = self.staging.join(format!("{}", take.first));
        std::fs::create_dir_all(&folder).map_err(DatasetError::file("write", &folder))?;

        let mut meter = QualityMeter::default();
        let seen = self.video(take, &geometry, pictures, &folder.join(&files.video), &mut meter)?;
        let strip = clock.time("contact strip", || seen.strip.jpeg());
        let Some(ClipSound { samples, sync }) = self.sound(take, &geometry, sound)? else {
            let rejection = piece_rejection(
                take.source,
                take.first,
                frames,
                Reason::NoAudio,
                "the sound ends before the piece begins".to_owned(),
            );
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
            crop: geometry.crop_description(self.processor.settings.crop),
            sync,
            quality,
            pose: geometry.pose_range(),
            interpolated_frames: (0..frames).filter(|&frame| take.track.frames[frame].interpolated).collect(),
            embedding: embedding.iter().map(|&value| rounded(f64::from(value), 4) as f32).collect(),
            signature: signature(&seen.key_picture, &samples),
            settings: self.processor.settings.clone(),
            files,
        };
        clock.time("writing files", || write_files(&folder, &description, &geometry, &mesh, &seen.key_picture, &samples))?;
        Ok(Written { result: Ok((description, folder)), strip })
    }

    fn video(
        &self,
        take: &Take<'_>,
        geometry: &ClipGeometry,
        pictures: &mut impl Iterator<Item = Picture>,
        path: &Path,
        meter: &mut QualityMeter,
    ) -> Result<Seen, Trouble> {
        let clock = &self.processor.clock;
        let frames = take.track.frames.len();
        let mut video = VideoWriter::create(path, &self.video_options())?;
        let looks = (frames / 25).clamp(3, 12);
        let mut seen =
            Seen { key_picture: RgbImage::new(CLIP_SIDE, CLIP_SIDE), identity: Vec::new(), strip: ContactStrip::new(frames) };
        for (frame, tracked) in take.track.frames.iter().enumerate() {
            let picture = clock.time("decoding again", || pictures.next()).ok_or_else(|| {
                Trouble::Source(Reason::Undecodable, format!("frame {} could be decoded once but not twice", take.first + frame))
            })??;
            let [yaw, pitch, _] = geometry.angles[frame];
            meter.frame(&geometry.source[frame], picture.dimensions(), yaw, pitch, !tracked.interpolated);
            if (0..looks).any(|look| frame == frames * (2 * look + 1) / (2 * looks)) && !tracked.interpolated && yaw.abs() < 50.0
            {
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
            seen.strip.look(frame, &crop, &geometry.clip[frame]);
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
            let [x, y] = face.centre().map(f64::from);
            let elsewhere = !((x0..=x1).contains(&x) && (y0..=y1).contains(&y));
            elsewhere && f64::from(face.width()) > 0.5 * (x1 - x0)
        }))
    }

    fn mesh(&self, take: &Take<'_>, geometry: &ClipGeometry, picture: &RgbImage) -> HeadMesh {
        let landmarks = &take.track.frames[geometry.key].landmarks;
        let points: Vec<[f64; 3]> = landmarks
            .points()
            .iter()
            .map(|&[x, y, z]| to_clip(&geometry.crop, [x, y, -z].map(f64::from), geometry.key))
            .collect();
        HeadMesh::of_frame(&points, picture)
    }

    fn animation(&self, mesh: &HeadMesh, geometry: &ClipGeometry, path: &Path) -> Result<(), Trouble> {
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

    /// The take's sound with some around it, moved to fit the lips when its offset is sure; `None` if there is none.
    fn sound(&self, take: &Take<'_>, geometry: &ClipGeometry, sound: &mut SoundStream) -> Result<Option<ClipSound>, Trouble> {
        let start = take.first * SAMPLES_PER_FRAME;
        let end = start + geometry.front.len() * SAMPLES_PER_FRAME;
        let from = start.saturating_sub(SOUND_MARGIN);
        self.processor.clock.time("sound", || {
            let around = sound.stretch(from, end + SOUND_MARGIN)?;
            Ok(ClipSound::of(around, start - from, &geometry.front, self.processor.settings.correct_sync))
        })
    }
}

fn write_files(
    folder: &Path,
    description: &ClipDescription,
    geometry: &ClipGeometry,
    mesh: &HeadMesh,
    key_picture: &RgbImage,
    samples: &[f32],
) -> Result<(), DatasetError> {
    let files = &description.files;
    let put = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).map_err(DatasetError::file("write", folder.join(name)))
    };
    put(&files.landmarks, &Array::from_points(&geometry.clip).to_bytes(Precision::Single))?;
    put(&files.pose, &Array::from_rows(&geometry.rts).to_bytes(Precision::Double))?;
    put(&files.front, &Array::from_points(&geometry.front).to_bytes(Precision::Double))?;
    put(&files.mesh, mesh.to_obj(CLIP_SIDE).as_bytes())?;
    // The key frame's landmarks, flipped as the mesh is.
    let height = f64::from(CLIP_SIDE);
    let flipped: Vec<[f64; 3]> = geometry.clip[geometry.key].iter().map(|p| [p[0], height - 1.0 - p[1], p[2]]).collect();
    put(
        &files.mesh_landmarks,
        &Array { shape: vec![68, 3], values: flipped.into_iter().flatten().collect() }.to_bytes(Precision::Single),
    )?;
    write_png(&folder.join(&files.key_frame_picture), key_picture)?;
    put(&files.audio, &wav_bytes(samples))?;
    let mut text = serde_json::to_vec_pretty(description)
        .map_err(|error| DatasetError::Malformed { file: "clip.json".to_owned(), detail: error.to_string() })?;
    text.push(b'\n');
    put("clip.json", &text)
}
