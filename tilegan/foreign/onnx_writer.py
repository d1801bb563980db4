"""Write a generator as an ONNX file that runs on images of any size, and check it in ONNX Runtime."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tilegan.errors import ModelError

OPSET = 17  # all that networks need, and old enough for most programs
TRACED = (64, 64)  # pixels at least, height and width of the image that is traced
OTHERS = ((96, 72), (64, 104))  # likewise, of those that are checked
NEEDED = "export needs the packages onnx and onnxruntime: pip install 'tilegan[export]'"


class _Plain(nn.Module):
    """A generator of images from 0 to 1."""

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.generator(image * 2 - 1)
        return (output * 0.5 + 0.5).clamp(0, 1)


def write_onnx(generator: nn.Module, place: Path, stride: int, told: dict[str, Any]) -> float:
    """Write a generator as an ONNX file: float (N, 3, h, w) from 0 to 1 -> (N, 3, h * scale, w * scale), likewise.

    Args:
        generator: float (N, 3, h, w) in [-1, 1] -> (N, 3, h * scale, w * scale), on the CPU in float32.
        place: the file.
        stride: of the generator; h and w are multiples of it.
        told: metadata of the file, by name; JSON types.

    Returns:
        The largest difference between torch and ONNX Runtime on images of other sizes, in levels of 255.

    Raises:
        ModelError: it cannot be exported, or the packages are missing.
    """
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise ModelError(NEEDED) from error
    network = _Plain(generator).eval()
    axes = {0: "batch", 2: "height", 3: "width"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch prefers its other exporter, which needs further packages
            torch.onnx.export(
                network,
                (torch.rand(1, 3, *_sides(TRACED, stride)),),
                str(place),
                input_names=["image"],
                output_names=["stylized"],
                dynamic_axes={"image": axes, "stylized": axes},
                opset_version=OPSET,
                dynamo=False,
            )
    except Exception as error:  # torch raises many classes for functions that ONNX does not have
        raise ModelError(f"the network cannot be exported: {' '.join(str(error).split())[:200]}") from error
    model = onnx.load_model(str(place))
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in told.items()})
    model.producer_name = "tilegan"
    onnx.save_model(model, str(place))
    session = onnxruntime.InferenceSession(str(place), providers=["CPUExecutionProvider"])
    return max(_difference(network, session, *_sides(sides, stride)) for sides in OTHERS)


def _sides(least: tuple[int, int], stride: int) -> tuple[int, int]:
    return -(-least[0] // stride) * stride, -(-least[1] // stride) * stride


def _difference(network: nn.Module, session: Any, height: int, width: int) -> float:
    random = torch.Generator().manual_seed(0)
    image = torch.rand(1, 3, height, width, generator=random)
    with torch.no_grad():
        ours = network(image).numpy()
    try:
        theirs = session.run(None, {"image": image.numpy()})[0]
    except Exception as error:  # ONNX Runtime has classes of its own
        raise ModelError(f"ONNX Runtime cannot run what was exported: {' '.join(str(error).split())[:200]}") from error
    if ours.shape != theirs.shape:
        raise ModelError(f"the network cannot be exported: it makes {theirs.shape} of {height} x {width} pixels")
    return float(np.abs(ours - theirs).max() * 255)
