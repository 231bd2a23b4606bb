//! Foreign option files (opt.txt, JSON, a golden folder's options.json) and key lists.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_formats::{Options, parse_keys};

fuzz_target!(|text: &str| {
    let _ = parse_keys(text);
    if let Ok(options) = Options::parse(text) {
        for (name, _) in options.iter() {
            let _ = (options.flag(name), options.count(name, 1), options.integer(name, 1), options.number(name, 1.0));
        }
        let again = Options::parse(&options.to_json());
        // An option of the name `options` holds the others in JSON.
        assert!(options.get("options").is_some() || again.as_ref() == Ok(&options), "what is written reads back the same");
    }
});
