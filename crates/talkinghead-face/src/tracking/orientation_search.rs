//! Which way up a picture is: searched where the landmarks do not make a face as it is given.

use image::RgbImage;

use super::face_choice::FaceChoice;
use super::face_search::FoundFace;
use crate::error::FaceError;
use crate::geometry::quarter_turn::QuarterTurn;
use crate::networks::FaceNetworks;
use crate::networks::region::FaceRegion;

/// A face that detector and landmark network both are so sure of stands upright: the same faces upside down reach 0.83 and
/// 15.3 at most (33 portraits).
const SURE_SCORE: f32 = 0.85;
const SURE_CERTAINTY: f32 = 16.0;
/// Beyond this roll, degrees, a face is another quarter's.
const MOST_ROLL: f32 = 50.0;
/// By how much a turned view must be better; see [`quality`].
const BETTER: f32 = 0.2;
/// Least quality of a face that only a turned picture shows.
const LEAST_TURNED_QUALITY: f32 = 1.2;
/// Side of the square that is looked at in a turned picture, in sides of the face's box.
const VIEW: f32 = 3.0;

impl FaceNetworks {
    /// The chosen face and the turn by which it stands upright; landmarks are in pixels of the turned picture. Costs nothing
    /// more than [`FaceNetworks::find_face`] for a face that is clearly upright.
    ///
    /// # Errors
    /// As [`FaceNetworks::find_face`].
    pub(crate) fn find_turned_face(
        &self,
        picture: &RgbImage,
        choice: FaceChoice,
    ) -> Result<Option<(QuarterTurn, FoundFace)>, FaceError> {
        let Some(found) = self.find_face(picture, choice)? else { return self.find_in_turned(picture, choice) };
        if is_upright(&found) {
            return Ok(Some((QuarterTurn::None, found)));
        }
        let (size, side) = (picture.dimensions(), VIEW * found.detection.width().max(found.detection.height()));
        let mut best = (QuarterTurn::None, found.clone());
        // One that lies on its side is the same face as the turned one, and only the mattes would suffer.
        let lies = roll(&found) > MOST_ROLL;
        let mut wanted = if lies { quality(&found).min(LEAST_TURNED_QUALITY) - BETTER } else { quality(&found) + BETTER };
        for turn in QuarterTurn::OTHERS {
            let turned = turn.turned(picture);
            let centre = turn.point(found.detection.centre(), size);
            let view = FaceRegion { centre, width: side, height: side, rotation: 0.0 };
            let faces = self.look_at(&turned, &view)?;
            let off = |face: &crate::Detection| (face.centre()[0] - centre[0]).hypot(face.centre()[1] - centre[1]);
            let Some(face) = faces.into_iter().min_by(|a, b| off(a).total_cmp(&off(b))) else { continue };
            if let Some(face) = self.examine(&turned, face)?
                && roll(&face) <= MOST_ROLL
                && quality(&face) > wanted
            {
                wanted = quality(&face);
                best = (turn, face);
            }
        }
        tracing::debug!(turn = ?best.0, certainty = best.1.certainty, "orientation searched");
        Ok(Some(best))
    }

    /// The best face of the picture's other turns.
    fn find_in_turned(&self, picture: &RgbImage, choice: FaceChoice) -> Result<Option<(QuarterTurn, FoundFace)>, FaceError> {
        let mut best: Option<(QuarterTurn, FoundFace)> = None;
        for turn in QuarterTurn::OTHERS {
            let Some(found) = self.find_face(&turn.turned(picture), choice)? else { continue };
            let least = best.as_ref().map_or(LEAST_TURNED_QUALITY, |(_, face)| quality(face));
            if roll(&found) <= MOST_ROLL && quality(&found) > least {
                best = Some((turn, found));
            }
        }
        Ok(best)
    }
}

/// How sure detector and landmark network are together: 1.4 to 2.3 for upright faces.
fn quality(face: &FoundFace) -> f32 {
    // More certainty than this says nothing more: it varies from face to face.
    face.detection.score + face.certainty.min(20.0) / 20.0
}

/// Whether a face stands upright beyond doubt.
pub(crate) fn is_upright(face: &FoundFace) -> bool {
    face.detection.score >= SURE_SCORE && face.certainty >= SURE_CERTAINTY && roll(face) <= MOST_ROLL
}

/// How far the line between the eyes is off level, degrees, 0 to 180.
fn roll(face: &FoundFace) -> f32 {
    let (a, b) = (face.landmarks.points()[33], face.landmarks.points()[263]);
    (b[1] - a[1]).atan2(b[0] - a[0]).to_degrees().abs()
}
