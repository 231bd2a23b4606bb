//! Which part of the picture is head: the region that turns rigidly, and how far everything else lies from it.

use super::geometry::{CHIN, PortraitGeometry};
use crate::picture::canvas::Mask;
use crate::picture::polygon::{Region, polygon_mask};
use talkinghead_face::{CanonicalMesh, HairMatte, PersonMatte};

/// Cells per interocular distance of the distance fields; they are smooth, so coarse is enough at any picture size.
const CELLS: f32 = 40.0;
/// Interocular distances around the picture in which distances are known.
const PADDING: f32 = 2.0;

/// Where person and hair are, both at the size of the picture that was segmented.
#[derive(Clone, Copy, Debug)]
pub struct Mattes<'a> {
    /// Person against background.
    pub person: &'a PersonMatte,
    /// Hair against everything else.
    pub hair: &'a HairMatte,
}

/// Mattes as the region finder reads them: at its picture's size, 0..1.
#[derive(Clone, Debug)]
pub struct HeadMattes {
    /// Person against background.
    pub person: Mask,
    /// Hair against everything else.
    pub hair: Mask,
}

/// Distances to the head and to the face oval, over the picture and two interocular distances around it.
#[derive(Clone, Debug)]
pub struct HeadRegion {
    /// To the rigid head (oval, hair, what stands above the chin), in interocular distances; 0 inside.
    from_core: Mask,
    /// To the face oval, in interocular distances; 0 inside.
    from_oval: Mask,
    cell: f32,
    padding: f32,
}

impl HeadRegion {
    /// Finds the head of a portrait in a picture of `width x height` pixels.
    ///
    /// Without mattes the head is the face oval, grown by 0.45 interocular distances above the eyes.
    pub fn find(portrait: &PortraitGeometry, mattes: Option<&HeadMattes>, width: usize, height: usize) -> Self {
        let cell = (portrait.iod / CELLS).max(1.0);
        let padding = PADDING * portrait.iod;
        let columns = ((width as f32 + 2.0 * padding) / cell).ceil() as usize + 1;
        let rows = ((height as f32 + 2.0 * padding) / cell).ceil() as usize + 1;
        let to_cell = |v: f32| (v + padding) / cell;
        let ring: Vec<[f32; 2]> = oval(portrait).iter().map(|p| [to_cell(p[0]), to_cell(p[1])]).collect();
        let mut oval = polygon_mask(&ring, Region::whole(columns, rows));
        oval.data.iter_mut().for_each(|v| *v = f32::from(*v > 0.5));
        let from_oval = in_iod(oval.outside_distance(), cell, portrait.iod);

        let chin = portrait.vertices[CHIN];
        let mut core = oval;
        for row in 0..rows {
            for column in 0..columns {
                let (x, y) = (column as f32 * cell - padding, row as f32 * cell - padding);
                let above_chin = -((x - chin[0]) * portrait.down[0] + (y - chin[1]) * portrait.down[1]) / portrait.iod;
                let head = match mattes {
                    Some(mattes) => {
                        let outside = x < 0.0 || y < 0.0 || x > (width - 1) as f32 || y > (height - 1) as f32;
                        let person = mattes.person.bilinear(x, y);
                        let hair = mattes.hair.bilinear(x, y);
                        !outside && ((hair > 0.5 && person > 0.3 && above_chin >= 0.15) || (person > 0.5 && above_chin >= 1.0))
                    }
                    None => above_chin > 1.3 && from_oval.at(column, row) < 0.45,
                };
                if head {
                    *core.at_mut(column, row) = 1.0;
                }
            }
        }
        let nose = portrait.vertices[4];
        keep_component(&mut core, to_cell(nose[0]) as usize, to_cell(nose[1]) as usize);
        let from_core = in_iod(core.outside_distance(), cell, portrait.iod);
        Self { from_core, from_oval, cell, padding }
    }

    /// Distance in interocular distances to the rigid head at a point of the picture.
    pub fn from_core(&self, x: f32, y: f32) -> f32 {
        self.from_core.bilinear((x + self.padding) / self.cell, (y + self.padding) / self.cell)
    }

    /// Distance in interocular distances to the face oval at a point of the picture.
    pub fn from_oval(&self, x: f32, y: f32) -> f32 {
        self.from_oval.bilinear((x + self.padding) / self.cell, (y + self.padding) / self.cell)
    }
}

/// The face oval's points in the picture, in order.
pub(crate) fn oval(portrait: &PortraitGeometry) -> Vec<[f32; 2]> {
    oval_points().iter().map(|&i| [portrait.vertices[i][0], portrait.vertices[i][1]]).collect()
}

/// Numbers of the face oval's points, in order.
pub(crate) fn oval_points() -> &'static [usize] {
    &CanonicalMesh::get().contours["face_oval"]
}

fn in_iod(mut distance: Mask, cell: f32, iod: f32) -> Mask {
    distance.data.iter_mut().for_each(|v| *v *= cell / iod);
    distance
}

/// Clears everything that does not hang together with a cell (4 neighbours).
pub(crate) fn keep_component(mask: &mut Mask, x: usize, y: usize) {
    let (width, height) = (mask.width, mask.height);
    let mut kept = vec![0.0; mask.data.len()];
    let start = y.min(height - 1) * width + x.min(width - 1);
    let mut stack = vec![start];
    kept[start] = 1.0;
    while let Some(i) = stack.pop() {
        let (x, y) = (i % width, i / width);
        let mut visit = |j: usize| {
            if mask.data[j] > 0.5 && kept[j] == 0.0 {
                kept[j] = 1.0;
                stack.push(j);
            }
        };
        if x > 0 {
            visit(i - 1);
        }
        if x + 1 < width {
            visit(i + 1);
        }
        if y > 0 {
            visit(i - width);
        }
        if y + 1 < height {
            visit(i + width);
        }
    }
    mask.data = kept;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::HeadPose;

    #[test]
    fn hair_belongs_to_the_head_and_a_stranger_does_not() {
        let portrait = PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 12.0));
        let top = portrait.vertices[10];
        let mut person = Mask::filled(512, 512, 0.0);
        let mut hair = Mask::filled(512, 512, 0.0);
        for y in 0..512 {
            for x in 0..512 {
                let on_top = (x as f32 - top[0]).abs() < 60.0 && (top[1] - 40.0..top[1] + 30.0).contains(&(y as f32));
                let stranger = x < 40 && y < 40;
                if on_top || stranger {
                    *person.at_mut(x, y) = 1.0;
                    *hair.at_mut(x, y) = 1.0;
                }
            }
        }
        let region = HeadRegion::find(&portrait, Some(&HeadMattes { person, hair }), 512, 512);
        assert_eq!(region.from_core(top[0], top[1] - 30.0), 0.0);
        assert!(region.from_oval(top[0], top[1] - 30.0) > 0.2);
        assert!(region.from_core(20.0, 20.0) > 1.0);
        assert_eq!(region.from_oval(portrait.vertices[4][0], portrait.vertices[4][1]), 0.0);
    }
}
