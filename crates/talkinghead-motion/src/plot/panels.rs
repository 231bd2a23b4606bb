//! What is drawn, panel by panel.

use crate::MotionFrame;

/// One curve of a panel.
pub(super) struct Curve {
    pub name: &'static str,
    pub colour: &'static str,
    pub value: fn(&MotionFrame) -> f32,
}

/// Curves that share an axis.
pub(super) struct Panel {
    pub title: &'static str,
    pub unit: &'static str,
    pub height: f32,
    /// The axis is never smaller than this.
    pub least: (f32, f32),
    pub curves: &'static [Curve],
}

const BLUE: &str = "#2563eb";
const ORANGE: &str = "#d97706";
const GREEN: &str = "#059669";

/// From top to bottom.
pub(super) const PANELS: &[Panel] = &[
    Panel {
        title: "head",
        unit: "degrees",
        height: 130.0,
        least: (-2.0, 2.0),
        curves: &[
            Curve { name: "yaw", colour: BLUE, value: |f| f.head_pose.yaw },
            Curve { name: "pitch", colour: ORANGE, value: |f| f.head_pose.pitch },
            Curve { name: "roll", colour: GREEN, value: |f| f.head_pose.roll },
        ],
    },
    Panel {
        title: "lips",
        unit: "eye distances",
        height: 110.0,
        least: (-0.1, 0.2),
        curves: &[
            Curve { name: "opening", colour: BLUE, value: |f| f.expression.opening },
            Curve { name: "width", colour: ORANGE, value: |f| f.expression.width },
        ],
    },
    Panel {
        title: "brow",
        unit: "eye distances",
        height: 60.0,
        least: (-0.02, 0.04),
        curves: &[Curve { name: "brow", colour: BLUE, value: |f| f.expression.brow }],
    },
    Panel {
        title: "blink",
        unit: "1 = shut",
        height: 60.0,
        least: (0.0, 1.0),
        curves: &[
            Curve { name: "left", colour: BLUE, value: |f| f.blink[0] },
            Curve { name: "right", colour: ORANGE, value: |f| f.blink[1] },
        ],
    },
    Panel {
        title: "gaze",
        unit: "eye widths",
        height: 80.0,
        least: (-0.04, 0.04),
        curves: &[
            Curve { name: "x", colour: BLUE, value: |f| f.gaze[0] },
            Curve { name: "y", colour: ORANGE, value: |f| f.gaze[1] },
        ],
    },
];
