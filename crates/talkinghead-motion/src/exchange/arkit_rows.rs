//! Rows of a CSV of ARKit blendshapes: columns by name, and what a row's values are in a track.

use super::arkit_names::{ARKIT_NAMES, place};
use super::arkit_shapes::{EYE_RADIUS, FULL_BROW, FULL_LOOK, MouthShapes};
use super::arkit_writing::{FULL_TURN, ROTATION_NAMES};
use super::timecode::Timecode;
use crate::MotionFrame;
use crate::track::turned_about_neck;

/// What a column holds.
#[derive(Clone, Copy, PartialEq)]
enum Column {
    Timecode,
    Seconds,
    Count,
    Shape(usize),
    Rotation(usize),
    Other,
}

pub(super) struct Columns(Vec<(Column, String)>);

#[derive(Clone, Copy)]
pub(super) enum Time {
    Code(Timecode),
    Seconds(f64),
    Unknown,
}

pub(super) struct Row {
    pub(super) time: Time,
    pub(super) frame: MotionFrame,
}

impl Columns {
    pub(super) fn of(header: &str) -> Result<Self, String> {
        let columns: Vec<(Column, String)> =
            header.split(',').map(|name| (column(name.trim()), name.trim().to_owned())).collect();
        let shapes = columns.iter().filter(|(column, _)| matches!(column, Column::Shape(_))).count();
        if shapes == 0 {
            return Err("line 1 names no ARKit blendshapes (such as JawOpen)".to_owned());
        }
        for (k, (column, name)) in columns.iter().enumerate() {
            if *column != Column::Other && columns[..k].iter().any(|(other, _)| other == column) {
                return Err(format!("line 1 names `{name}` twice"));
            }
        }
        Ok(Self(columns))
    }

    /// A row's values; `None` when the face was not seen.
    pub(super) fn row(&self, line: &str) -> Result<Option<Row>, String> {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let count = self.0.iter().position(|(column, _)| *column == Column::Count).and_then(|at| cells.get(at));
        let empty = |(cell, (column, _)): (&&str, &(Column, String))| !matches!(column, Column::Shape(_)) || cell.is_empty();
        if count == Some(&"0") || cells.iter().zip(&self.0).all(empty) {
            return Ok(None);
        }
        if cells.len() != self.0.len() {
            return Err(format!("{} values where the first line names {}", cells.len(), self.0.len()));
        }
        let (mut weights, mut rotations, mut time) = ([0.0; 52], [0.0; 9], Time::Unknown);
        for (cell, (column, name)) in cells.iter().zip(&self.0) {
            let number = || match cell.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(value),
                _ => Err(format!("column `{name}`: `{}` is no number", cell.chars().take(20).collect::<String>())),
            };
            match column {
                Column::Timecode => match Timecode::parse(cell) {
                    Some(code) => time = Time::Code(code),
                    None => return Err(format!("column `{name}`: no timecode such as 00:00:01:12.000")),
                },
                Column::Seconds => time = Time::Seconds(number()?),
                Column::Shape(place) => weights[*place] = number()?.clamp(0.0, 1.0) as f32,
                Column::Rotation(place) => rotations[*place] = number()?.clamp(-1.0, 1.0) as f32,
                Column::Count | Column::Other => {}
            }
        }
        Ok(Some(Row { time, frame: frame(&weights, &rotations) }))
    }
}

fn column(name: &str) -> Column {
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    if is("Timecode") {
        Column::Timecode
    } else if is("t") || is("time") || is("timestamp") {
        Column::Seconds
    } else if is("BlendshapeCount") {
        Column::Count
    } else if let Some(place) = ARKIT_NAMES.iter().position(|known| is(known)) {
        Column::Shape(place)
    } else if let Some(place) = ROTATION_NAMES.iter().position(|known| is(known)) {
        Column::Rotation(place)
    } else {
        Column::Other
    }
}

fn frame(weights: &[f32; 52], rotations: &[f32; 9]) -> MotionFrame {
    let mut expression = MouthShapes::get().expression(weights);
    let mean = |places: &[usize]| places.iter().map(|&place| weights[place]).sum::<f32>() / places.len() as f32;
    let outer = mean(&[const { place("BrowOuterUpLeft") }, const { place("BrowOuterUpRight") }]);
    let up = (weights[const { place("BrowInnerUp") }] + outer) / 2.0;
    let down = mean(&[const { place("BrowDownLeft") }, const { place("BrowDownRight") }]);
    expression.brow = FULL_BROW * (up - 0.5 * down);
    let difference = |a: [usize; 2], b: [usize; 2]| mean(&a) - mean(&b);
    let right = [const { place("EyeLookOutLeft") }, const { place("EyeLookInRight") }];
    let left = [const { place("EyeLookInLeft") }, const { place("EyeLookOutRight") }];
    let lowered = [const { place("EyeLookDownLeft") }, const { place("EyeLookDownRight") }];
    let raised = [const { place("EyeLookUpLeft") }, const { place("EyeLookUpRight") }];
    let gaze =
        [difference(right, left), difference(lowered, raised)].map(|look| EYE_RADIUS * (FULL_LOOK * look).to_radians().sin());
    let [yaw, pitch, roll] = [-rotations[0], -rotations[1], rotations[2]].map(|share| FULL_TURN * share);
    let head_pose = turned_about_neck(yaw.clamp(-90.0, 90.0), pitch.clamp(-90.0, 90.0), roll);
    let blink = [weights[const { place("EyeBlinkRight") }], weights[const { place("EyeBlinkLeft") }]];
    MotionFrame { head_pose, expression, blink, gaze }
}
