//! Tar shards of clips.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::Component;
use talkinghead_dataset::read_shard;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_shard(bytes, "shard", &mut |file, content| {
        let inside = |path: &std::path::Path| path.components().all(|part| matches!(part, Component::Normal(_)));
        assert!(inside(&file.clip) && inside(std::path::Path::new(&file.name)));
        // What breaks off is told by the reader's next step.
        let _ = std::io::copy(content, &mut std::io::sink());
        Ok(())
    });
});
