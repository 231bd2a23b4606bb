#!/usr/bin/env python3
"""One training step of the generator in PyTorch, written from its specification alone: an oracle, and the other side of the speed figures.

  pytorch_training.py check FOLDER...                       golden folders of a step against this file; exits 1 beyond tolerance
  pytorch_training.py dump FOLDER [NAME=VALUE...]           writes such a folder for any options
  pytorch_training.py dump-flags FOLDER [NAME=VALUE...]     writes one for each of the 64 mixes of six switches (use_new, spade_combine,
                                                            add_raw_loss, adaptive_spade, warp_ref, warp_ani), SHOTS references each
  pytorch_training.py time [NAME=VALUE...]                  seconds of each step and the process' peak memory

NAME=VALUE sets an option under the published code's name; what is not set has the published default (lr 0.0004). --size 64 or 96x64,
--batch, --salt, --shots (dump-flags), --steps and --threads (time). Weights and inputs are procedural (procedural.py), VGG19's too. A folder holds what
`talkinghead verify training-step --golden FOLDER` reads. Needs Python with torch, numpy and safetensors.
"""
import argparse, itertools, json, pathlib, resource, sys, time

import numpy as np
import torch
import torch.nn.functional as F

import procedural
from pytorch_generator import DEFAULTS, Discriminator, Generator, generator_inputs, procedural_state, value

DEFAULTS.update(
    lr=0.0004, beta1=0.5, beta2=0.999, no_TTUR=False, lambda_vgg=10.0, lambda_flow=10.0, lambda_weight=10.0, no_vgg_loss=False,
    use_weight_loss=False, face_l1=0.0, mask_l1=0.0, isTrain=True, finetune=False)
ZERO = ["GM_VGG", "GT_GAN", "GT_GAN_Feat", "GM_GAN", "GM_GAN_Feat", "ssmi", "ssmi_M", "DT_real", "DT_fake", "DM_real", "DM_fake"]
NETWORKS = (("", 0), ("netD/", 1))


class Vgg19:
    """relu1_1 to relu5_1 with procedural weights."""
    LAYERS = [(0, 3, 64), (2, 64, 64), (5, 64, 128), (7, 128, 128), (10, 128, 256), (12, 256, 256), (14, 256, 256), (16, 256, 256),
              (19, 256, 512), (21, 512, 512), (23, 512, 512), (25, 512, 512), (28, 512, 512)]

    def __init__(self, dtype, salt=""):
        make = lambda key, shape: torch.from_numpy(procedural.parameter(key, shape, salt)).to(dtype)
        self.weights = {i: (make(f"features.{i}.weight", (b, a, 3, 3)), make(f"features.{i}.bias", (b,))) for i, a, b in self.LAYERS}

    def features(self, x):
        found = []
        for i, _, _ in self.LAYERS:
            if i in (5, 10, 19, 28):
                x = F.max_pool2d(x, 2)
            x = F.relu(F.conv2d(x, *self.weights[i], padding=1))
            if i in (0, 5, 10, 19, 28):
                found.append(x)
        return found

    def loss(self, fake, wanted):
        scales = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1)
        return sum(s * F.l1_loss(f, w) for s, f, w in zip(scales, self.features(fake), wanted))


class Step:
    """Both networks, their optimisers and a batch."""

    def __init__(self, d, dtype=torch.float32):
        self.d, salt = d, d.get("salt", "")
        self.generator = Generator(d["options"], align_corners=d.get("grid_align_corners", True))
        o = self.options = self.generator.options
        self.discriminator = Discriminator(d["options"])
        state = procedural_state(self.generator, salt, "", d.get("comb_variance", 0.1), d.get("up_variance", 0.75))
        self.generator.load_state_dict(state)
        self.discriminator.load_state_dict(procedural_state(self.discriminator, salt, "netD/"))
        for network in (self.generator, self.discriminator):
            network.to(dtype).train(not o.finetune)
        shape = lambda channels: (d["batch"], channels, d["height"], d["width"])
        read = lambda kind, name, channels: torch.from_numpy(kind("input/" + name, shape(channels), salt)).to(dtype)
        self.inputs = {k: v.to(dtype) for k, v in generator_inputs(o, d["batch"], d["height"], d["width"], salt).items()}
        self.condition = [read(procedural.label, "warp_ref_label", o.label_width), read(procedural.image, "warp_ref_image", 3)]
        self.real, self.label = read(procedural.image, "tgt_image", 3), self.inputs["tgt_label"]
        self.template = torch.ones(shape(1), dtype=dtype) if o.finetune else read(procedural.confidence, "tgt_template", 1)
        self.cropped = read(procedural.image, "tgt_crop_image", 3) if o.warp_ani and not o.finetune else self.real
        self.teacher = {s: (read(procedural.flow, f"flow_gt_{s}", 2), read(procedural.confidence, f"conf_gt_{s}", 1))
                        for s in ("ref", "ani") if o[f"warp_{s}"] and not o.finetune}
        self.vgg = None if o.no_vgg_loss else Vgg19(dtype, salt)
        tuned = lambda key: not o.finetune or any(part in key for part in ("fc", "conv_img", "up"))
        for key, parameter in self.generator.named_parameters():
            parameter.requires_grad_(tuned(key))
        betas = (o.beta1 if o.no_TTUR else 0.0, o.beta2)
        rates = (o.lr, o.lr) if o.no_TTUR else (o.lr / 2, 2 * o.lr)
        self.optimisers = [torch.optim.Adam((p for p in n.parameters() if p.requires_grad), lr=r, betas=betas, eps=1e-8)
                           for n, r in zip((self.generator, self.discriminator), rates)]

    def judged(self, fake):
        return self.discriminator.losses(self.discriminator(*self.condition, self.label, fake, self.real))

    @staticmethod
    def fakes(out):
        return [out[name] for name in ("img_final", "img_raw", "img_ani") if name in out]

    def generator_losses(self, out):
        o, l1 = self.options, F.l1_loss
        loss = dict.fromkeys(["G_GAN", "G_GAN_Feat", "G_VGG", "F_Flow", "F_Warp", "L1_Loss", "Atten_L1_Loss", "W"], 0.0)
        wanted = None if self.vgg is None else self.vgg.features(self.real)
        for fake in self.fakes(out):
            judged = self.judged(fake)
            loss["G_GAN"], loss["G_GAN_Feat"] = loss["G_GAN"] + judged["G_GAN"], loss["G_GAN_Feat"] + judged["G_GAN_Feat"]
            if self.vgg is not None:
                loss["G_VGG"] = loss["G_VGG"] + o.lambda_vgg * self.vgg.loss(fake, wanted)
        if o.face_l1:
            loss["L1_Loss"] = o.face_l1 * l1(out["img_final"], self.real)
        if o.mask_l1:
            loss["Atten_L1_Loss"] = o.mask_l1 * l1(out["img_final"] * self.template, self.real * self.template)
        for source, real in (("ref", self.real), ("ani", self.cropped)) if not o.finetune else ():
            if f"flow_{source}" not in out:
                continue
            flow, weight, warped = (out[f"{what}_{source}"] for what in ("flow", "weight", "warped"))
            given, confidence = self.teacher[source]
            loss["F_Flow"] = loss["F_Flow"] + o.lambda_flow * l1(flow * confidence, given * confidence)
            loss["F_Warp"] = loss["F_Warp"] + o.lambda_flow * l1(warped, real)
            if o.use_weight_loss:
                right = (1 - (warped - real).abs().sum(1, keepdim=True)).clamp(0, 1)
                loss["W"] = loss["W"] + o.lambda_weight * ((weight * right).abs().mean() + ((weight - 1) * (1 - right)).abs().mean())
        return loss

    def learn(self, which, losses):
        for optimiser in self.optimisers:
            optimiser.zero_grad()
        sum(losses.values()).backward()
        self.optimisers[which].step()

    def run(self):
        """(outputs of both passes, losses, gradients of both networks)."""
        first = self.generator(self.inputs)
        losses = self.generator_losses(first)
        self.learn(0, losses)
        gradients = {key: p.grad for key, p in self.generator.named_parameters() if p.requires_grad}
        first = {name: value.detach() for name, value in first.items()}
        with torch.no_grad():
            second = self.generator(self.inputs)
        judged = [self.judged(fake) for fake in self.fakes(second)]
        of_d = {name: sum(j[name] for j in judged) for name in ("D_real", "D_fake")}
        self.learn(1, of_d)
        gradients.update({"netD/" + key: p.grad for key, p in self.discriminator.named_parameters()})
        number = lambda losses: {name: float(v.detach()) if torch.is_tensor(v) else v for name, v in losses.items()}
        losses, of_d = number(losses), number(of_d)
        losses = {**losses, **of_d, "G_total": sum(losses.values()), "D_total": sum(of_d.values()), **dict.fromkeys(ZERO, 0.0)}
        return first, second, losses, gradients

    def after(self):
        pairs = itertools.chain(self.generator.state_dict().items(), (("netD/" + k, v) for k, v in self.discriminator.state_dict().items()))
        return {key: value.detach().double() for key, value in pairs if not key.endswith("num_batches_tracked")}


def run_both(d):
    """The step in float32 and float64."""
    result = []
    for dtype in (torch.float32, torch.float64):
        step = Step(d, dtype)
        result.append((step, *step.run()))
    return result


def tensors_of(first, second):
    names = ("img_final", "img_raw", "img_ani", "flow_ref", "flow_ani", "weight_ref", "weight_ani")
    found = {f"g_pass/{name}": first[name] for name in names if name in first}
    return {**found, "d_pass/img_final": second["img_final"]}


def gradients_of(found, exact):
    table = {}
    for key, gradient in found.items():
        if gradient is None:
            table[key] = None
            continue
        norm, norm64 = float(gradient.double().norm()), float(exact[key].norm())
        deviation = float((gradient.double() - exact[key]).norm()) / max(norm64, 1e-300)
        table[key] = dict(norm=norm, norm64=norm64, rel_dev=deviation, noise=deviation > 0.02)
    return table


def dump(folder, d):
    from safetensors.torch import save_file
    (step, first, second, losses, gradients), (exact, first64, second64, losses64, gradients64) = run_both(d)
    folder.mkdir(parents=True, exist_ok=True)
    tensors, precise = tensors_of(first, second), tensors_of(first64, second64)
    error = {name: float((t.double() - precise[name]).abs().max()) for name, t in tensors.items() if "/img_" in name}
    options = {k: v for k, v in step.options.items() if k not in ("adaptive_layers", "label_width")}
    def write(name, value, indent=None):
        (folder / name).write_text(json.dumps(value, indent=indent, sort_keys=True) + "\n")
    write("options.json", {**d, "options": options, "discriminator_key_prefix": "netD/", "max_abs_float32_vs_float64": error,
                           "mode": "eval" if step.options.finetune else "train"}, 1)
    write("losses.json", {"losses": losses, "float64": losses64}, 1)
    write("gradients.json", gradients_of(gradients, gradients64))
    after, after64 = step.after(), exact.after()
    ends = lambda v: [float(v.sum()), float(v.norm()), float(v.flatten()[0]), float(v.flatten()[-1])]
    write("after.json", {k: dict(summary=ends(v), max_abs_dev_vs_float64=float((v - after64[k]).abs().max())) for k, v in after.items()})
    shape = lambda v: "x".join(map(str, v.shape)) or "scalar"
    networks = [("", step.generator), ("netD/", step.discriminator)]
    (folder / "keys.txt").write_text("".join(f"{p}{k} {shape(v)}\n" for p, n in networks for k, v in n.state_dict().items()))
    small = [k for k, g in gradients.items() if g is not None and g.numel() <= 2048][::9]
    tensors.update({f"grad/{k}": gradients[k] for k in small})
    tensors.update({f"after/{k}": after[k].float() for k in small})
    save_file({name: t.detach().contiguous().clone() for name, t in tensors.items()}, folder / "outputs.safetensors")
    return losses


def check(folder):
    """Prints the largest differences from a folder; whether all are within bounds."""
    from safetensors.torch import load_file
    d = json.loads((folder / "options.json").read_text())
    step = Step(d)
    first, second, losses, gradients = step.run()
    worst = []
    for name, wanted in json.loads((folder / "losses.json").read_text())["losses"].items():
        worst.append((abs(losses[name] - wanted) / max(abs(wanted), 1e-3) / 1e-4, f"loss {name}"))
    for key, wanted in json.loads((folder / "gradients.json").read_text()).items():
        found = gradients[key]
        if wanted is None or found is None:
            worst.append((0 if (wanted is None) == (found is None) else float("inf"), f"presence of gradient {key}"))
        elif not wanted["noise"]:
            worst.append((abs(float(found.norm()) - wanted["norm"]) / wanted["norm"] / 2e-3, f"gradient {key}"))
    for name, wanted in load_file(folder / "outputs.safetensors").items():
        if name.startswith("g_pass/img"):
            worst.append((float((tensors_of(first, second)[name] - wanted).abs().max()) / 1e-4, name))
    good = max(worst)[0] <= 1
    print(f"{'ok  ' if good else 'FAIL'} {folder.name:24} {len(worst):4} numbers; nearest its bound: {max(worst)[1]} ({max(worst)[0]:.2f} of it)")
    return good


def measure(d, steps):
    step, times, work = Step(d), [], []
    start_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(steps + 1):
        begin, processor = time.time(), time.process_time()
        step.run()
        times.append(time.time() - begin)
        work.append(time.process_time() - processor)
        print(f"step {times[-1]:.2f} s", flush=True)
    later = sorted(times[1:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"least {later[0]:.2f} s, median {later[len(later) // 2]:.2f} s, {min(work[1:]):.2f} core-seconds; peak memory {peak / 1e6:.2f} GB "
          f"({start_memory / 1e6:.2f} GB before the first step)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["check", "dump", "dump-flags", "time"])
    parser.add_argument("paths", nargs="*", metavar="PATH_OR_OPTION")
    parser.add_argument("--size", default="64")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--salt", default="")
    parser.add_argument("--shots", type=int, default=2)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_intermixed_args()
    torch.set_num_threads(a.threads)
    if a.command == "check":
        sys.exit(not all([check(pathlib.Path(p)) for p in a.paths]))
    options = dict(p.split("=", 1) for p in a.paths if "=" in p)
    options = {name: value(text) for name, text in options.items()}
    height, _, width = a.size.partition("x")
    d = dict(options=options, batch=a.batch, height=int(height), width=int(width or height), salt=a.salt, comb_variance=0.1,
             up_variance=0.75, grid_align_corners=True)
    if a.command == "time":
        return measure(d, a.steps)
    folder = pathlib.Path(next(p for p in a.paths if "=" not in p))
    if a.command == "dump":
        print(dump(folder, d))
        return
    switches = ("use_new", "spade_combine", "add_raw_loss", "adaptive_spade", "warp_ref", "warp_ani")
    for bits in itertools.product((False, True), repeat=len(switches)):
        name = "t_" + "".join("01"[b] for b in bits)
        losses = dump(folder / name, {**d, "options": {**options, **dict(zip(switches, bits)), "n_shot": a.shots}})
        print(name, losses["G_total"], losses["D_total"], flush=True)


if __name__ == "__main__":
    main()
