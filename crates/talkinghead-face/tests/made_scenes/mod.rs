//! Pictures without people, made up: walls, woods, water, things. Shared by the test and the example on small faces.
#![allow(dead_code)]

use image::{Rgb, RgbImage, imageops};
use talkinghead_face::Landmarks;

/// Kinds of [`without_people`].
pub const KINDS: usize = 20;

/// A small random generator: the same numbers everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// 0..1.
    pub fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }

    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.next()
    }

    fn colour(&mut self) -> [f32; 3] {
        [0; 3].map(|_| self.between(20.0, 235.0))
    }
}

/// A picture of colours that vary on all scales, as rock, cloud and carpet do. `roughness` 0.5 (fine) to 1.
fn clouds(width: u32, height: u32, roughness: f32, random: &mut Random) -> RgbImage {
    let mut sum = vec![[0.0_f32; 3]; (width * height) as usize];
    let (mut scale, mut total) = (4_u32, 0.0);
    while scale <= 256 {
        let (w, h) = (width / scale + 2, height / scale + 2);
        let coarse = RgbImage::from_fn(w, h, |_, _| Rgb([0; 3].map(|_| (255.0 * random.next()) as u8)));
        let fine = imageops::resize(&coarse, width, height, imageops::FilterType::Triangle);
        let weight = (scale as f32).powf(roughness);
        sum.iter_mut().zip(fine.pixels()).for_each(|(s, p)| (0..3).for_each(|k| s[k] += weight * f32::from(p.0[k])));
        total += weight;
        scale *= 2;
    }
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(sum[(y * width + x) as usize].map(|v| ((v / total - 128.0) * 1.8 + 128.0).clamp(0.0, 255.0) as u8))
    })
}

fn mix(picture: &mut RgbImage, x: i64, y: i64, colour: [f32; 3], share: f32) {
    if x >= 0 && y >= 0 && x < i64::from(picture.width()) && y < i64::from(picture.height()) {
        let pixel = picture.get_pixel_mut(x as u32, y as u32);
        (0..3).for_each(|k| pixel.0[k] = (f32::from(pixel.0[k]) * (1.0 - share) + colour[k] * share).clamp(0.0, 255.0) as u8);
    }
}

fn block(picture: &mut RgbImage, [x, y, w, h]: [f32; 4], colour: [f32; 3], share: f32) {
    for j in y as i64..(y + h) as i64 {
        for i in x as i64..(x + w) as i64 {
            mix(picture, i, j, colour, share);
        }
    }
}

/// An ellipse, lit from the upper left.
fn ball(picture: &mut RgbImage, [x, y, rx, ry]: [f32; 4], colour: [f32; 3], share: f32) {
    for j in (y - ry) as i64..=(y + ry) as i64 {
        for i in (x - rx) as i64..=(x + rx) as i64 {
            let (u, v) = ((i as f32 - x) / rx, (j as f32 - y) / ry);
            if u * u + v * v <= 1.0 {
                let light = 1.0 - 0.35 * (u + v);
                mix(picture, i, j, colour.map(|c| c * light), share);
            }
        }
    }
}

/// A picture of one of [`KINDS`] kinds, of that size. Large ones are drawn smaller, enlarged and given grain.
pub fn without_people(kind: usize, width: u32, height: u32) -> RgbImage {
    let factor = width.max(height).div_ceil(960);
    let mut picture = drawn(kind, width.div_ceil(factor), height.div_ceil(factor));
    if factor > 1 {
        picture = imageops::resize(&picture, width, height, imageops::FilterType::Triangle);
        let mut random = Random::new(kind as u64);
        picture.iter_mut().for_each(|v| *v = (f32::from(*v) + random.between(-6.0, 6.0)).clamp(0.0, 255.0) as u8);
    }
    picture
}

fn drawn(kind: usize, width: u32, height: u32) -> RgbImage {
    let mut random = Random::new(kind as u64 + 77);
    let r = &mut random;
    let (w, h) = (width as f32, height as f32);
    let unit = h / 20.0;
    let roughness = [0.2, 0.6, 1.0, 0.4][kind % 4];
    let mut picture = clouds(width, height, roughness, r);
    let mut many =
        |count: usize, draw: &mut dyn FnMut(&mut RgbImage, &mut Random)| (0..count).for_each(|_| draw(&mut picture, r));
    match kind {
        // Rock, carpet, clouds, noise.
        0..=3 => {}
        // Bricks; tiles.
        4 | 5 => {
            let (bw, bh) = if kind == 4 { (2.0 * unit, unit) } else { (1.5 * unit, 1.5 * unit) };
            for row in 0..(h / bh) as usize + 1 {
                for column in 0..(w / bw) as usize + 2 {
                    let shift = if kind == 4 && row % 2 == 1 { -bw / 2.0 } else { 0.0 };
                    let light = 0.7 + 0.5 * (((row * 31 + column * 17) % 11) as f32 / 11.0);
                    let place = [column as f32 * bw + shift + 2.0, row as f32 * bh + 2.0, bw - 4.0, bh - 4.0];
                    block(&mut picture, place, [160.0 * light, 80.0 * light, 60.0 * light], 0.8);
                }
            }
        }
        // Leaves; pebbles; balls.
        6..=8 => many(900, &mut |p, r| {
            let size = unit * r.between(0.3, 1.6);
            let colour = if kind == 6 { [40.0, r.between(70.0, 190.0), 40.0] } else { r.colour() };
            let ratio = if kind == 8 { 1.0 } else { r.between(0.4, 1.0) };
            ball(p, [r.between(0.0, w), r.between(0.0, h), size, size * ratio], colour, 0.9);
        }),
        // Grass; water; corrugated iron.
        9..=11 => {
            let (fx, fy) = [(0.9, 0.05), (0.03, 0.4), (0.25, 0.0)][kind - 9];
            for (x, y, pixel) in picture.enumerate_pixels_mut() {
                let wave = (x as f32 * fx + y as f32 * fy + 3.0 * (y as f32 * 0.013).sin()).sin();
                pixel.0 = pixel.0.map(|v| (f32::from(v) * 0.6 + 60.0 + 40.0 * wave).clamp(0.0, 255.0) as u8);
            }
        }
        // Houses with windows and a door; shelves of books; a night street with lamps.
        12 => many(30, &mut |p, r| {
            let (x, y, s) = (r.between(0.0, w), r.between(0.0, h), unit * r.between(1.0, 4.0));
            block(p, [x, y, 2.0 * s, 2.2 * s], r.colour(), 1.0);
            for dx in [0.35, 1.2] {
                block(p, [x + dx * s, y + 0.5 * s, 0.45 * s, 0.45 * s], [35.0, 40.0, 60.0], 1.0);
            }
            block(p, [x + 0.75 * s, y + 1.4 * s, 0.5 * s, 0.8 * s], [70.0, 40.0, 20.0], 1.0);
        }),
        13 => many(700, &mut |p, r| {
            let (x, row) = (r.between(0.0, w), r.between(0.0, 5.0).floor());
            block(p, [x, (row * 4.0 + 0.4) * unit, unit * r.between(0.15, 0.5), 3.4 * unit], r.colour(), 1.0);
        }),
        14 => {
            block(&mut picture, [0.0, 0.0, w, h], [8.0, 8.0, 16.0], 0.85);
            let mut many =
                |count: usize, draw: &mut dyn FnMut(&mut RgbImage, &mut Random)| (0..count).for_each(|_| draw(&mut picture, r));
            many(120, &mut |p, r| {
                let size = unit * r.between(0.05, 0.5);
                ball(p, [r.between(0.0, w), r.between(0.0, h), size, size], [250.0, 220.0, 150.0], 0.9);
            });
        }
        // Sockets, two holes on a plate; clocks; cars from the front.
        15 => many(40, &mut |p, r| {
            let (x, y, s) = (r.between(0.0, w), r.between(0.0, h), unit * r.between(0.5, 2.0));
            ball(p, [x, y, s, s], [225.0, 222.0, 215.0], 1.0);
            for dx in [-0.35, 0.35] {
                ball(p, [x + dx * s, y, 0.1 * s, 0.1 * s], [30.0; 3], 1.0);
            }
        }),
        16 => many(30, &mut |p, r| {
            let (x, y, s) = (r.between(0.0, w), r.between(0.0, h), unit * r.between(1.0, 3.0));
            ball(p, [x, y, s, s], [240.0, 238.0, 230.0], 1.0);
            for k in 0..12 {
                let (sin, cos) = (k as f32 * std::f32::consts::FRAC_PI_6).sin_cos();
                ball(p, [x + 0.85 * s * sin, y + 0.85 * s * cos, 0.05 * s, 0.05 * s], [20.0; 3], 1.0);
            }
            block(p, [x - 0.03 * s, y - 0.6 * s, 0.06 * s, 0.6 * s], [10.0; 3], 1.0);
        }),
        17 => many(25, &mut |p, r| {
            let (x, y, s) = (r.between(0.0, w), r.between(0.0, h), unit * r.between(1.0, 4.0));
            block(p, [x - s, y - 0.5 * s, 2.0 * s, s], r.colour(), 1.0);
            block(p, [x - 0.7 * s, y - s, 1.4 * s, 0.5 * s], [60.0, 70.0, 85.0], 1.0);
            for dx in [-0.7, 0.7] {
                ball(p, [x + dx * s, y - 0.1 * s, 0.2 * s, 0.16 * s], [250.0, 250.0, 220.0], 1.0);
            }
            block(p, [x - 0.4 * s, y + 0.1 * s, 0.8 * s, 0.2 * s], [25.0; 3], 1.0);
        }),
        // Skin-coloured balls with shadows (fruit); a landscape with sun and hills.
        18 => many(60, &mut |p, r| {
            let size = unit * r.between(1.0, 4.0);
            ball(p, [r.between(0.0, w), r.between(0.0, h), size * 0.8, size], [225.0, 175.0, 145.0], 1.0);
        }),
        _ => {
            block(&mut picture, [0.0, 0.0, w, 0.6 * h], [120.0, 170.0, 230.0], 0.8);
            ball(&mut picture, [0.7 * w, 0.2 * h, 2.0 * unit, 2.0 * unit], [255.0, 240.0, 190.0], 1.0);
            for k in 0..6 {
                let x = w * k as f32 / 5.0;
                ball(&mut picture, [x, 0.75 * h, 5.0 * unit, 4.0 * unit], [50.0, 90.0 + 10.0 * k as f32, 50.0], 0.8);
            }
        }
    }
    picture
}

/// Puts a portrait into a scene so that its eyes are `iod` pixels apart, their middle at `place`; its edges fade.
pub fn paste(scene: &mut RgbImage, portrait: &RgbImage, landmarks: &Landmarks, iod: f32, place: [f32; 2]) {
    let factor = iod / landmarks.interocular_distance();
    let [w, h] = [portrait.width(), portrait.height()].map(|v| ((v as f32 * factor).round() as u32).max(8));
    let small = imageops::resize(portrait, w, h, imageops::FilterType::Lanczos3);
    let (a, b) = (landmarks.points()[468], landmarks.points()[473]);
    let middle = [0, 1].map(|k| (a[k] + b[k]) / 2.0 * factor);
    for (x, y, pixel) in small.enumerate_pixels() {
        let edge = |v: u32, length: u32| (2.0 * (v as f32 / length as f32 - 0.5)).abs();
        let share = ((1.0 - edge(x, w).max(edge(y, h))) * 8.0).clamp(0.0, 1.0);
        let at = [x as f32 + place[0] - middle[0], y as f32 + place[1] - middle[1]].map(|v| v.round() as i64);
        mix(scene, at[0], at[1], pixel.0.map(f32::from), share);
    }
}
