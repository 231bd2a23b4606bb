//! A reader for the subset of Python's pickle format that `torch.save` writes for state dicts. It builds values in an arena
//! and calls nothing: a `REDUCE` is understood only for the handful of functions that describe tensors.

use std::collections::HashMap;

/// Longest pickle that is read, bytes.
const LONGEST: usize = 64 << 20;
/// Most values that a pickle may make.
const MOST_VALUES: usize = 4 << 20;
/// Most dimensions of a tensor.
const MOST_DIMENSIONS: usize = 8;

/// Reference to a value in the arena.
pub type Id = usize;

/// A value of a pickle.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    None,
    Boolean(bool),
    Integer(i64),
    /// An integer of more than 64 bits, little-endian two's complement.
    Long(Vec<u8>),
    Float(f64),
    Text(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dictionary(Vec<(Id, Id)>),
    /// A function or class, by name; never called.
    Global(&'static str),
    Storage(StorageReference),
    Tensor(TensorReference),
    Mark,
}

/// Names a run of numbers elsewhere in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct StorageReference {
    /// PyTorch's class name, such as `FloatStorage`.
    pub class: &'static str,
    /// Its key in the file.
    pub key: String,
    /// Number of elements.
    pub count: usize,
}

/// A view of a storage.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorReference {
    pub storage: StorageReference,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub stride: Vec<usize>,
}

/// Every name that a pickle may mention.
const KNOWN: &[(&str, &str, &str)] = &[
    ("collections", "OrderedDict", "OrderedDict"),
    ("torch", "Size", "Size"),
    ("torch._utils", "_rebuild_tensor", "tensor"),
    ("torch._utils", "_rebuild_tensor_v2", "tensor"),
    ("torch._utils", "_rebuild_parameter", "parameter"),
    ("torch", "FloatStorage", "FloatStorage"),
    ("torch", "DoubleStorage", "DoubleStorage"),
    ("torch", "HalfStorage", "HalfStorage"),
    ("torch", "BFloat16Storage", "BFloat16Storage"),
    ("torch", "LongStorage", "LongStorage"),
    ("torch", "IntStorage", "IntStorage"),
    ("torch", "ShortStorage", "ShortStorage"),
    ("torch", "CharStorage", "CharStorage"),
    ("torch", "ByteStorage", "ByteStorage"),
    ("torch", "BoolStorage", "BoolStorage"),
];

/// A pickle that has been read.
#[derive(Debug)]
pub struct Pickle {
    values: Vec<Value>,
    /// The value at the top.
    pub root: Id,
    /// Bytes that the pickle took.
    pub length: usize,
}

impl Pickle {
    /// Reads one pickle from the start of `bytes`.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut machine = Machine { bytes, position: 0, values: Vec::new(), stack: Vec::new(), memo: HashMap::new(), copied: 0 };
        let root = machine.run()?;
        Ok(Self { length: machine.position, values: machine.values, root })
    }

    /// Every storage that is mentioned.
    pub fn storages(&self) -> impl Iterator<Item = &StorageReference> {
        self.values.iter().filter_map(|value| match value {
            Value::Storage(storage) => Some(storage),
            _ => None,
        })
    }

    /// A value by reference.
    pub fn value(&self, id: Id) -> &Value {
        &self.values[id]
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    position: usize,
    values: Vec<Value>,
    stack: Vec<Id>,
    memo: HashMap<usize, Id>,
    copied: usize,
}

impl Machine<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let end = self.position.checked_add(count).filter(|end| *end <= self.bytes.len() && *end <= LONGEST);
        let end = end.ok_or_else(|| format!("the pickle ends early: wanted {count} bytes at {}", self.position))?;
        let slice = &self.bytes[self.position..end];
        self.position = end;
        Ok(slice)
    }

    fn number(&mut self, width: usize) -> Result<usize, String> {
        let bytes = self.take(width)?;
        let value = bytes.iter().rev().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        usize::try_from(value).map_err(|_| "a length in the pickle is too large".to_string())
    }

    fn line(&mut self) -> Result<String, String> {
        let rest = &self.bytes[self.position..self.bytes.len().min(self.position + 256)];
        let length = rest.iter().position(|byte| *byte == b'\n').ok_or("a name in the pickle has no end")?;
        let text = String::from_utf8_lossy(&rest[..length]).into_owned();
        self.position += length + 1;
        Ok(text)
    }

    fn push(&mut self, value: Value) -> Result<(), String> {
        if self.values.len() >= MOST_VALUES {
            return Err(format!("the pickle makes more than {MOST_VALUES} values"));
        }
        self.values.push(value);
        self.stack.push(self.values.len() - 1);
        Ok(())
    }

    fn pop(&mut self) -> Result<Id, String> {
        let id = self.stack.pop().ok_or("the pickle takes a value from an empty stack")?;
        if self.values[id] == Value::Mark { Err("the pickle takes a mark for a value".into()) } else { Ok(id) }
    }

    /// Takes everything down to the last mark.
    fn pop_mark(&mut self) -> Result<Vec<Id>, String> {
        let mark = self
            .stack
            .iter()
            .rposition(|id| self.values[*id] == Value::Mark)
            .ok_or("the pickle has no mark where one is needed")?;
        let items = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(items)
    }

    fn top(&self) -> Result<Id, String> {
        self.stack.last().copied().ok_or_else(|| "the pickle uses the top of an empty stack".to_string())
    }

    fn text(&mut self, width: usize) -> Result<(), String> {
        let length = self.number(width)?;
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| "a text in the pickle is not UTF-8")?.to_string();
        self.push(Value::Text(text))
    }

    fn tuple(&mut self, count: usize) -> Result<(), String> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        self.push(Value::Tuple(items))
    }

    fn remember(&mut self, slot: usize) -> Result<(), String> {
        let id = self.top()?;
        self.memo.insert(slot, id);
        Ok(())
    }

    fn recall(&mut self, slot: usize) -> Result<(), String> {
        let id = *self.memo.get(&slot).ok_or_else(|| format!("the pickle recalls value {slot}, which it never made"))?;
        self.stack.push(id);
        Ok(())
    }

    fn run(&mut self) -> Result<Id, String> {
        loop {
            let at = self.position;
            let code = self.take(1)?[0];
            match code {
                0x80 => {
                    let protocol = self.take(1)?[0];
                    if protocol > 5 {
                        return Err(format!("pickle protocol {protocol} is unknown"));
                    }
                }
                0x95 => {
                    self.take(8)?;
                }
                b'.' => return self.pop(),
                b'(' => self.push(Value::Mark)?,
                b'N' => self.push(Value::None)?,
                0x88 => self.push(Value::Boolean(true))?,
                0x89 => self.push(Value::Boolean(false))?,
                b'J' => {
                    let value = self.number(4)? as u32 as i32;
                    self.push(Value::Integer(i64::from(value)))?;
                }
                b'K' => {
                    let value = self.number(1)?;
                    self.push(Value::Integer(value as i64))?;
                }
                b'M' => {
                    let value = self.number(2)?;
                    self.push(Value::Integer(value as i64))?;
                }
                0x8a => {
                    let length = self.number(1)?;
                    let long = self.take(length)?.to_vec();
                    self.push(long_integer(long))?;
                }
                b'G' => {
                    let mut raw = [0; 8];
                    raw.copy_from_slice(self.take(8)?);
                    self.push(Value::Float(f64::from_be_bytes(raw)))?;
                }
                b'X' => self.text(4)?,
                0x8c => self.text(1)?,
                0x8d => self.text(8)?,
                b'U' => self.text(1)?,
                b'T' => self.text(4)?,
                b')' => self.push(Value::Tuple(Vec::new()))?,
                0x85 => self.tuple(1)?,
                0x86 => self.tuple(2)?,
                0x87 => self.tuple(3)?,
                b't' => {
                    let items = self.pop_mark()?;
                    self.push(Value::Tuple(items))?;
                }
                b']' => self.push(Value::List(Vec::new()))?,
                b'l' => {
                    let items = self.pop_mark()?;
                    self.push(Value::List(items))?;
                }
                b'a' => {
                    let item = self.pop()?;
                    self.extend(vec![item])?;
                }
                b'e' => {
                    let items = self.pop_mark()?;
                    self.extend(items)?;
                }
                b'}' => self.push(Value::Dictionary(Vec::new()))?,
                b's' => {
                    let value = self.pop()?;
                    let key = self.pop()?;
                    self.set(&[key, value])?;
                }
                b'u' => {
                    let items = self.pop_mark()?;
                    self.set(&items)?;
                }
                b'q' => {
                    let slot = self.number(1)?;
                    self.remember(slot)?;
                }
                b'r' => {
                    let slot = self.number(4)?;
                    self.remember(slot)?;
                }
                0x94 => self.remember(self.memo.len())?,
                b'h' => {
                    let slot = self.number(1)?;
                    self.recall(slot)?;
                }
                b'j' => {
                    let slot = self.number(4)?;
                    self.recall(slot)?;
                }
                b'c' => {
                    let (module, name) = (self.line()?, self.line()?);
                    self.global(&module, &name)?;
                }
                0x93 => {
                    let (name, module) = (self.pop()?, self.pop()?);
                    match (&self.values[module], &self.values[name]) {
                        (Value::Text(module), Value::Text(name)) => {
                            let (module, name) = (module.clone(), name.clone());
                            self.global(&module, &name)?;
                        }
                        _ => return Err("the pickle names a function by something that is no text".into()),
                    }
                }
                b'Q' => self.persistent()?,
                b'R' => self.reduce()?,
                b'b' => {
                    // The extra state of an ordered dictionary (version numbers of layers) says nothing about tensors.
                    self.pop()?;
                    let target = self.top()?;
                    if !matches!(self.values[target], Value::Dictionary(_)) {
                        return Err(
                            "refused: the pickle sets the state of an object; only tensors are read, nothing is executed".into(),
                        );
                    }
                }
                other => {
                    return Err(format!(
                        "refused: pickle instruction 0x{other:02x} at byte {at} is not needed for tensors; only tensors are read, nothing is executed"
                    ));
                }
            }
        }
    }

    fn extend(&mut self, items: Vec<Id>) -> Result<(), String> {
        let target = self.top()?;
        match &mut self.values[target] {
            Value::List(list) => {
                list.extend(items);
                Ok(())
            }
            _ => Err("the pickle appends to something that is no list".into()),
        }
    }

    fn set(&mut self, items: &[Id]) -> Result<(), String> {
        let target = self.top()?;
        let (pairs, rest) = items.as_chunks::<2>();
        if !rest.is_empty() {
            return Err("the pickle sets a key without a value".into());
        }
        match &mut self.values[target] {
            Value::Dictionary(dictionary) => {
                dictionary.extend(pairs.iter().map(|[key, value]| (*key, *value)));
                Ok(())
            }
            _ => Err("the pickle sets an item of something that is no dictionary".into()),
        }
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), String> {
        let known = KNOWN.iter().find(|(m, n, _)| *m == module && *n == name);
        let (_, _, meaning) = known.ok_or_else(|| {
            format!("refused: the pickle mentions `{module}.{name}`; only tensors are read, nothing is executed")
        })?;
        self.push(Value::Global(meaning))
    }

    /// `('storage', class, key, location, count, ...)`.
    fn persistent(&mut self) -> Result<(), String> {
        let id = self.pop()?;
        let wrong = || "a storage in the pickle is not ('storage', class, key, location, count)".to_string();
        let Value::Tuple(items) = &self.values[id] else { return Err(wrong()) };
        let [kind, class, key, _, count] =
            items.get(..5).and_then(|items| items.try_into().ok()).map(|items: [Id; 5]| items).ok_or_else(wrong)?;
        let reference = match [kind, class, key, count].map(|id| &self.values[id]) {
            [Value::Text(kind), Value::Global(class), Value::Text(key), Value::Integer(count)]
                if kind == "storage" && class.ends_with("Storage") =>
            {
                let count = usize::try_from(*count).map_err(|_| wrong())?;
                StorageReference { class, key: key.clone(), count }
            }
            _ => return Err(wrong()),
        };
        self.push(Value::Storage(reference))
    }

    fn reduce(&mut self) -> Result<(), String> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Value::Tuple(arguments) = &self.values[arguments] else {
            return Err("the pickle calls something without a tuple of arguments".into());
        };
        // No function of ours looks at more.
        let arguments: Vec<Id> = arguments.iter().take(MOST_DIMENSIONS).copied().collect();
        let value = match self.values[function] {
            Value::Global("OrderedDict") => self.ordered_dictionary(&arguments)?,
            Value::Global("tensor") => Value::Tensor(self.tensor(&arguments)?),
            Value::Global("parameter") => match arguments.first().map(|id| &self.values[*id]) {
                Some(Value::Tensor(tensor)) => Value::Tensor(tensor.clone()),
                _ => return Err("a parameter in the pickle holds no tensor".into()),
            },
            Value::Global("Size") => match arguments.first().map(|id| &self.values[*id]) {
                Some(Value::Tuple(sizes) | Value::List(sizes)) if sizes.len() <= MOST_DIMENSIONS => Value::Tuple(sizes.clone()),
                _ => return Err("a size in the pickle holds no numbers".into()),
            },
            _ => return Err("refused: the pickle calls something that makes no tensor; nothing is executed".into()),
        };
        self.push(value)
    }

    fn ordered_dictionary(&mut self, arguments: &[Id]) -> Result<Value, String> {
        let Some(first) = arguments.first() else { return Ok(Value::Dictionary(Vec::new())) };
        let Value::List(pairs) = &self.values[*first] else {
            return Err("an ordered dictionary in the pickle is made from something that is no list".into());
        };
        self.copied += pairs.len();
        if self.copied > MOST_VALUES {
            return Err(format!("the pickle copies more than {MOST_VALUES} values"));
        }
        let pair = |id: &Id| match &self.values[*id] {
            Value::Tuple(pair) | Value::List(pair) if pair.len() == 2 => Ok((pair[0], pair[1])),
            _ => Err("an ordered dictionary in the pickle is made from something that is no pair".to_string()),
        };
        Ok(Value::Dictionary(pairs.iter().map(pair).collect::<Result<_, _>>()?))
    }

    /// `(storage, offset, size, stride, ...)`.
    fn tensor(&self, arguments: &[Id]) -> Result<TensorReference, String> {
        let wrong = || "a tensor in the pickle is not (storage, offset, size, stride)".to_string();
        let [storage, offset, size, stride] =
            arguments.get(..4).and_then(|items| items.try_into().ok()).map(|items: [Id; 4]| items).ok_or_else(wrong)?;
        let number = |id: &Id| match self.values[*id] {
            Value::Integer(value) => usize::try_from(value).map_err(|_| wrong()),
            _ => Err(wrong()),
        };
        let numbers = |id: Id| match &self.values[id] {
            Value::Tuple(items) | Value::List(items) if items.len() <= MOST_DIMENSIONS => {
                items.iter().map(number).collect::<Result<Vec<_>, _>>()
            }
            _ => Err(wrong()),
        };
        let Value::Storage(storage) = &self.values[storage] else { return Err(wrong()) };
        let (shape, stride) = (numbers(size)?, numbers(stride)?);
        if shape.len() != stride.len() {
            return Err(wrong());
        }
        Ok(TensorReference { storage: storage.clone(), offset: number(&offset)?, shape, stride })
    }
}

fn long_integer(bytes: Vec<u8>) -> Value {
    if bytes.len() > 8 {
        return Value::Long(bytes);
    }
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut raw = [if negative { 0xFF } else { 0 }; 8];
    raw[..bytes.len()].copy_from_slice(&bytes);
    Value::Integer(i64::from_le_bytes(raw))
}
