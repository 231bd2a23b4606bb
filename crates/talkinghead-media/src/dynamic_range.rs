//! Videos of high dynamic range (HLG and PQ, as phones record them) in the range of everything else: standard, sRGB.
//!
//! One way for every installed ffmpeg, whose filters for this (zscale, tonemap) many builds lack: it decodes to 16 bits a channel,
//! the curve is ours. Diffuse white lies at 203 nits (ITU-R BT.2408); what is brighter is rolled off, hues are kept.

use std::sync::OnceLock;

/// Light of diffuse white in nits.
const WHITE_NITS: f32 = 203.0;
/// Peak of the display that HLG is meant for, in nits, and its exponent (ITU-R BT.2100).
const HLG_PEAK_NITS: f32 = 1000.0;
const HLG_GAMMA: f32 = 1.2;
/// Light up to here (diffuse white = 1) stays as it is.
const KNEE: f32 = 0.6;
/// Steps of the tables.
const STEPS: usize = 4096;
/// From BT.2020's primaries to BT.709's.
const TO_709: [[f32; 3]; 3] =
    [[1.660_491, -0.587_641, -0.072_85], [-0.124_55, 1.132_9, -0.008_349], [-0.018_151, -0.100_579, 1.118_73]];

/// How brightly a video may shine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum DynamicRange {
    /// As everywhere in the program.
    #[default]
    Standard,
    /// Hybrid log-gamma (ARIB STD-B67).
    Hlg,
    /// Perceptual quantiser (SMPTE ST 2084).
    Pq,
}

impl DynamicRange {
    /// By ffmpeg's name of the transfer characteristics.
    pub(crate) fn of(transfer: Option<&str>) -> Self {
        match transfer {
            Some("arib-std-b67") => Self::Hlg,
            Some("smpte2084") => Self::Pq,
            _ => Self::Standard,
        }
    }

    /// What ffmpeg gives of such a video, and its bytes a pixel. Planes are the same bytes to it as pixels, in less than half the time.
    pub(crate) fn pixel_format(self) -> (&'static str, usize) {
        if self == Self::Standard { ("gbrp", 3) } else { ("rgb48le", 6) }
    }

    /// Pixels as ffmpeg gave them in the standard range, 8 bits a channel.
    pub(crate) fn to_standard(self, samples: Vec<u8>) -> Vec<u8> {
        let tables = match self {
            Self::Standard => return interleaved(&samples),
            Self::Hlg => tables(&HLG, hlg_light),
            Self::Pq => tables(&PQ, pq_light),
        };
        let mut pixels = Vec::with_capacity(samples.len() / 2);
        for pixel in samples.chunks_exact(6) {
            let light = |at: usize| tables.light[usize::from(u16::from_le_bytes([pixel[at], pixel[at + 1]])) / 16];
            let mut light = [light(0), light(2), light(4)];
            if self == Self::Hlg {
                let brightness = 0.2627 * light[0] + 0.678 * light[1] + 0.0593 * light[2];
                let factor = tables.display[index(brightness)];
                light = light.map(|value| value * factor);
            }
            pixels.extend_from_slice(&tables.shown(light));
        }
        pixels
    }
}

/// Pixels of the planes of green, blue and red.
fn interleaved(planes: &[u8]) -> Vec<u8> {
    let (green, others) = planes.split_at(planes.len() / 3);
    let (blue, red) = others.split_at(green.len());
    let mut pixels = vec![0; planes.len()];
    for (((pixel, red), green), blue) in pixels.as_chunks_mut::<3>().0.iter_mut().zip(red).zip(green).zip(blue) {
        *pixel = [*red, *green, *blue];
    }
    pixels
}

static HLG: OnceLock<Tables> = OnceLock::new();
static PQ: OnceLock<Tables> = OnceLock::new();

struct Tables {
    /// Light of a sample: of the scene for HLG, 0 to 1; of the display for PQ, diffuse white = 1.
    light: Vec<f32>,
    /// What the scene's brightness makes of its light on the display.
    display: Vec<f32>,
    /// sRGB's samples of light.
    coded: Vec<u8>,
}

fn tables(of: &'static OnceLock<Tables>, light: fn(f32) -> f32) -> &'static Tables {
    of.get_or_init(|| {
        let steps = || (0..STEPS).map(|step| step as f32 / (STEPS - 1) as f32);
        Tables {
            light: steps().map(light).collect(),
            display: steps().map(|y| HLG_PEAK_NITS / WHITE_NITS * y.powf(HLG_GAMMA - 1.0)).collect(),
            coded: steps().map(|light| (255.0 * coded(light * light)).round() as u8).collect(),
        }
    })
}

impl Tables {
    /// Light of the display, BT.2020 and diffuse white = 1, as sRGB.
    fn shown(&self, light: [f32; 3]) -> [u8; 3] {
        let narrow = TO_709.map(|row| (row[0] * light[0] + row[1] * light[1] + row[2] * light[2]).max(0.0));
        let brightest = narrow.iter().copied().fold(1e-6, f32::max);
        let factor = rolled_off(brightest) / brightest;
        // The table's steps are those of the root, which is closer to how light is seen.
        narrow.map(|value| self.coded[index((value * factor).sqrt())])
    }
}

fn index(value: f32) -> usize {
    ((value * (STEPS - 1) as f32 + 0.5) as usize).min(STEPS - 1)
}

/// Light up to the knee as it is, beyond it ever less, up to 1.
fn rolled_off(light: f32) -> f32 {
    if light <= KNEE { light } else { KNEE + (1.0 - KNEE) * (1.0 - ((KNEE - light) / (1.0 - KNEE)).exp()) }
}

/// sRGB's curve (IEC 61966-2-1).
fn coded(light: f32) -> f32 {
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// Scene light of an HLG sample (ITU-R BT.2100).
fn hlg_light(sample: f32) -> f32 {
    if sample <= 0.5 { sample * sample / 3.0 } else { (((sample - 0.559_910_7) / 0.178_832_77).exp() + 0.284_668_92) / 12.0 }
}

/// Display light of a PQ sample (SMPTE ST 2084), diffuse white = 1.
fn pq_light(sample: f32) -> f32 {
    let power = sample.powf(1.0 / 78.843_75);
    let linear = ((power - 0.835_937_5).max(0.0) / (18.851_563 - 18.6875 * power)).powf(1.0 / 0.159_301_76);
    10_000.0 * linear / WHITE_NITS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(range: DynamicRange, sample: f32) -> u8 {
        let bytes = ((sample * 65_535.0) as u16).to_le_bytes();
        range.to_standard(bytes.repeat(3))[1]
    }

    #[test]
    fn greys_land_where_they_belong() {
        // BT.2408: diffuse white is 75 % of HLG and 58 % of PQ, an 18 % grey card 38 % of both.
        for (range, white, grey) in [(DynamicRange::Hlg, 0.75, 0.38), (DynamicRange::Pq, 0.58, 0.38)] {
            assert!((225..=245).contains(&shown(range, white)), "white {}", shown(range, white));
            assert!((95..=110).contains(&shown(range, grey)), "grey {}", shown(range, grey));
            assert!(shown(range, 1.0) >= 253 && shown(range, 0.0) == 0);
            let steps: Vec<u8> = (0..=100).map(|step| shown(range, step as f32 / 100.0)).collect();
            assert!(steps.is_sorted(), "{steps:?}");
        }
        // Planes of green, blue, red.
        assert_eq!(DynamicRange::Standard.to_standard(vec![1, 2, 3, 4, 5, 6]), [5, 1, 3, 6, 2, 4]);
    }
}
