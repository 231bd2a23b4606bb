//! Fine-tuning: stored statistics, some parameters, no loss of flow.

use talkinghead_synthesis::WeightChange;
use talkinghead_training::generator::{Loss, Phase, TrainerSettings, TunedPart};

use crate::scene::{batch, config, settings, trainer};

#[test]
fn only_the_published_subset_changes() {
    let config = config();
    let mut trainer = trainer(&config, TrainerSettings { phase: Phase::FineTuning(TunedPart::Published), ..settings() });
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
            assert!(TunedPart::Published.learns(name) && !is_buffer, "{name} changed");
            changed += 1;
        }
    }
    assert!(changed > 50, "{changed} tensors changed");
    let key = "discriminator/discriminator_0.model0.0.weight";
    assert_ne!(before.get(key), after.get(key));
}

/// Every change is a product of thin matrices (or of a tensor with one dimension), the network has just these weights, and the losses fall.
#[test]
fn changes_of_low_rank_are_what_the_network_has() {
    let config = config();
    let phase = Phase::FineTuning(TunedPart::LowRank { rank: 2 });
    let rates = talkinghead_training::generator::LearningRates::equal(2e-3);
    let mut trainer = trainer(&config, TrainerSettings { phase, rates, ..settings() });
    let before = trainer.state().unwrap().tensors.take_prefixed("generator/");
    let batch = batch(&config, 2, "tuning");
    let first = trainer.step(&batch).unwrap();
    for _ in 0..8 {
        trainer.step(&batch).unwrap();
    }
    let last = trainer.step(&batch).unwrap();
    assert!(last.value(Loss::Absolute) < first.value(Loss::Absolute), "{last:?} after {first:?}");

    let changes = trainer.changes(&before).unwrap();
    assert!(changes.len() > 50);
    let after = trainer.state().unwrap().tensors.take_prefixed("generator/");
    for (key, tensor) in after.iter() {
        let old = before.get(key).unwrap();
        let Some(change) = changes.get(key) else {
            assert_eq!(tensor, old, "{key}");
            continue;
        };
        let columns = old.values.len() / old.shape[0];
        let added = |at: usize| match change {
            WeightChange::Full(difference) => {
                assert_eq!(old.shape.len(), 1, "{key}");
                difference.values[at]
            }
            WeightChange::LowRank { left, right } => {
                let rank = left.shape[1];
                assert!(rank <= 2);
                (0..rank).map(|k| left.values[at / columns * rank + k] * right.values[k * columns + at % columns]).sum()
            }
        };
        let off = |(at, value): (usize, &f32)| (old.values[at] + added(at) - value).abs();
        let worst = tensor.values.iter().enumerate().map(off).fold(0.0_f32, f32::max);
        assert!(worst < 1e-5, "{key}: {worst}");
    }
}
