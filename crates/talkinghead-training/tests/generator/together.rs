//! Several processes count as one with the joined batch.

use std::net::TcpListener;

use talkinghead_training::distributed::{Greeting, Peers, World};
use talkinghead_training::generator::{Batch, LearningRates, Loss, StepReport, TrainerSettings, TrainingError};
use talkinghead_training::recipe::Recipe;

use crate::scene::{batch, instance_config, joined, settings, trainer};

/// Adam with a large epsilon, so that rounding errors stay as small as they are; see `accumulation`.
fn gentle() -> TrainerSettings {
    let mut settings = settings();
    settings.adam.epsilon = 1.0;
    TrainerSettings { rates: LearningRates::equal(1e-3), average: Some(0.9), ..settings }
}

fn worlds(size: usize) -> Vec<World> {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    (0..size).map(|rank| World { rank, size, address: address.clone() }).collect()
}

type State = talkinghead_training::generator::TrainerState;

/// Both halves of a step's batch.
fn halves(step: usize) -> [Batch; 2] {
    ["left", "right"].map(|side| batch(&instance_config(), 2, &format!("{side} {step}")))
}

/// What two ranks come to, each with its half of every step's batch, over real connections; and the reports of the first.
fn two_ranks(steps: usize) -> (State, Vec<StepReport>) {
    let config = instance_config();
    let mut found: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = worlds(2)
            .into_iter()
            .map(|world| {
                scope.spawn(move || {
                    let mut trainer = trainer(&config, gentle());
                    let greeting = Greeting::new(world.rank, world.size, &Recipe::default(), "clips");
                    trainer.join(Box::new(Peers::meet(&world, &greeting).unwrap()));
                    let reports: Vec<_> = (0..steps).map(|step| trainer.step(&halves(step)[world.rank]).unwrap()).collect();
                    (trainer.state().unwrap(), reports)
                })
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    let (second, _) = found.pop().unwrap();
    let (first, reports) = found.pop().unwrap();
    assert!(first == second, "the ranks differ");
    (first, reports)
}

/// Weights, statistics, optimisers' moments and averages are no farther apart than `bound`, and something was learned that could differ.
fn assert_alike(found: &State, wanted: &State, bound: f32) {
    let before = trainer(&instance_config(), gentle()).state().unwrap();
    let apart = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max);
    let mut moved = 0.0_f32;
    for (key, tensor) in wanted.tensors.iter() {
        let farthest = apart(&tensor.values, &found.tensors.get(key).unwrap().values);
        let largest = tensor.values.iter().map(|value| value.abs()).fold(0.0_f32, f32::max);
        if let Some(start) = before.tensors.get(key).filter(|_| key.starts_with("average/")) {
            moved = moved.max(apart(&tensor.values, &start.values));
        }
        assert!(farthest <= bound, "{key}: {farthest} apart, the largest value is {largest}");
    }
    assert!(moved > 5e-5, "nothing was learned that could differ: {moved}");
}

/// After one step nothing but rounding differs. After five it may be more: where rounding turns a leaky ReLU or the sign of an absolute
/// difference, a gradient jumps, here in the third step by 5e-6 of its length; weights are then 1.02e-5 apart.
#[test]
fn two_ranks_equal_one_with_the_joined_batch() {
    let mut whole = trainer(&instance_config(), gentle());
    let [left, right] = halves(0);
    let wanted = whole.step(&joined(&left, &right)).unwrap();
    let (found, reports) = two_ranks(1);
    assert_alike(&found, &whole.state().unwrap(), 1e-6);
    for loss in Loss::ALL {
        let (found, wanted) = (reports[0].value(loss), wanted.value(loss));
        assert_eq!(found.is_some(), wanted.is_some(), "{loss:?}");
        let (found, wanted) = (found.unwrap_or(0.0), wanted.unwrap_or(0.0));
        assert!((found - wanted).abs() <= 1e-4 * wanted.abs().max(0.1), "{loss:?}: {found} instead of {wanted}");
    }
    let lengths = [reports[0].generator_gradient, wanted.generator_gradient];
    assert!((lengths[0] - lengths[1]).abs() <= 1e-5 * lengths[1], "gradients of length {lengths:?}");
}

/// One process that takes the batch in the same two halves adds the same numbers in the same order: after five steps every bit is the same.
#[test]
fn two_ranks_are_one_that_accumulates_to_the_bit() {
    let mut whole = trainer(&instance_config(), gentle());
    for step in 0..5 {
        whole.step_accumulated(&halves(step)).unwrap();
    }
    assert_alike(&two_ranks(5).0, &whole.state().unwrap(), 0.0);
}

/// What was kept before a step that failed is what there is after it.
#[test]
fn a_step_that_lost_a_rank_can_be_undone() {
    let config = crate::scene::config();
    std::thread::scope(|scope| {
        for world in worlds(2) {
            scope.spawn(move || {
                let mut trainer = trainer(&config, gentle());
                let greeting = Greeting::new(world.rank, world.size, &Recipe::default(), "clips");
                trainer.join(Box::new(Peers::meet(&world, &greeting).unwrap()));
                trainer.step(&batch(&config, 2, "first")).unwrap();
                if world.rank == 1 {
                    return;
                }
                let (before, kept) = (trainer.state().unwrap(), trainer.kept());
                let error = trainer.step(&batch(&config, 2, "second")).unwrap_err();
                assert!(matches!(error, TrainingError::Lost(_)), "{error}");
                assert!(error.to_string().contains("rank 1 is gone"), "{error}");
                trainer.put_back(kept);
                assert!(trainer.state().unwrap() == before, "the failed step left traces");
            });
        }
    });
}
