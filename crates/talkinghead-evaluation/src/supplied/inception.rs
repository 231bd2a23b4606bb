//! Inception v3 as FID uses it (Szegedy et al. 2016; Heusel et al. 2017): the TensorFlow network of 2015, in the layout of `pytorch-fid`.

use std::path::Path;

use image::RgbImage;
use talkinghead_formats::StateDict;
use talkinghead_kernels::Geometry;

use super::feature_map::FeatureMap;
use super::layers::{ConvolutionLayer, Followed, RELU};
use super::pooling::{max_pool, mean_of_neighbours};
use super::weights::Weights;
use crate::EvaluationError;
use crate::image::Plane;

/// Side of the pictures that the network is given.
const SIDE: usize = 299;
/// Of every batch normalisation.
const EPSILON: f32 = 0.001;
const IN_WORDS: &str = "the Inception network of pytorch-fid";

/// What a branch begins with.
#[derive(Clone, Copy, Debug)]
enum Before {
    Nothing,
    Mean,
    Max,
}

/// Kernel and stride of a convolution.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// 1 x 1.
    One,
    /// 3 x 3 and 5 x 5 with zeros around.
    Square(usize),
    /// A row of that many, zeros around.
    Row(usize),
    /// A column.
    Column(usize),
    /// 3 x 3 without zeros around.
    Inside,
    /// 3 x 3 without zeros around, every second place.
    Halving,
}

impl Shape {
    fn geometry(self, input: usize, output: usize) -> Geometry {
        let square = |side: usize| Geometry::new(input, output, side);
        match self {
            Self::One => square(1),
            Self::Square(side) => square(side).padding(side / 2),
            Self::Row(length) => Geometry { kernel: [1, length], padding: [0, length / 2], ..square(1) },
            Self::Column(length) => Geometry { kernel: [length, 1], padding: [length / 2, 0], ..square(1) },
            Self::Inside => square(3),
            Self::Halving => square(3).stride(2),
        }
    }
}

/// Convolutions one after the other, then those that all look at their result.
#[derive(Debug)]
struct Branch {
    before: Before,
    chain: Vec<ConvolutionLayer>,
    fork: Vec<ConvolutionLayer>,
}

/// Branches side by side; where it halves, a pooled copy of the input is the last.
#[derive(Debug)]
struct Mixed {
    branches: Vec<Branch>,
    halves: bool,
}

/// A picture's 2048 features for the Fréchet distance.
#[derive(Debug)]
pub struct Inception {
    stem: Vec<ConvolutionLayer>,
    mixed: Vec<Mixed>,
}

impl Inception {
    /// Number of its features.
    pub const FEATURES: usize = 2048;

    /// Reads `pt_inception-2015-12-05-*.pth` of `pytorch-fid`, or the same as safetensors. torchvision's own Inception has the same
    /// tensors up to its classifier, but was trained otherwise: it is refused, because its distances are not FID.
    ///
    /// # Errors
    /// The file cannot be read or is another network's: the first tensor that is missing or of another shape is named.
    pub fn read(path: &Path) -> Result<Self, EvaluationError> {
        Self::of(Weights::read(path, IN_WORDS)?)
    }

    /// The same of tensors in memory.
    ///
    /// # Errors
    /// They are another network's.
    pub fn from_tensors(dict: StateDict) -> Result<Self, EvaluationError> {
        Self::of(Weights::of(Path::new("tensors"), IN_WORDS, dict))
    }

    fn of(mut weights: Weights) -> Result<Self, EvaluationError> {
        let mut stem = Vec::new();
        let mut input = 3;
        for (name, output, shape) in STEM {
            stem.push(read(&mut weights, name, shape.geometry(input, *output))?);
            input = *output;
        }
        let mut mixed = Vec::new();
        for (name, block) in blocks() {
            mixed.push(block.read(&mut weights, name, input)?);
            input = block.outputs(input);
        }
        // 1008 classes instead of ImageNet's 1000 are what tells the network of 2015 from torchvision's.
        weights.take("fc.bias", &[1008])?;
        Ok(Self { stem, mixed })
    }

    /// Features of a picture, which is brought to 299 x 299 pixels as `pytorch-fid` does it (linear between pixels, no smoothing).
    ///
    /// # Errors
    /// None, as long as the program has no defect.
    pub fn features(&self, picture: &RgbImage) -> Result<Vec<f32>, EvaluationError> {
        let mut map = input(picture);
        for (k, layer) in self.stem.iter().enumerate() {
            map = layer.forward(&map)?;
            if k == 2 || k == 4 {
                map = max_pool(&map, 3, [2, 2], 0);
            }
        }
        for mixed in &self.mixed {
            map = mixed.forward(&map)?;
        }
        Ok(map.means())
    }
}

fn input(picture: &RgbImage) -> FeatureMap {
    let scaled = |plane: &Plane| plane.stretched(SIDE, SIDE).values.into_iter().map(|value| value / 127.5 - 1.0);
    let values = Plane::channels(picture).iter().flat_map(scaled).collect();
    FeatureMap { channels: 3, height: SIDE, width: SIDE, values }
}

fn read(weights: &mut Weights, name: &str, geometry: Geometry) -> Result<ConvolutionLayer, EvaluationError> {
    let norm = format!("{name}.bn");
    ConvolutionLayer::read(weights, &format!("{name}.conv"), geometry, Followed::Norm(&norm, EPSILON), RELU)
}

const STEM: &[(&str, usize, Shape)] = &[
    ("Conv2d_1a_3x3", 32, Shape::Halving),
    ("Conv2d_2a_3x3", 32, Shape::Inside),
    ("Conv2d_2b_3x3", 64, Shape::Square(3)),
    ("Conv2d_3b_1x1", 80, Shape::One),
    ("Conv2d_4a_3x3", 192, Shape::Inside),
];

/// A convolution of a block: name, output channels, shape.
type Part = (&'static str, usize, Shape);

/// A branch as it is described.
struct BranchPlan {
    before: Before,
    chain: Vec<Part>,
    fork: Vec<Part>,
}

struct BlockPlan {
    branches: Vec<BranchPlan>,
    halves: bool,
}

fn chain(parts: &[Part]) -> BranchPlan {
    BranchPlan { before: Before::Nothing, chain: parts.to_vec(), fork: Vec::new() }
}

fn pooled(before: Before, output: usize) -> BranchPlan {
    BranchPlan { before, ..chain(&[("branch_pool", output, Shape::One)]) }
}

fn blocks() -> Vec<(&'static str, BlockPlan)> {
    vec![
        ("Mixed_5b", block_a(32)),
        ("Mixed_5c", block_a(64)),
        ("Mixed_5d", block_a(64)),
        ("Mixed_6a", block_b()),
        ("Mixed_6b", block_c(128)),
        ("Mixed_6c", block_c(160)),
        ("Mixed_6d", block_c(160)),
        ("Mixed_6e", block_c(192)),
        ("Mixed_7a", block_d()),
        ("Mixed_7b", block_e(Before::Mean)),
        // The last block of the network of 2015 takes the largest neighbour, not the mean.
        ("Mixed_7c", block_e(Before::Max)),
    ]
}

fn block_a(of_pool: usize) -> BlockPlan {
    use Shape::{One, Square};
    let branches = vec![
        chain(&[("branch1x1", 64, One)]),
        chain(&[("branch5x5_1", 48, One), ("branch5x5_2", 64, Square(5))]),
        chain(&[("branch3x3dbl_1", 64, One), ("branch3x3dbl_2", 96, Square(3)), ("branch3x3dbl_3", 96, Square(3))]),
        pooled(Before::Mean, of_pool),
    ];
    BlockPlan { branches, halves: false }
}

fn block_b() -> BlockPlan {
    use Shape::{Halving, One, Square};
    let branches = vec![
        chain(&[("branch3x3", 384, Halving)]),
        chain(&[("branch3x3dbl_1", 64, One), ("branch3x3dbl_2", 96, Square(3)), ("branch3x3dbl_3", 96, Halving)]),
    ];
    BlockPlan { branches, halves: true }
}

fn block_c(inner: usize) -> BlockPlan {
    use Shape::{Column, One, Row};
    let branches = vec![
        chain(&[("branch1x1", 192, One)]),
        chain(&[("branch7x7_1", inner, One), ("branch7x7_2", inner, Row(7)), ("branch7x7_3", 192, Column(7))]),
        chain(&[
            ("branch7x7dbl_1", inner, One),
            ("branch7x7dbl_2", inner, Column(7)),
            ("branch7x7dbl_3", inner, Row(7)),
            ("branch7x7dbl_4", inner, Column(7)),
            ("branch7x7dbl_5", 192, Row(7)),
        ]),
        pooled(Before::Mean, 192),
    ];
    BlockPlan { branches, halves: false }
}

fn block_d() -> BlockPlan {
    use Shape::{Column, Halving, One, Row};
    let branches = vec![
        chain(&[("branch3x3_1", 192, One), ("branch3x3_2", 320, Halving)]),
        chain(&[
            ("branch7x7x3_1", 192, One),
            ("branch7x7x3_2", 192, Row(7)),
            ("branch7x7x3_3", 192, Column(7)),
            ("branch7x7x3_4", 192, Halving),
        ]),
    ];
    BlockPlan { branches, halves: true }
}

fn block_e(before: Before) -> BlockPlan {
    use Shape::{Column, One, Row, Square};
    let branches = vec![
        chain(&[("branch1x1", 320, One)]),
        BranchPlan {
            fork: vec![("branch3x3_2a", 384, Row(3)), ("branch3x3_2b", 384, Column(3))],
            ..chain(&[("branch3x3_1", 384, One)])
        },
        BranchPlan {
            fork: vec![("branch3x3dbl_3a", 384, Row(3)), ("branch3x3dbl_3b", 384, Column(3))],
            ..chain(&[("branch3x3dbl_1", 448, One), ("branch3x3dbl_2", 384, Square(3))])
        },
        pooled(before, 192),
    ];
    BlockPlan { branches, halves: false }
}

impl BlockPlan {
    fn outputs(&self, input: usize) -> usize {
        let of_branch = |branch: &BranchPlan| {
            let forked: usize = branch.fork.iter().map(|part| part.1).sum();
            if forked > 0 { forked } else { branch.chain.last().map_or(0, |part| part.1) }
        };
        self.branches.iter().map(of_branch).sum::<usize>() + if self.halves { input } else { 0 }
    }

    fn read(&self, weights: &mut Weights, block: &str, input: usize) -> Result<Mixed, EvaluationError> {
        let mut branches = Vec::new();
        for plan in &self.branches {
            let (mut channels, mut chain, mut fork) = (input, Vec::new(), Vec::new());
            for (name, output, shape) in &plan.chain {
                chain.push(read(weights, &format!("{block}.{name}"), shape.geometry(channels, *output))?);
                channels = *output;
            }
            for (name, output, shape) in &plan.fork {
                fork.push(read(weights, &format!("{block}.{name}"), shape.geometry(channels, *output))?);
            }
            branches.push(Branch { before: plan.before, chain, fork });
        }
        Ok(Mixed { branches, halves: self.halves })
    }
}

impl Mixed {
    fn forward(&self, map: &FeatureMap) -> Result<FeatureMap, EvaluationError> {
        let mut parts = Vec::new();
        for branch in &self.branches {
            let pooled = match branch.before {
                Before::Nothing => None,
                Before::Mean => Some(mean_of_neighbours(map)),
                Before::Max => Some(max_pool(map, 3, [1, 1], 1)),
            };
            let mut found: Option<FeatureMap> = pooled;
            for layer in &branch.chain {
                found = Some(layer.forward(found.as_ref().unwrap_or(map))?);
            }
            let found = found.as_ref().unwrap_or(map);
            for layer in &branch.fork {
                parts.push(layer.forward(found)?);
            }
            if branch.fork.is_empty() {
                parts.push(found.clone());
            }
        }
        if self.halves {
            parts.push(max_pool(map, 3, [2, 2], 0));
        }
        Ok(FeatureMap::stacked(&parts))
    }
}
