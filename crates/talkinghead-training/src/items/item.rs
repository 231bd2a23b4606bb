//! One item: pictures, label images and masks at the network's size (SPEC-data 8, 9 and 11).

use std::sync::Arc;

use image::RgbImage;
use talkinghead_face::FlatLandmarks68;
use talkinghead_render::masks::MaskKind;

use super::picture::{View, hidden};
use super::{Choice, ItemError, ItemSettings, TrainingClip, WarpInputs};
use crate::Compatibility;

/// Below this a colour of the projection is black; its video is compressed.
const BLACK: u8 = 10;

/// A picture with its label image and landmarks, at the network's size.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemSource {
    /// `[3, side, side]`, -1..1.
    pub image: Vec<f32>,
    /// `[1, side, side]`, 0..1.
    pub label: Vec<f32>,
    /// Pixels of the picture.
    pub landmarks: FlatLandmarks68,
}

/// What one target frame is learned from; all planes `side` x `side`.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingItem {
    /// The clip.
    pub clip: String,
    /// Side of all pictures, pixels.
    pub side: usize,
    /// References, never masked; the frames of a sequence share them.
    pub references: Arc<Vec<ItemSource>>,
    /// The frame to synthesise.
    pub target: ItemSource,
    /// 1 over the mouth of the target.
    pub template: Vec<f32>,
    /// The target as the warp reference is: what the flow teacher compares.
    pub masked_target: Vec<f32>,
    /// The reference to be warped.
    pub warp_reference: ItemSource,
    /// The projection to be warped.
    pub projection: Option<ItemSource>,
    /// The target where the projection covers it, black elsewhere and where the projection is masked.
    pub cropped_target: Option<Vec<f32>>,
}

/// Makes the item of a choice.
///
/// # Errors
/// A frame cannot be read.
pub fn make_item(clip: &TrainingClip, choice: &Choice, settings: &ItemSettings) -> Result<TrainingItem, ItemError> {
    make_frame(clip, choice, settings, None)
}

/// Makes the items of a choice's consecutive frames, in order. Crops and mirroring are those of the first, so that what moves is the head.
///
/// # Errors
/// A frame cannot be read.
pub fn make_sequence(clip: &TrainingClip, choice: &Choice, settings: &ItemSettings) -> Result<Vec<TrainingItem>, ItemError> {
    let mut items: Vec<TrainingItem> = Vec::with_capacity(choice.length);
    for at in 0..choice.length.max(1) {
        let item = make_frame(clip, &choice.frame(at), settings, items.first())?;
        items.push(item);
    }
    Ok(items)
}

/// An item, with the references of another one of the same choice where there is one.
fn make_frame(
    clip: &TrainingClip,
    choice: &Choice,
    settings: &ItemSettings,
    first: Option<&TrainingItem>,
) -> Result<TrainingItem, ItemError> {
    let view = |part| View { part, side: settings.side, mirrored: choice.mirrored };
    let (of_references, of_target, of_projection) =
        (view(choice.reference_part), view(choice.target_part), view(choice.projection_part));
    let source = |view: &View, picture: &RgbImage, points: &FlatLandmarks68| ItemSource {
        image: view.picture(picture),
        label: view.label(points),
        landmarks: view.landmarks(points),
    };
    // What the published loader calls cropping out.
    let masked = |view: &View, source: &ItemSource, size: (u32, u32), points: &FlatLandmarks68| -> Vec<f32> {
        match settings.warp_inputs {
            WarpInputs::Whole => source.image.clone(),
            WarpInputs::Masked => hidden(&source.image, &view.mask(points, size, settings.hidden())),
        }
    };
    let (references, warp_reference) = match first {
        Some(first) => (Arc::clone(&first.references), first.warp_reference.clone()),
        None => {
            let read = |&frame: &usize| Ok::<_, ItemError>((clip.frames.frame(frame)?, clip.landmarks(frame)));
            let pictures: Vec<(RgbImage, &FlatLandmarks68)> = choice.references.iter().map(read).collect::<Result<_, _>>()?;
            let references: Vec<ItemSource> =
                pictures.iter().map(|(picture, points)| source(&of_references, picture, points)).collect();
            let (picture, points) = &pictures[choice.warp_reference];
            let mut warp_reference = references[choice.warp_reference].clone();
            warp_reference.image = masked(&of_references, &warp_reference, picture.dimensions(), points);
            (Arc::new(references), warp_reference)
        }
    };

    let (target_picture, target_points) = (clip.frames.frame(choice.target)?, clip.landmarks(choice.target));
    let target = source(&of_target, &target_picture, target_points);
    let template = of_target.mask(target_points, target_picture.dimensions(), MaskKind::Mouth);
    let masked_target = masked(&of_target, &target, target_picture.dimensions(), target_points);
    let (mut projection, mut cropped_target) = (None, None);
    if let Some(store) = &clip.projection {
        let (picture, points) = (store.frame(choice.target)?, clip.projection_landmarks(choice.target));
        let mut shown = source(&of_projection, &picture, &points);
        shown.image = masked(&of_projection, &shown, picture.dimensions(), &points);
        let covered = covered(&target_picture, &picture, settings.compatibility);
        let cropped = ItemSource { image: of_target.picture(&covered), ..target.clone() };
        cropped_target = Some(masked(&of_target, &cropped, covered.dimensions(), target_points));
        projection = Some(shown);
    }
    Ok(TrainingItem {
        clip: clip.name.clone(),
        side: settings.side,
        references,
        target,
        template,
        masked_target,
        warp_reference,
        projection,
        cropped_target,
    })
}

/// The target where the projection is not black. As published each colour is judged by itself; rightly a pixel is covered or not.
fn covered(target: &RgbImage, projection: &RgbImage, compatibility: Compatibility) -> RgbImage {
    let mut picture = target.clone();
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let shown = projection.get_pixel_checked(x, y).map_or([0; 3], |shown| shown.0);
        let whole = shown.iter().any(|&value| value >= BLACK);
        for (value, shown) in pixel.0.iter_mut().zip(shown) {
            let kept = match compatibility {
                Compatibility::Reference => shown >= BLACK,
                Compatibility::Right => whole,
            };
            if !kept {
                *value = 0;
            }
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_cover_is_judged_colour_by_colour() {
        let target = RgbImage::from_pixel(1, 1, image::Rgb([100, 100, 100]));
        let red = RgbImage::from_pixel(1, 1, image::Rgb([200, 0, 9]));
        assert_eq!(covered(&target, &red, Compatibility::Reference).get_pixel(0, 0).0, [100, 0, 0]);
        assert_eq!(covered(&target, &red, Compatibility::Right).get_pixel(0, 0).0, [100; 3]);
        assert_eq!(covered(&target, &RgbImage::new(1, 1), Compatibility::Right).get_pixel(0, 0).0, [0; 3]);
    }
}
