//! What the network is shown: `show_inputs WEIGHTS OUTPUT_FOLDER PICTURE...`. The first picture moves; a head turned to both
//! sides with parted lips is projected. Writes every shot with its label image, and for three poses the target's label, the
//! masked projection with its label, and the masked warp reference, full size.

use std::path::Path;

use burn::tensor::Device;
use image::RgbImage;
use talkinghead_face::{FaceChoice, FaceMotion, FaceNetworks, HeadPose};
use talkinghead_render::Shot;
use talkinghead_render::label::LabelParts;
use talkinghead_render::{Mattes, ProjectionRenderer, RenderOptions};
use talkinghead_synthesis::NeuralRenderer;
use talkinghead_synthesis::generator::InferenceGenerator;
use talkinghead_synthesis::import::load_generator;
use talkinghead_synthesis::neural::{Points, hidden_parts, label_tensor, tile_of};
use talkinghead_synthesis::options::Options;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [weights, folder, pictures @ ..] = arguments.as_slice() else {
        return Err("usage: show_inputs WEIGHTS OUTPUT_FOLDER PICTURE...".into());
    };
    let device = Device::flex();
    let (config, weights) = load_generator(Path::new(weights), &Options::new())?;
    let generator = InferenceGenerator::new(&config, weights, &device)?;
    let networks = FaceNetworks::load();
    let (mut shots, mut projection) = (Vec::new(), None);
    for path in pictures {
        let picture = image::open(path)?.to_rgb8();
        let face = networks.still_face(&picture, FaceChoice::Main)?;
        if projection.is_none() {
            let person = networks.person_matte(&picture)?;
            let hair = networks.hair_matte(&picture, &face.landmarks)?;
            let mattes = Some(Mattes { person: &person, hair: &hair });
            let options = RenderOptions::default();
            projection = Some(ProjectionRenderer::new(&picture, &face.landmarks, &face.blendshapes, mattes, &options)?);
        }
        shots.push(Shot { picture, landmarks: face.landmarks });
    }
    let renderer = NeuralRenderer::new(generator, projection.ok_or("no picture was given")?, &shots, &device)?;
    let write = |name: &str, picture: &RgbImage| picture.save(Path::new(folder).join(format!("{name}.png")));
    let label = |points: &Points| tile_of(&label_tensor(points, 256, 256, LabelParts::default(), &device));
    for (index, shot) in renderer.shots().iter().enumerate() {
        write(&format!("shot{index}"), &shot.picture)?;
        write(&format!("shot{index}_label"), &label(&shot.landmarks))?;
    }
    for (name, yaw) in [("left", -15.0), ("front", 0.0), ("right", 15.0)] {
        let mut motion = FaceMotion { head_pose: HeadPose { yaw, ..HeadPose::default() }, ..FaceMotion::neutral() };
        motion.lip_gaps = [0.2; 9];
        let input = renderer.input(&motion);
        write(&format!("{name}_target_label"), &label(&input.target))?;
        write(&format!("{name}_projection"), &hidden_parts(&input.projection))?;
        write(&format!("{name}_projection_label"), &label(&input.projection.landmarks))?;
        write(&format!("{name}_warp_reference"), &hidden_parts(&renderer.shots()[input.reference]))?;
        println!("{name}: warp reference is shot {}", input.reference);
    }
    Ok(())
}
