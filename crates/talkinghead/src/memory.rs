//! Peak memory of this process and of its ffmpeg children, as Linux tells it.

/// Largest resident memory of this process so far, in bytes.
pub fn peak_memory_bytes() -> Option<u64> {
    high_water_mark("/proc/self/status")
}

/// Largest resident memory so far of the largest child that lives now, in bytes.
pub(crate) fn child_peak_memory_bytes() -> Option<u64> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let children = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
    let pids: Vec<String> = children.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    pids.iter().filter_map(|pid| high_water_mark(&format!("/proc/{pid}/status"))).max()
}

/// Most bytes of decoded frames to keep from the first look at a reference to the second.
const MOST_KEPT_BYTES: u64 = 1 << 30;
/// The same where the system does not say how much memory there is.
const USUAL_KEPT_BYTES: u64 = 256 << 20;

/// Bytes of decoded frames that may be kept instead of decoding them twice: a quarter of what is free, 1 GiB at most.
pub(crate) fn kept_frames_bytes() -> u64 {
    let available = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| kilobytes(&text, "MemAvailable:"));
    available.map_or(USUAL_KEPT_BYTES, |kilobytes| (kilobytes * 1024 / 4).min(MOST_KEPT_BYTES))
}

fn high_water_mark(status: &str) -> Option<u64> {
    parse(&std::fs::read_to_string(status).ok()?)
}

fn parse(status: &str) -> Option<u64> {
    Some(kilobytes(status, "VmHWM:")? * 1024)
}

/// The number of kilobytes in a line of such a file.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(super::parse("Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t 1 kB\n"), Some(2 << 20));
        assert_eq!(super::parse("Name:\tx\n"), None);
    }
}
