//! A tracked segment of a source becomes a clip folder: the reference's file set and `clip.json`.

use std::path::{Path, PathBuf};

use image::RgbImage;
use talkinghead_face::{FaceNetworks, FaceTrack, IdentityEmbedding, ReferencePose};
use talkinghead_media::{FRAME_RATE, VideoOptions, VideoWriter};

use super::audio_stream::AudioStream;
use super::error::SourceError;
use super::segment_decoder::DecodedFrame;
use super::stage_timer::StageTimer;
use crate::clip::{
    AUDIO_MARGIN, ClipAudio, ClipContent, ClipDescription, ClipFiles, ClipGeometry, ClipSettings, ContactStrip,
    SAMPLES_PER_FRAME, write_file_set,
};
use crate::corpus::{Source, segment_name};
use crate::error::DatasetError;
use crate::geometry::{CLIP_SIDE, HeadMesh, animation_frame, cut, to_clip, to_front};
use crate::quality::{QualityMeter, mean_embedding, signature};
use crate::rejection::{Reason, Rejection};
use crate::statistics::rounded;

/// Every how many frames other faces are looked for.
const SECOND_FACE_EVERY: usize = 10;
/// Clips shorter than this cannot be judged by lips and sound, frames.
const LEAST_FRAMES_FOR_SYNC: usize = 125;

/// A segment that was tracked.
pub(crate) struct TrackedSegment<'a> {
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

/// What became of a segment.
pub(crate) struct SegmentOutcome {
    pub(crate) result: Result<(ClipDescription, PathBuf), Rejection>,
    pub(crate) strip: Option<Vec<u8>>,
}

/// Writes the clips of one source.
pub(crate) struct ClipWriter<'a> {
    pub(crate) networks: &'a FaceNetworks,
    pub(crate) settings: &'a ClipSettings,
    pub(crate) timer: &'a StageTimer,
    /// Folder under which the clips' folders are made.
    pub(crate) staging: &'a Path,
}

/// What was found while the cropped video was written.
struct CroppedVideo {
    key_picture: RgbImage,
    identity: Vec<IdentityEmbedding>,
    strip: ContactStrip,
}

impl ClipWriter<'_> {
    /// Reads exactly the segment's frames from `pictures` and its sound, and writes the clip unless it is rejected.
    pub(crate) fn write(
        &self,
        segment: &TrackedSegment<'_>,
        pictures: &mut impl Iterator<Item = DecodedFrame>,
        audio: &mut AudioStream,
    ) -> Result<SegmentOutcome, SourceError> {
        let frames = segment.track.frames.len();
        let timer = self.timer;
        let Some(geometry) = timer.time("landmarks and pose", || ClipGeometry::of(segment.track, self.settings.crop)) else {
            return Err(SourceError::Rejected(Reason::Failed, "no landmarks".to_owned()));
        };
        let name =
            segment.number.map_or_else(|| segment.source.clip.clone(), |number| segment_name(&segment.source.clip, number));
        let files = ClipFiles::named(name.rsplit('/').next().unwrap_or(&name), geometry.key);
        let folder = self.staging.join(format!("{}", segment.first));
        std::fs::create_dir_all(&folder).map_err(DatasetError::file("write", &folder))?;

        let mut meter = QualityMeter::default();
        let cropped = self.video(segment, &geometry, pictures, &folder.join(&files.video), &mut meter)?;
        let strip = timer.time("contact strip", || cropped.strip.jpeg());
        let Some(ClipAudio { samples, sync }) = self.audio(segment, &geometry, audio)? else {
            let rejection = Rejection::of_segment(
                &segment.source.name,
                segment.first,
                frames,
                Reason::NoAudio,
                "the sound ends before the piece begins",
            );
            return Ok(SegmentOutcome { result: Err(rejection), strip });
        };
        let (embedding, identity_spread) = mean_embedding(&cropped.identity);
        let quality = meter.finish(identity_spread, &samples);
        let judged_sync = (frames >= LEAST_FRAMES_FOR_SYNC).then_some(sync.found.correlation);
        let failed_thresholds = quality.failed_thresholds(&self.settings.thresholds, judged_sync);
        if let Some(worst) = failed_thresholds.first() {
            let detail = failed_thresholds.iter().map(|s| s.detail.as_str()).collect::<Vec<_>>().join("; ");
            let rejection = Rejection {
                measured: Some(worst.measured),
                threshold: Some(worst.threshold),
                ..Rejection::of_segment(&segment.source.name, segment.first, frames, worst.reason, detail)
            };
            std::fs::remove_dir_all(&folder).map_err(DatasetError::file("remove", &folder))?;
            return Ok(SegmentOutcome { result: Err(rejection), strip });
        }

        let mesh = timer.time("mesh", || self.mesh(segment, &geometry, &cropped.key_picture));
        self.animation(&mesh, &geometry, &folder.join(&files.animation))?;
        let description = ClipDescription {
            format: ClipDescription::FORMAT.to_owned(),
            clip: name,
            dataset: self.settings.dataset.name().to_owned(),
            source: segment.source.name.clone(),
            source_sha256: segment.hash.to_owned(),
            first_frame: segment.first,
            frames,
            frame_rate: FRAME_RATE,
            identity: segment.source.identity.clone(),
            recording: segment.source.recording.clone(),
            official_split: segment.source.official_split,
            emotion: segment.source.emotion.clone(),
            transcript: segment.transcript.map(str::to_owned),
            key_frame: geometry.key,
            crop: geometry.crop_description(self.settings.crop),
            sync,
            quality,
            pose: geometry.pose_range(),
            interpolated_frames: (0..frames).filter(|&frame| segment.track.frames[frame].interpolated).collect(),
            embedding: embedding.iter().map(|&value| rounded(f64::from(value), 4) as f32).collect(),
            signature: signature(&cropped.key_picture, &samples),
            settings: self.settings.clone(),
            files,
        };
        let content = ClipContent { geometry: &geometry, mesh: &mesh, key_picture: &cropped.key_picture, samples: &samples };
        timer.time("writing files", || write_file_set(&folder, &description, &content))?;
        Ok(SegmentOutcome { result: Ok((description, folder)), strip })
    }

    fn video(
        &self,
        segment: &TrackedSegment<'_>,
        geometry: &ClipGeometry,
        pictures: &mut impl Iterator<Item = DecodedFrame>,
        path: &Path,
        meter: &mut QualityMeter,
    ) -> Result<CroppedVideo, SourceError> {
        let timer = self.timer;
        let frames = segment.track.frames.len();
        let mut video = VideoWriter::create(path, &self.video_options())?;
        let looks = (frames / 25).clamp(3, 12);
        let mut cropped = CroppedVideo {
            key_picture: RgbImage::new(CLIP_SIDE, CLIP_SIDE),
            identity: Vec::new(),
            strip: ContactStrip::new(frames),
        };
        for (frame, tracked) in segment.track.frames.iter().enumerate() {
            let picture = timer.time("decoding again", || pictures.next()).ok_or_else(|| {
                SourceError::Rejected(
                    Reason::Undecodable,
                    format!("frame {} could be decoded once but not twice", segment.first + frame),
                )
            })??;
            let [yaw, pitch, _] = geometry.angles[frame];
            meter.frame(&geometry.source[frame], picture.dimensions(), yaw, pitch, !tracked.interpolated);
            if (0..looks).any(|look| frame == frames * (2 * look + 1) / (2 * looks)) && !tracked.interpolated && yaw.abs() < 50.0
            {
                cropped.identity.push(timer.time("identity", || self.networks.identity(&picture, &tracked.landmarks))?);
            }
            if frame % SECOND_FACE_EVERY == SECOND_FACE_EVERY / 2 {
                let second = timer.time("other faces", || self.has_second_face(&picture, &geometry.source[frame]))?;
                meter.second_face(second);
            }
            let crop = timer.time("cropping", || cut(&geometry.crop, &picture, frame));
            timer.time("quality", || meter.picture(&crop, &geometry.clip[frame]));
            if frame == geometry.key {
                cropped.key_picture = crop.clone();
            }
            cropped.strip.look(frame, &crop, &geometry.clip[frame]);
            timer.time("encoding", || video.write(&crop))?;
        }
        timer.time("encoding", || video.finish())?;
        Ok(cropped)
    }

    fn video_options(&self) -> VideoOptions {
        VideoOptions { width: CLIP_SIDE, height: CLIP_SIDE, crf: Some(self.settings.crf), ..VideoOptions::default() }
    }

    /// Whether a face other than the one at `points` is in the picture, at least half as large.
    fn has_second_face(&self, picture: &RgbImage, points: &[[f64; 3]]) -> Result<bool, SourceError> {
        let extent = |axis: usize| points.iter().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p[axis]), b.max(p[axis])));
        let ((x0, x1), (y0, y1)) = (extent(0), extent(1));
        let found = self.networks.find_faces(picture)?;
        Ok(found.iter().any(|face| {
            let [x, y] = face.centre().map(f64::from);
            let elsewhere = !((x0..=x1).contains(&x) && (y0..=y1).contains(&y));
            elsewhere && f64::from(face.width()) > 0.5 * (x1 - x0)
        }))
    }

    fn mesh(&self, segment: &TrackedSegment<'_>, geometry: &ClipGeometry, picture: &RgbImage) -> HeadMesh {
        let landmarks = &segment.track.frames[geometry.key].landmarks;
        let points: Vec<[f64; 3]> = landmarks
            .points()
            .iter()
            .map(|&[x, y, z]| to_clip(&geometry.crop, [x, y, -z].map(f64::from), geometry.key))
            .collect();
        HeadMesh::of_frame(&points, picture)
    }

    fn animation(&self, mesh: &HeadMesh, geometry: &ClipGeometry, path: &Path) -> Result<(), SourceError> {
        let timer = self.timer;
        let mut video = VideoWriter::create(path, &self.video_options())?;
        let key = ReferencePose::from_rt(geometry.rts[geometry.key]);
        let front = HeadMesh { vertices: to_front(&key, &mesh.vertices), ..mesh.clone() };
        for rt in &geometry.rts {
            let picture = timer.time("projection", || animation_frame(&front, &ReferencePose::from_rt(*rt)));
            timer.time("encoding", || video.write(&picture))?;
        }
        timer.time("encoding", || video.finish())?;
        Ok(())
    }

    /// The segment's sound with some around it, moved to fit the lips when its offset is sure; `None` if there is none.
    fn audio(
        &self,
        segment: &TrackedSegment<'_>,
        geometry: &ClipGeometry,
        audio: &mut AudioStream,
    ) -> Result<Option<ClipAudio>, SourceError> {
        let start = segment.first * SAMPLES_PER_FRAME;
        let end = start + geometry.front.len() * SAMPLES_PER_FRAME;
        let from = start.saturating_sub(AUDIO_MARGIN);
        self.timer.time("sound", || {
            let around = audio.samples(from, end + AUDIO_MARGIN)?;
            Ok(ClipAudio::of(around, start - from, &geometry.front, self.settings.correct_sync))
        })
    }
}
