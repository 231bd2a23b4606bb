//! One picture, one recording, one video. The README shows it.

use talkinghead::Generation;

pub(crate) fn main() -> Result<(), talkinghead::GenerationError> {
    let report = Generation::new(["portrait.jpg"], "hello.wav", "hello.mp4")
        .on_progress(|progress| println!("{}: {}", progress.stage.name(), progress.done))
        .run()?;
    println!("{} frames at {:.1}x real time", report.frames, report.real_time_factor);
    Ok(())
}
