//! The index of a file (ISO 23008-12): which parts make the main picture, and how it is shown.

use std::collections::BTreeMap;

use super::fields::Fields;

/// Most tiles, parts of one, and entries of a table.
const MOST: usize = 4096;

/// What the index says.
#[derive(Default)]
pub(super) struct Container {
    primary: u32,
    kinds: BTreeMap<u32, [u8; 4]>,
    parts: BTreeMap<u32, Parts>,
    tiles: BTreeMap<u32, Vec<u32>>,
    properties: Vec<Property>,
    belonging: BTreeMap<u32, Vec<usize>>,
    /// Bytes that lie in the index itself.
    inside: Vec<u8>,
}

#[derive(Default)]
struct Parts {
    /// Whether they lie in the index instead of the file.
    inside: bool,
    /// Offset and length.
    extents: Vec<(u64, u64)>,
}

#[derive(Clone)]
enum Property {
    Coding(Coding),
    Size(u32, u32),
    Colours(Colours),
    Turn(Transformation),
    /// Numerators and denominators: width, height, offset of the centre across and down.
    Cut([u32; 8]),
    Other,
}

/// How tiles are coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// HEVC: the bytes of a length, and the parameter sets in the form of a stream.
    Hevc { length_bytes: usize, parameters: Vec<u8> },
    /// AV1.
    Av1,
}

/// What the colours mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Colours {
    /// An ICC profile.
    Icc(Vec<u8>),
    /// Code points of ISO 23091-2.
    Numbered { primaries: u16, matrix: u16, full_range: bool },
}

/// How the decoded picture is shown, step by step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transformation {
    /// Quarter turns against the clock.
    TurnLeft(u8),
    FlipUpsideDown,
    FlipSideways,
    Cut {
        x: u32,
        y: u32,
        width: u32,
        height: u32,
    },
}

/// The main picture.
pub(super) struct Photo {
    /// Width and height as coded, before any transformation.
    pub(super) size: (u32, u32),
    /// Columns and rows of tiles.
    pub(super) grid: (u32, u32),
    /// The size of one.
    pub(super) tile: (u32, u32),
    pub(super) coding: Coding,
    /// What is coded, tile by tile.
    pub(super) tiles: Vec<Vec<u8>>,
    pub(super) colours: Option<Colours>,
    /// Colours as the tiles' own stream or box names them.
    pub(super) numbered: Option<Colours>,
    pub(super) transformations: Vec<Transformation>,
}

/// Why there is no main picture.
pub(super) enum Problem {
    Damaged,
    /// Its coding, by its four letters.
    Coding(String),
}

impl Photo {
    /// Width and height after all transformations.
    pub(super) fn shown_size(&self) -> (u32, u32) {
        self.transformations.iter().fold(self.size, |(width, height), step| match *step {
            Transformation::TurnLeft(turns) if turns % 2 == 1 => (height, width),
            Transformation::Cut { width, height, .. } => (width, height),
            _ => (width, height),
        })
    }
}

impl Container {
    /// Reads the index; `None` where it is cut short.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut meta = Fields(bytes).find(b"meta")?;
        meta.version()?;
        let mut container = Self::default();
        while let Some((name, content)) = meta.next_box() {
            match &name {
                b"pitm" => container.primary = primary(content)?,
                b"iinf" => container.kinds = kinds(content)?,
                b"iloc" => container.parts = parts(content)?,
                b"iref" => container.tiles = tiles(content)?,
                b"idat" => container.inside = content.0.to_vec(),
                b"iprp" => {
                    container.properties = properties(content.find(b"ipco")?)?;
                    container.belonging = belonging(content.find(b"ipma")?)?;
                }
                _ => {}
            }
        }
        Some(container)
    }

    /// The main picture, its parts taken from the file's bytes.
    pub(super) fn photo(&self, bytes: &[u8]) -> Result<Photo, Problem> {
        let kind = self.kinds.get(&self.primary).ok_or(Problem::Damaged)?;
        let alone = [self.primary];
        let (items, grid, whole): (&[u32], _, _) = if kind == b"grid" {
            let (grid, size) = grid(&self.content(self.primary, bytes).ok_or(Problem::Damaged)?).ok_or(Problem::Damaged)?;
            (self.tiles.get(&self.primary).ok_or(Problem::Damaged)?, grid, Some(size))
        } else {
            (&alone, (1, 1), None)
        };
        if items.len() != (grid.0 * grid.1) as usize || items.len() > MOST {
            return Err(Problem::Damaged);
        }
        let (mut tiles, mut total) = (Vec::new(), 0);
        for item in items {
            let kind = self.kinds.get(item).ok_or(Problem::Damaged)?;
            if kind != b"hvc1" && kind != b"av01" {
                return Err(Problem::Coding(String::from_utf8_lossy(kind).into_owned()));
            }
            let content = self.content(*item, bytes).ok_or(Problem::Damaged)?;
            // A small file that names the same bytes for many tiles would fill the memory.
            total += content.len();
            if total > bytes.len() {
                return Err(Problem::Damaged);
            }
            tiles.push(content);
        }
        let coding = self.of(items[0]).find_map(|property| match property {
            Property::Coding(coding) => Some(coding.clone()),
            _ => None,
        });
        let tile = self.size_of(items[0]).ok_or(Problem::Damaged)?;
        let size = whole.or(self.size_of(self.primary)).ok_or(Problem::Damaged)?;
        let covered = (u64::from(grid.0) * u64::from(tile.0), u64::from(grid.1) * u64::from(tile.1));
        if u64::from(size.0) > covered.0 || u64::from(size.1) > covered.1 || size.0 == 0 || size.1 == 0 {
            return Err(Problem::Damaged);
        }
        let numbered = self.colours(items[0], |colours| matches!(colours, Colours::Numbered { .. }));
        let is_icc = |colours: &Colours| matches!(colours, Colours::Icc(_));
        let icc = self.colours(self.primary, is_icc).or_else(|| self.colours(items[0], is_icc));
        Ok(Photo {
            size,
            grid,
            tile,
            coding: coding.ok_or(Problem::Damaged)?,
            tiles,
            colours: icc.or_else(|| numbered.clone()),
            numbered,
            transformations: self.transformations(size).ok_or(Problem::Damaged)?,
        })
    }

    fn of(&self, item: u32) -> impl Iterator<Item = &Property> {
        self.belonging.get(&item).into_iter().flatten().filter_map(|index| self.properties.get(index.checked_sub(1)?))
    }

    fn size_of(&self, item: u32) -> Option<(u32, u32)> {
        self.of(item)
            .find_map(|property| if let Property::Size(width, height) = property { Some((*width, *height)) } else { None })
    }

    fn colours(&self, item: u32, wanted: impl Fn(&Colours) -> bool) -> Option<Colours> {
        self.of(item).find_map(|property| match property {
            Property::Colours(colours) if wanted(colours) => Some(colours.clone()),
            _ => None,
        })
    }

    fn transformations(&self, size: (u32, u32)) -> Option<Vec<Transformation>> {
        let (mut width, mut height) = size;
        let mut steps = Vec::new();
        for property in self.of(self.primary) {
            match property {
                Property::Turn(turn) => {
                    steps.push(*turn);
                    if matches!(turn, Transformation::TurnLeft(1 | 3)) {
                        (width, height) = (height, width);
                    }
                }
                Property::Cut(numbers) => {
                    let cut = cut(numbers, width, height)?;
                    steps.push(cut);
                    if let Transformation::Cut { width: w, height: h, .. } = cut {
                        (width, height) = (w, h);
                    }
                }
                _ => {}
            }
        }
        Some(steps)
    }

    fn content(&self, item: u32, bytes: &[u8]) -> Option<Vec<u8>> {
        let parts = self.parts.get(&item)?;
        let from = if parts.inside { self.inside.as_slice() } else { bytes };
        let mut content = Vec::new();
        for (offset, length) in &parts.extents {
            let start = usize::try_from(*offset).ok()?;
            let end = if *length == 0 { from.len() } else { start.checked_add(usize::try_from(*length).ok()?)? };
            content.extend_from_slice(from.get(start..end)?);
            if content.len() > bytes.len() {
                return None;
            }
        }
        Some(content)
    }
}

fn primary(mut fields: Fields<'_>) -> Option<u32> {
    let (version, _) = fields.version()?;
    if version == 0 { fields.u16().map(u32::from) } else { fields.u32() }
}

fn kinds(mut fields: Fields<'_>) -> Option<BTreeMap<u32, [u8; 4]>> {
    let (version, _) = fields.version()?;
    fields.number(if version == 0 { 2 } else { 4 })?;
    let mut kinds = BTreeMap::new();
    while let Some((name, mut entry)) = fields.next_box() {
        if &name == b"infe" {
            let (version, _) = entry.version()?;
            if version < 2 {
                continue;
            }
            let id = if version == 2 { u32::from(entry.u16()?) } else { entry.u32()? };
            entry.u16()?;
            kinds.insert(id, entry.take(4)?.try_into().ok()?);
        }
    }
    Some(kinds)
}

fn parts(mut fields: Fields<'_>) -> Option<BTreeMap<u32, Parts>> {
    let (version, _) = fields.version()?;
    let sizes = fields.u16()?;
    let width = |shift: u16| usize::from(sizes >> shift & 15);
    let (offset_bytes, length_bytes, base_bytes) = (width(12), width(8), width(4));
    let index_bytes = if version == 0 { 0 } else { width(0) };
    let count = if version < 2 { u32::from(fields.u16()?) } else { fields.u32()? };
    let mut parts = BTreeMap::new();
    for _ in 0..count {
        let id = if version < 2 { u32::from(fields.u16()?) } else { fields.u32()? };
        let inside = version > 0 && fields.u16()? & 15 == 1;
        fields.u16()?;
        let base = fields.number(base_bytes)?;
        let mut extents = Vec::new();
        for _ in 0..usize::from(fields.u16()?).min(MOST) {
            fields.number(index_bytes)?;
            let offset = fields.number(offset_bytes)?;
            extents.push((base.checked_add(offset)?, fields.number(length_bytes)?));
        }
        parts.insert(id, Parts { inside, extents });
    }
    Some(parts)
}

fn tiles(mut fields: Fields<'_>) -> Option<BTreeMap<u32, Vec<u32>>> {
    let (version, _) = fields.version()?;
    let bytes = if version == 0 { 2 } else { 4 };
    let mut tiles = BTreeMap::new();
    while let Some((name, mut entry)) = fields.next_box() {
        if &name == b"dimg" {
            let mut id = || entry.number(bytes).map(|id| id as u32);
            let from = id()?;
            let count = entry.u16()?;
            let to: Option<Vec<u32>> = (0..count).map(|_| entry.number(bytes).map(|id| id as u32)).collect();
            tiles.insert(from, to?);
        }
    }
    Some(tiles)
}

fn properties(mut fields: Fields<'_>) -> Option<Vec<Property>> {
    let mut properties = Vec::new();
    while let Some((name, mut content)) = fields.next_box() {
        properties.push(match &name {
            b"hvcC" => Property::Coding(hevc(content)?),
            b"av1C" => Property::Coding(Coding::Av1),
            b"ispe" => {
                content.version()?;
                Property::Size(content.u32()?, content.u32()?)
            }
            b"irot" => Property::Turn(Transformation::TurnLeft(content.u8()? & 3)),
            b"imir" if content.u8()? & 1 == 0 => Property::Turn(Transformation::FlipUpsideDown),
            b"imir" => Property::Turn(Transformation::FlipSideways),
            b"clap" => {
                let mut numbers = [0; 8];
                for number in &mut numbers {
                    *number = content.u32()?;
                }
                Property::Cut(numbers)
            }
            b"colr" => colours(content)?,
            _ => Property::Other,
        });
    }
    Some(properties)
}

fn colours(mut fields: Fields<'_>) -> Option<Property> {
    Some(match fields.take(4)? {
        b"prof" | b"rICC" => Property::Colours(Colours::Icc(fields.0.to_vec())),
        b"nclx" => {
            let (primaries, _, matrix) = (fields.u16()?, fields.u16()?, fields.u16()?);
            Property::Colours(Colours::Numbered { primaries, matrix, full_range: fields.u8()? & 0x80 != 0 })
        }
        _ => Property::Other,
    })
}

/// Parameter sets (ISO 14496-15) in the form of a stream.
fn hevc(mut fields: Fields<'_>) -> Option<Coding> {
    fields.take(21)?;
    let length_bytes = usize::from(fields.u8()? & 3) + 1;
    let mut parameters = Vec::new();
    for _ in 0..fields.u8()? {
        fields.u8()?;
        for _ in 0..fields.u16()? {
            let length = usize::from(fields.u16()?);
            parameters.extend_from_slice(&[0, 0, 0, 1]);
            parameters.extend_from_slice(fields.take(length)?);
        }
    }
    Some(Coding::Hevc { length_bytes, parameters })
}

fn belonging(mut fields: Fields<'_>) -> Option<BTreeMap<u32, Vec<usize>>> {
    let (version, flags) = fields.version()?;
    let mut belonging = BTreeMap::new();
    for _ in 0..fields.u32()? {
        let id = if version == 0 { u32::from(fields.u16()?) } else { fields.u32()? };
        let count = fields.u8()?;
        let index = |fields: &mut Fields<'_>| {
            if flags & 1 == 1 {
                fields.u16().map(|i| usize::from(i & 0x7FFF))
            } else {
                fields.u8().map(|i| usize::from(i & 0x7F))
            }
        };
        let indices: Option<Vec<usize>> = (0..count).map(|_| index(&mut fields)).collect();
        belonging.insert(id, indices?);
    }
    Some(belonging)
}

/// Columns and rows, and the whole picture's size.
fn grid(content: &[u8]) -> Option<((u32, u32), (u32, u32))> {
    let mut fields = Fields(content);
    fields.u8()?;
    let bytes = if fields.u8()? & 1 == 0 { 2 } else { 4 };
    let (rows, columns) = (u32::from(fields.u8()?) + 1, u32::from(fields.u8()?) + 1);
    let (width, height) = (fields.number(bytes)? as u32, fields.number(bytes)? as u32);
    Some(((columns, rows), (width, height)))
}

/// A clean aperture (ISO 14496-12) in whole pixels.
fn cut(numbers: &[u32; 8], width: u32, height: u32) -> Option<Transformation> {
    let ratio = |at: usize, signed: bool| {
        let above = if signed { f64::from(numbers[at] as i32) } else { f64::from(numbers[at]) };
        (numbers[at + 1] > 0).then(|| above / f64::from(numbers[at + 1]))
    };
    let (wide, high) = (ratio(0, false)?, ratio(2, false)?);
    let start = |whole: u32, part: f64, offset: f64| ((f64::from(whole) - part) / 2.0 + offset).round().max(0.0) as u32;
    let (x, y) = (start(width, wide, ratio(4, true)?), start(height, high, ratio(6, true)?));
    let (wide, high) = ((wide.round() as u32).min(width.checked_sub(x)?), (high.round() as u32).min(height.checked_sub(y)?));
    (wide > 0 && high > 0).then_some(Transformation::Cut { x, y, width: wide, height: high })
}
