//! Trains the expression model and scores it.
//!
//! `train_expression DATA CACHE [--output FILE] [--evaluate FILE] [--seed N] [--unsmile FILE] [--evaluate-unsmile FILE]`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use talkinghead_motion::expression::FloatWidth;
use talkinghead_training::expression::{
    ExpressionCorpus, ExpressionTraining, evaluate_expression, evaluate_unsmile, train_expression, train_unsmile,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1)).cloned();
    let mut options = ExpressionTraining::new(&arguments[1]);
    options.cache = Some(arguments[2].clone().into());
    options.seed = value("--seed").map_or(Ok(0), |s| s.parse())?;
    let mut weights = value("--evaluate").map(std::fs::read).transpose()?;
    if weights.is_none() && value("--unsmile").is_none() && value("--evaluate-unsmile").is_none() {
        let trained = train_expression(&options)?;
        println!(
            "{} clips, {:.0} s, explained {:.3}, {} bytes",
            trained.clips,
            trained.seconds,
            trained.explained,
            trained.bytes.len()
        );
        if let Some(output) = value("--output") {
            std::fs::write(output, &trained.bytes)?;
        }
        weights = Some(trained.bytes);
    }
    if let Some(weights) = weights {
        for s in evaluate_expression(&options, &weights)? {
            let show = |score: talkinghead_training::expression::Score| {
                format!("{:.3} [{:.2}, {:.2}]", score.mean, score.interval.0, score.interval.1)
            };
            println!(
                "{:32} {:2} clips  opening {}  residual {}  width {}  wrong {:.2}  closures {:.2} (real {:.2}, {})  lag<=1 {:.2}  amplitude {:.2}",
                s.name,
                s.clips,
                show(s.opening),
                show(s.opening_residual),
                show(s.width),
                s.opening_wrong_audio.mean,
                s.closures,
                s.closures_real,
                s.labials,
                s.lag_within_one,
                s.amplitude
            );
        }
    }
    if let Some(weights) = value("--evaluate-unsmile") {
        println!(
            "lips and face explained: {:?}",
            evaluate_unsmile(&ExpressionCorpus::open(&options.data)?, &std::fs::read(weights)?)?
        );
    }
    if let Some(output) = value("--unsmile") {
        let fit = train_unsmile(&ExpressionCorpus::open(&options.data)?)?;
        println!("un-smile: lips explained {:.3}, face {:.3}, {:?} examples", fit.explained, fit.explained_face, fit.examples);
        std::fs::write(output, fit.file.to_bytes(FloatWidth::Half)?)?;
    }
    Ok(())
}
