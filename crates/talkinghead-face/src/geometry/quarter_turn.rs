//! A picture turned by quarters, so that the face in it stands upright.

use image::RgbImage;
use image::imageops::{rotate90, rotate180, rotate270};

/// By how much a picture must be turned, clockwise, for its face to stand upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum QuarterTurn {
    /// It stands upright.
    #[default]
    None,
    /// A quarter clockwise.
    Clockwise,
    /// A half: the face is upside down.
    Half,
    /// A quarter counter-clockwise.
    Counterclockwise,
}

impl QuarterTurn {
    /// All that change a picture.
    pub(crate) const OTHERS: [Self; 3] = [Self::Clockwise, Self::Counterclockwise, Self::Half];

    /// The turn that takes this one back.
    pub fn back(self) -> Self {
        match self {
            Self::Clockwise => Self::Counterclockwise,
            Self::Counterclockwise => Self::Clockwise,
            same => same,
        }
    }

    /// The picture, turned.
    pub fn turned(self, picture: &RgbImage) -> RgbImage {
        match self {
            Self::None => picture.clone(),
            Self::Clockwise => rotate90(picture),
            Self::Half => rotate180(picture),
            Self::Counterclockwise => rotate270(picture),
        }
    }

    /// As [`QuarterTurn::turned`], for a picture that is not needed otherwise.
    pub fn turn(self, picture: RgbImage) -> RgbImage {
        if self == Self::None { picture } else { self.turned(&picture) }
    }

    /// Width and height of a picture of that size once turned.
    pub fn size(self, (width, height): (u32, u32)) -> (u32, u32) {
        match self {
            Self::None | Self::Half => (width, height),
            Self::Clockwise | Self::Counterclockwise => (height, width),
        }
    }

    /// Where a point of a picture of `size` (before turning) lies once it is turned; pixel `k`'s value lies at coordinate `k`.
    pub fn point(self, [x, y]: [f32; 2], size: (u32, u32)) -> [f32; 2] {
        let (right, bottom) = (size.0 as f32 - 1.0, size.1 as f32 - 1.0);
        match self {
            Self::None => [x, y],
            Self::Clockwise => [bottom - y, x],
            Self::Half => [right - x, bottom - y],
            Self::Counterclockwise => [y, right - x],
        }
    }

    /// The turn in words, as what the picture is: "upside down".
    pub fn describe(self) -> &'static str {
        match self {
            Self::None => "upright",
            Self::Clockwise => "turned a quarter to the left",
            Self::Half => "upside down",
            Self::Counterclockwise => "turned a quarter to the right",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_follow_the_picture_and_turns_go_back() {
        let picture = RgbImage::from_fn(7, 5, |x, y| image::Rgb([x as u8, y as u8, 0]));
        for turn in [QuarterTurn::None, QuarterTurn::Clockwise, QuarterTurn::Half, QuarterTurn::Counterclockwise] {
            let turned = turn.turned(&picture);
            assert_eq!(turned.dimensions(), turn.size((7, 5)));
            let [x, y] = turn.point([2.0, 1.0], (7, 5));
            assert_eq!(turned.get_pixel(x as u32, y as u32).0, [2, 1, 0], "{turn:?}");
            assert_eq!(turn.back().turn(turned), picture);
        }
    }
}
