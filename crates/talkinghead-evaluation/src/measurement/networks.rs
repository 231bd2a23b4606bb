//! Networks that measure.

use talkinghead_face::FaceNetworks;

use crate::supplied::SuppliedNetworks;

/// Those that ship, and those that a user supplied.
#[derive(Debug)]
pub struct MeasurementNetworks {
    /// Detector, landmarks, identity.
    pub face: FaceNetworks,
    /// LPIPS, FID, CSIM, SyncNet: as far as there are weights.
    pub supplied: SuppliedNetworks,
}

impl MeasurementNetworks {
    /// Those that ship, and `supplied` ones. Nothing is read yet.
    pub fn with(supplied: SuppliedNetworks) -> Self {
        Self { face: FaceNetworks::load(), supplied }
    }
}
