//! The moving average of the generator's parameters.

use talkinghead_synthesis::weights::{EntryKind, StateDict, state_dict_of};
use talkinghead_training::generator::{Trainer, TrainerSettings};

use crate::scene::{batch, config, settings, trainer};

fn parameters(trainer: &Trainer) -> StateDict {
    state_dict_of(trainer.generator(), trainer.generator().entries()).unwrap()
}

#[test]
fn it_follows_by_its_decay() {
    let config = config();
    let mut trainer = trainer(&config, TrainerSettings { average: Some(0.75), ..settings() });
    let batch = batch(&config, 2, "average");
    let mut wanted: Vec<(String, Vec<f32>)> = Vec::new();
    let entries = trainer.generator().entries().to_vec();
    let kept = |dict: &StateDict| -> Vec<(String, Vec<f32>)> {
        let parameters = entries.iter().filter(|entry| entry.kind == EntryKind::Parameter);
        parameters.map(|entry| (entry.key.clone(), dict.get(&entry.key).unwrap().values.clone())).collect()
    };
    wanted.extend(kept(&parameters(&trainer)));
    for _ in 0..3 {
        trainer.step(&batch).unwrap();
        for ((_, average), (_, now)) in wanted.iter_mut().zip(kept(&parameters(&trainer))) {
            average.iter_mut().zip(now).for_each(|(average, now)| *average = 0.75 * *average + 0.25 * now);
        }
    }
    let averaged = trainer.averaged_generator();
    let found = state_dict_of(&averaged, averaged.entries()).unwrap();
    let now = parameters(&trainer);
    let mut moved = 0;
    for (key, wanted) in wanted {
        let found = &found.get(&key).unwrap().values;
        assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{key}");
        moved += usize::from(*found != now.get(&key).unwrap().values);
    }
    assert!(moved > 100, "the average lags behind");
    // Statistics are those of the network.
    let key = "netG.encoder.conv1.bn.running_mean";
    assert_eq!(found.get(key), now.get(key));
}

#[test]
fn without_one_the_generator_itself_is_given() {
    let trainer = trainer(&config(), settings());
    let plain = trainer.averaged_generator();
    assert_eq!(state_dict_of(&plain, plain.entries()).unwrap(), parameters(&trainer));
}
