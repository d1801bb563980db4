"""Networks that others publish, as ONNX files: for ``foreign_networks.py``.

Definitions are public, weights are random where they are not given. Those of ``@upscalerjs/esrgan-slim`` are a model of
TensorFlow.js, whose layers are built again in torch: nothing of TensorFlow is needed.
"""

import json
import warnings
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name

SIDE = 256  # pixels, of the image that is traced


class Block(nn.Module):
    """Of CycleGAN: reflection padding, convolution and instance norm, twice, around a skip connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> the same."""
        return features + self.layers(features)


def resnet(channels: int = 8, blocks: int = 9) -> nn.Module:
    """The generator of CycleGAN (Zhu et al. 2017), -1 to 1."""
    layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, channels, 7), nn.InstanceNorm2d(channels), nn.ReLU()]
    for count in (channels, 2 * channels):
        layers += [nn.Conv2d(count, 2 * count, 3, 2, 1), nn.InstanceNorm2d(2 * count), nn.ReLU()]
    layers += [Block(4 * channels) for _ in range(blocks)]
    for count in (4 * channels, 2 * channels):
        layers += [nn.ConvTranspose2d(count, count // 2, 3, 2, 1, 1), nn.InstanceNorm2d(count // 2), nn.ReLU()]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(channels, 3, 7), nn.Tanh())


class UNet(nn.Module):
    """The generator of pix2pix (Isola et al. 2017) with batch norms, -1 to 1.

    That of its authors' code for 256 x 256 pixels has 64 channels at first, and 8 steps down.
    """

    def __init__(self, channels: int = 8, downs: int = 4) -> None:
        super().__init__()
        sides = [3, *(channels * min(8, 2**number) for number in range(downs))]
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(sides))
        inner = range(1, downs - 1)  # neither the first nor the last step has a norm
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(side) if n in inner else nn.Identity() for n, side in enumerate(sides[1:])
        )
        ups = [(sides[-1], sides[-2]), *((2 * a, b) for a, b in zip(sides[-2:0:-1], sides[-3::-1], strict=False))]
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 4, 2, 1) for a, b in ups)
        self.up_norms = nn.ModuleList(nn.BatchNorm2d(b) if b > 3 else nn.Identity() for _, b in ups)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) -> the same."""
        kept: list[torch.Tensor] = []
        for number, (layer, norm) in enumerate(zip(self.down, self.norms, strict=True)):
            image = norm(layer(F.leaky_relu(image, 0.2) if number else image))
            kept.append(image)
        for number, (layer, norm) in enumerate(zip(self.up, self.up_norms, strict=True)):
            image = norm(layer(torch.relu(image if not number else torch.cat((image, kept[-1 - number]), 1))))
        return torch.tanh(image)


class Attentive(nn.Module):
    """Each cell of 8 pixels looks at all others, as in the bottleneck of many translators; 0 to 1."""

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, channels, 8, 8), nn.ConvTranspose2d(channels, 3, 8, 8)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) -> the same."""
        features = self.first(image)
        flat = features.flatten(2)
        seen = torch.softmax(flat.transpose(1, 2) @ flat, -1)
        return torch.sigmoid(self.last((flat @ seen.transpose(1, 2)).reshape(features.shape)) + 4 * image - 2)


class Keras(nn.Module):
    """A model of Keras' layers, as TensorFlow.js stores it: its topology, and weights in one file of float32."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        told = json.loads((folder / "model.json").read_text())
        self.entries = told["modelTopology"]["model_config"]["config"]["layers"]
        weights = self._weights(told["weightsManifest"], folder)
        self.convolutions = nn.ModuleDict()
        for entry in self.entries:
            name = entry["config"]["name"]
            if entry["class_name"] == "Conv2D":
                kernel = weights[f"{name}/kernel"].permute(3, 2, 0, 1)
                made = nn.Conv2d(kernel.shape[1], kernel.shape[0], tuple(kernel.shape[2:]), padding="same")
                made.load_state_dict({"weight": kernel, "bias": weights[f"{name}/bias"]})
                self.convolutions[name] = made

    @staticmethod
    def _weights(manifest: list[dict[str, Any]], folder: Path) -> Mapping[str, torch.Tensor]:
        found: dict[str, torch.Tensor] = {}
        for group in manifest:
            values = np.concatenate([np.fromfile(folder / path, "<f4") for path in group["paths"]])
            for entry in group["weights"]:
                size = int(np.prod(entry["shape"]))
                found[entry["name"]], values = torch.from_numpy(values[:size].reshape(entry["shape"])), values[size:]
        return found

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) -> (N, 3, h * scale, w * scale)."""
        known: dict[str, torch.Tensor] = {}
        made = image
        for entry in self.entries:
            config, kind = entry["config"], entry["class_name"]
            inputs = [known[node[0]] for node in entry["inbound_nodes"][0]] if entry["inbound_nodes"] else [image]
            match kind:
                case "InputLayer":
                    made = image
                case "Conv2D":
                    made = self.convolutions[config["name"]](inputs[0])
                case "Activation" if config["activation"] == "relu":
                    made = torch.relu(inputs[0])
                case "Concatenate":
                    made = torch.cat(inputs, 1)
                case "Add":
                    made = inputs[0] + inputs[1]
                case "UpSampling2D":
                    mode = config.get("interpolation", "nearest")
                    made = F.interpolate(inputs[0], scale_factor=float(config["size"][0]), mode=mode)
                case _:
                    raise SystemExit(f"a layer of kind {kind} is not known")
            known[config["name"]] = made
        return made


def write(network: nn.Module, path: Path, fixed: bool = False, side: int = SIDE) -> Path:
    """Export a network as its author would.

    Args:
        network: (1, 3, h, w) -> (1, 3, h * scale, w * scale).
        path: of the .onnx file.
        fixed: whether it takes images of one size only.
        side: of the image that is traced, in pixels.
    """
    axes = {"image": {2: "height", 3: "width"}, "made": {2: "height", 3: "width"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch prefers its other exporter, which takes much longer
        torch.onnx.export(
            network.eval(),
            (torch.rand(1, 3, side, side),),
            str(path),
            input_names=["image"],
            output_names=["made"],
            dynamic_axes=None if fixed else axes,
            opset_version=17,
            dynamo=False,
        )
    return path
