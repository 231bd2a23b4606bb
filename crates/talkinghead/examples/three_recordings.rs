//! One prepared person speaks three recordings; one is cancelled. The README shows it.

use talkinghead::{Cancellation, Generation, GenerationError, Person};

pub(crate) fn main() -> Result<(), GenerationError> {
    let person = Person::from_references(["portrait.jpg"]).prepare()?;
    let (wanted, unwanted) = (Cancellation::default(), Cancellation::default());
    unwanted.cancel();
    for (audio, stop) in [("hello.wav", &wanted), ("wait.wav", &unwanted), ("bye.wav", &wanted)] {
        match Generation::of(&person, audio, format!("{audio}.mp4")).cancelled_by(stop).run() {
            Ok(report) => println!("{audio}: {} frames", report.frames),
            Err(error) => println!("{audio}: {error}"),
        }
    }
    Ok(())
}
