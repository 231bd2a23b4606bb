//! The small suite that guards quality: what the program makes of the demo must stay as good as it was. Where a metric gets better
//! for good, set the new value down here.

use crate::scene::{metrics, with_real_video};

/// Metric, value when it was set down, and how much worse it may be: beyond what other processors and ffmpeg versions change. Of
/// metrics that are best near people's own, both ways are worse.
const GUARDED: &[(&str, f64, f64, Worse)] = &[];

#[derive(Clone, Copy, Debug)]
#[allow(dead_code)]
enum Worse {
    Below,
    Above,
    Apart,
}

#[test]
fn the_demo_is_as_good_as_it_was() {
    let place = with_real_video();
    let found = metrics(&place, "--generated real.mp4 --reference hopper.jpg");
    let told: Vec<String> = found.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
    println!("{}", told.join("\n"));
    for &(name, value, noise, worse) in GUARDED {
        let now = found[name];
        let fine = match worse {
            Worse::Below => now >= value - noise,
            Worse::Above => now <= value + noise,
            Worse::Apart => (now - value).abs() <= noise,
        };
        assert!(fine, "{name} was {value}, is {now}; {noise} is noise");
    }
}
