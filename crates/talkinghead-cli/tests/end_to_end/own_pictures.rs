//! Pictures as people have them: cut short, photos by another name.

use crate::program::Place;

fn generate(reference: &str) -> String {
    format!("generate --reference {reference} --audio speech.wav --output out.mp4")
}

#[test]
fn a_download_that_was_cut_short() {
    let place = Place::new();
    let whole = std::fs::read(place.at("portrait.jpg")).unwrap();
    place.write("cut.jpg", &whole[..whole.len() * 7 / 10]);
    let failure = place.fail(&generate("cut.jpg"), 1, &["cut.jpg", "damaged"]);
    assert!(failure.hint.contains("--allow-damaged"), "{failure:?}");
    place.succeed(&format!("{} --allow-damaged", generate("cut.jpg")));
    assert!(place.at("out.mp4").exists());
}

#[test]
fn a_photo_saved_as_a_video_is_a_picture() {
    let place = Place::new();
    let portrait = place.at("portrait.jpg");
    place.ffmpeg(&format!("-i {} -frames:v 1 -r 1 -pix_fmt yuv420p", portrait.display()), "photo.mp4");
    place.succeed(&generate("photo.mp4"));
    assert_eq!(crate::main_job::count_frames(&place.at("out.mp4")), 25);
}
