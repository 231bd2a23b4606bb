//! The named numbers of a frame: one table for reading, writing, checking and editing.

use super::MotionFrame;
use crate::MotionError;

/// One named entry of a frame: a number or a short list of numbers.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Name in the file.
    pub name: &'static str,
    /// Smallest and largest allowed value.
    pub range: (f64, f64),
    /// Whether the file holds a plain number (`true`) or a list.
    pub(super) single: bool,
    view: fn(&MotionFrame) -> &[f32],
    view_mut: fn(&mut MotionFrame) -> &mut [f32],
}

macro_rules! field {
    (number $name:literal, $low:literal ..= $high:literal, $($path:ident).+) => {
        Field {
            name: $name,
            range: ($low, $high),
            single: true,
            view: |frame| std::slice::from_ref(&frame.$($path).+),
            view_mut: |frame| std::slice::from_mut(&mut frame.$($path).+),
        }
    };
    (list $name:literal, $low:literal ..= $high:literal, $($path:ident).+) => {
        Field {
            name: $name,
            range: ($low, $high),
            single: false,
            view: |frame| &frame.$($path).+,
            view_mut: |frame| &mut frame.$($path).+,
        }
    };
}

/// Every entry of a frame in the order of the file.
///
/// | name | unit | meaning |
/// | --- | --- | --- |
/// | `yaw`, `pitch`, `roll` | degrees | head turned to the picture's left, looking down, turned clockwise |
/// | `translation` | interocular distances | head's shift, x right and y down |
/// | `scale` | – | head's size, 1 = as in the reference |
/// | `opening` | interocular distances | gap between the inner lips, 0 = closed |
/// | `width` | interocular distances | mouth wider (positive) or rounder (negative) than at rest |
/// | `shape` | standard deviations | eight shape components of lips and jaw |
/// | `brow` | interocular distances | brows raised |
/// | `blink` | 0 to 1 | image-left eye, image-right eye closed |
/// | `gaze` | eye widths | x right, y down |
pub const FIELDS: &[Field] = &[
    field!(number "yaw", -90.0..=90.0, head_pose.yaw),
    field!(number "pitch", -90.0..=90.0, head_pose.pitch),
    field!(number "roll", -180.0..=180.0, head_pose.roll),
    field!(list "translation", -20.0..=20.0, head_pose.translation),
    field!(number "scale", 0.1..=10.0, head_pose.scale),
    field!(number "opening", -1.0..=3.0, expression.opening),
    field!(number "width", -2.0..=2.0, expression.width),
    field!(list "shape", -50.0..=50.0, expression.shape),
    field!(number "brow", -1.0..=1.0, expression.brow),
    field!(list "blink", 0.0..=1.0, blink),
    field!(list "gaze", -1.0..=1.0, gaze),
];

impl Field {
    /// The numbers of this entry in a frame.
    pub fn values<'a>(&self, frame: &'a MotionFrame) -> &'a [f32] {
        (self.view)(frame)
    }

    /// The numbers of this entry in a frame, to be changed.
    pub fn values_mut<'a>(&self, frame: &'a mut MotionFrame) -> &'a mut [f32] {
        (self.view_mut)(frame)
    }

    /// Whether the file holds a plain number.
    pub(super) fn is_single(&self) -> bool {
        self.single
    }

    pub(super) fn update(&self, frame: &mut MotionFrame, change: impl Fn(f32) -> f32) {
        for value in self.values_mut(frame) {
            *value = change(*value);
        }
    }

    pub(super) fn check(&self, frame: usize, found: f64) -> Result<(), MotionError> {
        // Written so that NaN fails too.
        if found >= self.range.0 && found <= self.range.1 {
            Ok(())
        } else {
            Err(MotionError::OutOfRange { frame, field: self.name, found, range: self.range })
        }
    }
}
