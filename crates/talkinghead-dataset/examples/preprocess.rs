//! Preprocesses a folder with the library alone:
//! `cargo run --release -p talkinghead-dataset --example preprocess -- videos INPUT OUTPUT [JOBS]`, or
//! `… -- inspect CLIPDIR OUTPUT.mp4`, or `… -- verify GOLDEN`.

use std::path::Path;

use talkinghead_dataset::merge::merge;
use talkinghead_dataset::{ClipFolder, ClipSettings, Corpus, MergeSettings, Place, Preprocessing, Shard};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["verify", golden] => println!("{}", talkinghead_dataset::verify::verify(Path::new(golden))?),
        ["inspect", clip, output] => {
            talkinghead_dataset::inspect::inspect(&ClipFolder::open(Path::new(clip))?, Path::new(output))?;
        }
        [dataset, input, output, ref rest @ ..] => {
            let dataset = Corpus::from_name(dataset).ok_or("no such data set")?;
            let output = Place::parse(output.as_ref())?;
            let run = Preprocessing {
                input: Place::parse(input.as_ref())?,
                output: output.clone(),
                settings: ClipSettings::new(dataset),
                shard: Shard::WHOLE,
                jobs: rest.first().map_or(Ok(1), |jobs| jobs.parse())?,
            };
            let summary = run.run(&|progress| eprintln!("{} of {}", progress.done, progress.total))?;
            println!("{}", serde_json::to_string_pretty(&summary)?);
            println!("{}", serde_json::to_string_pretty(&merge(&output, &MergeSettings::default())?)?);
        }
        _ => return Err("give: DATASET INPUT OUTPUT [JOBS] | inspect CLIPDIR VIDEO | verify GOLDEN".into()),
    }
    Ok(())
}
