//! Fine-tuning: stored statistics, some parameters, no loss of flow.

use talkinghead_training::generator::{Loss, Phase, TrainerSettings, is_tuned};

use crate::scene::{batch, config, settings, trainer};

#[test]
fn only_the_published_subset_changes() {
    let config = config();
    let mut trainer = trainer(&config, TrainerSettings { phase: Phase::FineTuning, ..settings() });
    let before = trainer.state().unwrap().tensors;
    let report = trainer.step(&batch(&config, 2, "tuning")).unwrap();
    for loss in [Loss::Flow, Loss::Warp, Loss::Mask] {
        assert_eq!(report.value(loss), None, "{loss:?}");
    }
    let after = trainer.state().unwrap().tensors;
    let mut changed = 0;
    for (key, tensor) in before.iter() {
        let Some(name) = key.strip_prefix("generator/") else { continue };
        if after.get(key) != Some(tensor) {
            let is_buffer = ["weight_u", "weight_v", "running_mean", "running_var"].iter().any(|leaf| name.ends_with(leaf));
            assert!(is_tuned(name) && !is_buffer, "{name} changed");
            changed += 1;
        }
    }
    assert!(changed > 50, "{changed} tensors changed");
    let key = "discriminator/discriminator_0.model0.0.weight";
    assert_ne!(before.get(key), after.get(key));
}
