//! Whether a background is worth keeping still, and how far the matte's edge may be believed.

use crate::math::{luminance, smoothstep};
use crate::picture::blur::blur_mask;
use crate::picture::canvas::{Canvas, Mask};
use crate::picture::fill::pull_push;
use crate::portrait::geometry::PortraitGeometry;
use crate::portrait::head_region::{HeadMattes, HeadRegion, keep_component};

/// Width of the surroundings that it deviates from, interocular distances.
const SURROUNDINGS: f32 = 0.12;
/// Finer than this is grain, interocular distances.
const GRAIN: f32 = 0.02;
/// How far from the head structure matters, interocular distances.
const NEAR: f32 = 0.9;
/// Difference of colour across the matte's edge from which the edge is believed.
const CONTRAST: (f32, f32) = (7.0, 20.0);
/// How much of its surroundings a sharp and a hesitating edge of the matte take.
const BROAD: (f32, f32) = (0.18, 0.32);
/// How far from the face's oval an ear may be, interocular distances.
const EAR: (f32, f32) = (0.30, 0.45);
/// Half the width of what is no part of a person when it sticks out of the matte, interocular distances: mattes run along
/// lines behind a head.
const THREAD: f32 = 0.02;
/// Half the width of a pocket of background that is left to the warp, interocular distances.
const POCKET: f32 = 0.13;
/// The person may have part in a pixel whose matte is higher.
pub(super) const TOUCHED: f32 = 0.06;

/// Where the person is: the larger of both mattes, wholly so in the face and where it half-sees an ear, without what does not
/// hang together with the face, without threads, and with the pockets between jaw and shoulders, too small to be filled well.
pub(super) fn person(mattes: &HeadMattes, region: &HeadRegion, portrait: &PortraitGeometry) -> Mask {
    let (iod, nose) = (portrait.iod, portrait.vertices[4]);
    let (width, height) = (mattes.person.width, mattes.person.height);
    let mut matte = mattes.person.clone();
    for (i, (m, &hair)) in matte.data.iter_mut().zip(&mattes.hair.data).enumerate() {
        let away = region.from_oval((i % width) as f32, (i / width) as f32);
        let seen = m.max(hair);
        let inside = smoothstep(0.05, 0.0, away).max(smoothstep(EAR.1, EAR.0, away) * smoothstep(0.12, 0.4, seen));
        *m = seen.max(inside);
    }
    let mut whole = Mask { width, height, data: matte.data.iter().map(|&m| f32::from(m > TOUCHED)).collect() };
    keep_component(&mut whole, nose[0].max(0.0) as usize, nose[1].max(0.0) as usize);
    matte.data.iter_mut().zip(&whole.data).for_each(|(m, &w)| *m *= w);
    with_pockets(without_threads(matte, THREAD * iod), POCKET * iod)
}

/// The matte with the narrow places between its parts filled (a closing by `radius` pixels).
fn with_pockets(mut matte: Mask, radius: f32) -> Mask {
    let (width, height) = (matte.width, matte.height);
    let from_person = Mask { width, height, data: matte.data.iter().map(|&m| f32::from(m > 0.5)).collect() }.outside_distance();
    let far = Mask { width, height, data: from_person.data.iter().map(|&d| f32::from(d > radius)).collect() };
    let from_far = far.outside_distance();
    matte.data.iter_mut().zip(&from_far.data).for_each(|(m, &d)| *m = m.max(smoothstep(radius + 1.0, 1.3 * radius + 1.0, d)));
    matte
}

/// The matte without what is thinner than twice `radius` pixels.
fn without_threads(mut matte: Mask, radius: f32) -> Mask {
    let (width, height) = (matte.width, matte.height);
    let mask = |of: &dyn Fn(usize) -> bool| Mask { width, height, data: (0..width * height).map(|i| f32::from(of(i))).collect() };
    let from_outside = mask(&|i| matte.data[i] <= TOUCHED).outside_distance();
    let from_core = mask(&|i| from_outside.data[i] > radius).outside_distance();
    matte.data.iter_mut().zip(&from_core.data).for_each(|(m, &d)| *m *= smoothstep(radius + 2.0, radius + 1.0, d));
    matte
}

/// Mean deviation of the background's luminance from its surroundings, near the head.
pub(super) fn structure(picture: &Canvas, matte: &Mask, region: &HeadRegion, iod: f32) -> f32 {
    let (width, height) = (picture.width, picture.height);
    let mut weight = Mask { width, height, data: matte.data.iter().map(|&m| smoothstep(0.06, 0.0, m)).collect() };
    let mut light = Mask { width, height, data: picture.data.iter().map(|&c| luminance(c)).collect() };
    // Grain, and the cracks of an old painting, are no structure that anyone sees bend.
    blur_mask(&mut light, GRAIN * iod);
    let light = light.data;
    let mut smooth = Mask { width, height, data: light.iter().zip(&weight.data).map(|(l, w)| l * w).collect() };
    let own = weight.data.clone();
    blur_mask(&mut smooth, SURROUNDINGS * iod);
    blur_mask(&mut weight, SURROUNDINGS * iod);
    let (mut sum, mut count) = (0.0f64, 0.0f64);
    for i in (0..light.len()).filter(|&i| own[i] > 0.5 && weight.data[i] > 0.3) {
        let away = region.from_core((i % width) as f32, (i / width) as f32);
        if (0.05..NEAR).contains(&away) {
            sum += f64::from((light[i] - smooth.data[i] / weight.data[i]).abs());
            count += 1.0;
        }
    }
    if count < f64::from(0.2 * iod * iod) { 0.0 } else { (sum / count) as f32 }
}

/// How far the matte's edge is believed, everywhere: as far as the colours on both its sides differ. A matte that loses a hat's
/// top runs through the hat, and there the one warp stays.
pub(super) fn trust(picture: &Canvas, matte: &Mask, iod: f32) -> Mask {
    let (width, height) = (picture.width, picture.height);
    let mean = |inside: bool| {
        let weight = |m: f32| if inside { smoothstep(0.6, 0.95, m) } else { smoothstep(0.3, 0.05, m) };
        let mut weights = Mask { width, height, data: matte.data.iter().map(|&m| weight(m)).collect() };
        let channels: [Mask; 3] = std::array::from_fn(|k| {
            let data = picture.data.iter().zip(&weights.data).map(|(c, w)| c[k] * w).collect();
            let mut channel = Mask { width, height, data };
            blur_mask(&mut channel, 0.10 * iod);
            channel
        });
        blur_mask(&mut weights, 0.10 * iod);
        (channels, weights)
    };
    let ((inner, within), (outer, without)) = (mean(true), mean(false));
    // A matte that hesitates over a broad strip does not know where the person ends.
    let mut broad = Mask { width, height, data: matte.data.iter().map(|&m| 4.0 * m * (1.0 - m)).collect() };
    blur_mask(&mut broad, 0.15 * iod);
    let mut edge = Mask::filled(width, height, 0.0);
    let mut differs = Canvas::filled(width, height, [0.0; 3]);
    for i in 0..width * height {
        let (a, b) = (within.data[i], without.data[i]);
        if a > 0.1 && b > 0.1 {
            let apart: f32 = (0..3).map(|k| (inner[k].data[i] / a - outer[k].data[i] / b).powi(2)).sum::<f32>().sqrt();
            let sure = smoothstep(BROAD.1, BROAD.0, broad.data[i]);
            differs.data[i] = [sure * smoothstep(CONTRAST.0, CONTRAST.1, apart); 3];
            edge.data[i] = (4.0 * a * b).min(1.0);
        }
    }
    let spread = pull_push(&differs, &edge);
    let mut trust = Mask { width, height, data: spread.data.iter().map(|c| c[0]).collect() };
    blur_mask(&mut trust, 0.15 * iod);
    trust.data.iter_mut().for_each(|t| *t = smoothstep(0.35, 0.75, *t));
    trust
}
