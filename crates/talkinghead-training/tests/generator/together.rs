//! Several processes count as one with the joined batch.

use std::net::TcpListener;

use talkinghead_training::distributed::{Greeting, Peers, World};
use talkinghead_training::generator::{LearningRates, Loss, TrainerSettings, TrainingError};
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

/// Weights, statistics, optimisers' moments, averages and losses after one step, over real connections: nothing but rounding differs. Over
/// five steps kinks and the power iterations of spectral norms enlarge it, to 1e-5 of the weights and 1e-3 of the iterations' vectors.
#[test]
fn two_ranks_equal_one_with_the_joined_batch() {
    let (steps, bound, least_moved) = (1, 1e-6, 5e-5);
    let config = instance_config();
    let halves = |step: usize| ["left", "right"].map(|side| batch(&config, 2, &format!("{side} {step}")));
    let mut whole = trainer(&config, gentle());
    let reports: Vec<_> = (0..steps)
        .map(|step| {
            let [left, right] = halves(step);
            whole.step(&joined(&left, &right)).unwrap()
        })
        .collect();
    let wanted = whole.state().unwrap();
    let found: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = worlds(2)
            .into_iter()
            .map(|world| {
                scope.spawn(move || {
                    let mut trainer = trainer(&config, gentle());
                    let greeting = Greeting::new(world.rank, world.size, &Recipe::default(), "clips");
                    trainer.join(Box::new(Peers::meet(&world, &greeting).unwrap()));
                    let own = |step: usize| batch(&config, 2, &format!("{} {step}", ["left", "right"][world.rank]));
                    let reports: Vec<_> = (0..steps).map(|step| trainer.step(&own(step)).unwrap()).collect();
                    (trainer.state().unwrap(), reports)
                })
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert!(found[0].0 == found[1].0, "the ranks differ");
    let before = trainer(&config, gentle()).state().unwrap();
    let mut moved = 0.0_f32;
    for (key, tensor) in wanted.tensors.iter() {
        let other = found[0].0.tensors.get(key).unwrap();
        let farthest = tensor.values.iter().zip(&other.values).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max);
        let largest = tensor.values.iter().map(|value| value.abs()).fold(0.0_f32, f32::max);
        if let Some(start) = before.tensors.get(key).filter(|_| key.starts_with("average/")) {
            moved = tensor.values.iter().zip(&start.values).map(|(a, b)| (a - b).abs()).fold(moved, f32::max);
        }
        assert!(farthest < bound, "{key}: {farthest} apart, the largest value is {largest}");
    }
    assert!(moved > least_moved, "nothing was learned that could differ: {moved}");
    for (own, wanted) in found[0].1.iter().zip(&reports) {
        for loss in Loss::ALL {
            let (found, wanted) = (own.value(loss), wanted.value(loss));
            assert_eq!(found.is_some(), wanted.is_some(), "{loss:?}");
            let (found, wanted) = (found.unwrap_or(0.0), wanted.unwrap_or(0.0));
            assert!((found - wanted).abs() <= 1e-4 * wanted.abs().max(0.1), "{loss:?}: {found} instead of {wanted}");
        }
        let lengths = [own.generator_gradient, wanted.generator_gradient];
        assert!((lengths[0] - lengths[1]).abs() <= 1e-5 * lengths[1], "gradients of length {lengths:?}");
    }
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
