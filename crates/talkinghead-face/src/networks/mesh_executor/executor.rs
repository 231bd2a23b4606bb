//! Runs the landmark network: the stem, the blocks one after the other, and the two heads.

use std::sync::Mutex;

use talkinghead_simd::InstructionSet;

use super::graph::{self, Block, Layers};
use super::kernels::{Onto, max_pool_row};

/// Points the network gives; its output is padded to more.
const POINTS: usize = 478;
/// Side of the input picture.
pub(crate) const SIDE: usize = 256;
/// Floats of one input row: the pixels and one of zeros.
pub(crate) const INPUT_ROW: usize = (SIDE + 1) * 3;

/// The network, ready to run; shared by threads.
#[derive(Debug)]
pub(crate) struct MeshExecutor {
    layers: Layers,
    instructions: InstructionSet,
    /// Working memory that no run uses at the moment: one for each thread that ever ran at the same time.
    spare: Mutex<Vec<Memory>>,
}

/// What the network says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MeshOutput {
    /// `[478 * 3]`, crop pixels.
    pub(crate) points: Vec<f32>,
    /// Before the sigmoid.
    pub(crate) presence_logit: f32,
}

impl MeshExecutor {
    /// Reads the ONNX file.
    ///
    /// # Errors
    /// What in the graph is not as expected.
    pub(crate) fn new(onnx: &[u8], instructions: InstructionSet) -> Result<Self, String> {
        Ok(Self { layers: graph::read(onnx)?, instructions, spare: Mutex::default() })
    }

    /// Runs the network.
    ///
    /// `fill` writes the picture, RGB 0..1, into `[257, 257, 3]` floats: 256 rows of 256 pixels. The last row and the last
    /// pixel of each row are zero and must stay so.
    pub(crate) fn run(&self, fill: impl FnOnce(&mut [f32])) -> MeshOutput {
        let mut memory = self.spare.lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_default();
        memory.input.resize((SIDE + 1) * INPUT_ROW, 0.0);
        fill(&mut memory.input);
        let output = self.run_in(&mut memory);
        if let Ok(mut spare) = self.spare.lock() {
            spare.push(memory);
        }
        output
    }

    fn run_in(&self, memory: &mut Memory) -> MeshOutput {
        let Memory { input, picture, halved, window, middle } = memory;
        let mut side = SIDE / 2;
        let stem = &self.layers.stem;
        picture.resize(side * side * stem.outputs, 0.0);
        for (y, out) in picture.chunks_exact_mut(side * stem.outputs).enumerate() {
            let row = |k: usize| &input[(2 * y + k) * INPUT_ROW..(2 * y + k + 1) * INPUT_ROW];
            stem.row(self.instructions, &[row(0), row(1), row(2)], 6, side, Onto::Nothing, out);
        }
        for block in &self.layers.blocks {
            side /= if block.halves { 2 } else { 1 };
            window.start(side, block.depthwise.channels);
            middle.resize(side * block.depthwise.channels, 0.0);
            if block.halves {
                halved.resize(side * side * block.expand.outputs, 0.0);
                block.halved(self.instructions, picture, side, window, middle, halved);
                std::mem::swap(picture, halved);
            } else {
                block.in_place(self.instructions, picture, side, window, middle);
            }
        }
        let rows: Vec<&[f32]> = picture.chunks_exact(picture.len() / 2).collect();
        let mut presence = vec![0.0; self.layers.presence.outputs];
        self.layers.presence.row(self.instructions, &rows, 0, 1, Onto::Nothing, &mut presence);
        let mut points = vec![0.0; self.layers.points.outputs];
        self.layers.points.row(self.instructions, &rows, 0, 1, Onto::Nothing, &mut points);
        points.truncate(POINTS * 3);
        MeshOutput { points, presence_logit: presence[0] }
    }
}

/// What a run works in; kept for the next one.
#[derive(Debug, Default)]
struct Memory {
    input: Vec<f32>,
    picture: Vec<f32>,
    halved: Vec<f32>,
    window: Window,
    middle: Vec<f32>,
}

impl Block {
    /// A block that keeps the picture's size, `[side, side, channels]`, and replaces it row by row.
    fn in_place(&self, instructions: InstructionSet, picture: &mut [f32], side: usize, window: &mut Window, middle: &mut [f32]) {
        let row = side * self.input_channels;
        for y in 0..=side {
            // Row y is read here and replaced one step later, when its residual is added.
            let entered = window.advance();
            if y < side {
                let input = &picture[y * row..(y + 1) * row];
                self.entry.row(instructions, &[input], self.input_channels, side, Onto::Nothing, entered);
            } else {
                entered.fill(0.0);
            }
            if y > 0 {
                self.depthwise.row(instructions, window.rows(), side, middle);
                let output = &mut picture[(y - 1) * row..y * row];
                self.expand.row(instructions, &[middle], self.depthwise.channels, side, Onto::Residual, output);
            }
        }
    }

    /// A block that halves the picture; `out` is `[side, side, expand.outputs]`.
    fn halved(
        &self,
        instructions: InstructionSet,
        picture: &[f32],
        side: usize,
        window: &mut Window,
        middle: &mut [f32],
        out: &mut [f32],
    ) {
        let channels = self.expand.outputs;
        let input_row = 2 * side * self.input_channels;
        for y in 0..=side {
            let entered = window.advance();
            if y < side {
                let (top, bottom) = picture[2 * y * input_row..2 * (y + 1) * input_row].split_at(input_row);
                let step = 2 * self.input_channels;
                self.entry.row(instructions, &[top, bottom], step, side, Onto::Nothing, entered);
                let pooled = &mut out[y * side * channels..(y + 1) * side * channels];
                max_pool_row([top, bottom], self.input_channels, pooled, channels);
            } else {
                entered.fill(0.0);
            }
            if y > 0 {
                self.depthwise.row(instructions, window.rows(), side, middle);
                let output = &mut out[(y - 1) * side * channels..y * side * channels];
                self.expand.row(instructions, &[middle], self.depthwise.channels, side, Onto::Residual, output);
            }
        }
    }
}

/// Three rows for the depthwise convolution, each with a pixel of zeros at both ends; a row of zeros comes first.
#[derive(Debug, Default)]
struct Window {
    rows: [Vec<f32>; 3],
    newest: usize,
    channels: usize,
}

impl Window {
    fn start(&mut self, side: usize, channels: usize) {
        for row in &mut self.rows {
            row.clear();
            row.resize((side + 2) * channels, 0.0);
        }
        (self.newest, self.channels) = (2, channels);
    }

    /// Drops the oldest row and gives its inner part to be filled.
    fn advance(&mut self) -> &mut [f32] {
        self.newest = (self.newest + 1) % 3;
        let row = &mut self.rows[self.newest];
        let end = row.len() - self.channels;
        &mut row[self.channels..end]
    }

    /// Oldest first.
    fn rows(&self) -> [&[f32]; 3] {
        [1, 2, 3].map(|k| self.rows[(self.newest + k) % 3].as_slice())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use talkinghead_onnx::OnnxNetwork;

    const ONNX: &[u8] = include_bytes!("../../../../../assets/models/face_landmarks.onnx");

    /// A smooth picture with some detail, the same on every machine.
    fn input() -> Vec<f32> {
        let mut input = vec![0.0; (SIDE + 1) * INPUT_ROW];
        for y in 0..SIDE {
            for x in 0..SIDE {
                for c in 0..3 {
                    let (u, v) = (x as f32 / 40.0, y as f32 / 30.0);
                    let noise = ((x * 31 + y * 17 + c * 7) % 64) as f32 / 640.0;
                    input[y * INPUT_ROW + x * 3 + c] = 0.45 + 0.2 * (u + c as f32).sin() * v.cos() + noise;
                }
            }
        }
        input
    }

    #[test]
    fn all_instruction_sets_equal_the_graph_run_node_by_node() {
        let input = input();
        let mut planes = vec![0.0; 3 * SIDE * SIDE];
        for (i, value) in planes.iter_mut().enumerate() {
            let (c, y, x) = (i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE);
            *value = input[y * INPUT_ROW + x * 3 + c];
        }
        let expected = OnnxNetwork::new("face_landmarks", ONNX, &[1, 3, SIDE, SIDE]).run(&planes).unwrap();
        for instructions in InstructionSet::available() {
            let found = MeshExecutor::new(ONNX, instructions).unwrap().run(|to| to.copy_from_slice(&input));
            assert_eq!(found.points.len(), expected[0].values.len());
            for (a, b) in found.points.iter().zip(&expected[0].values) {
                assert!((a - b).abs() < 5e-3, "{instructions:?}: {a} {b}");
            }
            assert!((found.presence_logit - expected[1].values[0]).abs() < 1e-3);
        }
    }

    #[test]
    fn other_graphs_are_refused() {
        let detector = include_bytes!("../../../../../assets/models/face_detector.onnx");
        assert!(MeshExecutor::new(detector, InstructionSet::Portable).is_err());
        assert!(MeshExecutor::new(b"not a graph", InstructionSet::Portable).is_err());
    }
}
