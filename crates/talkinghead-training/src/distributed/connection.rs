//! Messages over a connection that tells when the other side is gone.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Time between two signs of life.
const BEAT: Duration = Duration::from_secs(5);
/// A side that gives no sign of life for so long is gone.
const SILENCE: Duration = Duration::from_secs(30);
/// Longest message, bytes: the gradients of a very large network.
const LONGEST: u64 = 16 << 30;
/// Kinds of message.
const ALIVE: u8 = 0;
const CONTENT: u8 = 1;

/// One end of a connection. Signs of life are sent by a thread of its own, so that a long step is no silence.
#[derive(Debug)]
pub(super) struct Connection {
    reader: TcpStream,
    writer: Arc<Mutex<TcpStream>>,
    ended: Arc<AtomicBool>,
    beats: Option<JoinHandle<()>>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> std::io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        let writer = Arc::new(Mutex::new(stream.try_clone()?));
        let ended = Arc::new(AtomicBool::new(false));
        let beats = std::thread::spawn({
            let (writer, ended) = (Arc::clone(&writer), Arc::clone(&ended));
            move || beat(&writer, &ended)
        });
        Ok(Self { reader: stream, writer, ended, beats: Some(beats) })
    }

    /// Sends a message.
    pub(super) fn send(&self, content: &[u8]) -> std::io::Result<()> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut head = [CONTENT; 9];
        head[1..].copy_from_slice(&(content.len() as u64).to_le_bytes());
        writer.write_all(&head)?;
        writer.write_all(content)
    }

    /// The next message, of at most so many bytes.
    pub(super) fn receive(&mut self, most: u64) -> std::io::Result<Vec<u8>> {
        loop {
            let mut kind = [0];
            self.reader.read_exact(&mut kind)?;
            if kind[0] == ALIVE {
                continue;
            }
            let mut length = [0; 8];
            self.reader.read_exact(&mut length)?;
            let length = u64::from_le_bytes(length);
            if kind[0] != CONTENT || length > most.min(LONGEST) {
                let reason = "the other side is no training of this program";
                return Err(std::io::Error::new(ErrorKind::InvalidData, reason));
            }
            // What is announced is only taken as it comes.
            let mut content = Vec::new();
            let read = Read::by_ref(&mut self.reader).take(length).read_to_end(&mut content)?;
            return if read as u64 == length { Ok(content) } else { Err(ErrorKind::UnexpectedEof.into()) };
        }
    }
}

fn beat(writer: &Mutex<TcpStream>, ended: &AtomicBool) {
    while !ended.load(Ordering::Relaxed) {
        std::thread::park_timeout(BEAT);
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        if !ended.load(Ordering::Relaxed) && writer.write_all(&[ALIVE]).is_err() {
            return;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(beats) = self.beats.take() {
            beats.thread().unpark();
            let _ = beats.join();
        }
    }
}
