//! The temporal stage: the switch, what is copied, what is learned from, and going on from a checkpoint on either side.

use burn::tensor::Tensor;
use talkinghead_synthesis::generator::{Generator, GeneratorConfig};
use talkinghead_synthesis::weights::Weights;
use talkinghead_training::generator::{
    Batch, DiscriminatorFakes, Loss, TemporalWindows, Trainer, TrainerSettings, TrainingError,
};

use crate::scene::{batch, config, settings, trainer};

const TWO: TemporalWindows = TemporalWindows { generator: 2, discriminator: 2 };
const THREE: TemporalWindows = TemporalWindows { generator: 3, discriminator: 2 };

/// A sequence of frames, with a teacher of the previous frame's flow from the second on.
fn sequence(frames: usize, salt: &str) -> Vec<Vec<Batch>> {
    let config = config();
    let frame = |at: usize| {
        let mut made = batch(&config, 2, &format!("{salt} {at}"));
        made.teacher.previous = made.teacher.reference.clone().filter(|_| at > 0);
        vec![made]
    };
    (0..frames).map(frame).collect()
}

fn learn(trainer: &mut Trainer, frames: &[Vec<Batch>]) -> talkinghead_training::generator::StepReport {
    trainer.step_sequence::<TrainingError>(frames.len(), |at| Ok(frames[at].clone())).unwrap()
}

#[test]
fn the_branch_begins_as_the_reference_s_and_all_else_goes_on() {
    let config = config();
    for windows in [TWO, THREE] {
        let mut trainer = trainer(&config, TrainerSettings { average: Some(0.9), ..settings() });
        trainer.step(&batch(&config, 2, "before")).unwrap();
        let before = trainer.state().unwrap().tensors;
        trainer.begin_temporal(windows, 3).unwrap();
        assert_eq!(trainer.generator().config().previous_frames, windows.generator - 1);
        let after = trainer.state().unwrap().tensors;
        let empty = |key: &str| ["bn_0_3.", "bn_1_3.", "gamma4.", "beta4."].iter().any(|place| key.contains(place));
        for (key, tensor) in before.iter().filter(|(key, _)| !key.starts_with("generator.") && !empty(key)) {
            assert_eq!(after.get(key), Some(tensor), "{key}");
        }
        for (key, tensor) in after.iter().filter(|(key, _)| empty(key) && !key.starts_with("temporal")) {
            let model = key.replace("bn_0_3", "bn_0_1").replace("bn_1_3", "bn_1_1");
            match model == key {
                true => assert!(tensor.values.iter().all(|value| *value == 0.0), "{key}"),
                false => assert_eq!(Some(tensor), before.get(&model), "{key}"),
            }
        }
        assert!(!after.contains_prefix("generator.second/"), "the generator's optimiser begins anew");
        assert!(after.contains_prefix("discriminator.second/"), "the discriminator's goes on");
        let mut copied = 0;
        for (key, tensor) in after.iter() {
            let model = key.replace("flow_network_temp", "flow_network_ref").replace("img_prev_embedding", "img_ref_embedding");
            if model != key && !key.starts_with("temporal") {
                let wanted = after.get(&model).unwrap();
                if wanted.shape == tensor.shape {
                    assert_eq!(tensor.values, wanted.values, "{key}");
                    copied += 1;
                } else {
                    // Of three frames the network sees other labels and pictures.
                    assert!(windows == THREE && key.contains("down_flow.0."), "{key}");
                    assert!(tensor.values.iter().any(|value| *value != 0.0));
                }
            }
        }
        assert!(copied > 30, "{copied}");
    }
}

#[test]
fn a_sequence_teaches_the_branch_and_the_temporal_discriminator() {
    let mut trainer = trainer(&config(), settings());
    trainer.begin_temporal(TWO, 1).unwrap();
    let before = trainer.state().unwrap().tensors;
    let report = learn(&mut trainer, &sequence(3, "teaches"));
    assert_eq!((report.step, trainer.steps()), (1, 1));
    for loss in [Loss::TemporalAdversarial, Loss::TemporalFeatureMatching, Loss::TemporalReal, Loss::TemporalFake, Loss::Flow] {
        assert!(report.value(loss).is_some_and(f64::is_finite), "{loss:?}");
    }
    let after = trainer.state().unwrap().tensors;
    for key in [
        "generator/warp.flow_network_temp.conv_flow.0.weight",
        "generator/img_prev_embedding.conv_first.0.weight",
        "generator/netG.up_0.bn_0_3.mlp_gamma.weight",
        "temporal_discriminator/discriminator_0.model0.0.weight",
        "discriminator/discriminator_0.model0.0.weight",
    ] {
        assert_ne!(before.get(key).unwrap(), after.get(key).unwrap(), "{key} did not learn");
    }
    // A sequence of one frame has nothing before it: the branch is left alone.
    let report = learn(&mut trainer, &sequence(1, "alone"));
    assert_eq!(report.value(Loss::TemporalAdversarial), None);
    let later = trainer.state().unwrap().tensors;
    let key = "generator/img_prev_embedding.conv_first.0.weight";
    assert_eq!(later.get(key), after.get(key));
}

/// The previous frame is what the generator made, not what is real: other real frames before change nothing but the temporal discriminator's
/// part, which is off here.
#[test]
fn previous_frames_are_generated_ones() {
    let mut settings = settings();
    settings.weights.temporal = 0.0;
    settings.fakes = DiscriminatorFakes::Reused;
    let run = |real: f32| {
        let mut trainer = trainer(
            &config(),
            TrainerSettings { rates: talkinghead_training::generator::LearningRates::equal(0.0), ..settings.clone() },
        );
        trainer.begin_temporal(TWO, 1).unwrap();
        trainer.set_learning_rates(talkinghead_training::generator::LearningRates::equal(0.0));
        let mut frames = sequence(2, "generated");
        let shape = frames[0][0].target_image.dims();
        frames[0][0].target_image = Tensor::full(shape, real, &frames[0][0].target_image.device());
        frames[1][0].teacher.previous = None;
        let mut last = None;
        trainer
            .step_sequence::<TrainingError>(2, |at| {
                last = Some(at);
                Ok(frames[at].clone())
            })
            .unwrap();
        assert_eq!(last, Some(1));
        trainer.state().unwrap().tensors.get("generator/warp.flow_network_temp.down_flow.0.1.running_mean").unwrap().clone()
    };
    assert_eq!(run(0.9), run(-0.9));
}

#[test]
fn going_on_is_bit_exact_on_both_sides_of_the_switch() {
    let config = config();
    let settings = || TrainerSettings { average: Some(0.9), ..settings() };
    let single = ["one", "two"].map(|salt| batch(&config, 2, salt));
    let (third, fourth) = (sequence(3, "three"), sequence(2, "four"));
    let mut through = trainer(&config, settings());
    single.iter().for_each(|batch| drop(through.step(batch).unwrap()));
    let at_switch = through.state().unwrap();
    assert!(!at_switch.is_temporal());
    through.begin_temporal(TWO, 5).unwrap();
    learn(&mut through, &third);
    let behind = through.state().unwrap();
    assert!(behind.is_temporal());
    learn(&mut through, &fourth);
    let end = through.state().unwrap();

    let mut resumed = trainer(&config, settings());
    resumed.restore(at_switch).unwrap();
    resumed.begin_temporal(TWO, 5).unwrap();
    learn(&mut resumed, &third);
    assert!(resumed.state().unwrap() == behind, "behind the switch");

    let mut resumed = trainer(&config, settings());
    resumed.begin_temporal(TWO, 99).unwrap();
    resumed.restore(behind).unwrap();
    learn(&mut resumed, &fourth);
    assert!(resumed.state().unwrap() == end, "in the temporal stage");
}

#[test]
fn a_temporal_state_without_its_branch_is_refused() {
    let config = config();
    let mut trainer = trainer(&config, settings());
    trainer.begin_temporal(TWO, 1).unwrap();
    let mut state = trainer.state().unwrap();
    drop(state.tensors.take_prefixed("generator/warp.flow_network_temp."));
    let error = trainer.restore(state).unwrap_err().to_string();
    assert!(error.contains("missing") && error.contains("warp.flow_network_temp"), "{error}");
    assert!(trainer.begin_temporal(TemporalWindows { generator: 1, discriminator: 1 }, 1).is_err());
}

/// Without previous frames a network of several frames is the network of one: its weights are those that it grew from.
#[test]
fn a_grown_network_makes_the_same_first_frame() {
    let config = config();
    let mut trainer = trainer(&config, settings());
    let batch = batch(&config, 1, "first");
    let before = trainer.synthesise(&batch).unwrap();
    trainer.begin_temporal(TWO, 1).unwrap();
    let after = trainer.synthesise(&batch).unwrap();
    let values = |image: &Tensor<4>| image.clone().into_data().try_into_vec_as::<f32>().unwrap();
    assert_eq!(values(&before.image), values(&after.image));
    // And its keys say what it is.
    let dict = trainer.state().unwrap().tensors.take_prefixed("generator/");
    let options = talkinghead_synthesis::import::infer_options(&dict);
    assert_eq!((options.get("warp_prev"), options.get("n_frames_G")), (Some("true"), Some("2")));
    let grown = GeneratorConfig { previous_frames: 1, ..config };
    assert!(Generator::new(&grown, Weights::Checkpoint(dict), &burn::tensor::Device::flex()).is_ok());
}
