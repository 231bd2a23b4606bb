//! A state put back goes on with the same bytes.

use talkinghead_training::generator::{TrainerSettings, TrainingError};

use crate::scene::{batch, config, settings, trainer};

#[test]
fn a_restored_trainer_goes_on_bit_for_bit() {
    let config = config();
    let settings = || TrainerSettings { average: Some(0.9), ..settings() };
    let batches = ["one", "two", "three"].map(|salt| batch(&config, 2, salt));
    let mut through = trainer(&config, settings());
    batches.iter().for_each(|batch| drop(through.step(batch).unwrap()));

    let mut first = trainer(&config, settings());
    first.step(&batches[0]).unwrap();
    first.step(&batches[1]).unwrap();
    let state = first.state().unwrap();
    drop(first);
    let mut second = trainer(&config, settings());
    second.step(&batches[2]).unwrap();
    second.restore(state.clone()).unwrap();
    assert_eq!(second.state().unwrap(), state);
    let report = second.step(&batches[2]).unwrap();
    assert_eq!(report.step, 3);
    assert_eq!(second.state().unwrap(), through.state().unwrap());
}

#[test]
fn a_state_of_another_network_is_refused_and_changes_nothing() {
    let config = config();
    let other = talkinghead_synthesis::generator::GeneratorConfig { warp_projection: false, ..config };
    let mut trainer = trainer(&config, settings());
    let before = trainer.state().unwrap();
    let error = trainer.restore(crate::scene::trainer(&other, settings()).state().unwrap()).unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
    assert_eq!(trainer.state().unwrap(), before);
}

#[test]
fn a_state_without_its_average_is_refused() {
    let config = config();
    let mut with = trainer(&config, TrainerSettings { average: Some(0.9), ..settings() });
    let without = trainer(&config, settings()).state().unwrap();
    assert!(matches!(with.restore(without), Err(TrainingError::State(_))));
}
