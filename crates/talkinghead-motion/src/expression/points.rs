//! The mesh points that an expression is measured on.

/// Lips (40) and jaw with chin (33): what the shape components are fitted on.
pub const SHAPE_POINTS: [usize; 73] = [
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, // outer lips
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, // inner lips
    58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, // jaw line
    18, 200, 199, 175, 83, 313, 201, 421, 208, 428, 171, 396, 140, 369, 32, 262, 194, 418, // chin
];

/// Brow points, both sides.
pub const BROW_POINTS: [usize; 20] = [70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285];

/// Corners of the mouth: image left, image right.
pub const MOUTH_CORNERS: (usize, usize) = (61, 291);
