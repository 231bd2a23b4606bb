//! Items out of clip folders.
#![allow(clippy::unwrap_used, missing_docs)]

mod fixture;

use std::path::Path;
use std::sync::Arc;

use talkinghead_training::Compatibility;
use talkinghead_training::items::{
    Choice, ClipSet, CropRule, Flips, ItemLoader, ItemOrder, ItemPosition, ItemSettings, RankShare, ReferenceRule,
    SequenceSettings, TrainingItem, WarpInputs, make_item, make_sequence, on_this_machine,
};

fn settings() -> ItemSettings {
    ItemSettings {
        side: 32,
        shots: 2,
        references: ReferenceRule::FirstPart(0.25),
        farthest_probability: 0.75,
        warp_inputs: WarpInputs::Masked,
        crop: CropRule::Random,
        flips: Flips::Half,
        order: ItemOrder::Shuffled,
        sequence: SequenceSettings::SINGLE,
        share: RankShare::default(),
        items_per_clip: 3,
        compatibility: Compatibility::Reference,
        seed: 5,
    }
}

fn open(folder: &Path, settings: &ItemSettings) -> ClipSet {
    ClipSet::open(folder, settings, true, Some(folder)).unwrap()
}

#[test]
fn items_follow_from_their_number_alone() {
    let folder = tempfile::tempdir().unwrap();
    ["1", "2"].iter().for_each(|stem| fixture::clip(&folder.path().join(stem), stem, 20, 20));
    let settings = settings();
    let clips = Arc::new(open(folder.path(), &settings));
    assert_eq!(clips.items(&settings), 6);
    let take = |first: u64, count: usize, threads: usize| -> Vec<TrainingItem> {
        let mut loader = ItemLoader::new(Arc::clone(&clips), settings, 6, first, threads);
        (0..count).map(|_| loader.next_item().unwrap().frames.remove(0)).collect()
    };
    let all = take(0, 14, 1);
    assert_eq!(take(0, 14, 3), all);
    assert_eq!(take(5, 9, 2), all[5..]);
    assert_eq!(take(0, 14, 1), all);
    assert_ne!(all[0], all[6], "another epoch draws anew");
    // Every clip comes as often as any other within an epoch.
    let of_first = all[..6].iter().filter(|item| item.clip.starts_with('1')).count();
    assert_eq!(of_first, 3);
    let other = ItemSettings { seed: 6, ..settings };
    let mut loader = ItemLoader::new(Arc::clone(&clips), other, 6, 0, 1);
    assert_ne!(loader.next_item().unwrap().frames[0], all[0]);
}

#[test]
fn references_come_from_the_first_quarter_and_targets_from_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    fixture::clip(folder.path(), "1", 40, 40);
    let settings = settings();
    let clips = open(folder.path(), &settings);
    let clip = &clips.training[0];
    let (mut farthest, mut apart) = (0, 0);
    for index in 0..400 {
        let position = ItemPosition { epoch: 1, index, attempt: 0 };
        let choice = Choice::draw(clip, &settings, position).unwrap();
        assert!(choice.references.iter().all(|&frame| frame < 10) && choice.target >= 10 && choice.target < 40);
        assert_ne!(choice.references[0], choice.references[1]);
        let far = |at: usize| {
            let (a, b) = (clip.pose(choice.references[at]), clip.pose(choice.target));
            (0..3).map(|axis| (a[axis] - b[axis]).abs()).sum::<f64>()
        };
        farthest += usize::from(far(choice.warp_reference) >= far(1 - choice.warp_reference));
        let right = Choice::draw(clip, &ItemSettings { compatibility: Compatibility::Right, ..settings }, position).unwrap();
        assert_eq!(right.projection_part, right.target_part);
        assert_eq!(Choice { projection_part: choice.projection_part, ..right }, choice, "nothing else differs");
        apart += usize::from(choice.projection_part != choice.target_part);
    }
    // Whole pixels may be the same by chance.
    assert!(apart > 360, "{apart} of 400");
    // 0.75 and half of the remaining quarter.
    assert!((320..380).contains(&farthest), "{farthest} of 400");
    let around = ItemSettings { references: ReferenceRule::Around, ..settings };
    for index in 0..100 {
        let choice = Choice::draw(clip, &around, ItemPosition { epoch: 1, index, attempt: 0 }).unwrap();
        assert!(choice.references.iter().all(|frame| (14..=300).contains(&frame.abs_diff(choice.target))));
    }
}

#[test]
fn masks_hide_what_the_label_must_supply() {
    let folder = tempfile::tempdir().unwrap();
    fixture::clip(folder.path(), "1", 20, 20);
    let reference = settings();
    let clips = open(folder.path(), &reference);
    let choice = Choice::draw(&clips.training[0], &reference, ItemPosition { epoch: 1, index: 0, attempt: 0 }).unwrap();
    let make = |settings: &ItemSettings| make_item(&clips.training[0], &choice, settings).unwrap();
    let black = |picture: &[f32]| picture.iter().filter(|&&value| value == -1.0).count();
    let published = make(&reference);
    let right = make(&ItemSettings { compatibility: Compatibility::Right, ..reference });
    let whole = make(&ItemSettings { warp_inputs: WarpInputs::Whole, ..reference });
    let counts = [&whole, &published, &right].map(|item| black(&item.warp_reference.image));
    assert!(counts[0] < counts[1] && counts[1] < counts[2], "{counts:?}");
    assert_eq!(whole.references, published.references, "references are never masked");
    assert_eq!(published.warp_reference.label, published.references[choice.warp_reference].label);
    // The template is where the masked target is black.
    let template: Vec<bool> = published.template.iter().map(|&value| value > 0.0).collect();
    assert!(template.iter().any(|set| *set) && template.iter().any(|set| !*set));
    for (at, set) in template.iter().enumerate() {
        let wanted = if *set { -1.0 } else { published.target.image[at] };
        assert_eq!(published.masked_target[at], wanted);
    }
    assert!(published.target.label.contains(&0.0) && published.target.label.iter().any(|&value| value > 0.2));
    assert!(published.projection.is_some() && published.cropped_target.is_some());
}

#[test]
fn frames_that_cannot_be_read_are_passed_over_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    // A third of the frames that could be targets have no picture.
    fixture::clip(folder.path(), "1", 40, 30);
    let settings = settings();
    let clips = Arc::new(open(folder.path(), &settings));
    let mut loader = ItemLoader::new(clips, settings, 3, 0, 2);
    let mut skipped = Vec::new();
    (0..30).for_each(|_| skipped.extend(loader.next_item().unwrap().skipped));
    assert!((3..40).contains(&skipped.len()), "{}", skipped.len());
    assert!(skipped.iter().all(|line| line.contains("1_aligned.mp4") && line.contains("fewer frames")));
}

#[test]
fn folders_that_do_not_do_are_told_from_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings();
    let message = |path: &Path, settings: &ItemSettings| {
        let error = ClipSet::open(path, settings, true, None).unwrap_err();
        assert!(error.hint().is_some());
        error.to_string()
    };
    assert!(message(folder.path(), &settings).contains("holds no clips"));
    std::fs::write(folder.path().join("raw.mpg"), b"x").unwrap();
    assert!(message(folder.path(), &settings).contains("1 videos that are none"));
    fixture::clip(&folder.path().join("a"), "1", 12, 12);
    let mixed = message(folder.path(), &settings);
    assert!(mixed.contains("1 clips and also 1 videos") && mixed.contains("raw.mpg"), "{mixed}");
    std::fs::remove_file(folder.path().join("raw.mpg")).unwrap();
    let short = message(folder.path(), &ItemSettings { shots: 12, ..settings });
    assert!(short.contains("13 usable frames") && short.contains("longest has 12"), "{short}");
    std::fs::remove_file(folder.path().join("a/1_aligned_ani.mp4")).unwrap();
    assert!(message(folder.path(), &settings).contains("no projection video"));
    assert!(message(&folder.path().join("nowhere"), &settings).contains("nowhere"));
}

/// References, target, warped reference and projection of an item.
fn fifth_item(clips: ClipSet, settings: ItemSettings) -> impl PartialEq + std::fmt::Debug {
    let mut loader = ItemLoader::new(Arc::new(clips), settings, 6, 4, 1);
    let item = loader.next_item().unwrap().frames.remove(0);
    (item.references, item.target, item.warp_reference, item.projection)
}

#[test]
fn shards_give_the_items_of_the_folders_that_they_were_made_of() {
    let folder = tempfile::tempdir().unwrap();
    let (folders, shards) = (folder.path().join("folders"), folder.path().join("shards"));
    std::fs::create_dir(&shards).unwrap();
    let mut tars = ["train-000000.tar", "train-000001.tar", "validation-000000.tar", "test-000000.tar"].map(|name| {
        let file = std::fs::File::create(shards.join(name)).unwrap();
        tar::Builder::new(file)
    });
    for (stem, tar) in ["1", "2", "3", "4"].into_iter().zip(&mut tars) {
        let clip = folders.join("s").join(stem);
        fixture::clip(&clip, stem, 20, 20);
        for entry in std::fs::read_dir(&clip).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().replacen(&format!("{stem}_"), &format!("{stem}."), 1);
            tar.append_path_with_name(&path, format!("s/{name}")).unwrap();
        }
    }
    tars.into_iter().for_each(|tar| drop(tar.into_inner().unwrap()));
    ["3", "4"].iter().for_each(|stem| std::fs::remove_dir_all(folders.join("s").join(stem)).unwrap());

    let settings = settings();
    let of_folders = open(&folders, &settings);
    for time in ["first", "second"] {
        let of_shards = ClipSet::open(&shards, &settings, true, Some(folder.path())).unwrap();
        assert_eq!((of_shards.training.len(), of_shards.validation.len()), (2, 1), "{time} time");
        assert_eq!(of_shards.validation[0].name, "3");
        assert_eq!(fifth_item(of_shards, settings), fifth_item(of_folders.clone(), settings));
    }

    // The same in an object store.
    let (address, cache) = (format!("file://{}", shards.display()), tempfile::tempdir().unwrap());
    let found = on_this_machine(Path::new(&address), cache.path());
    #[cfg(not(feature = "object-store"))]
    assert!(found.unwrap_err().to_string().contains("--features s3"));
    #[cfg(feature = "object-store")]
    {
        let copy = found.unwrap();
        assert!(copy.starts_with(cache.path()) && copy.join("train-000001.tar").is_file());
        assert!(!copy.join("test-000000.tar").exists(), "what tests is not fetched");
        let of_store = ClipSet::open(&copy, &settings, true, Some(cache.path())).unwrap();
        assert_eq!(of_store.validation.len(), 1);
        assert_eq!(fifth_item(of_store, settings), fifth_item(of_folders, settings));
        assert_eq!(on_this_machine(Path::new(&address), cache.path()).unwrap(), copy);
    }
}

/// Four processes read every clip exactly once in an epoch, no two the same; in further rounds each reads its own again.
#[test]
fn ranks_share_the_clips_of_an_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (1..=8).map(|number| number.to_string()).collect();
    names.iter().for_each(|name| fixture::clip(&folder.path().join(name), name, 12, 12));
    let settings = ItemSettings { items_per_clip: 1, ..settings() };
    let clips = Arc::new(open(folder.path(), &settings));
    let of_rank = |rank: usize, ranks: usize, epoch: u64, count: usize| -> Vec<String> {
        let settings = ItemSettings { share: RankShare { rank, ranks }, ..settings };
        let an_epoch = clips.items(&settings) as u64;
        let mut loader = ItemLoader::new(Arc::clone(&clips), settings, an_epoch, (epoch - 1) * an_epoch, 1);
        let stem = |item: &TrainingItem| item.clip.split('_').next().unwrap().to_owned();
        (0..count).map(|_| stem(&loader.next_item().unwrap().frames[0])).collect()
    };
    for epoch in [1, 2] {
        let single = of_rank(0, 1, epoch, 8);
        let shares: Vec<Vec<String>> = (0..4).map(|rank| of_rank(rank, 4, epoch, 2)).collect();
        let mut all: Vec<String> = shares.concat();
        all.sort();
        assert_eq!(all, names, "every clip exactly once");
        // Together they see, step by step, what a single process sees.
        for (step, wanted) in single.chunks(4).enumerate() {
            assert_eq!(shares.iter().map(|share| share[step].clone()).collect::<Vec<_>>(), wanted);
        }
    }
    assert_ne!(of_rank(0, 4, 1, 2), of_rank(0, 4, 2, 2), "another share in another epoch");
    // Three ranks of eight clips: the one with fewer begins its own again.
    let shares: Vec<Vec<String>> = (0..3).map(|rank| of_rank(rank, 3, 1, 3)).collect();
    let mut all: Vec<String> =
        shares.iter().enumerate().flat_map(|(rank, share)| share[..if rank < 2 { 3 } else { 2 }].to_vec()).collect();
    all.sort();
    assert_eq!(all, names);
    assert!(shares[2][..2].contains(&shares[2][2]));
}

/// Behind the single frames an item is consecutive frames in one square, with the same references; before, all is as without sequences.
#[test]
fn sequences_are_consecutive_frames_in_one_square() {
    let folder = tempfile::tempdir().unwrap();
    fixture::clip(folder.path(), "1", 24, 24);
    let sequence = SequenceSettings { single_epochs: 1, window: 2, first: 3, double_every: 1, most: 100 };
    let settings = ItemSettings { sequence, ..settings() };
    let clips = open(folder.path(), &settings);
    let clip = &clips.training[0];
    let draw = |settings: &ItemSettings, epoch: u64, index: u64| {
        Choice::draw(clip, settings, ItemPosition { epoch, index, attempt: 0 }).unwrap()
    };
    let single = ItemSettings { sequence: SequenceSettings::SINGLE, ..settings };
    assert_eq!(draw(&settings, 1, 0), draw(&single, 1, 0));
    for index in 0..5 {
        let choice = draw(&settings, 2, index);
        assert_eq!(choice.length, 6);
        assert!(choice.target >= 6 && choice.target + choice.length <= 24, "{choice:?}");
        let items = make_sequence(clip, &choice, &settings).unwrap();
        assert_eq!(items.len(), 6);
        for (at, item) in items.iter().enumerate() {
            let alone = Choice { target: choice.target + at, length: 1, ..choice.clone() };
            assert!(*item == make_item(clip, &alone, &settings).unwrap(), "frame {at}");
        }
        assert_ne!(items[0].target.landmarks, items[1].target.landmarks, "nothing moves");
    }
    assert_eq!(draw(&settings, 6, 0).length, 18, "no more than the clip has behind its references");
    let longer = SequenceSettings { window: 17, ..sequence };
    let error = ClipSet::open(
        folder.path(),
        &ItemSettings { sequence: SequenceSettings { window: 23, ..longer }, ..settings },
        true,
        None,
    );
    let error = error.unwrap_err().to_string();
    assert!(error.contains("23 consecutive targets"), "{error}");
}
