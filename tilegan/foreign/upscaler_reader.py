"""Read weights of upscalers, such as ESRGAN, of about 40 architectures: spandrel tells which, and builds the network.

The weights are loaded by torch's restricted unpickler, not by spandrel. The network is exported by torch.export, and
read again as data, so that the imported model needs no spandrel.
"""

import warnings
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from tilegan.errors import ModelError
from tilegan.foreign.pt2_reader import read_pt2
from tilegan.foreign.read import OtherKindError, Read, Reader, declared, line
from tilegan.foreign.weights import load_state

NEEDED = "weights of upscalers such as ESRGAN need the package spandrel: pip install 'tilegan[upscalers]'"
# operators that torchvision describes, whether it has them or not
UNDESCRIBED = tuple(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor" for name in ("nms", "qnms"))
DECLARED: Any = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
SIDE = 64  # pixels, of the image that is traced


def read_upscaler(path: Path) -> Read:
    """Read the weights of an upscaler.

    Raises:
        OtherKindError: it is of no architecture that is known, or spandrel is missing.
        ModelError: it holds more than weights, is no network of three colors, or cannot be exported.
    """
    state = load_state(path)
    try:
        spandrel = import_spandrel()
    except Exception as error:  # of its package torchvision, where that does not fit torch
        missing = isinstance(error, ImportError)
        cause = NEEDED if missing else f"spandrel cannot be imported: {line(error)}"
        raise OtherKindError(f"no network that is known: {path}: it holds {_names(state)}; {cause}") from error
    try:
        found = spandrel.ModelLoader("cpu").load_from_state_dict(state)
    except spandrel.UnsupportedModelError as error:
        raise OtherKindError(f"no network that spandrel knows: {path}: it holds {_names(state)}") from error
    except Exception as error:  # of the architecture that its names suggest
        raise ModelError(f"{path} holds weights that do not fit their architecture: {line(error)}") from error
    name = found.architecture.name
    if not isinstance(found, spandrel.ImageModelDescriptor) or (found.input_channels, found.output_channels) != (3, 3):
        raise ModelError(f"{path} is a network {name} that takes or makes other than three colors")
    least = max(SIDE, found.size_requirements.minimum)
    side = -(-least // found.size_requirements.multiple_of) * found.size_requirements.multiple_of
    try:
        read = exported(found.model.eval().float(), side)
    except ModelError as error:
        raise ModelError(f"{path}, {name}: {error}") from error
    return replace(
        read,
        source=f"spandrel, {name}, scale {found.scale}",
        declared=declared({"range": [0, 1]}),
    )


def import_spandrel() -> Any:
    """Import spandrel, also beside a torchvision that was built for another build of the same torch.

    Such a torchvision, for example that of PyPI beside a torch for CPUs, leaves out its compiled operators, and then
    fails to describe two of them. They are declared here; spandrel uses none of them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the compiled reader of images
        try:
            import spandrel
        except RuntimeError:
            for schema in UNDESCRIBED:
                DECLARED.define(schema)
            import spandrel
    return spandrel


def _names(state: dict[str, Any]) -> str:
    return ", ".join(str(name)[:100] for name in list(state)[:3]) or "nothing"


def exported(network: torch.nn.Module, side: int) -> Read:
    """Export a network of images of any size by torch.export, and read it as data.

    Args:
        network: float (1, 3, h, w) -> (1, 3, h * scale, w * scale), in evaluation mode.
        side: height and width of the image that is traced.

    Raises:
        ModelError: it cannot be exported, or has an operator that is not known.
    """
    sides = {2: torch.export.Dim.AUTO, 3: torch.export.Dim.AUTO}
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            program = torch.export.export(network, (torch.rand(1, 3, side, side),), dynamic_shapes=(sides,))
        except Exception as error:  # torch raises many classes for what it cannot trace
            raise ModelError(f"torch.export cannot export it: {line(error)}") from error
        place = Path(folder) / "network.pt2"
        try:
            return _read(program, place)
        except ModelError:  # again without changes in place, which takes longer
            return _read(program.run_decompositions({}), place)


def _read(program: torch.export.ExportedProgram, place: Path) -> Read:
    try:
        torch.export.save(program, place)
    except Exception as error:  # likewise
        raise ModelError(f"torch.export cannot write it: {line(error)}") from error
    return read_pt2(place)


READER = Reader((".pth", ".pt", ".ckpt", ".safetensors"), read_upscaler, "weights of upscalers")
