//! Messages of TensorBoard's event files, and how a file frames them.
//!
//! The messages are protocol buffers (`tensorflow.Event`), of which only a few fields are needed; a record is its length, the data, and
//! a masked CRC-32C of each.

/// What a file tells of one step.
#[derive(Debug, Clone, PartialEq)]
pub enum Summary {
    /// A number under a name.
    Scalar(f32),
    /// A PNG under a name.
    Picture {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// The file's bytes.
        png: Vec<u8>,
    },
}

/// The first message of every file.
pub(super) fn version(wall_time: f64) -> Vec<u8> {
    let mut event = stamped(wall_time, 0);
    bytes_field(&mut event, 3, b"brain.Event:2");
    event
}

/// Says that the run starts (again) at a step: what was told of later steps no longer counts.
pub(super) fn start(wall_time: f64, step: u64) -> Vec<u8> {
    let mut log = Vec::new();
    whole_field(&mut log, 1, 1);
    let mut event = stamped(wall_time, step);
    bytes_field(&mut event, 7, &log);
    event
}

/// Values of a step.
pub(super) fn values(wall_time: f64, step: u64, values: &[(String, Summary)]) -> Vec<u8> {
    let mut summary = Vec::new();
    for (tag, content) in values {
        let mut value = Vec::new();
        bytes_field(&mut value, 1, tag.as_bytes());
        match content {
            Summary::Scalar(number) => {
                value.push(2 << 3 | 5);
                value.extend(number.to_le_bytes());
            }
            Summary::Picture { width, height, png } => {
                let mut picture = Vec::new();
                whole_field(&mut picture, 1, u64::from(*height));
                whole_field(&mut picture, 2, u64::from(*width));
                whole_field(&mut picture, 3, 3);
                bytes_field(&mut picture, 4, png);
                bytes_field(&mut value, 4, &picture);
            }
        }
        bytes_field(&mut summary, 1, &value);
    }
    let mut event = stamped(wall_time, step);
    bytes_field(&mut event, 5, &summary);
    event
}

/// A message as it lies in a file.
pub(super) fn record(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_le_bytes();
    let mut bytes = Vec::with_capacity(message.len() + 16);
    bytes.extend(length);
    bytes.extend(masked(crc32c(&length)).to_le_bytes());
    bytes.extend(message);
    bytes.extend(masked(crc32c(message)).to_le_bytes());
    bytes
}

fn stamped(wall_time: f64, step: u64) -> Vec<u8> {
    let mut event = vec![1 << 3 | 1];
    event.extend(wall_time.to_le_bytes());
    whole_field(&mut event, 2, step);
    event
}

fn whole_field(message: &mut Vec<u8>, field: u8, value: u64) {
    message.push(field << 3);
    variable_length(message, value);
}

fn bytes_field(message: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    message.push(field << 3 | 2);
    variable_length(message, bytes.len() as u64);
    message.extend(bytes);
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
fn variable_length(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

/// Rotated and shifted, so that the checksum of data with checksums in it stays sound.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xA282_EAD8)
}

/// CRC-32C (Castagnoli).
pub fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    !bytes.iter().fold(u32::MAX, |crc, &byte| (crc >> 8) ^ TABLE[((crc ^ u32::from(byte)) & 0xFF) as usize])
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82F6_3B78 } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Check values of the Castagnoli polynomial (RFC 3720, B.4).
    #[test]
    fn checksums_are_the_standard_ones() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
        assert_eq!(crc32c(&[0xFF; 32]), 0x62A8_AB43);
    }

    #[test]
    fn a_scalar_is_encoded_as_the_format_says() {
        let event = values(1.0, 300, &[("a".to_owned(), Summary::Scalar(0.5))]);
        let value = [0x0A, 1, b'a', 0x15, 0, 0, 0, 0x3F];
        let mut wanted = vec![0x09];
        wanted.extend(1.0_f64.to_le_bytes());
        wanted.extend([0x10, 0xAC, 0x02, 0x2A, 10, 0x0A, 8]);
        wanted.extend(value);
        assert_eq!(event, wanted);
        let framed = record(&event);
        assert_eq!(framed.len(), event.len() + 16);
        assert_eq!(framed[..8], (event.len() as u64).to_le_bytes());
    }
}
