//! Whether all references show one person.

use talkinghead_face::{FaceNetworks, IdentityEmbedding};
use talkinghead_media::Limits;

use crate::job::Job;
use crate::tracked_reference::TrackedReference;
use crate::{GenerationError, Identities};

/// Frames of a video that are compared, spread over it.
const LOOKS: usize = 3;

/// Tells references that show somebody else than the first.
pub(crate) struct IdentityCheck<'a> {
    pub networks: &'a FaceNetworks,
    pub identities: Identities,
    pub limits: &'a Limits,
    pub job: &'a Job,
}

impl IdentityCheck<'_> {
    /// Leaves out references that show another person than the first, or only says so.
    ///
    /// # Errors
    /// A reference cannot be read once more; [`talkinghead_face::FaceError::Network`].
    pub(crate) fn keep_one_person(
        &self,
        references: &mut Vec<TrackedReference>,
        warnings: &mut Vec<String>,
    ) -> Result<(), GenerationError> {
        if references.len() < 2 {
            return Ok(());
        }
        let first = self.faces(&references[0])?;
        let mut same = vec![true];
        for reference in &references[1..] {
            let faces = self.faces(reference)?;
            let apart = faces.iter().flat_map(|a| first.iter().map(|b| a.distance(b))).fold(f32::INFINITY, f32::min);
            tracing::debug!(path = %reference.path.display(), apart, "identity");
            let foreign = apart > IdentityEmbedding::OTHER_PERSON && apart.is_finite();
            same.push(!foreign || self.identities == Identities::Mixed);
            if foreign {
                let (name, base) = (reference.path.display(), references[0].path.display());
                warnings.push(match self.identities {
                    Identities::One => {
                        format!("{name} is left out: it shows another person than {base} (--mix-identities uses it all the same)")
                    }
                    Identities::Mixed => format!("{name} shows another person than {base}: the mouth may not fit the face"),
                });
            }
        }
        let mut same = same.into_iter();
        references.retain(|_| same.next().unwrap_or(true));
        Ok(())
    }

    /// The faces of a few frames.
    fn faces(&self, reference: &TrackedReference) -> Result<Vec<IdentityEmbedding>, GenerationError> {
        let count = reference.frames.len();
        let mut wanted: Vec<usize> = (0..LOOKS).map(|k| (2 * k + 1) * count / (2 * LOOKS)).collect();
        wanted.dedup();
        let mut reader = reference.reader(self.limits)?;
        let mut faces = Vec::new();
        for (number, landmarks) in wanted.into_iter().filter_map(|index| reference.frames.get(index)) {
            self.job.check()?;
            let picture = reader.frame(*number)?;
            faces.push(self.networks.identity(&picture, landmarks).map_err(GenerationError::face(&reference.path))?);
        }
        Ok(faces)
    }
}
