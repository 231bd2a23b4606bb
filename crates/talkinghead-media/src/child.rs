//! One ffmpeg child process: started, its complaints collected, never left alive.

use std::io::Read;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::MediaError;
use crate::interruption::{Registration, locked};
use crate::processor_time::MediaWork;

/// How much of a child's standard error is kept, in bytes.
const COMPLAINT_BYTES: usize = 4096;

/// A running `ffmpeg` or `ffprobe`. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct MediaProcess {
    child: Arc<Mutex<Child>>,
    work: MediaWork,
    complaints: Option<JoinHandle<Vec<u8>>>,
    _registration: Registration,
}

/// How a child ended.
pub(crate) struct Ending {
    pub(crate) succeeded: bool,
    /// The last lines of its standard error, joined by `; `; empty when it had nothing to say.
    pub(crate) complaint: String,
}

impl Ending {
    /// The child's own words, or its status when it died silently.
    fn describe(status: ExitStatus, complaint: &[u8]) -> Self {
        let complaint = last_lines(complaint);
        if grew_too_large(status) {
            return Self { succeeded: false, complaint: "File too large".to_owned() };
        }
        let complaint = if complaint.is_empty() && !status.success() { format!("ffmpeg ended with {status}") } else { complaint };
        Self { succeeded: status.success(), complaint }
    }
}

/// Whether the child was killed for passing the user's limit on file sizes (`ulimit -f`).
#[cfg(unix)]
fn grew_too_large(status: ExitStatus) -> bool {
    const SIGXFSZ: i32 = 25; // on Linux and macOS
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(SIGXFSZ)
}

#[cfg(not(unix))]
fn grew_too_large(_: ExitStatus) -> bool {
    false
}

/// Which ends of a child's pipes the caller holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pipes {
    None,
    Input,
    Output,
}

impl MediaProcess {
    /// Starts `program` with `arguments` in a process group of its own: Ctrl-C in a terminal reaches only our
    /// own process, which then ends its children in order.
    pub(crate) fn start<A: AsRef<std::ffi::OsStr>>(
        program: &'static str,
        arguments: impl IntoIterator<Item = A>,
        pipes: Pipes,
        work: MediaWork,
    ) -> Result<(Self, Option<ChildStdin>, Option<ChildStdout>), MediaError> {
        let mut command = Command::new(program);
        command.args(arguments).env("AV_LOG_FORCE_NOCOLOR", "1");
        command.stdin(if pipes == Pipes::Input { Stdio::piped() } else { Stdio::null() });
        command.stdout(if pipes == Pipes::Output { Stdio::piped() } else { Stdio::null() });
        command.stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);

        let (registration, child) = Registration::child(|| {
            command.spawn().map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => MediaError::ProgramMissing { program },
                _ => MediaError::Unreadable { path: program.into(), source: error },
            })
        })?;
        let (stdin, stdout, stderr) = {
            let mut child = locked(&child);
            tracing::debug!(program, id = child.id(), arguments = ?command.get_args(), "child starts");
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        };
        let complaints = stderr.map(|stderr| std::thread::spawn(move || drain(stderr)));
        Ok((Self { child, work, complaints, _registration: registration }, stdin, stdout))
    }

    /// Waits until the child ends by itself. The caller has closed its end of the pipes.
    pub(crate) fn wait(mut self) -> Result<Ending, MediaError> {
        let mut pause = Duration::from_micros(200);
        let status = loop {
            // Polled, so that the lock is free for `stop_everything` in between.
            match self.work.collect(&mut locked(&self.child), Child::try_wait) {
                Ok(Some(status)) => break status,
                Ok(None) => {}
                Err(source) => return Err(MediaError::Unreadable { path: "ffmpeg".into(), source }),
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(10));
        };
        if crate::interruption::is_stopped() {
            return Err(MediaError::Interrupted);
        }
        tracing::debug!(id = locked(&self.child).id(), %status, "child ends");
        let complaint = self.complaints.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        Ok(Ending::describe(status, &complaint))
    }

    /// A handle that can kill the child from another thread.
    pub(crate) fn killer(&self) -> Killer {
        Killer { child: Arc::clone(&self.child), work: self.work }
    }
}

impl Drop for MediaProcess {
    fn drop(&mut self) {
        self.killer().kill();
    }
}

/// Ends a child early.
#[derive(Debug, Clone)]
pub(crate) struct Killer {
    child: Arc<Mutex<Child>>,
    work: MediaWork,
}

impl Killer {
    /// Kills the child and collects it; nothing happens when it has ended already.
    pub(crate) fn kill(&self) {
        let mut child = locked(&self.child);
        if matches!(self.work.collect(&mut child, Child::try_wait), Ok(None)) {
            let _ = child.kill();
            let _ = self.work.collect(&mut child, |child| child.wait().map(Some));
            tracing::debug!(id = child.id(), "child killed");
        }
    }
}

/// Reads a child's standard error to its end, so that the child never blocks on it, and keeps the tail.
fn drain(mut stderr: impl Read) -> Vec<u8> {
    let mut tail = Vec::new();
    let mut buffer = [0_u8; 1024];
    while let Ok(count) = stderr.read(&mut buffer) {
        if count == 0 {
            break;
        }
        tail.extend_from_slice(&buffer[..count]);
        if tail.len() > 2 * COMPLAINT_BYTES {
            tail.drain(..tail.len() - COMPLAINT_BYTES);
        }
    }
    tail
}

/// The last three different lines, without ffmpeg's `[name @ 0x55d0]` marks, which change from run to run.
fn last_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut lines: Vec<&str> = Vec::new();
    for line in text.split(['\n', '\r']).rev() {
        let mut line = line.trim();
        while let Some((mark, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            if !mark.contains(" @ 0x") {
                break;
            }
            line = rest.trim();
        }
        let line = line.strip_prefix("file:").unwrap_or(line);
        if !line.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
        if lines.len() == 3 {
            break;
        }
    }
    lines.reverse();
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use super::last_lines;

    #[test]
    fn keeps_the_last_lines_without_addresses() {
        let said = b"one\n[mov,mp4 @ 0x55d0c8] moov atom not found\nx.mp4: Invalid data\nx.mp4: Invalid data\n";
        assert_eq!(last_lines(said), "one; moov atom not found; x.mp4: Invalid data");
    }
}
