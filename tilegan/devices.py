"""Selection of the device and the dtype of the computation."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tilegan.errors import SettingError
from tilegan.names import COMBO, DEVICES, EXACT, PRECISIONS, RUNTIME, TORCH

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # parameters of ``mallopt`` in glibc
CPU = torch.device("cpu")
LEAST_WIDTH = 256  # pixels
# Window and windows in one forward pass, by device. Larger windows have less overhead by halos, which combo does not
# have; smaller ones fit the cache of a CPU better: see the curve in docs/benchmarks.md. A GPU needs larger batches for
# full utilization.
CPU_WINDOWS, CPU_BATCH = {EXACT: 1024, COMBO: 512}, 1
GPU_WINDOW, GPU_BATCH = 1024, 4

# A forked process does not have the threads of its parent, and OpenMP would wait for them forever: it computes with one
# thread, like the forked workers of torch.
os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))


def choose_device(name: str = "auto") -> torch.device:
    """Return the device with a name; 'auto' takes cuda, then mps, then cpu.

    Raises:
        SettingError: the name is unknown, or the machine has no such device, or the process was forked after CUDA was
            used.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        if device.type not in DEVICES:  # torch has others that cannot do this work, such as 'meta'
            raise SettingError(f"no device '{name}' for this work: use auto, {', '.join(DEVICES)}")
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        if name.startswith("cuda") and torch.cuda._is_in_bad_fork():
            raise SettingError(
                "cannot use cuda in a process that was forked after its parent had: start processes by 'spawn'"
            ) from error
        raise SettingError(f"no device '{name}' on this machine: use auto or cpu") from error
    return device


def choose_precision(name: str, device: torch.device, backend: str = TORCH) -> torch.dtype:
    """Return the dtype with a name; 'auto' takes the fastest one that the device supports natively.

    bfloat16 where the hardware multiplies it (CUDA from compute capability 8, CPUs with AVX512-BF16 or AMX), float16
    on older CUDA cards, float32 elsewhere, and always in ONNX Runtime.

    Raises:
        SettingError: the name is unknown, or not one of the backend.
    """
    if backend == RUNTIME:
        if name not in ("auto", "float32"):
            raise SettingError(f"ONNX Runtime runs in float32, not in {name}: leave the precision out")
        return torch.float32
    if name != "auto":
        if name not in PRECISIONS:
            raise SettingError(f"no precision '{name}': use auto, {', '.join(PRECISIONS)}")
        dtype: torch.dtype = getattr(torch, name)
        return dtype
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device)[0] >= 8 else torch.float16
    if device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return torch.bfloat16
    return torch.float32


def precision_name(dtype: torch.dtype) -> str:
    """Return the name of a dtype, as for ``choose_precision``."""
    return str(dtype).removeprefix("torch.")


def least_width(device: torch.device, dtype: torch.dtype) -> int:
    """Return the minimum width of windows without halo, in pixels, for sums to be rounded as in wide images.

    In bfloat16, CPUs with AMX add the products of narrow windows in another order: values of the result differed by up
    to 7 of 255. The height of windows has no such effect.
    """
    return LEAST_WIDTH if device.type == "cpu" and dtype == torch.bfloat16 else 1


def to_device(network: nn.Module, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Move a network in place, with weights channels last: this makes convolutions on CPUs nearly twice as fast."""
    return network.to(device, dtype).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def sent(array: NDArray[Any], device: torch.device) -> torch.Tensor:
    """Return an array as a tensor on a device; copies to CUDA are asynchronous."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def fetched(tensor: torch.Tensor) -> NDArray[Any]:
    """Return a tensor as an array once it is computed; on CUDA this waits only for the current stream."""
    if tensor.device.type != "cuda":
        array: NDArray[Any] = tensor.cpu().numpy()
        return array
    host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    host.copy_(tensor, non_blocking=True)
    torch.cuda.current_stream(tensor.device).synchronize()
    return host.numpy()


def keep_freed_memory() -> None:
    """Let this process reuse the memory of freed large tensors, up to its peak; without glibc nothing happens.

    Otherwise each tensor is mapped anew, page by page: a tenth of the time of a forward pass on a CPU. All threads
    share the memory: with a heap per thread, memory grows by a fifth from 0.2 to 1 gigapixels.
    """
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        mallopt(M_MMAP_THRESHOLD, 2**30)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(M_ARENA_MAX, 1)


@contextmanager
def plain_memory_errors() -> Iterator[None]:
    """Convert the out-of-memory errors of torch to ``MemoryError``."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            raise MemoryError(str(error).splitlines()[0]) from error
        raise
