//! Dense flow without any learning, after DIS (Kroeger et al., ECCV 2016): from a small picture to the whole one, patches are
//! looked for from where the smaller picture found them, their movements are spread over the pixels, and a variational step makes
//! them smooth where the pictures allow it. Needs no weights.

mod plane;
mod refinement;
mod search;

pub use plane::Plane;

/// Sides below which a picture is not halved any more.
const SMALLEST_SIDE: usize = 24;

/// Flow from `first` to `second` in pixels (x, then y), for every pixel of the first; both are of one size, grey, 0 to 255.
pub fn classical_flow(first: &Plane, second: &Plane) -> Vec<[f32; 2]> {
    let mut levels = vec![(first.clone(), second.clone())];
    while let Some((first, second)) = levels.last() {
        if first.width.min(first.height) / 2 < SMALLEST_SIDE {
            break;
        }
        levels.push((first.halved(), second.halved()));
    }
    let mut flow: Vec<[f32; 2]> = Vec::new();
    let mut size = [0, 0];
    for (first, second) in levels.iter().rev() {
        let [width, height] = [first.width, first.height];
        flow = if flow.is_empty() { vec![[0.0; 2]; width * height] } else { enlarged(&flow, size, [width, height]) };
        size = [width, height];
        let slopes = first.slopes();
        flow = search::patches(first, second, &slopes, &flow);
        refinement::refine(first, second, &mut flow);
    }
    flow
}

/// A flow on the picture of twice the size, its movements grown with it.
fn enlarged(flow: &[[f32; 2]], from: [usize; 2], to: [usize; 2]) -> Vec<[f32; 2]> {
    let axis = |axis: usize| Plane { width: from[0], height: from[1], data: flow.iter().map(|place| place[axis]).collect() };
    let planes = [axis(0), axis(1)];
    let half = |pixel: usize| (pixel as f32 - 0.5) / 2.0;
    let at = |index: usize| [0, 1].map(|k| 2.0 * planes[k].sample(half(index % to[0]), half(index / to[0])));
    (0..to[0] * to[1]).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A smooth pattern without repetition, looked at through a movement.
    fn picture(width: usize, height: usize, movement: impl Fn(f32, f32) -> [f32; 2]) -> Plane {
        let value = |x: f32, y: f32| {
            let waves = (0.31 * x + 0.13 * y).sin() + (0.11 * x - 0.27 * y + 1.0).sin() + (0.05 * x * 0.9 + 0.041 * y).cos();
            let spots = (0.9 * x).sin() * (0.7 * y + 0.2 * x).sin();
            127.0 + 30.0 * waves + 12.0 * spots
        };
        let at = |i: usize| {
            let (x, y) = ((i % width) as f32, (i / width) as f32);
            let [u, v] = movement(x, y);
            value(x - u, y - v)
        };
        Plane { width, height, data: (0..width * height).map(at).collect() }
    }

    fn error(size: [usize; 2], movement: impl Fn(f32, f32) -> [f32; 2] + Copy) -> f32 {
        let [width, height] = size;
        let (first, second) = (picture(width, height, |_, _| [0.0; 2]), picture(width, height, movement));
        let flow = classical_flow(&first, &second);
        let margin = 12;
        let (mut sum, mut count) = (0.0, 0.0);
        for y in margin..height - margin {
            for x in margin..width - margin {
                let [u, v] = flow[y * width + x];
                let [a, b] = movement(x as f32, y as f32);
                sum += (u - a).hypot(v - b);
                count += 1.0;
            }
        }
        sum / count
    }

    #[test]
    fn shifts_of_fractions_and_of_many_pixels_are_found() {
        let small = error([96, 80], |_, _| [0.4, -0.3]);
        let large = error([96, 80], |_, _| [6.5, 4.0]);
        assert!(small < 0.05, "{small}");
        assert!(large < 0.15, "{large}");
    }

    #[test]
    fn a_still_picture_does_not_move() {
        assert!(error([64, 48], |_, _| [0.0; 2]) < 1e-3);
    }

    #[test]
    fn a_picture_without_structure_gives_finite_numbers() {
        let plain = Plane { width: 40, height: 30, data: vec![7.0; 1200] };
        assert!(classical_flow(&plain, &plain).iter().flatten().all(|value| *value == 0.0));
        let tiny = Plane { width: 3, height: 2, data: vec![1.0, 5.0, 2.0, 8.0, 9.0, 4.0] };
        assert!(classical_flow(&tiny, &tiny).iter().flatten().all(|value| value.is_finite()));
    }
}
