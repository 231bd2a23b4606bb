//! Writes a picture's person and hair mattes beside each other, for looking at them:
//! `dump_mattes PICTURE OUTPUT.png`.

use image::{GrayImage, Luma, RgbImage};
use talkinghead_face::{FaceChoice, FaceNetworks, Matte};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, picture, output] = arguments.as_slice() else { return Err("usage: dump_mattes PICTURE OUTPUT.png".into()) };
    let picture = image::open(picture)?.to_rgb8();
    let networks = FaceNetworks::load();
    let face = networks.still_face(&picture, FaceChoice::Main)?;
    let person = networks.person_matte(&picture)?;
    let hair = networks.hair_matte(&picture, &face.landmarks)?;
    let (width, height) = picture.dimensions();
    let mut sheet = RgbImage::new(3 * width, height);
    let mut cut = picture.clone();
    for (x, y, pixel) in cut.enumerate_pixels_mut() {
        let alpha = person.at(x, y);
        let green = [0.0, 160.0, 0.0];
        pixel.0 = std::array::from_fn(|c| (f32::from(pixel.0[c]) * alpha + green[c] * (1.0 - alpha)) as u8);
    }
    for point in face.landmarks.points() {
        if point[0] >= 0.0 && point[1] >= 0.0 && (point[0] as u32) < width && (point[1] as u32) < height {
            cut.put_pixel(point[0] as u32, point[1] as u32, image::Rgb([255, 255, 0]));
        }
    }
    let grey = |matte: &Matte| {
        let grey = GrayImage::from_fn(width, height, |x, y| Luma([(matte.at(x, y) * 255.0) as u8]));
        image::DynamicImage::ImageLuma8(grey).to_rgb8()
    };
    image::imageops::replace(&mut sheet, &cut, 0, 0);
    image::imageops::replace(&mut sheet, &grey(&person), i64::from(width), 0);
    image::imageops::replace(&mut sheet, &grey(&hair), 2 * i64::from(width), 0);
    sheet.save(output)?;
    Ok(())
}
