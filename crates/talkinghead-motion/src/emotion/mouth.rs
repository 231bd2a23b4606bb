//! What a smile and stretched lips are in a track's numbers.

use crate::Expression;
use crate::exchange::mouth_of;

/// Width and shape to be added for a smile and stretched lips of these amounts (1 as in posed photographs, negative taken back), and for
/// a mouth that is wider by `width` interocular distances; the opening is 0.
pub(super) fn offset(smile: f32, stretch: f32, width: f32) -> Expression {
    let mut sum = Expression { width, ..Expression::NEUTRAL };
    for (amount, names) in [(smile, ["MouthSmileLeft", "MouthSmileRight"]), (stretch, ["MouthStretchLeft", "MouthStretchRight"])]
    {
        let full = mouth_of(&names);
        sum.width += amount * full.width;
        sum.shape.iter_mut().zip(full.shape).for_each(|(sum, component)| *sum += amount * component);
    }
    sum
}
