//! Rasterises the posed mesh and samples the photograph through it, a band of rows at a time.

use rayon::prelude::*;
use talkinghead_simd::InstructionSet;

use crate::math::smoothstep;
use crate::picture::canvas::Canvas;
use crate::picture::texture::{LanczosTable, Texture};

/// Rows a band has; bands are independent of each other.
const BAND: usize = 32;
/// A pixel that moves less than this (pixels) keeps the photograph's bytes.
const STILL: f32 = 0.02;
/// From this movement on a pixel is wholly sampled; below, photograph and sample are mixed, so that no edge shows.
const MOVING: f32 = 0.35;

/// A triangle of the frame with the linear map from its pixels to the photograph.
#[derive(Clone, Copy, Debug)]
struct Patch {
    /// Corners in the frame, x and y.
    corners: [[f32; 2]; 3],
    top: f32,
    bottom: f32,
    /// Mean depth in the frame.
    depth: f32,
    /// Place in the photograph of the first corner, and its change for a pixel right and a pixel down.
    origin: [f32; 2],
    per_x: [f32; 2],
    per_y: [f32; 2],
}

/// Triangles of one frame, far ones first.
#[derive(Clone, Debug, Default)]
pub struct WarpField {
    patches: Vec<Patch>,
}

impl WarpField {
    /// Collects the triangles that move, ordered by depth.
    ///
    /// `source` and `posed` are the vertices (pixels; z away) in the photograph and in the frame.
    pub fn collect(&mut self, source: &[[f32; 3]], posed: &[[f32; 3]], triangles: &[[u32; 3]]) {
        self.patches.clear();
        self.extend(source, posed, triangles);
        self.sort();
    }

    /// Adds those triangles that move; see [`WarpField::sort`].
    pub(crate) fn extend(&mut self, source: &[[f32; 3]], posed: &[[f32; 3]], triangles: &[[u32; 3]]) {
        for t in triangles {
            let [s, p] = [source, posed].map(|v| t.map(|i| v[i as usize]));
            let moves = (0..3).any(|k| (s[k][0] - p[k][0]).abs() + (s[k][1] - p[k][1]).abs() > STILL);
            if moves {
                self.add(s, p);
            }
        }
    }

    /// Takes all triangles out.
    pub(crate) fn clear(&mut self) {
        self.patches.clear();
    }

    /// Adds one triangle; see [`WarpField::sort`].
    pub(crate) fn add(&mut self, source: [[f32; 3]; 3], posed: [[f32; 3]; 3]) {
        let [a, b, c] = posed;
        let (bx, by, cx, cy) = (b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]);
        let area = bx * cy - by * cx;
        if !area.is_finite() || area.abs() < 1e-6 {
            return;
        }
        let along = |k: usize| {
            let (u, v) = (source[1][k] - source[0][k], source[2][k] - source[0][k]);
            ((u * cy - v * by) / area, (v * bx - u * cx) / area)
        };
        let ((xx, xy), (yx, yy)) = (along(0), along(1));
        let corners = if area > 0.0 { [a, b, c] } else { [a, c, b] };
        self.patches.push(Patch {
            corners: corners.map(|p| [p[0], p[1]]),
            top: a[1].min(b[1]).min(c[1]),
            bottom: a[1].max(b[1]).max(c[1]),
            depth: (a[2] + b[2] + c[2]) / 3.0,
            origin: [source[0][0] - xx * a[0] - xy * a[1], source[0][1] - yx * a[0] - yy * a[1]],
            per_x: [xx, yx],
            per_y: [xy, yy],
        });
    }

    /// Puts far triangles first; equal depths keep their order.
    pub(crate) fn sort(&mut self) {
        self.patches.sort_by(|a, b| b.depth.total_cmp(&a.depth));
    }

    /// Whether nothing moves.
    pub fn is_empty(&self) -> bool {
        self.patches.is_empty()
    }

    /// Writes for rows `first..` of a band the places in the photograph; pixels no triangle covers keep theirs.
    #[inline(always)]
    fn rasterise(&self, first: usize, width: usize, places: &mut [[f32; 2]]) {
        let rows = places.len() / width;
        let (low, high) = (first as f32, (first + rows) as f32 - 1.0);
        for patch in &self.patches {
            if patch.bottom < low || patch.top > high {
                continue;
            }
            let from = patch.top.max(low).ceil() as usize;
            let to = patch.bottom.min(high).floor() as usize;
            for y in from..=to {
                let Some((left, right)) = patch.span(y as f32, width) else { continue };
                let row = &mut places[(y - first) * width..(y - first + 1) * width];
                let (yf, xf) = (y as f32, left as f32);
                let mut place: [f32; 2] = std::array::from_fn(|k| patch.origin[k] + patch.per_x[k] * xf + patch.per_y[k] * yf);
                for out in &mut row[left..=right] {
                    *out = place;
                    place[0] += patch.per_x[0];
                    place[1] += patch.per_x[1];
                }
            }
        }
    }
}

impl Patch {
    /// First and last pixel of a row inside the triangle, edges included (so that neighbours leave no crack).
    #[inline(always)]
    fn span(&self, y: f32, width: usize) -> Option<(usize, usize)> {
        let (mut left, mut right) = (f32::MAX, f32::MIN);
        for k in 0..3 {
            let (a, b) = (self.corners[k], self.corners[(k + 1) % 3]);
            let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
            if y < low[1] || y > high[1] {
                continue;
            }
            let height = high[1] - low[1];
            if height < 1e-6 {
                left = left.min(low[0].min(high[0]));
                right = right.max(low[0].max(high[0]));
            } else {
                let x = low[0] + (high[0] - low[0]) * ((y - low[1]) / height);
                left = left.min(x);
                right = right.max(x);
            }
        }
        // A thousandth of a pixel of overlap covers rounding.
        let left = (left - 1e-3).ceil().max(0.0);
        let right = (right + 1e-3).floor().min(width as f32 - 1.0);
        (left <= right).then_some((left as usize, right as usize))
    }
}

/// What a warp samples from.
#[derive(Clone, Copy, Debug)]
pub struct WarpSource<'a> {
    /// The photograph as it is: pixels that keep still are its own.
    pub still: &'a Canvas,
    /// The photograph prepared for sampling.
    pub texture: &'a Texture,
}

/// Paints the warped photograph over the whole of `frame`; `places` (one a pixel) receives where each pixel came from.
pub fn warp(field: &WarpField, source: WarpSource<'_>, frame: &mut Canvas, places: &mut Vec<[f32; 2]>) {
    let (width, height) = (source.still.width, source.still.height);
    frame.width = width;
    frame.height = height;
    frame.data.resize(width * height, [0.0; 3]);
    places.resize(width * height, [0.0; 2]);
    frame
        .data
        .par_chunks_mut(BAND * width)
        .zip(places.par_chunks_mut(BAND * width))
        .enumerate()
        .for_each(|(band, (pixels, places))| paint_band(field, source, band * BAND, width, pixels, places));
}

/// Paints the field's triangles alone on black; returns the picture and 255 for every pixel that they cover.
pub(crate) fn paint_on_black(field: &WarpField, texture: &Texture, width: usize, height: usize) -> (Canvas, Vec<u8>) {
    let mut places = vec![[f32::NAN; 2]; width * height];
    field.rasterise(0, width, &mut places);
    let table = LanczosTable::get();
    let mut canvas = Canvas::filled(width, height, [0.0; 3]);
    let mut cover = vec![0; width * height];
    for ((out, cover), place) in canvas.data.iter_mut().zip(&mut cover).zip(&places) {
        if !place[0].is_nan() {
            *out = texture.sample(place[0], place[1], table).map(|v| v.clamp(0.0, 255.0));
            *cover = 255;
        }
    }
    (canvas, cover)
}

/// Chooses the variant for this processor; all of them give the same bytes.
fn paint_band(
    field: &WarpField,
    source: WarpSource<'_>,
    first: usize,
    width: usize,
    pixels: &mut [[f32; 3]],
    places: &mut [[f32; 2]],
) {
    #[cfg(target_arch = "x86_64")]
    if InstructionSet::chosen_or_fastest().allows(InstructionSet::Avx2) {
        // SAFETY: the processor has AVX2, the only thing the variant needs.
        #[expect(unsafe_code, reason = "calls the variant for wider registers")]
        unsafe {
            return paint_band_avx2(field, source, first, width, pixels, places);
        }
    }
    paint_band_plain(field, source, first, width, pixels, places);
}

/// The plain variant compiled for wider registers. (No fused multiply-add: it would round differently.)
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn paint_band_avx2(
    field: &WarpField,
    source: WarpSource<'_>,
    first: usize,
    width: usize,
    pixels: &mut [[f32; 3]],
    places: &mut [[f32; 2]],
) {
    paint_band_plain(field, source, first, width, pixels, places);
}

#[inline(always)]
fn paint_band_plain(
    field: &WarpField,
    source: WarpSource<'_>,
    first: usize,
    width: usize,
    pixels: &mut [[f32; 3]],
    places: &mut [[f32; 2]],
) {
    for (row, line) in places.chunks_exact_mut(width).enumerate() {
        for (x, place) in line.iter_mut().enumerate() {
            *place = [x as f32, (first + row) as f32];
        }
    }
    field.rasterise(first, width, places);
    sample_band(source, first, width, pixels, places);
}

#[inline(always)]
fn sample_band(source: WarpSource<'_>, first: usize, width: usize, pixels: &mut [[f32; 3]], places: &[[f32; 2]]) {
    let table = LanczosTable::get();
    let still = &source.still.data[first * width..first * width + pixels.len()];
    for (row, ((line, places), still)) in
        pixels.chunks_exact_mut(width).zip(places.chunks_exact(width)).zip(still.chunks_exact(width)).enumerate()
    {
        let y = (first + row) as f32;
        for (x, ((out, place), still)) in line.iter_mut().zip(places).zip(still).enumerate() {
            let moved = (place[0] - x as f32).abs() + (place[1] - y).abs();
            if moved <= STILL {
                *out = *still;
                continue;
            }
            let colour = source.texture.sample(place[0], place[1], table).map(|v| v.clamp(0.0, 255.0));
            *out = if moved < MOVING {
                let t = smoothstep(STILL, MOVING, moved);
                std::array::from_fn(|k| still[k] + t * (colour[k] - still[k]))
            } else {
                colour
            };
        }
    }
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

    #[test]
    fn a_still_mesh_copies_every_byte() {
        let canvas = checker();
        let texture = Texture::new(&canvas, 8, 0.2);
        let (source, posed, triangles) = grid(0.0);
        let mut field = WarpField::default();
        field.collect(&source, &posed, &triangles);
        assert!(field.is_empty());
        let mut frame = Canvas::filled(1, 1, [0.0; 3]);
        warp(&field, WarpSource { still: &canvas, texture: &texture }, &mut frame, &mut Vec::new());
        assert_eq!(frame, canvas);
    }

    #[test]
    fn a_whole_pixel_shift_moves_pixels_and_leaves_no_hole() {
        let canvas = checker();
        let texture = Texture::new(&canvas, 8, 0.0);
        let (source, posed, triangles) = grid(3.0);
        let mut field = WarpField::default();
        field.collect(&source, &posed, &triangles);
        let mut frame = Canvas::filled(1, 1, [0.0; 3]);
        warp(&field, WarpSource { still: &canvas, texture: &texture }, &mut frame, &mut Vec::new());
        for y in 0..48 {
            for x in 3..64 {
                let (got, want) = (frame.at(x, y), canvas.at(x - 3, y));
                assert!((0..3).all(|k| (got[k] - want[k]).abs() < 0.1), "{x} {y} {got:?} {want:?}");
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
        let texture = Texture::new(&canvas, 8, 0.2);
        let (source, mut posed, triangles) = grid(1.3);
        posed.iter_mut().enumerate().for_each(|(i, p)| p[1] += (i as f32 * 0.7).sin());
        let mut field = WarpField::default();
        field.collect(&source, &posed, &triangles);
        let source = WarpSource { still: &canvas, texture: &texture };
        let run = |plain: bool| {
            let mut pixels = vec![[0.0f32; 3]; 64 * 48];
            let mut places = vec![[0.0f32; 2]; 64 * 48];
            if plain {
                paint_band_plain(&field, source, 0, 64, &mut pixels, &mut places);
            } else {
                // SAFETY: checked above.
                unsafe { paint_band_avx2(&field, source, 0, 64, &mut pixels, &mut places) };
            }
            (pixels, places)
        };
        assert_eq!(run(true), run(false));
    }

    #[test]
    fn the_nearer_triangle_wins() {
        let canvas = checker();
        let texture = Texture::new(&canvas, 8, 0.0);
        let big = [[0.0, 0.0], [120.0, 0.0], [0.0, 90.0]];
        let at = |dx: f32, z: f32| big.map(|p| [p[0] + dx, p[1], z]);
        let mut field = WarpField::default();
        field.add(at(0.0, 0.0), at(5.0, -2.0));
        field.add(at(0.0, 0.0), at(9.0, 4.0));
        field.sort();
        let mut places = Vec::new();
        let mut frame = Canvas::filled(1, 1, [0.0; 3]);
        warp(&field, WarpSource { still: &canvas, texture: &texture }, &mut frame, &mut places);
        assert_eq!(places[10 * 64 + 20].map(f32::round), [15.0, 10.0]);
    }
}
