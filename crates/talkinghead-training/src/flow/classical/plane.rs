//! A grey picture of fractions.

/// A grey picture, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The values.
    pub data: Vec<f32>,
}

impl Plane {
    /// The value of a pixel; outside, that of the border.
    pub fn at(&self, x: isize, y: isize) -> f32 {
        let column = x.clamp(0, self.width as isize - 1) as usize;
        let row = y.clamp(0, self.height as isize - 1) as usize;
        self.data[row * self.width + column]
    }

    /// The value between pixels, bilinear; outside, that of the border.
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let row = |row: usize| {
            let row = &self.data[row * self.width..(row + 1) * self.width];
            row[left] + fx * (row[right] - row[left])
        };
        let (above, below) = (row(top), row(bottom));
        above + fy * (below - above)
    }

    /// Half the size: means of 2 x 2, after a soft blur against aliasing.
    pub fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        // 1 3 3 1: the binomial filter between two pixels.
        const WEIGHTS: [f32; 4] = [0.125, 0.375, 0.375, 0.125];
        let along = |get: &dyn Fn(isize) -> f32| (-1..3).zip(WEIGHTS).map(|(step, weight)| weight * get(step)).sum::<f32>();
        let value = |index: usize| {
            let (x, y) = (2 * (index % width) as isize, 2 * (index / width) as isize);
            along(&|down| along(&|right| self.at(x + right, y + down)))
        };
        Self { width, height, data: (0..width * height).map(value).collect() }
    }

    /// How the value changes for a pixel to the right and a pixel down.
    pub fn slopes(&self) -> [Self; 2] {
        let along = |dx: isize, dy: isize| {
            let value = |index: usize| {
                let (x, y) = ((index % self.width) as isize, (index / self.width) as isize);
                // Five points: exact for cubics.
                let step = |k: isize| self.at(x + k * dx, y + k * dy);
                (8.0 * (step(1) - step(-1)) - (step(2) - step(-2))) / 12.0
            };
            Self { width: self.width, height: self.height, data: (0..self.data.len()).map(value).collect() }
        };
        [along(1, 0), along(0, 1)]
    }

    /// The picture as a flow makes it: every pixel looked up at itself plus the flow.
    pub fn warped(&self, flow: &[[f32; 2]]) -> Self {
        let value =
            |(index, [u, v]): (usize, &[f32; 2])| self.sample((index % self.width) as f32 + u, (index / self.width) as f32 + v);
        Self { width: self.width, height: self.height, data: flow.iter().enumerate().map(value).collect() }
    }
}
