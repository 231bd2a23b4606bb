//! From the ONNX file to layers: the network is one chain of residual blocks, and anything else is refused.

use std::collections::HashMap;

use talkinghead_onnx::float_constant;
use talkinghead_onnx::messages::{AttributeProto, ModelProto, NodeProto};

use super::kernels::{Dense, Depthwise};

/// The whole network.
#[derive(Debug)]
pub(super) struct Layers {
    /// 3x3 with stride 2 over the picture, 256x256x3 to 128x128x16.
    pub(super) stem: Dense,
    /// In order.
    pub(super) blocks: Vec<Block>,
    /// 2x2 over the last 2x2 pixels: presence logit, then the points; the widths are rounded up to 8.
    pub(super) presence: Dense,
    pub(super) points: Dense,
}

/// `activation(input + expand(depthwise(entry(input))))`; when the block halves the picture, `input` is pooled first.
#[derive(Debug)]
pub(super) struct Block {
    /// 1x1, or 2x2 with stride 2 in a block that halves the picture.
    pub(super) entry: Dense,
    pub(super) depthwise: Depthwise,
    pub(super) expand: Dense,
    pub(super) input_channels: usize,
    pub(super) halves: bool,
}

type Answer<T> = Result<T, String>;

pub(super) fn read(onnx: &[u8]) -> Answer<Layers> {
    let model = ModelProto::parse_buf(onnx).map_err(|e| e.to_string())?;
    let mut chain = Chain::new(&model)?;
    let stem = chain.dense(3, 2)?;
    let stem = chain.activate(stem)?;
    let mut blocks = Vec::new();
    while let Some(block) = chain.block(blocks.last().map_or(stem.outputs, |b: &Block| b.expand.outputs))? {
        blocks.push(block);
    }
    let presence = chain.head("presence_logit")?;
    let points = chain.head("landmarks")?;
    Ok(Layers { stem, blocks, presence, points })
}

/// The nodes still to be read, and all constants.
struct Chain<'a> {
    nodes: Vec<&'a NodeProto>,
    next: usize,
    constants: HashMap<&'a str, (Vec<usize>, Vec<f32>)>,
}

impl<'a> Chain<'a> {
    fn new(model: &'a ModelProto) -> Answer<Self> {
        let graph = model.graph.as_ref().ok_or("the file holds no graph")?;
        let mut constants = HashMap::new();
        for tensor in &graph.initializer {
            if let (Some(name), Some(constant)) = (&tensor.name, float_constant(tensor)) {
                constants.insert(name.as_str(), (constant.shape, constant.values));
            }
        }
        let mut nodes = Vec::new();
        for node in &graph.node {
            let Some(output) = node.output.first() else { continue };
            match (kind(node), node.input.first().and_then(|i| constants.get(i.as_str()))) {
                ("Cast", Some(values)) => {
                    let values = values.clone();
                    constants.insert(output, values);
                }
                _ => nodes.push(node),
            }
        }
        Ok(Self { nodes, next: 0, constants })
    }

    fn take(&mut self, kind: &str) -> Answer<&'a NodeProto> {
        let node = self.nodes.get(self.next).copied().ok_or("the graph ends early")?;
        if self::kind(node) != kind {
            return Err(format!("{kind} expected, found {} `{}`", self::kind(node), node.output.join(" ")));
        }
        self.next += 1;
        Ok(node)
    }

    fn constant(&self, node: &NodeProto, input: usize) -> Answer<&(Vec<usize>, Vec<f32>)> {
        let name = node.input.get(input).ok_or("an input is missing")?;
        self.constants.get(name.as_str()).ok_or_else(|| format!("`{name}` is not a constant"))
    }

    /// A convolution of `kernel` x `kernel` pixels that is not depthwise; no activation yet.
    fn dense(&mut self, kernel: usize, stride: i64) -> Answer<Dense> {
        let node = self.take("Conv")?;
        if ints(node, "strides").is_some_and(|s| s != [stride, stride]) || group(node) != 1 {
            return Err(format!("convolution `{}` of another kind", node.output.join(" ")));
        }
        let (shape, weights) = self.constant(node, 1)?;
        let &[outputs, inputs, height, width] = shape.as_slice() else { return Err("weights of another rank".into()) };
        if (height, width) != (kernel, kernel) {
            return Err(format!("a window of {height}x{width} instead of {kernel}x{kernel}"));
        }
        let (_, bias) = self.constant(node, 2)?;
        let wide = outputs.next_multiple_of(8);
        let run = width * inputs;
        let mut packed = Vec::with_capacity(wide * height * run);
        for first in (0..wide).step_by(16) {
            let block = (wide - first).min(16);
            for y in 0..height {
                for k in 0..run {
                    let (x, input) = (k / inputs, k % inputs);
                    for output in first..first + block {
                        let index = ((output * inputs + input) * height + y) * width + x;
                        packed.push(if output < outputs { weights[index] } else { 0.0 });
                    }
                }
            }
        }
        let mut bias = bias.clone();
        bias.resize(wide, 0.0);
        Ok(Dense { segments: height, run, outputs: wide, weights: packed, bias, slope: vec![1.0; wide] })
    }

    fn depthwise(&mut self) -> Answer<Depthwise> {
        let node = self.take("Conv")?;
        let (shape, weights) = self.constant(node, 1)?;
        let &[channels, 1, 3, 3] = shape.as_slice() else { return Err("a depthwise 3x3 convolution expected".into()) };
        let padded = ints(node, "pads").is_some_and(|p| p == [1, 1, 1, 1]);
        if group(node) != channels as i64 || !channels.is_multiple_of(8) || !padded {
            return Err("a depthwise convolution of another kind".into());
        }
        let packed = (0..9 * channels).map(|i| weights[(i % channels) * 9 + i / channels]).collect();
        let (_, bias) = self.constant(node, 2)?;
        Ok(Depthwise { channels, weights: packed, bias: bias.clone() })
    }

    fn activate(&mut self, dense: Dense) -> Answer<Dense> {
        let node = self.take("PRelu")?;
        let (_, slope) = self.constant(node, 1)?;
        if slope.len() != dense.outputs {
            return Err("slopes of another number".into());
        }
        Ok(Dense { slope: slope.clone(), ..dense })
    }

    /// The next residual block, none when the heads begin.
    fn block(&mut self, input_channels: usize) -> Answer<Option<Block>> {
        let kernel = self.nodes.get(self.next).filter(|n| kind(n) == "Conv").and_then(|n| self.constant(n, 1).ok());
        let kernel = kernel.and_then(|(shape, _)| shape.last().copied());
        let after = self.nodes.get(self.next + 1).map(|n| kind(n));
        let (entry, halves) = match (kernel, after) {
            (Some(1), Some("PRelu")) => (self.dense(1, 1)?, false),
            (Some(2), Some("MaxPool")) => {
                let entry = self.dense(2, 2)?;
                self.take("MaxPool")?;
                // The pooled picture gets channels of zeros where the block widens.
                if self.nodes.get(self.next).is_some_and(|n| kind(n) == "Pad") {
                    self.next += 1;
                }
                (entry, true)
            }
            _ => return Ok(None),
        };
        let entry = self.activate(entry)?;
        let depthwise = self.depthwise()?;
        let expand = self.dense(1, 1)?;
        self.take("Add")?;
        let expand = self.activate(expand)?;
        let fits = entry.run == input_channels * if halves { 2 } else { 1 }
            && entry.outputs == depthwise.channels
            && expand.run == depthwise.channels
            && expand.outputs >= input_channels
            && (halves || expand.outputs == input_channels);
        if !fits {
            return Err("a block whose channels do not fit".into());
        }
        Ok(Some(Block { entry, depthwise, expand, input_channels, halves }))
    }

    /// The last convolution on the way to the named output.
    fn head(&mut self, output: &str) -> Answer<Dense> {
        let mut name = output;
        let position = loop {
            let position = self
                .nodes
                .iter()
                .position(|n| n.output.iter().any(|o| o == name))
                .ok_or_else(|| format!("nothing makes `{name}`"))?;
            let node = self.nodes[position];
            match kind(node) {
                "Conv" => break position,
                "Reshape" => name = node.input.first().ok_or("a reshape of nothing")?,
                kind => return Err(format!("{kind} on the way to `{output}`")),
            }
        };
        self.next = position;
        self.dense(2, 1)
    }
}

fn kind(node: &NodeProto) -> &str {
    node.op_type.as_deref().unwrap_or("")
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|a| a.name.as_deref() == Some(name))
}

fn ints<'a>(node: &'a NodeProto, name: &str) -> Option<&'a [i64]> {
    attribute(node, name).map(|a| a.ints.as_slice())
}

fn group(node: &NodeProto) -> i64 {
    attribute(node, "group").and_then(|a| a.i).unwrap_or(1)
}
