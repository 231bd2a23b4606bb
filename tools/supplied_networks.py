"""What the networks that users supply must give: computed by their own packages with made weights.

Writes crates/talkinghead-evaluation/tests/fixtures/supplied/expected.json, which the test `supplied` reads, and arcface.onnx beside it.
Weights are made from the names of the tensors (`made`), in the same way here and in the test, so that none need to be kept.
With `--weights FOLDER` the weights are written there too, as files of the layouts that circulate, to try the program on.

Needs torch, torchvision, lpips 0.1.4, pytorch-fid 0.3.0, python_speech_features 0.6, scipy, numpy, pillow, safetensors; and
SyncNetModel.py of the package syncnet-python 0.2.3 (--syncnet-model).
"""

import argparse
import importlib.util
import json
from pathlib import Path

import lpips
import numpy as np
import python_speech_features
import torch
import torchvision
from PIL import Image
from pytorch_fid import fid_score, inception
from torch import nn

FIXTURES = Path(__file__).parent.parent / "crates/talkinghead-evaluation/tests/fixtures"


def uniform(name: str, count: int) -> np.ndarray:
    """Numbers in -1..1 that the name decides: FNV-1a of the name, then SplitMix64."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(40)).astype(np.float64) / 2**23 - 1).astype(np.float32)


def made(network: str, key: str, shape) -> torch.Tensor:
    """A tensor that keeps numbers at a sensible size."""
    values = uniform(f"{network}/{key}", int(np.prod(shape))).reshape(shape)
    if key.endswith("running_var"):
        values = values * np.float32(0.5) + np.float32(1)
    elif len(shape) > 1:
        values = values * np.float32(np.sqrt(6 / np.prod(shape[1:])))
    elif key.endswith("weight"):
        # PReLU's slopes and the scales of norms.
        values = values * np.float32(0.2) + np.float32(0.3 if "prelu" in key else 1)
    else:
        values = values * np.float32(0.1)
    return torch.from_numpy(values.copy())


def with_made_weights(network: str, module: nn.Module) -> nn.Module:
    state = {
        key: made(network, key, value.shape) if value.is_floating_point() else value for key, value in module.state_dict().items()
    }
    module.load_state_dict(state)
    return module.eval()


class Block(nn.Module):
    """A block of IResNet as InsightFace's arcface_torch names its parts."""

    def __init__(self, width_in, width, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(width_in, eps=1e-5)
        self.conv1 = nn.Conv2d(width_in, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width, eps=1e-5)
        self.prelu = nn.PReLU(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width, eps=1e-5)
        straight = nn.Sequential(nn.Conv2d(width_in, width, 1, stride, bias=False), nn.BatchNorm2d(width, eps=1e-5))
        self.downsample = straight if stride != 1 or width_in != width else None

    def forward(self, x):
        y = self.bn3(self.conv2(self.prelu(self.bn2(self.conv1(self.bn1(x))))))
        return y + (x if self.downsample is None else self.downsample(x))


class IResNet(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64, eps=1e-5)
        self.prelu = nn.PReLU(64)
        width_in = 64
        for k, (count, width) in enumerate(zip(blocks, [64, 128, 256, 512])):
            stage = [Block(width_in if b == 0 else width, width, 2 if b == 0 else 1) for b in range(count)]
            setattr(self, f"layer{k + 1}", nn.Sequential(*stage))
            width_in = width
        self.bn2 = nn.BatchNorm2d(512, eps=1e-5)
        self.fc = nn.Linear(512 * 49, 512)
        self.features = nn.BatchNorm1d(512, eps=1e-5)

    def forward(self, x):
        x = self.prelu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.features(self.fc(torch.flatten(self.bn2(x), 1)))


class SmallOnnx(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 16, 16)
        self.prelu = nn.PReLU(2)
        self.fc = nn.Linear(98, 64)

    def forward(self, x):
        return self.fc(torch.flatten(self.prelu(self.conv(x)), 1))


def picture(name):
    return np.asarray(Image.open(FIXTURES / "pictures" / name).convert("RGB"))


def tensor(pixels, scale=1.0, shift=0.0):
    return torch.from_numpy(pixels.astype(np.float32).transpose(2, 0, 1)[None] * np.float32(scale) + np.float32(shift))


def every(values, step):
    return [float(v) for v in np.asarray(values).reshape(-1)[::step]]


def sound():
    """16-bit samples: noise whose loudness comes and goes."""
    noise = uniform("sound", 6000)
    return np.round(noise * np.float32(0.3) * np.abs(np.sin(np.arange(6000, dtype=np.float64) * 0.002)).astype(np.float32) * 32768).astype(np.int16)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--syncnet-model", required=True, help="SyncNetModel.py")
    parser.add_argument("--weights", type=Path, help="folder for the made weights as files")
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    expected, files = {}, {}

    pairs = [("1.png", "1_blur.png"), ("1.png", "1_light.png"), ("2.png", "1.png")]
    for name, key, network in [("alex", "alexnet", torchvision.models.alexnet), ("vgg", "vgg", torchvision.models.vgg16)]:
        classifier = with_made_weights(key, network())
        distance = lpips.LPIPS(net=name, pnet_rand=True, verbose=False)
        own = distance.net.state_dict()
        # slice2.3.weight is features.3.weight.
        state = {k: classifier.state_dict()["features." + k.split(".", 1)[1]] for k in own}
        distance.net.load_state_dict(state)
        values = [float(distance(tensor(picture(a), 1 / 127.5, -1), tensor(picture(b), 1 / 127.5, -1))) for a, b in pairs]
        expected[f"lpips_{name}"] = values
        files[f"{key}.pth"] = classifier

    base = with_made_weights("inception", torchvision.models.inception_v3(num_classes=1008, aux_logits=False, init_weights=False))
    inception.load_state_dict_from_url = lambda *_, **__: base.state_dict()
    of_fid = inception.InceptionV3([3]).eval()
    expected["inception"] = every(of_fid(tensor(picture("1.png"), 1 / 255))[0], 32)
    files["inception.pth"] = base

    clouds = [uniform(name, 60 * 16).reshape(60, 16).astype(np.float64) for name in ("cloud a", "cloud b")]
    clouds[1] = clouds[1] * 1.5 + clouds[1][:, ::-1] * 0.5 + 0.3
    clouds = [cloud.astype(np.float32).astype(np.float64) for cloud in clouds]
    statistics = [(cloud.mean(0), np.cov(cloud, rowvar=False)) for cloud in clouds]
    expected["frechet"] = float(fid_score.calculate_frechet_distance(*statistics[0], *statistics[1]))

    arcface = with_made_weights("arcface", IResNet([2, 3, 2, 2]))
    face = picture("1.png")[40:152, 60:172]
    expected["arcface"] = every(arcface(tensor(face, 1 / 127.5, -1)), 16)
    files["arcface.pth"] = arcface
    small = with_made_weights("onnx", SmallOnnx())
    expected["arcface_onnx"] = every(small(tensor(face, 1 / 127.5, -1)), 4)
    onnx = FIXTURES / "supplied/arcface.onnx"
    onnx.parent.mkdir(exist_ok=True)
    torch.onnx.export(small, torch.zeros(1, 3, 112, 112), str(onnx), opset_version=11)

    module = importlib.util.spec_from_file_location("syncnet_model", arguments.syncnet_model)
    syncnet_model = importlib.util.module_from_spec(module)
    module.loader.exec_module(syncnet_model)
    syncnet = with_made_weights("syncnet", syncnet_model.S())
    wide = np.tile(picture("1.png"), (2, 2, 1))
    frames = [wide[2 * k : 2 * k + 224, 3 * k : 3 * k + 224, ::-1] for k in range(5)]
    lips = torch.from_numpy(np.stack(frames, 3).astype(np.float32).transpose(2, 3, 0, 1)[None])
    expected["syncnet_frames"] = every(syncnet.forward_lip(lips), 64)
    cepstra = python_speech_features.mfcc(sound(), 16000)
    expected["mfcc_windows"] = len(cepstra)
    expected["mfcc"] = [every(row, 1) for row in cepstra[::6]]
    heard = torch.from_numpy(cepstra[4:24].T[None, None].astype(np.float32))
    expected["syncnet_sound"] = every(syncnet.forward_aud(heard), 64)
    files["syncnet_v2.model"] = syncnet

    text = json.dumps(expected, indent=1) + "\n"
    (FIXTURES / "supplied/expected.json").write_text(text)
    if arguments.weights:
        arguments.weights.mkdir(parents=True, exist_ok=True)
        for name, network in files.items():
            # syncnet_v2.model and the older torchvision files are in the older container.
            new = name in ("arcface.pth", "inception.pth")
            torch.save(network.state_dict(), arguments.weights / name, _use_new_zipfile_serialization=new)
        torch.onnx.export(arcface, torch.zeros(1, 3, 112, 112), str(arguments.weights / "arcface.onnx"), opset_version=11)


if __name__ == "__main__":
    main()
