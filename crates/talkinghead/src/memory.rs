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

fn high_water_mark(status: &str) -> Option<u64> {
    parse(&std::fs::read_to_string(status).ok()?)
}

fn parse(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(super::parse("Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t 1 kB\n"), Some(2 << 20));
        assert_eq!(super::parse("Name:\tx\n"), None);
    }
}
