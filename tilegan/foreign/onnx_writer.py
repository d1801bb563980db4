"""Write a generator as an ONNX file that runs on images of any size, and check it in ONNX Runtime."""

import json
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.foreign.plain import Plain, traced
from tilegan.foreign.read import line

OPSET = 17  # all that networks need, and old enough for most programs
NEEDED = "export needs the packages onnx and onnxruntime: pip install 'tilegan[export]'"


def write_onnx(generator: nn.Module, place: Path, stride: int, facts: dict[str, Any]) -> float:
    """Write a generator as an ONNX file: float (N, 3, h, w) from 0 to 1 -> (N, 3, h * scale, w * scale), likewise.

    Args:
        generator: float (N, 3, h, w) in [-1, 1] -> (N, 3, h * scale, w * scale), on the CPU in float32.
        place: the file.
        stride: of the generator; h and w are multiples of it.
        facts: metadata of the file, by name; JSON types.

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
    network = Plain(generator).eval()
    export_onnx(network, traced(stride), place)
    model = onnx.load_model(str(place))
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in facts.items()})
    model.producer_name = "tilegan"
    onnx.save_model(model, str(place))
    session = onnxruntime.InferenceSession(str(place), providers=["CPUExecutionProvider"])
    return network.levels_from(lambda image: _run(session, image), stride)


def export_onnx(network: nn.Module, image: torch.Tensor, place: Path) -> None:
    """Write a network of images of any size as an ONNX file: 'image' (N, C, h, w) -> 'stylized' (N, 3, h', w').

    Args:
        network: it is traced with the image.
        image: (1, C, h, w), on the device of the network.
        place: the file.

    Raises:
        ModelError: it cannot be exported.
    """
    axes = {0: "batch", 2: "height", 3: "width"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch prefers its other exporter, which needs further packages
            torch.onnx.export(
                network,
                (image,),
                str(place),
                input_names=["image"],
                output_names=["stylized"],
                dynamic_axes={"image": axes, "stylized": axes},
                opset_version=OPSET,
                dynamo=False,
            )
    except Exception as error:  # torch raises many classes for functions that ONNX does not have
        raise ModelError(f"the network cannot be exported: {line(error)}") from error


def _run(session: Any, image: torch.Tensor) -> torch.Tensor:
    try:
        return torch.from_numpy(session.run(None, {"image": image.numpy()})[0])
    except Exception as error:  # ONNX Runtime has classes of its own
        raise ModelError(f"ONNX Runtime cannot run what was exported: {line(error)}") from error
