#!/usr/bin/env python3
"""What PyTorch takes for the work that `talkinghead-kernels` and `talkinghead-synthesis` do: the yardstick beside our own times.

  bench_pytorch.py convolutions [--threads 2] [--repetitions N | --seconds S]
  bench_pytorch.py generator    [--threads 2] [--size 256] [--shots 8] [--width 32] [--precision f32 bf16] [--cached]
  bench_pytorch.py unet         [--threads 2] [--precision f32 bf16]
  bench_pytorch.py matmul | describe-unet

Needs Python with torch and numpy, nothing else (`pip install torch numpy`; a CPU build is enough). It prints one JSON object a
line: first the environment (processor, torch version, threads, load average), then one line a result with the minimum
and the median over the repetitions in milliseconds. `gflops` is 2 x multiply-adds of the direct algorithm over the minimum. Run it on a
quiet machine; the load average is part of every line so that a busy run can be told from a quiet one.

The U-Net
=========
A small generator with everything that the large one has: an encoder, a residual block, four SPADE blocks with skip
connections, nearest up-sampling, and a warp by an estimated flow. 13.90 GFLOP forward (2 x multiply-adds of the convolutions) and
2.21 M parameters at 256x256, batch 1. `describe-unet` prints the counted table and fails if it strays from that.

Conventions: NCHW shapes; every convolution is zero-padded with kernel/2 and has a bias; `norm` is instance norm per sample and
channel, biased variance, eps 1e-5, no parameters; `lrelu` is leaky ReLU of slope 0.2; `up` doubles the size by nearest neighbour.

Inputs: `image` [1, 3, 256, 256] in -1..1, `label` [1, 1, 256, 256] in 0..1. Output: [1, 3, 256, 256].

  layer           in -> out  kernel stride  output size  then                       GFLOP
  encode0          4 ->  32    3      1      256         norm, lrelu                0.151   input is concat(image, label)
  encode1         32 ->  64    3      2      128         norm, lrelu                0.604
  encode2         64 -> 128    3      2       64         norm, lrelu                0.604
  encode3        128 -> 256    3      2       32         norm, lrelu                0.604
  residual0      256 -> 256    3      1       32         norm, lrelu                1.208
  residual1      256 -> 256    3      1       32         norm, then + encode3       1.208   no activation after the sum
  spade3                                      32         lrelu                      0.068   SPADE(256) of the residual block's output
  decode3        256 -> 128    3      1       32         up                         0.604
  spade2                                      64         lrelu                      0.273   SPADE(256) of concat(decode3, encode2)
  decode2        256 ->  64    3      1       64         norm, lrelu                1.208
  refine2         64 ->  64    3      1       64         up                         0.302
  spade1                                     128         lrelu                      0.556   SPADE(128) of concat(refine2, encode1)
  decode1        128 ->  32    3      1      128         norm, lrelu                1.208
  refine1         32 ->  32    3      1      128         up                         0.302
  spade0                                     256         lrelu                      1.149   SPADE(64) of concat(refine1, encode0)
  decode0         64 ->  32    3      1      256         norm, lrelu                2.416
  refine0         32 ->  32    3      1      256         lrelu                      1.208
  head            32 ->   6    3      1      256                                    0.226

Nothing happens between `decodeN` / `refineN` and `up` beyond what the column says: where `up` stands there is no norm and no activation.

SPADE(c) at size s, with its own weights at each of the four places:
  map   = label reduced to s x s by average pooling with window and stride 256/s (the label itself at s = 256)
  h     = relu(conv 3x3, 1 -> 64, of map)                       `shared`
  gamma = conv 1x1, 64 -> c, of h;  beta = conv 1x1, 64 -> c, of h
  y     = norm(x) * (1 + gamma) + beta

Head: channels 0..2 raw picture, 3..4 flow in pixels (x, y), 5 mask.
  raw    = tanh(head[0:3]);  flow = 20 * head[3:5];  mask = sigmoid(head[5:6])
  grid   = base + flow / ((size - 1) / 2), base = linspace(-1, 1, size) along x and y
  warped = grid_sample(image, grid, bilinear, border, align_corners = True)
  output = mask * raw + (1 - mask) * warped

Training step: forward, L1 loss (mean) against a target picture, backward, Adam (lr 1e-4, betas 0.9 and 0.999, eps 1e-8) over all
parameters. Weights start normal with deviation sqrt(1 / fan_in) and zero bias. bf16 means autocast: f32 weights and optimiser state,
convolutions in bf16, norms, losses and the warp in f32, channels-last memory.
"""
import argparse, json, os, platform, resource, statistics, time

import torch
import torch.nn as nn
import torch.nn.functional as F

UNET_SIZE = 256
UNET_HIDDEN = 64
UNET_LAYERS = [  # name, in, out, stride, output size; every one 3x3
    ("encode0", 4, 32, 1, 256), ("encode1", 32, 64, 2, 128), ("encode2", 64, 128, 2, 64), ("encode3", 128, 256, 2, 32),
    ("residual0", 256, 256, 1, 32), ("residual1", 256, 256, 1, 32),
    ("decode3", 256, 128, 1, 32),
    ("decode2", 256, 64, 1, 64), ("refine2", 64, 64, 1, 64),
    ("decode1", 128, 32, 1, 128), ("refine1", 32, 32, 1, 128),
    ("decode0", 64, 32, 1, 256), ("refine0", 32, 32, 1, 256),
    ("head", 32, 6, 1, 256),
]
UNET_SPADES = [("spade3", 256, 32), ("spade2", 256, 64), ("spade1", 128, 128), ("spade0", 64, 256)]  # name, channels, size


def norm(x):
    return F.instance_norm(x, eps=1e-5)


def lrelu(x):
    return F.leaky_relu(x, 0.2)


def up(x):
    return F.interpolate(x, scale_factor=2, mode="nearest")


class Spade(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.shared = nn.Conv2d(1, UNET_HIDDEN, 3, padding=1)
        self.gamma = nn.Conv2d(UNET_HIDDEN, channels, 1)
        self.beta = nn.Conv2d(UNET_HIDDEN, channels, 1)

    def forward(self, x, label):
        factor = label.shape[-1] // x.shape[-1]
        h = F.relu(self.shared(F.avg_pool2d(label, factor) if factor > 1 else label))
        return norm(x) * (1 + self.gamma(h)) + self.beta(h)


class UNet(nn.Module):
    """The network of this file's head."""

    def __init__(self):
        super().__init__()
        for name, fan_in, fan_out, stride, _ in UNET_LAYERS:
            self.add_module(name, nn.Conv2d(fan_in, fan_out, 3, stride, 1))
        for name, channels, _ in UNET_SPADES:
            self.add_module(name, Spade(channels))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, std=(layer.in_channels * layer.kernel_size[0] ** 2) ** -0.5)
                nn.init.zeros_(layer.bias)

    def forward(self, image, label):
        e0 = lrelu(norm(self.encode0(torch.cat([image, label], 1))))
        e1 = lrelu(norm(self.encode1(e0)))
        e2 = lrelu(norm(self.encode2(e1)))
        e3 = lrelu(norm(self.encode3(e2)))
        x = norm(self.residual1(lrelu(norm(self.residual0(e3))))) + e3
        x = up(self.decode3(lrelu(self.spade3(x, label))))
        x = lrelu(norm(self.decode2(lrelu(self.spade2(torch.cat([x, e2], 1), label)))))
        x = up(self.refine2(x))
        x = lrelu(norm(self.decode1(lrelu(self.spade1(torch.cat([x, e1], 1), label)))))
        x = up(self.refine1(x))
        x = lrelu(norm(self.decode0(lrelu(self.spade0(torch.cat([x, e0], 1), label)))))
        head = self.head(lrelu(self.refine0(x))).float()
        raw, flow, mask = torch.tanh(head[:, :3]), 20 * head[:, 3:5], torch.sigmoid(head[:, 5:])
        height, width = image.shape[-2:]
        ys, xs = torch.linspace(-1, 1, height), torch.linspace(-1, 1, width)
        base = torch.stack(torch.meshgrid(xs, ys, indexing="xy"), -1)
        scale = torch.tensor([(width - 1) / 2, (height - 1) / 2])
        warped = F.grid_sample(image, base + flow.permute(0, 2, 3, 1) / scale, "bilinear", "border", align_corners=True)
        return mask * raw + (1 - mask) * warped


def convolution_flops(layer, output):
    kernel = layer.kernel_size[0] * layer.kernel_size[1]
    return 2 * kernel * layer.in_channels // layer.groups * layer.out_channels * output.shape[0] * output[0, 0].numel()


def describe_unet():
    torch.manual_seed(1)
    network, table = UNet(), {}
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d):
            def count(layer, _, output, name=name):
                entry = table.setdefault(name.split(".")[0], [0, 0])
                entry[0] += convolution_flops(layer, output)
                entry[1] += sum(p.numel() for p in layer.parameters())
            layer.register_forward_hook(count)
    with torch.no_grad():
        output = network(torch.zeros(1, 3, UNET_SIZE, UNET_SIZE), torch.zeros(1, 1, UNET_SIZE, UNET_SIZE))
    assert output.shape == (1, 3, UNET_SIZE, UNET_SIZE)
    for name, (flops, parameters) in table.items():
        emit(layer=name, gflop=round(flops / 1e9, 4), parameters=parameters)
    gflop, parameters = sum(f for f, _ in table.values()) / 1e9, sum(p.numel() for p in network.parameters())
    emit(layer="total", gflop=round(gflop, 4), parameters=parameters)
    assert abs(gflop / 13.9 - 1) < 0.02 and abs(parameters / 2.2e6 - 1) < 0.03
    return gflop


def emit(**fields):
    print(json.dumps(fields), flush=True)


if __name__ == "__main__":
    describe_unet()
