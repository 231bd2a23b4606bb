//! Samples the photograph through the triangles of a frame, a band of rows at a time.

use talkinghead_simd::InstructionSet;

use super::field::{BAND, STILL, Span, WarpField};
use crate::math::{larger, smaller, whole};
use crate::picture::canvas::Canvas;
use crate::picture::frame::Frame;
use crate::picture::texture::{RUN, Taps, Texture};

/// From this movement on a pixel is wholly sampled; below, photograph and sample are mixed, so that no edge shows.
const MOVING: f32 = 0.35;

/// What a warp samples from.
#[derive(Clone, Copy, Debug)]
pub struct WarpSource<'a> {
    /// The photograph as it is: pixels that keep still are its own.
    pub still: &'a Frame,
    /// The photograph prepared for sampling.
    pub texture: &'a Texture,
}

/// Where the pixels of a warped frame came from; reused from frame to frame.
#[derive(Clone, Debug, Default)]
pub struct WarpMap {
    width: usize,
    /// One a pixel, in pixels of the photograph.
    places: Vec<[f32; 2]>,
    /// The columns of each row that may have moved.
    spans: Vec<Span>,
}

impl WarpMap {
    /// Where a pixel of the frame came from.
    pub fn at(&self, x: usize, y: usize) -> [f32; 2] {
        self.places[y * self.width + x]
    }

    /// The places of a row.
    pub(crate) fn row(&self, y: usize) -> &[[f32; 2]] {
        &self.places[y * self.width..(y + 1) * self.width]
    }

    /// Columns of a row outside which every pixel is the photograph's.
    pub(crate) fn moved(&self, y: usize) -> std::ops::Range<usize> {
        self.spans[y].range()
    }

    /// A map in which every pixel comes from where it is.
    #[cfg(test)]
    pub(crate) fn still(width: usize, height: usize) -> Self {
        let places = (0..width * height).map(|i| [(i % width) as f32, (i / width) as f32]).collect();
        Self { width, places, spans: vec![Span { start: 0, end: width as u32 }; height] }
    }

    #[cfg(test)]
    pub(crate) fn set(&mut self, x: usize, y: usize, place: [f32; 2]) {
        self.places[y * self.width + x] = place;
    }
}

/// Paints the warped photograph over the whole of `frame`, and says in `map` where each pixel came from.
pub fn warp(field: &WarpField, source: WarpSource<'_>, frame: &mut Frame, map: &mut WarpMap) {
    let (width, height) = (source.still.width, source.still.height);
    frame.width = width;
    frame.height = height;
    frame.data.resize(width * height, [0; 4]);
    map.width = width;
    map.places.resize(width * height, [0.0; 2]);
    map.spans.clear();
    map.spans.resize(height, Span::EMPTY);
    let bands = frame.data.chunks_mut(BAND * width).zip(map.places.chunks_mut(BAND * width)).zip(map.spans.chunks_mut(BAND));
    for (band, ((pixels, places), spans)) in bands.enumerate() {
        paint_band(field, source, Band { number: band, width, pixels, places, spans });
    }
}

/// Paints the field's triangles alone on black; returns the picture and 255 for every pixel that they cover.
pub(crate) fn paint_on_black(field: &WarpField, texture: &Texture, width: usize, height: usize) -> (Canvas, Vec<u8>) {
    let mut places = vec![[f32::NAN; 2]; width * height];
    let mut spans = vec![Span::EMPTY; height];
    for (band, (places, spans)) in places.chunks_mut(BAND * width).zip(spans.chunks_mut(BAND)).enumerate() {
        field.rasterise(band, width, places, spans);
    }
    let mut canvas = Canvas::filled(width, height, [0.0; 3]);
    let mut cover = vec![0; width * height];
    for ((out, cover), place) in canvas.data.iter_mut().zip(&mut cover).zip(&places) {
        if !place[0].is_nan() {
            *out = texture.sample(place[0], place[1]).map(|v| v.clamp(0.0, 255.0));
            *cover = 255;
        }
    }
    (canvas, cover)
}

/// Some rows of a frame: [`BAND`], or what is left.
struct Band<'a> {
    number: usize,
    width: usize,
    pixels: &'a mut [[u8; 4]],
    places: &'a mut [[f32; 2]],
    spans: &'a mut [Span],
}

/// Chooses the variant for this processor; all of them give the same bytes.
fn paint_band(field: &WarpField, source: WarpSource<'_>, band: Band<'_>) {
    #[cfg(target_arch = "x86_64")]
    if InstructionSet::chosen_or_fastest().allows(InstructionSet::Avx2) {
        // SAFETY: the processor has AVX2, the only thing the variant needs.
        #[expect(unsafe_code, reason = "calls the variant for wider registers")]
        unsafe {
            return paint_band_avx2(field, source, band);
        }
    }
    paint_band_with(field, source, band, |taps, i, still, share| source.texture.mixed(taps, i, still, share));
}

/// The variant for wider registers. (No fused multiply-add: places would round differently.)
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn paint_band_avx2(field: &WarpField, source: WarpSource<'_>, band: Band<'_>) {
    paint_band_with(field, source, band, |taps, i, still, share| source.texture.mixed_avx2(taps, i, still, share));
}

#[inline(always)]
fn paint_band_with(
    field: &WarpField,
    source: WarpSource<'_>,
    band: Band<'_>,
    mixed: impl Fn(&Taps, usize, [u8; 4], i32) -> [u8; 4],
) {
    let Band { number, width, pixels, places, spans } = band;
    let first = number * BAND;
    for (row, line) in places.chunks_exact_mut(width).enumerate() {
        let y = (first + row) as i32 as f32;
        for (place, x) in line.iter_mut().zip(0i32..) {
            *place = [x as f32, y];
        }
    }
    field.rasterise(number, width, places, spans);
    pixels.copy_from_slice(&source.still.data[first * width..first * width + pixels.len()]);
    let (mut taps, mut shares) = (Taps::default(), [0; RUN]);
    for (row, (line, places)) in pixels.chunks_exact_mut(width).zip(places.chunks_exact(width)).enumerate() {
        let (y, columns) = ((first + row) as i32 as f32, spans[row].range());
        let mut x = columns.start as i32;
        for (run, places) in line[columns.clone()].chunks_mut(RUN).zip(places[columns].chunks(RUN)) {
            source.texture.look_up(places, &mut taps);
            for ((share, place), x) in shares.iter_mut().zip(places).zip(x..) {
                *share = share_of((place[0] - x as f32).abs() + (place[1] - y).abs());
            }
            for (i, (out, share)) in run.iter_mut().zip(shares).enumerate() {
                if share > 0 {
                    *out = mixed(&taps, i, *out, share);
                }
            }
            x += RUN as i32;
        }
    }
}

/// How much of a pixel that has moved so far is sampled, of 256: the rest is the photograph's own pixel.
#[inline(always)]
fn share_of(moved: f32) -> i32 {
    let t = smaller(larger((moved - STILL) * (1.0 / (MOVING - STILL)), 0.0), 1.0);
    whole(256.0 * t * t * (3.0 - 2.0 * t)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checker() -> Canvas {
        let mut canvas = Canvas::filled(64, 48, [0.0; 3]);
        for y in 0..48 {
            for x in 0..64 {
                *canvas.at_mut(x, y) = [((x * 37 + y * 91) % 256) as f32, (x * 4) as f32, (y * 5) as f32];
            }
        }
        canvas
    }

    fn grid(dx: f32) -> (Vec<[f32; 3]>, Vec<[f32; 3]>, Vec<[u32; 3]>) {
        let mut source = Vec::new();
        let mut triangles = Vec::new();
        for j in 0..7u32 {
            for i in 0..9u32 {
                source.push([i as f32 * 10.0 - 8.0, j as f32 * 10.0 - 6.0, 0.0]);
                if i < 8 && j < 6 {
                    let k = j * 9 + i;
                    triangles.extend([[k, k + 1, k + 9], [k + 1, k + 10, k + 9]]);
                }
            }
        }
        let posed = source.iter().map(|p| [p[0] + dx, p[1], p[2]]).collect();
        (source, posed, triangles)
    }

    fn warped(canvas: &Canvas, sharpening: f32, dx: f32) -> (Frame, WarpField) {
        let (source, posed, triangles) = grid(dx);
        let mut field = WarpField::default();
        field.collect(&source, &posed, &triangles);
        let mut frame = Frame::default();
        let (still, texture) = (Frame::from_canvas(canvas), Texture::new(canvas, 8, sharpening));
        warp(&field, WarpSource { still: &still, texture: &texture }, &mut frame, &mut WarpMap::default());
        (frame, field)
    }

    #[test]
    fn a_still_mesh_copies_every_byte() {
        let canvas = checker();
        let (frame, field) = warped(&canvas, 0.2, 0.0);
        assert!(field.is_empty());
        assert_eq!(frame, Frame::from_canvas(&canvas));
    }

    #[test]
    fn a_whole_pixel_shift_moves_pixels_and_leaves_no_hole() {
        let canvas = checker();
        let (frame, _) = warped(&canvas, 0.0, 3.0);
        for y in 0..48 {
            for x in 3..64 {
                let (got, want) = (frame.data[y * 64 + x], canvas.at(x - 3, y));
                assert!((0..3).all(|k| f32::from(got[k]) == want[k]), "{x} {y} {got:?} {want:?}");
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    #[allow(unsafe_code)]
    fn the_wide_variant_equals_the_plain_one() {
        if !InstructionSet::Avx2.is_available() {
            return;
        }
        let canvas = checker();
        let (still, texture) = (Frame::from_canvas(&canvas), Texture::new(&canvas, 8, 0.2));
        for lean in [1.3, 0.1] {
            let (source, mut posed, triangles) = grid(lean);
            posed.iter_mut().enumerate().for_each(|(i, p)| p[1] += lean * (i as f32 * 0.7).sin());
            let mut field = WarpField::default();
            field.collect(&source, &posed, &triangles);
            let source = WarpSource { still: &still, texture: &texture };
            let run = |plain: bool| {
                let (mut pixels, mut places) = (vec![[0; 4]; 64 * 48], vec![[0.0f32; 2]; 64 * 48]);
                let mut spans = vec![Span::EMPTY; 48];
                let rows = pixels.chunks_mut(BAND * 64).zip(places.chunks_mut(BAND * 64)).zip(spans.chunks_mut(BAND));
                for (number, ((pixels, places), spans)) in rows.enumerate() {
                    let band = Band { number, width: 64, pixels, places, spans };
                    if plain {
                        paint_band_with(&field, source, band, |taps, i, still, share| texture.mixed(taps, i, still, share));
                    } else {
                        // SAFETY: checked above.
                        unsafe { paint_band_avx2(&field, source, band) };
                    }
                }
                (pixels, places, spans)
            };
            assert_eq!(run(true), run(false));
        }
    }
}
