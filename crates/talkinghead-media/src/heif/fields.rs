//! Numbers and boxes out of bytes, never beyond their end.

/// Bytes that are taken from the front.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A big-endian number of up to 8 bytes; 0 of none.
    pub(super) fn number(&mut self, bytes: usize) -> Option<u64> {
        let taken = self.take(bytes).filter(|taken| taken.len() <= 8)?;
        Some(taken.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.number(2).and_then(|number| u16::try_from(number).ok())
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.number(4).and_then(|number| u32::try_from(number).ok())
    }

    /// The version and flags that begin many boxes.
    pub(super) fn version(&mut self) -> Option<(u8, u32)> {
        let word = self.u32()?;
        Some(((word >> 24) as u8, word & 0x00FF_FFFF))
    }

    /// The name and content of the next box; `None` at the end or where it is cut short.
    pub(super) fn next_box(&mut self) -> Option<([u8; 4], Fields<'a>)> {
        let mut rest = *self;
        let short = rest.u32()?;
        let name: [u8; 4] = rest.take(4)?.try_into().ok()?;
        let (size, head) = match short {
            0 => (self.0.len() as u64, 8),
            1 => (rest.number(8)?, 16),
            size => (u64::from(size), 8),
        };
        let whole = self.take(usize::try_from(size).ok()?)?;
        Some((name, Fields(whole.get(head..)?)))
    }

    /// The content of the first box of that name.
    pub(super) fn find(mut self, wanted: &[u8; 4]) -> Option<Fields<'a>> {
        loop {
            let (name, content) = self.next_box()?;
            if &name == wanted {
                return Some(content);
            }
        }
    }
}
