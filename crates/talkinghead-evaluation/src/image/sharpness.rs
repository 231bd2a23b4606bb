//! Sharpness as fine detail: the variance of the Laplacian (Pech-Pacheco et al. 2000).

use super::plane::Plane;

/// Variance of the Laplacian (4-neighbourhood) inside the picture, in squared grey levels: grows with detail and with noise, so it
/// says something only beside that of another picture of the same scene. 0 for pictures under 3 x 3 pixels.
pub fn laplacian_variance(picture: &Plane) -> f64 {
    let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
    for y in 1..picture.height.saturating_sub(1) {
        for x in 1..picture.width.saturating_sub(1) {
            let around = picture.at(x - 1, y) + picture.at(x + 1, y) + picture.at(x, y - 1) + picture.at(x, y + 1);
            let value = f64::from(around - 4.0 * picture.at(x, y));
            sum += value;
            squares += value * value;
            count += 1.0;
        }
    }
    if count == 0.0 { 0.0 } else { squares / count - (sum / count).powi(2) }
}
