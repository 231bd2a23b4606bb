#!/usr/bin/env python3
"""What PyTorch takes for the work that `talkinghead-kernels` and `talkinghead-synthesis` do: the yardstick beside our own times.

  bench_pytorch.py convolutions [--case 256@64 ...] [--precision f32 bf16] [--seconds 2]
  bench_pytorch.py generator    [--variant published folded cached] [--precision f32 bf16] [--size 256] [NAME=VALUE...]
  bench_pytorch.py unet         [--precision f32 bf16] [--pass forward train]
  bench_pytorch.py matmul | describe-unet

All take --threads N (default 2). Needs Python with torch and numpy (`pip install torch numpy`; a CPU build is enough) and, for
`generator`, pytorch_generator.py and procedural.py beside this file. It prints one JSON object a line: first the environment, then one
a result. `min_ms` and `median_ms` are wall time over `repetitions`, after warm-up; `cpu_ms` is the least processor time of one
repetition over all threads, which a busy machine disturbs less; `gflops` is 2 x multiply-adds of the direct algorithm over `min_ms`;
`load` is the load average when the result was taken, so that a busy run can be told from a quiet one.

convolutions: 3x3, padding 1, batch 1, and four samples with weights of their own (groups). `forward`, and `backward` = gradient with
respect to input and weight in one call. f32 is measured in both memory layouts, bf16 in channels-last.
generator: the training script's configuration unless NAME=VALUE says otherwise, one frame a call. `published`: everything recomputed,
spectral norms divided in at every call, as the published code does; `folded`: everything recomputed for the final picture, with
constant weights; `cached`: the same with the references encoded once. Every variant runs in its own process; `peak_rss_gb` is that
process's. bf16 is autocast with channels-last memory.

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
convolutions in bf16, the head's output, the loss and the warp in f32, everything else in the precision it arrives in; channels-last
memory.
"""
import argparse, contextlib, json, os, pathlib, platform, resource, statistics, subprocess, sys, time

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


def load_average():
    return round(os.getloadavg()[0], 2)


def emit_environment(threads):
    names, flags = [], set()
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            name, _, text = line.partition(":")
            if name.strip() == "model name":
                names.append(text.strip())
            elif name.strip() == "flags":
                flags |= set(text.split())
    wanted = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16")
    emit(environment=dict(
        processor=names[0] if names else platform.processor(), cores=os.cpu_count(), instructions=[f for f in wanted if f in flags],
        python=platform.python_version(), torch=torch.__version__, torch_uses=torch.backends.cpu.get_cpu_capability(),
        onednn=torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled, mkl=torch.backends.mkl.is_available(),
        threads=threads, load=load_average()))


def measure(run, seconds, fewest=3, warm_up=2):
    """Repeats for `seconds` and at least `fewest` times, but gives up after ten times as long."""
    wall, cpu, limit = [], [], time.perf_counter() + 10 * seconds
    for _ in range(warm_up):
        run()
        if time.perf_counter() > limit:
            break
    end = time.perf_counter() + seconds
    while not wall or (len(wall) < fewest or time.perf_counter() < end) and time.perf_counter() < limit + seconds:
        cpu_start, start = time.process_time(), time.perf_counter()
        run()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - cpu_start)
    return dict(min_ms=round(1e3 * min(wall), 3), median_ms=round(1e3 * statistics.median(wall), 3), cpu_ms=round(1e3 * min(cpu), 3),
                repetitions=len(wall), load=load_average())


def report(gflop, timing, **fields):
    emit(**fields, **timing, gflop=round(gflop, 3), gflops=round(gflop / timing["min_ms"] * 1e3, 1))


CONVOLUTIONS = {"64@256": (64, 256, 1), "256@64": (256, 64, 1), "512@32": (512, 32, 1), "1024@16": (1024, 16, 1),
                "4x64@128": (64, 128, 4)}  # channels of one sample, size, samples
FORMS = [("f32", "nchw", torch.float32, torch.contiguous_format), ("f32", "nhwc", torch.float32, torch.channels_last),
         ("bf16", "nhwc", torch.bfloat16, torch.channels_last)]


def convolutions(a):
    for case in a.case or CONVOLUTIONS:
        channels, size, samples = CONVOLUTIONS[case]
        gflop = 2 * 9 * channels * channels * size * size * samples / 1e9
        for precision, layout, dtype, memory_format in FORMS:
            if precision not in a.precision:
                continue
            tensor = lambda *shape: torch.randn(shape).to(dtype).contiguous(memory_format=memory_format)
            x, y = tensor(1, channels * samples, size, size), tensor(1, channels * samples, size, size)
            w = (tensor(channels * samples, channels, 3, 3) / (3 * channels ** 0.5)).contiguous(memory_format=memory_format)
            fields = dict(bench="convolution", case=case, precision=precision, layout=layout, threads=a.threads)
            with torch.inference_mode():
                timing = measure(lambda: F.conv2d(x, w, None, 1, 1, 1, samples), a.seconds)
                report(gflop, timing, **fields, direction="forward")
                backward = lambda: torch.ops.aten.convolution_backward(
                    y, x, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], samples, [True, True, False])
                timing = measure(backward, a.seconds)
                report(2 * gflop, timing, **fields, direction="backward")


def matmul(a):
    for precision, dtype in (("f32", torch.float32), ("bf16", torch.bfloat16)):
        if precision in a.precision:
            x, y = torch.randn(1024, 1024).to(dtype), torch.randn(1024, 1024).to(dtype)
            report(2 * 1024 ** 3 / 1e9, measure(lambda: x @ y, a.seconds), bench="matmul", size=1024, precision=precision,
                   threads=a.threads)


def autocast(precision):
    return torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()


def unet(a):
    gflop = 13.8995
    for precision in a.precision:
        for layout, memory_format in (("nchw", torch.contiguous_format), ("nhwc", torch.channels_last)):
            if precision == "bf16" and layout == "nchw":
                continue
            torch.manual_seed(1)
            network = UNet().to(memory_format=memory_format)
            picture = lambda: (2 * torch.rand(1, 3, UNET_SIZE, UNET_SIZE) - 1).contiguous(memory_format=memory_format)
            image, target, label = picture(), picture(), torch.rand(1, 1, UNET_SIZE, UNET_SIZE)
            optimiser = torch.optim.Adam(network.parameters(), lr=1e-4, fused=True)
            fields = dict(bench="unet", precision=precision, layout=layout, threads=a.threads)
            if "forward" in a.passes:
                with torch.inference_mode(), autocast(precision):
                    report(gflop, measure(lambda: network(image, label), a.seconds), **fields, direction="forward",
                           peak_rss_gb=peak_rss())

            def step():
                optimiser.zero_grad(set_to_none=True)
                with autocast(precision):
                    loss = F.l1_loss(network(image, label), target)
                loss.backward()
                optimiser.step()
                losses.append(loss.item())
            if "train" in a.passes:
                losses = []
                timing = measure(step, a.seconds)
                assert losses[-1] < losses[0], losses
                report(3 * gflop, timing, **fields, direction="train", peak_rss_gb=peak_rss())


def peak_rss():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)


def generator(a):
    """Runs each variant in a process of its own."""
    for precision in a.precision:
        for variant in a.variant:
            command = [sys.executable, "-W", "ignore", __file__, "generator-one", "--precision", precision, "--variant", variant,
                       "--threads", str(a.threads), "--seconds", str(a.seconds), "--size", str(a.size), *a.options]
            subprocess.run(command, check=True)


def generator_one(a):
    from torch.utils.flop_counter import FlopCounterMode
    import pytorch_generator as oracle
    precision, variant = a.precision[0], a.variant[0]
    options = dict(oracle.TRAINING_SCRIPT)
    for setting in a.options:
        name, text = setting.split("=", 1)
        options[name] = oracle.value(text)
    torch.manual_seed(1)
    network = oracle.Generator(options, lean=variant != "published")
    o = network.options

    def inputs(size):
        label, image = lambda *n: torch.rand(*n, 1, size, size), lambda *n: 2 * torch.rand(*n, 3, size, size) - 1
        return dict(tgt_label=label(1), ref_labels=label(1, o.n_shot), ref_images=image(1, o.n_shot), warp_ref_label=label(1),
                    warp_ref_image=image(1), ani_label=label(1), ani_image=image(1))
    with torch.no_grad():  # Random weights become a network of sensible magnitudes: spectral vectors and running statistics settle.
        network.train()
        for _ in range(3):
            network(inputs(64))
        network.eval()
    if variant != "published":
        network.fold()
    if precision == "bf16":
        network.to(memory_format=torch.channels_last)
    given = inputs(a.size)
    with torch.inference_mode(), autocast(precision):
        kept = network.encode(given["ref_labels"], given["ref_images"]) if variant == "cached" else None
        run = lambda: network(given, kept)
        with FlopCounterMode(display=False) as counter:
            out = run()
        assert out["img_final"].isfinite().all()
        timing = measure(run, a.seconds, fewest=2, warm_up=0)
    report(counter.get_total_flops() / 1e9, timing, bench="generator", variant=variant, precision=precision, size=a.size,
           shots=o.n_shot, width=o.ngf, threads=a.threads, parameters=sum(p.numel() for p in network.parameters()),
           peak_rss_gb=peak_rss())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = {"convolutions": convolutions, "generator": generator, "generator-one": generator_one, "unet": unet, "matmul": matmul}
    parser.add_argument("command", choices=[*commands, "describe-unet"])
    parser.add_argument("options", nargs="*", metavar="NAME=VALUE")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each result is repeated for, beyond the fewest repetitions")
    parser.add_argument("--case", nargs="+", choices=list(CONVOLUTIONS))
    parser.add_argument("--precision", nargs="+", choices=["f32", "bf16"], default=["f32", "bf16"])
    parser.add_argument("--variant", nargs="+", choices=["published", "folded", "cached"], default=["published", "folded", "cached"])
    parser.add_argument("--pass", dest="passes", nargs="+", choices=["forward", "train"], default=["forward", "train"])
    parser.add_argument("--size", type=int, default=256)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    if a.command == "describe-unet":
        return describe_unet()
    if a.command != "generator-one":
        emit_environment(a.threads)
    commands[a.command](a)


if __name__ == "__main__":
    main()
