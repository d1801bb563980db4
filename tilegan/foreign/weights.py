"""Load files of weights with torch's restricted unpickler: it makes tensors and containers, and calls nothing."""

import pickle
import zipfile
from collections.abc import Iterable
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from tilegan.errors import ModelError
from tilegan.foreign.archive import LARGER, LEAST, Archive
from tilegan.foreign.read import OtherKindError, line

FILLING = b"bytearray"  # which the restricted unpickler calls, and which takes as much memory as a file says
OLD = bytes.fromhex("80028a0a6cfc9c46f9206aa85019")  # begin of a file of torch before 1.6, which is no archive


def load_state(path: Path) -> dict[str, Any]:
    """Return what a .pth or .safetensors file holds: tensors by name, perhaps within further dictionaries.

    Raises:
        OtherKindError: it is TorchScript.
        ModelError: it is damaged, or holds more than weights.
    """
    try:
        if path.suffix.lower() == ".safetensors":
            return dict(safetensors.torch.load_file(path))
        if zipfile.is_zipfile(path):
            with Archive(path) as archive:  # refuses what would unpack to too much
                if archive.code:
                    raise OtherKindError(f"no checkpoint: {path}: it is TorchScript")
                fills = "data.pkl" in archive.names and FILLING in archive.read("data.pkl")
        else:
            with path.open("rb") as file:
                if file.read(len(OLD)) != OLD:
                    raise ModelError(f"not a checkpoint: {path}: it is no file of torch, or not whole")
                with mmap(file.fileno(), 0, access=ACCESS_READ) as whole:
                    fills = whole.find(FILLING) >= 0
        if fills:
            raise pickle.UnpicklingError(FILLING)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{path} holds more than weights, which is not run: save the generator's state_dict"
        ) from error
    except Exception as error:  # torch raises many classes for damaged archives
        raise ModelError(f"not a checkpoint: {path}: {line(error)}") from error
    if not isinstance(state, dict):
        raise ModelError(f"not a checkpoint: {path}: it is no state_dict of a generator")
    left = max(LEAST, LARGER * path.stat().st_size)
    for tensor in _tensors(state):
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
            raise ModelError(f"not a checkpoint: {path}: it has sparse or quantized tensors, or some without values")
        size = tensor.numel() * tensor.element_size()
        left -= size
        if size > tensor.untyped_storage().nbytes() or left < 0:
            raise ModelError(f"not a checkpoint: {path}: a tensor of {list(tensor.shape)} is larger than its bytes")
    return state


def _tensors(state: Any) -> Iterable[torch.Tensor]:
    """Yield the tensors of dictionaries in dictionaries, each of which is looked at once."""
    waiting, seen = [state], set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, torch.Tensor):
            yield each
        elif isinstance(each, dict) and id(each) not in seen:
            seen.add(id(each))
            waiting += each.values()
