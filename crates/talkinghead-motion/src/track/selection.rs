//! Which of a track's numbers an edit means: parts such as `pose`, fields such as `yaw`, single numbers such as `gaze.x`.

use std::fmt;
use std::str::FromStr;

use super::{FIELDS, Field, MotionFrame, MotionTrack};
use crate::MotionError;

/// A part of a performance that can be taken from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Yaw, pitch, roll, translation, scale.
    Pose,
    /// Opening, width and shape of lips and jaw.
    Expression,
    /// Both lids.
    Blink,
    /// Both directions of the gaze.
    Gaze,
    /// The brows.
    Brow,
}

impl Part {
    /// All of them: together they hold every field once.
    pub const ALL: [Self; 5] = [Self::Pose, Self::Expression, Self::Blink, Self::Gaze, Self::Brow];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pose => "pose",
            Self::Expression => "expression",
            Self::Blink => "blink",
            Self::Gaze => "gaze",
            Self::Brow => "brow",
        }
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Pose => &["yaw", "pitch", "roll", "translation", "scale"],
            Self::Expression => &["opening", "width", "shape"],
            Self::Blink => &["blink"],
            Self::Gaze => &["gaze"],
            Self::Brow => &["brow"],
        }
    }
}

impl FromStr for Part {
    type Err = MotionError;

    fn from_str(text: &str) -> Result<Self, MotionError> {
        Self::ALL.into_iter().find(|part| part.name() == text).ok_or_else(|| {
            MotionError::InvalidEdit(format!(
                "`{text}` is no part of a performance; known are {}",
                names(Self::ALL.map(Self::name))
            ))
        })
    }
}

/// One number of a frame: a field and the place in its list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) field: &'static Field,
    pub(crate) place: usize,
}

impl Slot {
    pub(crate) fn value(&self, frame: &MotionFrame) -> f32 {
        self.field.values(frame)[self.place]
    }

    /// Stores a value, brought into the field's range.
    pub(crate) fn store(&self, frame: &mut MotionFrame, value: f32) {
        self.field.values_mut(frame)[self.place] = value.clamp(self.field.range.0 as f32, self.field.range.1 as f32);
    }

    /// What it is in a face at rest.
    pub(crate) fn rest(&self) -> f32 {
        self.value(&MotionFrame::default())
    }

    pub(crate) fn curve(&self, frames: &[MotionFrame]) -> Vec<f32> {
        frames.iter().map(|frame| self.value(frame)).collect()
    }

    pub(crate) fn store_curve(&self, frames: &mut [MotionFrame], curve: &[f32]) {
        for (frame, value) in frames.iter_mut().zip(curve) {
            self.store(frame, *value);
        }
    }
}

/// Some of a frame's numbers, by name.
///
/// Names are those of [`Part`] (`pose`, `expression`, `blink`, `gaze`, `brow`), those of the fields ([`FIELDS`]), and a
/// field's name with one of its places: `translation.x`, `gaze.y`, `blink.left` (the picture's left), `shape.0` to `shape.7`.
#[derive(Clone, Debug)]
pub struct Selection {
    name: String,
    slots: Vec<Slot>,
}

impl Selection {
    /// The numbers of a part.
    pub fn part(part: Part) -> Self {
        let fields = FIELDS.iter().filter(|field| part.fields().contains(&field.name));
        Self { name: part.name().to_owned(), slots: fields.flat_map(slots_of).collect() }
    }

    /// All numbers of some parts.
    pub fn parts(parts: &[Part]) -> Self {
        let slots = parts.iter().flat_map(|part| Self::part(*part).slots).collect();
        Self { name: names(parts.iter().map(|part| part.name())), slots }
    }

    pub(crate) fn of_slots(name: &str, slots: Vec<Slot>) -> Self {
        Self { name: name.to_owned(), slots }
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Whether a field is in it, with at least one of its places.
    pub fn holds(&self, field: &str) -> bool {
        self.slots.iter().any(|slot| slot.field.name == field)
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl FromStr for Selection {
    type Err = MotionError;

    fn from_str(text: &str) -> Result<Self, MotionError> {
        if let Ok(part) = text.parse::<Part>()
            && part.fields() != [text]
        {
            return Ok(Self::part(part));
        }
        let (name, place) = text.split_once('.').map_or((text, None), |(name, place)| (name, Some(place)));
        let unknown = || {
            let known = Part::ALL.map(Part::name).into_iter().chain(FIELDS.iter().map(|field| field.name));
            let mut known: Vec<&str> = known.collect();
            known.dedup();
            MotionError::InvalidEdit(format!("`{text}` is no field of a motion track; known are {}", names(known)))
        };
        let field = FIELDS.iter().find(|field| field.name == name).ok_or_else(unknown)?;
        let mut slots: Vec<Slot> = slots_of(field).collect();
        if let Some(place) = place {
            let wanted = place_of(field, place).ok_or_else(unknown)?;
            slots.retain(|slot| slot.place == wanted);
        }
        Ok(Self { name: text.to_owned(), slots })
    }
}

fn slots_of(field: &'static Field) -> impl Iterator<Item = Slot> {
    (0..field.values(&MotionFrame::default()).len()).map(move |place| Slot { field, place })
}

fn place_of(field: &Field, name: &str) -> Option<usize> {
    let count = field.values(&MotionFrame::default()).len();
    let place = match (field.name, name) {
        ("translation" | "gaze", "x") | ("blink", "left") => 0,
        ("translation" | "gaze", "y") | ("blink", "right") => 1,
        ("shape", number) => number.parse().ok()?,
        _ => return None,
    };
    (place < count).then_some(place)
}

fn names<'a>(list: impl IntoIterator<Item = &'a str>) -> String {
    list.into_iter().collect::<Vec<_>>().join(", ")
}

impl MotionTrack {
    /// Changes every number of a selection: `change(value, value at rest)`; the result is brought into the field's range.
    pub(crate) fn change(&mut self, selection: &Selection, change: impl Fn(f32, f32) -> f32) {
        for frame in &mut self.frames {
            for slot in selection.slots() {
                let value = change(slot.value(frame), slot.rest());
                slot.store(frame, value);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn count(name: &str) -> usize {
        name.parse::<Selection>().unwrap().slots.len()
    }

    #[test]
    fn the_parts_hold_every_number_once() {
        let all = Selection::parts(&Part::ALL);
        let numbers: usize = FIELDS.iter().map(|field| field.values(&MotionFrame::default()).len()).sum();
        assert_eq!(all.slots.len(), numbers);
        assert!(FIELDS.iter().all(|field| all.holds(field.name)));
    }

    #[test]
    fn names_mean_what_they_say() {
        assert_eq!([count("pose"), count("expression"), count("blink"), count("gaze.x"), count("shape.7")], [6, 10, 2, 1, 1]);
        for wrong in ["yawn", "shape.8", "yaw.x", "gaze.left", "", "pose.x"] {
            let error = wrong.parse::<Selection>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{wrong}`")) && error.contains("yaw, pitch"), "{error}");
        }
        assert!("head".parse::<Part>().is_err());
    }
}
