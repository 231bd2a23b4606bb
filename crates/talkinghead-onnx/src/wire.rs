//! Whether a file's bytes have the form of its format, before a parser that trusts lengths sees them: one that goes beyond the end wraps there, and
//! the parser reads on behind its own back, for ever.

/// Messages of ONNX that hold others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    SequenceType,
    Shape,
    /// One whose fields hold no messages.
    Flat,
}

/// Messages within messages; graphs within graphs are not taken anyway.
const DEEPEST: usize = 16;

impl Message {
    /// The message that a field holds; `None` for text, bytes and packed numbers.
    fn field(self, number: u64) -> Option<Self> {
        match (self, number) {
            (Self::Model, 7) => Some(Self::Graph),
            (Self::Model, 8 | 14) => Some(Self::Flat),
            (Self::Graph, 1) => Some(Self::Node),
            (Self::Graph, 5) => Some(Self::Tensor),
            (Self::Graph, 11..=13) => Some(Self::ValueInfo),
            (Self::Node, 5) => Some(Self::Attribute),
            (Self::Attribute, 5) => Some(Self::Tensor),
            (Self::Attribute, 6) => Some(Self::Graph),
            (Self::Tensor, 13) => Some(Self::Flat),
            (Self::ValueInfo, 2) => Some(Self::Type),
            (Self::Type, 1) => Some(Self::TensorType),
            (Self::Type, 4) => Some(Self::SequenceType),
            (Self::SequenceType, 1) => Some(Self::Type),
            (Self::TensorType, 2) => Some(Self::Shape),
            (Self::Shape, 1) => Some(Self::Flat),
            _ => None,
        }
    }
}

/// Whether every field of a model, and of the messages in it, lies within what holds it.
pub(crate) fn is_well_formed(bytes: &[u8]) -> bool {
    holds(Message::Model, bytes, 0)
}

fn holds(message: Message, mut bytes: &[u8], depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    while !bytes.is_empty() {
        let Some(tag) = varint(&mut bytes) else { return false };
        let length = match tag & 7 {
            0 => match varint(&mut bytes) {
                Some(_) => continue,
                None => return false,
            },
            1 => 8,
            5 => 4,
            2 => match varint(&mut bytes).map(usize::try_from) {
                Some(Ok(length)) => length,
                _ => return false,
            },
            // Groups, which nothing of today writes, and what is none.
            _ => return false,
        };
        let Some((content, rest)) = bytes.split_at_checked(length) else { return false };
        let inner = message.field(tag >> 3).filter(|_| tag & 7 == 2);
        if inner.is_some_and(|inner| !holds(inner, content, depth + 1)) {
            return false;
        }
        bytes = rest;
    }
    true
}

/// Takes a number of one to ten bytes.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for place in 0..10 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F).checked_shl(7 * place)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_stay_within_what_holds_them() {
        // A graph with a node of one empty attribute.
        let model = [0x3A, 4, 0x0A, 2, 0x2A, 0];
        assert!(is_well_formed(&model));
        assert!(is_well_formed(&[]));
        for end in 1..model.len() {
            assert!(!is_well_formed(&model[..end]), "cut to {end} bytes");
        }
        // Text that is eleven bytes shorter than nothing.
        let mut wraps = vec![0x12, 0xF5];
        wraps.extend([0xFF; 8]);
        wraps.push(1);
        assert!(!is_well_formed(&wraps));
        assert!(crate::ForeignOnnx::read(wraps, &["Conv"]).is_err());
        // The same within a node, and a node longer than its graph.
        let mut inner = vec![0x3A, 15, 0x0A, 13, 0x1A, 0xF5];
        inner.extend([0xFF; 8]);
        inner.extend([1, 0, 0]);
        assert!(!is_well_formed(&inner));
        assert!(!is_well_formed(&[0x3A, 2, 0x0A, 9]));
        // A number without an end.
        assert!(!is_well_formed(&[0xFF; 20]));
    }

    #[test]
    fn messages_deep_in_each_other_are_refused() {
        // Sequences of sequences, in a value's type.
        let mut bytes: Vec<u8> = Vec::new();
        for _ in 0..40 {
            let length = bytes.len() as u8;
            bytes.splice(0..0, [0x0A, length]);
            let length = bytes.len() as u8;
            bytes.splice(0..0, [0x22, length]);
            if bytes.len() > 100 {
                break;
            }
        }
        let graph = [&[0x5A, bytes.len() as u8 + 2, 0x12, bytes.len() as u8], bytes.as_slice()].concat();
        let model = [&[0x3A, graph.len() as u8], graph.as_slice()].concat();
        assert!(!is_well_formed(&model));
    }
}
