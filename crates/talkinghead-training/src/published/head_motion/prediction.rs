//! Going on from a person's own poses.

use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_synthesis::layers::read_back;

use super::network::{LEAST_PAST, POSE, RotateAudio};
use super::preparation::{WINDOW, normalised_poses, restored_poses, sound_windows};
use crate::Compatibility;
use crate::published::{PublishedMotionError, Run};

/// Most frames of the past that are looked at, as the published evaluation does.
const MOST_PAST: usize = 64;

/// Poses (rotation vector, translation, as in `_rt.npy`) of every frame of a speech, going on from a clip's.
///
/// `past`: the clip's poses, and its sound at 16 kHz; its last 64 frames count. `speech`: samples of -1..1 at 16 kHz.
///
/// # Errors
/// A past of fewer than 13 frames, or a device that fails.
pub fn predict_poses(
    network: &RotateAudio,
    past: (&[[f64; 6]], &[f32]),
    speech: &[f32],
    compatibility: Compatibility,
    device: &Device,
) -> Result<Vec<[f64; 6]>, PublishedMotionError> {
    let (poses, past_sound) = past;
    if poses.len() < LEAST_PAST {
        return Err(PublishedMotionError::Past { wanted: LEAST_PAST, found: poses.len() });
    }
    let frames = speech.len().div_ceil(WINDOW[1]);
    let from = poses.len().saturating_sub(MOST_PAST);
    let normalised = normalised_poses(poses, compatibility);
    let known = normalised[from..].iter().flatten().copied().collect::<Vec<f32>>();
    let known = Tensor::<3>::from_data(TensorData::new(known, [1, poses.len() - from, POSE]), device);
    let windows = sound_windows(past_sound, poses.len(), compatibility);
    let listen = |windows: &[Vec<f32>]| network.listen(tensor(windows, device), &mut Run::evaluation());
    let code = network.remember(known, listen(&windows[from..])?, &mut Run::evaluation())?;
    let predicted = network.predict(code, listen(&sound_windows(speech, frames, compatibility))?);
    let numbers = read_back(predicted.inner())?;
    Ok(restored_poses(numbers.as_chunks::<POSE>().0))
}

/// Windows as `[1, frames, 7, 640]`.
fn tensor(windows: &[Vec<f32>], device: &Device) -> Tensor<4> {
    let [rows, columns] = WINDOW;
    Tensor::from_data(TensorData::new(windows.concat(), [1, windows.len(), rows, columns]), device)
}
