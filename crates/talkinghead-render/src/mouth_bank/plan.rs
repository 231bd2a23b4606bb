//! Which remembered mouth to show in each frame: the cheapest path through the nearest ones (Viterbi), with a fixed look-ahead.

use std::collections::VecDeque;
use std::sync::Arc;

use super::bank::MouthBank;
use super::feature::MouthTarget;
use crate::math::smoothstep;

/// Nearest mouths considered for each frame.
const CANDIDATES: usize = 24;
/// Weight of the difference between a mouth and the one that really followed the last.
const STEP_WEIGHT: f32 = 0.6;
/// Price of not running on.
const JUMP_PRICE: f32 = 0.0004;
/// Price of showing the same mouth again, or the one before it.
const HOLD_PRICE: f32 = 0.0002;
/// Distance (interocular distances) up to which a remembered mouth replaces the painted one wholly, and from which not at all.
const FADE: (f32, f32) = (0.07, 0.10);
/// The same for the height by which what lies between its lips would have to be stretched or squeezed too far.
const MISFIT_FADE: (f32, f32) = (0.0, 0.02);

/// The mouth of one frame: remembered mouths to be mixed, and how far they replace the painted one.
#[derive(Clone, Debug, PartialEq)]
pub struct MouthChoice {
    /// Entries of the bank with their shares; the shares sum to 1.
    pub parts: Vec<(usize, f32)>,
    /// 0 = show the painted mouth only, 1 = the remembered mouth only.
    pub strength: f32,
}

/// Frames on either side of a jump over which mouths are mixed: more would show both sets of teeth at once.
const FADE_REACH: usize = 1;

impl MouthBank {
    /// Choices for a whole sequence of wanted mouths (as [`MouthPlanner`], with all of the future known).
    pub fn plan(self: &Arc<Self>, targets: &[MouthTarget]) -> Vec<MouthChoice> {
        let mut planner = MouthPlanner::new(Arc::clone(self), targets.len());
        let mut choices: Vec<MouthChoice> = targets.iter().filter_map(|target| planner.push(target)).collect();
        choices.extend(planner.finish());
        choices
    }
}

/// One frame's candidates on the way through the bank.
struct Column {
    entries: Vec<usize>,
    /// Price of the cheapest path that ends in each.
    prices: Vec<f32>,
    /// Its step before.
    before: Vec<usize>,
    /// How well each may stand for the wanted mouth, 0..1.
    strengths: Vec<f32>,
}

/// A plan made while targets arrive; holds `look_ahead` frames and no more.
///
/// Every [`MouthPlanner::push`] takes the next wanted mouth and, once enough of the future is known, gives the choice for the
/// oldest frame that has none yet; [`MouthPlanner::finish`] gives the rest. One choice a target, in their order.
pub struct MouthPlanner {
    bank: Arc<MouthBank>,
    look_ahead: usize,
    columns: VecDeque<Column>,
    fade: CrossFade,
}

impl MouthPlanner {
    /// A plan through a bank; with `look_ahead` 50 (two seconds) it hardly ever differs from a plan that knows everything.
    pub fn new(bank: Arc<MouthBank>, look_ahead: usize) -> Self {
        Self { bank, look_ahead: look_ahead.max(1), columns: VecDeque::new(), fade: CrossFade::new(FADE_REACH) }
    }

    /// Takes the next wanted mouth.
    pub fn push(&mut self, target: &MouthTarget) -> Option<MouthChoice> {
        let column = self.column(target);
        self.columns.push_back(column);
        if self.columns.len() <= self.look_ahead {
            return None;
        }
        let oldest = self.path().first().copied().unwrap_or(0);
        let step = self.settle(oldest);
        let bank = Arc::clone(&self.bank);
        step.and_then(|step| self.fade.push(&bank, step))
    }

    /// The choices that were held back.
    pub fn finish(mut self) -> Vec<MouthChoice> {
        let path = self.path();
        let steps: Vec<Step> = self.columns.iter().zip(path).filter_map(|(column, k)| column.step(k)).collect();
        let mut choices: Vec<MouthChoice> = steps.into_iter().filter_map(|step| self.fade.push(&self.bank, step)).collect();
        choices.extend(self.fade.finish(&self.bank));
        choices
    }

    fn column(&self, target: &MouthTarget) -> Column {
        let nearest = self.bank.nearest(target, CANDIDATES);
        let mut column = Column {
            prices: nearest.iter().map(|c| c.1).collect(),
            before: vec![0; nearest.len()],
            strengths: nearest.iter().map(|c| strength(target, self.bank.target(c.0))).collect(),
            entries: nearest.iter().map(|c| c.0).collect(),
        };
        let Some(last) = self.columns.back() else {
            return column;
        };
        for (k, &entry) in column.entries.iter().enumerate() {
            let (mut best, mut at) = (f32::INFINITY, 0);
            for (j, &previous) in last.entries.iter().enumerate() {
                let price = last.prices[j] + self.step_price(previous, entry);
                if price < best {
                    (best, at) = (price, j);
                }
            }
            if best.is_finite() {
                column.prices[k] += best;
            }
            column.before[k] = at;
        }
        column
    }

    fn step_price(&self, previous: usize, entry: usize) -> f32 {
        if self.bank.next(previous) == Some(entry) {
            return 0.0;
        }
        let expected = self.bank.next(previous).unwrap_or(previous);
        let apart = |a: usize| self.bank.target(a).feature.distance_squared(&self.bank.target(entry).feature);
        // A mouth held still is best shown by one that stays, or by running back: not by jumping to and fro.
        let held = previous == entry || self.bank.stepped(previous, -1) == entry;
        if held {
            HOLD_PRICE + STEP_WEIGHT * apart(previous).min(apart(expected))
        } else {
            JUMP_PRICE + STEP_WEIGHT * apart(expected)
        }
    }

    /// The cheapest path through the columns held, oldest first.
    fn path(&self) -> Vec<usize> {
        let mut path = vec![0; self.columns.len()];
        let Some(last) = self.columns.back() else {
            return path;
        };
        let mut k = (0..last.prices.len()).min_by(|&a, &b| last.prices[a].total_cmp(&last.prices[b])).unwrap_or(0);
        for (place, column) in path.iter_mut().zip(&self.columns).rev() {
            *place = k;
            k = column.before.get(k).copied().unwrap_or(0);
        }
        path
    }

    /// Takes the oldest column off, its entry decided.
    fn settle(&mut self, oldest: usize) -> Option<Step> {
        let column = self.columns.pop_front()?;
        // Prices grow with time; taking the least off keeps them small over hours.
        if let Some(last) = self.columns.back_mut() {
            let least = last.prices.iter().copied().fold(f32::INFINITY, f32::min);
            if least.is_finite() {
                last.prices.iter_mut().for_each(|p| *p -= least);
            }
        }
        column.step(oldest)
    }
}

impl Column {
    fn step(&self, k: usize) -> Option<Step> {
        Some(Step { entry: *self.entries.get(k)?, strength: self.strengths[k] })
    }
}

/// How far a remembered mouth may replace the painted one.
fn strength(wanted: &MouthTarget, remembered: &MouthTarget) -> f32 {
    let distance = wanted.feature.distance_squared(&remembered.feature).sqrt();
    smoothstep(FADE.1, FADE.0, distance) * smoothstep(MISFIT_FADE.1, MISFIT_FADE.0, wanted.interior_misfit(remembered))
}

/// A frame's place on the path.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    entry: usize,
    strength: f32,
}

/// Softens the jumps of a path: each frame mixes what its neighbours in time would show in its place.
struct CrossFade {
    half: usize,
    /// The last `2 half + 1` steps.
    window: VecDeque<Step>,
    /// How many of the window lie before the frame that is next to be given.
    before: usize,
}

impl CrossFade {
    fn new(half: usize) -> Self {
        Self { half, window: VecDeque::new(), before: 0 }
    }

    fn push(&mut self, bank: &MouthBank, step: Step) -> Option<MouthChoice> {
        self.window.push_back(step);
        if self.window.len() <= self.before + self.half {
            return None;
        }
        Some(self.give(bank))
    }

    fn finish(&mut self, bank: &MouthBank) -> Vec<MouthChoice> {
        let mut choices = Vec::new();
        while self.window.len() > self.before {
            choices.push(self.give(bank));
        }
        choices
    }

    fn give(&mut self, bank: &MouthBank) -> MouthChoice {
        let mut parts: Vec<(usize, f32)> = Vec::new();
        let (mut total, mut strength) = (0.0, 0.0);
        for (i, step) in self.window.iter().enumerate().take(self.before + self.half + 1) {
            let apart = i.abs_diff(self.before);
            let weight = (self.half + 1 - apart) as f32;
            let entry = bank.stepped(step.entry, self.before as isize - i as isize);
            total += weight;
            strength += weight * step.strength;
            match parts.iter_mut().find(|part| part.0 == entry) {
                Some(part) => part.1 += weight,
                None => parts.push((entry, weight)),
            }
        }
        parts.iter_mut().for_each(|part| part.1 /= total);
        if self.before == self.half {
            self.window.pop_front();
        } else {
            self.before += 1;
        }
        // A half-transparent mouth is seen as such: pass quickly through the middle.
        MouthChoice { parts, strength: smoothstep(0.2, 0.8, strength / total) }
    }
}
