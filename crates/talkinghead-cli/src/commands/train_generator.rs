//! `talkinghead train generator`: the neural generator, from clip folders.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};
use talkinghead::{Device, Precision};
use talkinghead_training::distributed::World;
use talkinghead_training::recipe::{Recipe, RecipeDraft};
use talkinghead_training::run::{GeneratorTraining, RunError, Start};

use super::device_flag::{DeviceFlag, PrecisionFlag};
use super::{Shared, print_json};
use crate::allocator;
use crate::failure::Failure;
use crate::interruption;
use crate::training_progress::TrainingProgress;

/// Learns the neural generator from clips of `preprocess`.
#[derive(Args, Debug)]
#[command(
    after_help = "A recipe says everything that is chosen; flags override it, and --set reaches what has no flag. Recipes of the published scripts
and ablations, and a small one for a laptop, are in the folder `recipes`. What the run used is written into its folder as recipe.toml.

The run's folder holds checkpoints/, pictures/, metrics.jsonl, event files for TensorBoard, and report.html. Ctrl-C writes a checkpoint
and ends with exit code 130; --resume goes on, also after a crash.

Examples:
  talkinghead train generator --data clips --run runs/first --recipe recipes/small.toml
  talkinghead train generator --data clips --run runs/first --resume
  talkinghead export runs/first --output first.safetensors"
)]
pub struct TrainGenerator {
    /// Clips: the output of `talkinghead preprocess`, or any folder of clip folders; in builds with `--features s3` also
    /// s3://bucket/prefix.
    #[arg(long, value_name = "CLIPS")]
    data: PathBuf,

    /// The run's folder; it is made if it is not there.
    #[arg(long, value_name = "FOLDER")]
    run: PathBuf,

    /// What is chosen, as TOML; the published training script with eight shots when left out.
    #[arg(long, value_name = "FILE.toml")]
    recipe: Option<PathBuf>,

    /// Go on from the run's last checkpoint, with its own recipe where nothing else is said; with `=if-any`, begin where there is none.
    #[arg(long, value_enum, value_name = "always|if-any", num_args = 0..=1, require_equals = true, default_missing_value = "always", hide_possible_values = true)]
    resume: Option<Resume>,

    /// Where the networks are trained.
    #[arg(long, value_enum, default_value_t = DeviceFlag::Cpu)]
    device: DeviceFlag,

    /// Folder that keeps decoded frames, which several runs may share; in the run's folder when left out.
    #[arg(long, value_name = "FOLDER")]
    frames: Option<PathBuf>,

    /// One of several processes that train together: rank, number and the first one's address come from the environment, as
    /// torchrun, Slurm or an indexed job of Kubernetes sets them.
    #[arg(long)]
    distributed: bool,

    #[command(flatten)]
    overrides: RecipeFlags,

    /// Any value of the recipe, such as losses.lambda_vgg=5; may be repeated.
    #[arg(long, value_name = "SECTION.KEY=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

/// Flags that override a recipe: those that the published training command has.
#[derive(Args, Debug)]
#[command(next_help_heading = "Instead of the recipe's values")]
struct RecipeFlags {
    /// References an item.
    #[arg(long, value_name = "N")]
    shots: Option<u64>,
    /// Frames that the network sees at a time, the one to synthesise included; 1 for single frames throughout.
    #[arg(long, value_name = "N")]
    target_frames: Option<u64>,
    /// Items a batch.
    #[arg(long, value_name = "N")]
    batch: Option<u64>,
    /// Threads that make items.
    #[arg(long, value_name = "N")]
    workers: Option<u64>,
    /// Epochs at the full learning rate.
    #[arg(long, value_name = "N")]
    epochs: Option<u64>,
    /// Epochs of single frames, before several are trained.
    #[arg(long, value_name = "N")]
    single_frame_epochs: Option<u64>,
    /// Stop after so many steps.
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Epochs between two checkpoints.
    #[arg(long, value_name = "N")]
    save_every_epochs: Option<u64>,
    /// Steps between two checkpoints.
    #[arg(long, value_name = "N")]
    save_every: Option<u64>,
    /// Steps between two pictures.
    #[arg(long, value_name = "N")]
    picture_every: Option<u64>,
    /// Checkpoints kept beside the best.
    #[arg(long, value_name = "N")]
    keep: Option<u64>,
    /// Only so many clips.
    #[arg(long, value_name = "N")]
    clips: Option<u64>,
    /// Number that decides everything random.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Hybrid embedding of the references.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    use_new: Option<bool>,
    /// Modulation weights generated from the references.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    adaptive_spade: Option<bool>,
    /// Warp the matching reference.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    warp_ref: Option<bool>,
    /// Warp the projection.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    warp_ani: Option<bool>,
    /// Nonlinear composition.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    spade_combine: Option<bool>,
    /// Judge the picture without warped inputs too.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    add_raw_loss: Option<bool>,
    /// Leave sources where they are.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    no_warp: Option<bool>,
    /// Mean over the references in place of attention.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    no_atten: Option<bool>,
    /// Hide in warped pictures what the label image must supply.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    crop_ref: Option<bool>,
    /// What convolutions and products multiply; parameters stay f32. bf16 is for GPUs: the processor only rounds to it.
    #[arg(long, value_enum, value_name = "f32|bf16|auto", hide_possible_values = true)]
    precision: Option<PrecisionFlag>,
    /// Clips by name instead of shuffled.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    serial: Option<bool>,
}

impl RecipeFlags {
    /// Keys of the recipe with what was said about them.
    fn said(&self) -> Vec<(&'static str, String)> {
        let numbers = [
            ("data.shots", self.shots),
            ("data.target_frames", self.target_frames),
            ("training.batch", self.batch),
            ("run.workers", self.workers),
            ("training.epochs", self.epochs),
            ("training.single_frame_epochs", self.single_frame_epochs),
            ("training.most_steps", self.steps),
            ("run.save_every_epochs", self.save_every_epochs),
            ("run.save_every", self.save_every),
            ("run.picture_every", self.picture_every),
            ("run.keep", self.keep),
            ("data.clips", self.clips),
            ("seed", self.seed),
        ];
        let switches = [
            ("network.use_new", self.use_new),
            ("network.adaptive_spade", self.adaptive_spade),
            ("network.warp_ref", self.warp_ref),
            ("network.warp_ani", self.warp_ani),
            ("network.spade_combine", self.spade_combine),
            ("network.add_raw_loss", self.add_raw_loss),
            ("network.no_warp", self.no_warp),
            ("network.no_atten", self.no_atten),
            ("data.crop_ref", self.crop_ref),
            ("data.serial", self.serial),
        ];
        let numbers = numbers.into_iter().filter_map(|(key, value)| Some((key, value?.to_string())));
        let switches = switches.into_iter().filter_map(|(key, value)| Some((key, value?.to_string())));
        let precision = self.precision.map(|flag| ("training.precision", Precision::from(flag).name().to_owned()));
        numbers.chain(switches).chain(precision).collect()
    }
}

impl TrainGenerator {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        let recipe = self.recipe()?;
        if self.device == DeviceFlag::Cpu {
            allocator::limit_to_what_is_free();
        }
        let device = Device::from(self.device).open()?;
        let start = match self.resume {
            None => Start::Anew,
            Some(Resume::Always) => Start::Resumed,
            Some(Resume::IfAny) => Start::Either,
        };
        let world = if self.distributed { Some(World::from_environment()?) } else { None };
        let first = world.as_ref().is_none_or(World::is_first);
        let frames = self.frames;
        let training = GeneratorTraining { data: self.data, run: self.run.clone(), recipe, start, device, frames, world };
        let stop = interruption::wait_for_the_step();
        allocator::name_when_full("training.batch (--batch), data.shots (--shots), data.size or network.ngf");
        let mut progress = TrainingProgress::new(shared.quiet || !first);
        let outcome = training.run(&stop, &mut |event| progress.show(event));
        progress.clear();
        let summary = outcome?;
        if self.json {
            return print_json(&serde_json::json!({
                "run": self.run,
                "steps": summary.steps,
                "checkpoint": summary.checkpoint,
                "best": summary.best.map(|(step, scores)| serde_json::json!({ "step": step, "scores": scores })),
                "skipped": summary.skipped,
            }));
        }
        if !shared.quiet && first {
            eprintln!("{}: {} steps; look at {}", self.run.display(), summary.steps, self.run.join("report.html").display());
        }
        Ok(())
    }

    /// The recipe that file and flags make; none where a resumed run's own is meant.
    fn recipe(&self) -> Result<Option<Recipe>, Failure> {
        let said = self.overrides.said();
        let resumes = self.resume.is_some();
        if resumes && self.recipe.is_none() && said.is_empty() && self.set.is_empty() {
            return Ok(None);
        }
        // What is said when a run goes on is said over the run's own recipe.
        let own = self.run.join("recipe.toml");
        let mut draft = match &self.recipe {
            Some(path) => RecipeDraft::read(path).map_err(RunError::from)?,
            None if resumes && own.is_file() => RecipeDraft::read(&own).map_err(RunError::from)?,
            None => RecipeDraft::new(),
        };
        said.iter().for_each(|(key, value)| draft.set(key, value));
        self.set.iter().for_each(|(key, value)| draft.set(key, value));
        Ok(Some(draft.finish().map_err(RunError::from)?))
    }
}

/// `--resume`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Resume {
    /// There must be a checkpoint.
    Always,
    /// Where there is no checkpoint the run begins.
    IfAny,
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("give SECTION.KEY=VALUE".to_owned()),
    }
}
