//! The facade as services use it: prepared persons, batches, progress, cancellation, and one performance however it is made.
#![allow(clippy::unwrap_used)]

mod material;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use talkinghead::{
    Cancellation, Generation, GenerationError, GenerationOptions, MotionGeneration, PerformanceChoice, Person, Progress, Stage,
};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn speech(&self, name: &str, start: f32, seconds: f32) -> PathBuf {
        let path = self.file(name);
        material::speech(&path, start, seconds);
        path
    }
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn a_prepared_person_speaks_as_one_that_is_not() {
    let folder = Folder::new();
    let audio = [folder.speech("a.wav", 0.0, 0.6), folder.speech("b.wav", 2.0, 0.6)];
    let person = Person::from_references([material::portrait()]).prepare().unwrap();
    let output = |name: &str, number: usize| folder.file(&format!("{name}{number}.mp4"));
    // At the same time, to show that performances do not disturb each other.
    std::thread::scope(|scope| {
        for (number, audio) in audio.iter().enumerate() {
            let person = &person;
            let output = output("prepared", number);
            scope.spawn(move || Generation::of(person, audio, output).run().unwrap());
        }
    });
    for (number, audio) in audio.iter().enumerate() {
        Generation::new([material::portrait()], audio, output("alone", number)).run().unwrap();
        assert!(bytes(&output("prepared", number)) == bytes(&output("alone", number)), "recording {number}");
    }
    assert!(bytes(&output("alone", 0)) != bytes(&output("alone", 1)));
}

#[test]
fn a_bad_reference_does_not_stop_its_batch() {
    let folder = Folder::new();
    let audio = folder.speech("a.wav", 0.0, 0.4);
    let faceless = folder.file("faceless.png");
    image::RgbImage::from_pixel(200, 200, image::Rgb([90, 120, 60])).save(&faceless).unwrap();
    let cancellation = Cancellation::default();
    let run = |reference: PathBuf, output: &str| {
        Generation::new([reference], &audio, folder.file(output)).cancelled_by(&cancellation).run()
    };
    run(material::portrait(), "1.mp4").unwrap();
    let error = run(faceless, "2.mp4").unwrap_err();
    assert!(matches!(error, GenerationError::Face { .. }), "{error}");
    run(material::other_portrait(), "3.mp4").unwrap();
    assert!(!cancellation.is_cancelled());
    assert!(folder.file("1.mp4").is_file() && !folder.file("2.mp4").exists() && folder.file("3.mp4").is_file());
    cancellation.cancel();
    assert!(matches!(run(material::portrait(), "4.mp4"), Err(GenerationError::Cancelled)));
}

#[test]
fn a_bad_recording_is_told_and_not_the_stop_it_caused() {
    let folder = Folder::new();
    // Its header promises sound; what follows is cut off at once.
    let audio = folder.speech("a.wav", 0.0, 0.4);
    let header = bytes(&audio)[..44].to_vec();
    std::fs::write(&audio, header).unwrap();
    let error = Generation::new([material::portrait()], &audio, folder.file("out.mp4")).run().unwrap_err();
    assert!(!matches!(error, GenerationError::Cancelled), "{error}");
}

#[test]
fn a_track_alone_is_enough_and_nothing_is_not() {
    let folder = Folder::new();
    let audio = folder.speech("a.wav", 0.0, 0.4);
    let track = MotionGeneration::from_audio(&audio).run().unwrap().track;
    track.write(&folder.file("track.json")).unwrap();
    let performance = PerformanceChoice::Track { path: folder.file("track.json"), head_gain: 1.0, expression_gain: 1.0 };
    let options = GenerationOptions { performance, ..GenerationOptions::default() };
    let person = Person::from_references([material::portrait()]).prepare().unwrap();
    let report = Generation::silent_of(&person, folder.file("prepared.mp4")).options(options.clone()).run().unwrap();
    assert_eq!((report.frames, report.warnings.len()), (track.len(), 0));
    Generation::silent([material::portrait()], folder.file("alone.mp4")).options(options).run().unwrap();
    assert!(bytes(&folder.file("prepared.mp4")) == bytes(&folder.file("alone.mp4")));
    let nothing = Generation::silent([material::portrait()], folder.file("none.mp4")).run();
    assert!(matches!(nothing, Err(GenerationError::Option { .. })), "{nothing:?}");
}

#[test]
fn cancelling_amid_the_frames_leaves_an_older_video_alone() {
    let folder = Folder::new();
    let (audio, output) = (folder.speech("a.wav", 0.0, 2.0), folder.file("out.mp4"));
    std::fs::write(&output, b"an older video").unwrap();
    let cancellation = Cancellation::default();
    let stop = cancellation.clone();
    let outcome = Generation::new([material::portrait()], &audio, &output)
        .cancelled_by(&cancellation)
        .on_progress(move |progress| {
            if progress.stage == Stage::Rendering && progress.done == 3 {
                stop.cancel();
            }
        })
        .run();
    assert!(matches!(outcome, Err(GenerationError::Cancelled)));
    assert_eq!(bytes(&output), b"an older video");
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn progress_goes_forward_and_arrives() {
    let folder = Folder::new();
    let audio = folder.speech("a.wav", 0.0, 0.6);
    let told: Arc<Mutex<BTreeMap<Stage, Vec<Progress>>>> = Arc::default();
    let keep = Arc::clone(&told);
    let report = Generation::new([material::portrait()], &audio, folder.file("out.mp4"))
        .on_progress(move |progress| keep.lock().unwrap().entry(progress.stage).or_default().push(progress))
        .run()
        .unwrap();
    let told = told.lock().unwrap();
    for stage in [Stage::Reference, Stage::Speech, Stage::Preparation, Stage::Rendering, Stage::Encoding] {
        let steps = &told[&stage];
        assert!(steps.is_sorted_by_key(|step| step.done), "{stage:?}");
        assert!(steps.iter().all(|step| step.total.is_none_or(|total| step.done <= total)), "{stage:?}");
    }
    for stage in [Stage::Speech, Stage::Rendering] {
        let last = told[&stage].last().unwrap();
        assert_eq!((last.done, last.total), (report.frames, Some(report.frames)), "{stage:?}");
    }
    assert_eq!(report.frames, 15);
    assert!(report.stage_seconds.contains_key("rendering") && report.warnings.is_empty(), "{report:?}");
}

/// `motion` and then `generate --motion`, against `generate` alone.
fn compare(folder: &Folder, reference: &Path, audio: &Path) -> talkinghead::MotionTrack {
    let (track, saved) = (folder.file("track.json"), folder.file("saved.json"));
    let made = MotionGeneration::from_audio(audio).references([reference]).run().unwrap();
    made.track.write(&track).unwrap();
    let options = GenerationOptions { save_motion: Some(saved.clone()), ..Default::default() };
    Generation::new([reference], audio, folder.file("alone.mp4")).options(options).run().unwrap();
    assert!(bytes(&track) == bytes(&saved), "the tracks differ");
    let performance = PerformanceChoice::Track { path: track, head_gain: 1.0, expression_gain: 1.0 };
    let options = GenerationOptions { performance, ..Default::default() };
    Generation::new([reference], audio, folder.file("from_track.mp4")).options(options).run().unwrap();
    assert!(bytes(&folder.file("alone.mp4")) == bytes(&folder.file("from_track.mp4")), "the videos differ");
    made.track
}

#[test]
fn one_performance_however_it_is_made() {
    let folder = Folder::new();
    let audio = folder.speech("a.wav", 0.0, 0.8);
    let unknown = compare(&folder, &material::portrait(), &audio);
    // A video of somebody who speaks: how wide they open the mouth counts, and does so in both ways.
    let talking = folder.file("talking.mp4");
    let speech = folder.speech("b.wav", 3.0, 1.6);
    Generation::new([material::portrait()], speech, &talking).run().unwrap();
    let known = compare(&folder, &talking, &audio);
    assert_ne!(unknown.frames, known.frames);
}

#[test]
fn measuring_a_video_can_be_cancelled() {
    let folder = Folder::new();
    let (audio, video) = (folder.speech("a.wav", 0.0, 0.8), folder.file("video.mp4"));
    Generation::new([material::portrait()], &audio, &video).run().unwrap();
    let cancellation = Cancellation::default();
    let stop = cancellation.clone();
    let seen = Arc::new(Mutex::new(0));
    let last = Arc::clone(&seen);
    let outcome = MotionGeneration::from_video(&video)
        .cancelled_by(&cancellation)
        .on_progress(move |progress| {
            *last.lock().unwrap() = progress.done;
            if progress.done == 4 {
                stop.cancel();
            }
        })
        .run();
    assert!(matches!(outcome, Err(GenerationError::Cancelled)));
    assert!(*seen.lock().unwrap() < 12, "it went on for {} frames", seen.lock().unwrap());
}
