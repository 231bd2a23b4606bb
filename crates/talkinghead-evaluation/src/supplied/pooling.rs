//! Pooling as PyTorch does it.

use super::feature_map::FeatureMap;

/// The largest value of every window; what lies beyond the edges does not count. Rows and columns that fill no window are left out.
pub(super) fn max_pool(map: &FeatureMap, kernel: usize, stride: [usize; 2], padding: usize) -> FeatureMap {
    pooled(map, kernel, stride, padding, f32::NEG_INFINITY, f32::max, |largest, _| largest)
}

/// The mean of every 3 x 3 window around each place, of those of its values that lie inside (TensorFlow's average).
pub(super) fn mean_of_neighbours(map: &FeatureMap) -> FeatureMap {
    pooled(map, 3, [1, 1], 1, 0.0, |sum, value| sum + value, |sum, count| sum / count as f32)
}

fn pooled(
    map: &FeatureMap,
    kernel: usize,
    stride: [usize; 2],
    padding: usize,
    start: f32,
    add: impl Fn(f32, f32) -> f32,
    finish: impl Fn(f32, usize) -> f32,
) -> FeatureMap {
    let size = |side: usize, stride: usize| (side + 2 * padding).checked_sub(kernel).map_or(0, |room| room / stride + 1);
    let (height, width) = (size(map.height, stride[0]), size(map.width, stride[1]));
    let inside = |at: usize, side: usize| at.saturating_sub(padding)..(at + kernel).saturating_sub(padding).min(side);
    let mut values = Vec::with_capacity(map.channels * height * width);
    for plane in map.planes() {
        for y in 0..height {
            let rows = inside(y * stride[0], map.height);
            for x in 0..width {
                let columns = inside(x * stride[1], map.width);
                let mut found = start;
                for row in rows.clone() {
                    found = plane[row * map.width..][columns.clone()].iter().fold(found, |found, value| add(found, *value));
                }
                values.push(finish(found, rows.len() * columns.len()));
            }
        }
    }
    FeatureMap { channels: map.channels, height, width, values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_at_the_edge_are_smaller() {
        let map = FeatureMap { channels: 1, height: 3, width: 4, values: (0..12_u8).map(f32::from).collect() };
        let largest = max_pool(&map, 3, [2, 2], 1);
        assert_eq!((largest.height, largest.width, largest.values), (2, 2, vec![5.0, 7.0, 9.0, 11.0]));
        assert_eq!(max_pool(&map, 2, [2, 2], 0).values, [5.0, 7.0]);
        let means = mean_of_neighbours(&map);
        assert_eq!((means.values[0], means.values[5], means.values[11]), (2.5, 5.0, 8.5));
    }
}
