//! The renderer that needs no weights: the photographed head, prepared once and moved in three dimensions, with the person's
//! own mouths where several pictures show them.

use std::sync::{Arc, Mutex};

use image::RgbImage;
use talkinghead_face::{FaceMotion, HeadPose, Landmarks, MESH_POINTS};

use crate::background::still_background::StillBackground;
use crate::error::{FrameError, RenderError};
use crate::eyes::eyeballs::{EyeScene, hides_own_eye};
use crate::eyes::lash_line;
use crate::eyes::lid_light::LidLight;
use crate::mouth::scene::MouthScene;
use crate::mouth_bank::{MouthBank, MouthChoice, MouthPlanner, MouthTarget};
use crate::picture::canvas::Canvas;
use crate::picture::frame::Frame;
use crate::picture::polygon::Region;
use crate::picture::texture::Texture;
use crate::picture::working_area::WorkingArea;
use crate::portrait::expression::ExpressionScale;
use crate::portrait::fitness::check_fitness;
use crate::portrait::geometry::{PortraitGeometry, PosedFace, RigidMotion};
use crate::portrait::head_region::{HeadMattes, HeadRegion, Mattes};
use crate::portrait::pose::{head_motion, pose_face};
use crate::portrait::sharpening;
use crate::portrait::unsmile::UnsmileBasis;
use crate::projection::FrameProjection;
use crate::renderer::{PreparedPerformance, Renderer};
use crate::warp::field::WarpField;
use crate::warp::fold_edges;
use crate::warp::holes;
use crate::warp::mesh::WarpMesh;
use crate::warp::paint::{WarpMap, WarpSource, paint_on_black, warp};

/// Mirrored surroundings of the photograph, interocular distances: as far as the mesh reaches beyond it.
const PADDING: f32 = 0.7;
/// What eyes and mouth are painted on reaches this far beyond the face's points, interocular distances.
const FACE_MARGIN: f32 = 0.3;
/// Frames of the future that the choice of a remembered mouth looks at: two seconds.
const LOOK_AHEAD: usize = 50;

/// What may be chosen about a portrait's preparation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RenderOptions {
    /// Amount of the unsharp mask that makes up for sampling, 0 to about 0.4; `None` measures what this portrait needs.
    pub sharpening: Option<f32>,
}

/// Animates one photographed face.
///
/// Frames depend on the motion only, not on each other: they may be rendered in any order and from several threads.
pub struct ProjectionRenderer {
    area: WorkingArea,
    portrait: PortraitGeometry,
    scale: ExpressionScale,
    mesh: WarpMesh,
    /// The working area as photographed, its lips cleaned of teeth.
    still: Frame,
    texture: Texture,
    eyes: EyeScene,
    lid_light: LidLight,
    mouth: MouthScene,
    background: Option<StillBackground>,
    bank: Option<Arc<MouthBank>>,
    size: (u32, u32),
    scratch: Mutex<Vec<Scratch>>,
}

/// Buffers of one frame, kept for the next.
struct Scratch {
    field: WarpField,
    frame: Frame,
    map: WarpMap,
    /// The face alone, where eyes and mouth are painted.
    face: Canvas,
    vertices: Vec<[f32; 3]>,
    softened: Vec<(u32, [u8; 4])>,
}

impl ProjectionRenderer {
    /// Prepares a portrait.
    ///
    /// `landmarks` are pixels of `picture`, `blendshapes` its 52 scores, `mattes` person and hair at the picture's size
    /// (without them only the face's surroundings follow the head).
    ///
    /// # Errors
    /// When the landmarks are not a face inside the picture, or a matte has another size.
    pub fn new(
        picture: &RgbImage,
        landmarks: &Landmarks,
        blendshapes: &[f32; 52],
        mattes: Option<Mattes<'_>>,
        options: &RenderOptions,
    ) -> Result<Self, RenderError> {
        let _span = tracing::debug_span!("prepare_portrait").entered();
        check_fitness(picture, landmarks, mattes)?;
        let area = WorkingArea::around_head(picture, landmarks);
        let (canvas, landmarks) = area.enter(landmarks);
        let mut portrait = PortraitGeometry::from_landmarks(&landmarks);
        UnsmileBasis::get().relax(&mut portrait, blendshapes);
        tracing::debug!(width = canvas.width, height = canvas.height, iod = portrait.iod, "working area");
        let mattes = mattes.map(|m| HeadMattes { person: area.cut(m.person), hair: area.cut(m.hair) });
        let region = HeadRegion::find(&portrait, mattes.as_ref(), canvas.width, canvas.height);
        let mesh = WarpMesh::build(&mut portrait, &region, &area.frame());
        tracing::debug!(vertices = mesh.vertices.len(), triangles = mesh.triangles.len(), "mesh");
        let mouth = MouthScene::prepare(&canvas, &portrait);
        tracing::debug!(lip_plate = mouth.lip_plate().is_some(), "mouth");
        let eyes = EyeScene::prepare(&canvas, &portrait);
        let lid_light = LidLight::prepare(&canvas, &portrait);
        tracing::debug!("eyes");
        let background = StillBackground::find(&canvas, mattes.as_ref(), &region, &portrait);
        tracing::debug!(still = background.is_some(), "background");
        let mut still = canvas;
        if let Some(plate) = mouth.lip_plate() {
            plate.apply(&mut still);
        }
        let sharpening = options.sharpening.unwrap_or_else(|| sharpening::measure(&still, &portrait));
        let texture = Texture::new(&still, (PADDING * portrait.iod) as usize, sharpening);
        tracing::debug!(sharpening, "texture");
        let scale = ExpressionScale::of(&portrait);
        let (size, still) = (picture.dimensions(), Frame::from_canvas(&still));
        let scratch = Mutex::new(Vec::new());
        Ok(Self { area, portrait, scale, mesh, still, texture, eyes, lid_light, mouth, background, bank: None, size, scratch })
    }

    /// Shows the person's own mouths of `bank`. A bank whose mouths do not differ is not used: the portrait's own mouth is
    /// already in the portrait.
    pub fn with_mouths(mut self, bank: MouthBank) -> Self {
        self.bank = bank.differs().then(|| Arc::new(bank));
        self
    }

    /// Takes the teeth that another picture of the same person shows, when this portrait shows none; says whether it did.
    ///
    /// `landmarks` are pixels of `picture`, `blendshapes` its 52 scores.
    ///
    /// # Errors
    /// When the landmarks are not a face inside the picture.
    pub fn borrow_teeth(
        &mut self,
        picture: &RgbImage,
        landmarks: &Landmarks,
        blendshapes: &[f32; 52],
    ) -> Result<bool, RenderError> {
        check_fitness(picture, landmarks, None)?;
        let (canvas, landmarks) = WorkingArea::around_head(picture, landmarks).enter(landmarks);
        let mut portrait = PortraitGeometry::from_landmarks(&landmarks);
        UnsmileBasis::get().relax(&mut portrait, blendshapes);
        Ok(self.mouth.borrow_teeth(&canvas, &portrait))
    }

    /// Replaces the relaxed face that motions are put on by a measured one (`[468]`, frontal frame, canonical centimetres),
    /// as [`SpeechStyle`](crate::SpeechStyle) finds it in a video of the person. Another length changes nothing.
    pub fn set_neutral(&mut self, neutral: &[[f32; 3]]) {
        if neutral.len() == self.portrait.neutral.len() {
            self.portrait.neutral.copy_from_slice(neutral);
            self.scale = ExpressionScale::of(&self.portrait);
            self.mouth.follow_neutral(&self.portrait);
        }
    }

    /// One frame, of the picture's size, with the portrait's own mouth.
    pub fn frame(&self, motion: &FaceMotion) -> RgbImage {
        self.frame_with_mouth(motion, None)
    }

    /// One frame whose mouth is a remembered one: `bank` and its choice for this frame's [`ProjectionRenderer::pose`].
    pub fn frame_with_mouth(&self, motion: &FaceMotion, mouth: Option<(&MouthBank, &MouthChoice)>) -> RgbImage {
        let mut scratch = self.take_scratch();
        let (face, delta) = pose_face(&self.portrait, self.scale, motion);
        scratch.vertices.clone_from(&face.points);
        self.mesh.pose_lattice(&face.rigid, &delta, &mut scratch.vertices);
        self.collect(&face, &mut scratch);
        let source = WarpSource { still: &self.still, texture: &self.texture };
        warp(&scratch.field, source, &mut scratch.frame, &mut scratch.map);
        if let Some(background) = &self.background {
            background.apply(&self.still, &mut scratch.frame, &scratch.map);
        }
        fold_edges::soften(&mut scratch.frame, &scratch.map, &mut scratch.softened);
        self.paint_face(&mut scratch, face, mouth);
        let picture = self.area.leave(&scratch.frame);
        self.give_scratch(scratch);
        picture
    }

    /// Paints what moves inside the warped face: lids, eyeballs, mouth.
    fn paint_face(&self, scratch: &mut Scratch, face: PosedFace, mouth: Option<(&MouthBank, &MouthChoice)>) {
        let iod = self.portrait.iod * face.rigid.scale;
        let outline: Vec<[f32; 2]> = face.points.iter().map(|p| [p[0], p[1]]).collect();
        let Some(region) = Region::around(&outline, FACE_MARGIN * iod, self.still.width, self.still.height) else { return };
        let corner = [region.x, region.y];
        let (face, canvas) = (face.seen_from(corner), &mut scratch.face);
        scratch.frame.cut(region, canvas);
        self.lid_light.apply(canvas, &scratch.map, corner, &face);
        self.eyes.paint(canvas, &self.portrait, &face);
        lash_line::paint(canvas, &face, iod);
        self.mouth.paint(canvas, &face);
        if let Some((bank, choice)) = mouth {
            bank.overlay(canvas, &face, iod, choice);
        }
        scratch.frame.put(region, canvas);
    }

    /// The frame's triangles: the mesh, and what lies behind mouth and lids.
    fn collect(&self, face: &PosedFace, scratch: &mut Scratch) {
        let (field, posed) = (&mut scratch.field, &scratch.vertices);
        field.clear();
        field.extend(&self.mesh.vertices, posed, &self.mesh.triangles);
        for (side, eye) in holes::EYES.iter().enumerate() {
            if hides_own_eye(face.blink[side]) {
                eye.cover(field, &self.mesh.vertices, posed);
            } else {
                field.extend(&self.mesh.vertices, posed, &self.mesh.eye_triangles[side]);
            }
        }
        if !field.is_empty() {
            holes::MOUTH.cover(field, &self.mesh.vertices, posed);
        }
        field.sort();
    }

    /// What the neural renderer is shown of a frame: the posed, textured face alone, and its landmarks.
    pub fn project(&self, motion: &FaceMotion) -> FrameProjection {
        let (face, _) = pose_face(&self.portrait, self.scale, motion);
        let mut field = WarpField::default();
        let corners = |t: &[u32; 3], v: &[[f32; 3]]| t.map(|i| v[i as usize]);
        let all = self.mesh.triangles.iter().chain(self.mesh.eye_triangles.iter().flatten());
        for t in all.filter(|t| t.iter().all(|&i| (i as usize) < MESH_POINTS)) {
            field.add(corners(t, &self.portrait.vertices), corners(t, &face.points));
        }
        holes::MOUTH.cover(&mut field, &self.portrait.vertices, &face.points);
        field.sort();
        let (mut canvas, cover) = paint_on_black(&field, &self.texture, self.still.width, self.still.height);
        self.eyes.paint(&mut canvas, &self.portrait, &face);
        self.mouth.paint(&mut canvas, &face);
        let landmarks = Landmarks::from_fn(|i| {
            let iris = || face.rigid.apply(self.portrait.irises[i - MESH_POINTS]);
            self.area.to_picture(face.points.get(i).copied().unwrap_or_else(iris))
        });
        FrameProjection::place(&self.area, &canvas, &cover, landmarks)
    }

    /// The posed face of a motion, in pixels of the working area.
    pub fn pose(&self, motion: &FaceMotion) -> PosedFace {
        pose_face(&self.portrait, self.scale, motion).0
    }

    /// The head's rigid motion for a pose, in pixels of the picture.
    pub fn head_motion(&self, pose: &HeadPose) -> RigidMotion {
        let rigid = head_motion(&self.portrait, pose);
        let centre = self.area.to_picture(rigid.centre.into());
        let moved = self.area.to_picture((rigid.centre + rigid.shift).into());
        RigidMotion { centre: centre.into(), shift: std::array::from_fn::<f32, 3, _>(|k| moved[k] - centre[k]).into(), ..rigid }
    }

    /// The portrait's shape, in pixels of the working area.
    pub fn portrait(&self) -> &PortraitGeometry {
        &self.portrait
    }

    fn take_scratch(&self) -> Scratch {
        let kept = self.scratch.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Scratch {
            field: WarpField::default(),
            frame: Frame::default(),
            map: WarpMap::default(),
            face: Canvas::filled(0, 0, [0.0; 3]),
            vertices: Vec::new(),
            softened: Vec::new(),
        })
    }

    fn give_scratch(&self, scratch: Scratch) {
        self.scratch.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(scratch);
    }
}

impl Renderer for ProjectionRenderer {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn prepare(
        &self,
        performance: &mut dyn Iterator<Item = FaceMotion>,
    ) -> Result<Box<dyn PreparedPerformance + '_>, FrameError> {
        let mut choices = Vec::new();
        if let Some(bank) = &self.bank {
            let mut planner = MouthPlanner::new(Arc::clone(bank), LOOK_AHEAD);
            for motion in performance {
                choices.extend(planner.push(&MouthTarget::of_posed_face(&self.portrait, &self.pose(&motion))));
            }
            choices.extend(planner.finish());
            tracing::debug!(remembered = bank.len(), frames = choices.len(), "mouths chosen");
        }
        Ok(Box::new(ProjectedPerformance { renderer: self, choices }))
    }
}

/// A performance with one remembered mouth a frame, where there are any.
struct ProjectedPerformance<'a> {
    renderer: &'a ProjectionRenderer,
    choices: Vec<MouthChoice>,
}

impl PreparedPerformance for ProjectedPerformance<'_> {
    fn render(&self, motion: &FaceMotion, index: usize) -> Result<RgbImage, FrameError> {
        let mouth = self.renderer.bank.as_deref().zip(self.choices.get(index));
        Ok(self.renderer.frame_with_mouth(motion, mouth))
    }
}
