//! Warps a remembered mouth onto the posed lips, matches its light to the frame and blends it in.

use super::bank::MouthBank;
use super::entry::{Entry, MASK_GROWTH, MouthMesh};
use super::light::relit;
use super::plan::MouthChoice;
use crate::mouth::contour::{outer_lips, scaled};
use crate::picture::canvas::{Canvas, Mask};
use crate::picture::polygon::{Region, convex_hull};
use crate::portrait::geometry::PosedFace;

/// How far inside the grown hull the mask's edge lies, interocular distances.
const EROSION: f32 = 0.10;
/// Softness of the mask's edge, interocular distances.
const SOFTNESS: f32 = 0.055;

impl MouthBank {
    /// Puts the chosen mouth over a frame in which the base picture is already posed.
    ///
    /// `iod` is the interocular distance in pixels of the frame. What the choice leaves to the painted mouth
    /// (`strength` below 1) must have been painted before.
    pub fn overlay(&self, canvas: &mut Canvas, face: &PosedFace, iod: f32, choice: &MouthChoice) {
        if choice.strength <= 1e-3 || choice.parts.iter().any(|part| part.0 >= self.len()) {
            return;
        }
        let Some((region, mut alpha)) = mask(face, iod, canvas) else {
            return;
        };
        let (patch, covered) = self.warped(face, region, &alpha, choice);
        alpha.data.iter_mut().zip(&covered).for_each(|(a, c)| *a *= c);
        let base = region.cut(canvas);
        let patch = relit(patch, &base, &alpha, face, region, iod);
        alpha.data.iter_mut().for_each(|a| *a *= choice.strength);
        region.blend(canvas, &patch, &alpha);
    }

    /// The parts of a choice, warped to the posed points and mixed where `alpha` lets them be seen; and where the mesh covers
    /// that.
    fn warped(&self, face: &PosedFace, region: Region, alpha: &Mask, choice: &MouthChoice) -> (Canvas, Vec<f32>) {
        let mut patch = Canvas::filled(region.width, region.height, [0.0; 3]);
        let mesh = MouthMesh::get();
        let posed: Vec<[f32; 2]> = mesh.points.iter().map(|&i| [face.points[i][0], face.points[i][1]]).collect();
        let mut covered = vec![0.0; patch.data.len()];
        for &(index, share) in &choice.parts {
            let entry = self.entry(index);
            covered.fill(0.0);
            for triangle in &mesh.triangles {
                draw(entry, triangle, &posed, region, |pixel, place| {
                    // Triangles share their edges: the first to reach a pixel paints it. What is not seen is not painted.
                    if covered[pixel] == 0.0 && alpha.data[pixel] > 0.0 {
                        covered[pixel] = 1.0;
                        let colour = entry.bicubic(place);
                        patch.data[pixel].iter_mut().zip(colour).for_each(|(out, c)| *out += share * c);
                    }
                });
            }
        }
        (patch, covered)
    }
}

/// The overlay's mask on the region that it needs: the hull of the lips, grown, cut off under the nose, with a soft edge.
fn mask(face: &PosedFace, iod: f32, canvas: &Canvas) -> Option<(Region, Mask)> {
    let hull = convex_hull(&scaled(&outer_lips(&face.points), MASK_GROWTH));
    let region = Region::around(&hull, 1.0, canvas.width, canvas.height)?;
    // Half-planes: distance to each edge, positive inside.
    let mut edges: Vec<[f32; 3]> = Vec::with_capacity(hull.len() + 1);
    let middle = hull.iter().fold([0.0; 2], |m, p| [m[0] + p[0] / hull.len() as f32, m[1] + p[1] / hull.len() as f32]);
    let mut add = |a: [f32; 2], b: [f32; 2]| {
        let normal = [b[1] - a[1], a[0] - b[0]];
        let length = normal[0].hypot(normal[1]);
        if length > 1e-3 {
            let n = normal.map(|v| v / length);
            let offset = -(n[0] * a[0] + n[1] * a[1]);
            let sign = if n[0] * middle[0] + n[1] * middle[1] + offset < 0.0 { -1.0 } else { 1.0 };
            edges.push([sign * n[0], sign * n[1], sign * offset]);
        }
    };
    for (i, &a) in hull.iter().enumerate() {
        add(a, hull[(i + 1) % hull.len()]);
    }
    let (left, right, nose) = (face.points[61], face.points[291], face.points[2]);
    // The line under the nose runs as the mouth does.
    add([nose[0], nose[1]], [nose[0] + right[0] - left[0], nose[1] + right[1] - left[1]]);
    let mut mask = Mask::filled(region.width, region.height, 0.0);
    for (i, value) in mask.data.iter_mut().enumerate() {
        let (x, y) = ((region.x + i % region.width) as f32, (region.y + i / region.width) as f32);
        let inside = edges.iter().fold(f32::MAX, |d, e| d.min(e[0] * x + e[1] * y + e[2]));
        // The Gaussian's integral, by a logistic curve; 0 at the hull itself.
        let step = 1.0 / (1.0 + (-1.702 * (inside / iod - EROSION) / SOFTNESS).exp());
        *value = ((step - 0.05) / 0.95).clamp(0.0, 1.0);
    }
    Some((region, mask))
}

/// Draws one triangle of an entry at the posed points.
fn draw(entry: &Entry, triangle: &[usize; 3], posed: &[[f32; 2]], region: Region, mut paint: impl FnMut(usize, [f32; 2])) {
    let [a, b, c] = triangle.map(|i| posed[i]);
    let [sa, sb, sc] = triangle.map(|i| entry.points[i]);
    let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    if area.abs() < 1e-6 || !area.is_finite() {
        return;
    }
    let bounds = |k: usize| (a[k].min(b[k]).min(c[k]), a[k].max(b[k]).max(c[k]));
    let ((left, right), (top, bottom)) = (bounds(0), bounds(1));
    let first = |v: f32, start: usize| (v.ceil().max(start as f32)) as usize;
    let last = |v: f32, end: usize| v.floor().min(end as f32 - 1.0);
    let (x0, x1) = (first(left, region.x), last(right, region.x + region.width));
    let (y0, y1) = (first(top, region.y), last(bottom, region.y + region.height));
    if x1 < x0 as f32 || y1 < y0 as f32 {
        return;
    }
    const EDGE: f32 = -1e-4;
    for y in y0..=y1 as usize {
        for x in x0..=x1 as usize {
            let p = [x as f32, y as f32];
            let v = ((p[0] - a[0]) * (c[1] - a[1]) - (p[1] - a[1]) * (c[0] - a[0])) / area;
            let w = ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])) / area;
            let u = 1.0 - v - w;
            if u < EDGE || v < EDGE || w < EDGE {
                continue;
            }
            let at = [u * sa[0] + v * sb[0] + w * sc[0], u * sa[1] + v * sb[1] + w * sc[1]];
            paint((y - region.y) * region.width + x - region.x, at);
        }
    }
}
