"""Which device computes, and in which number format."""

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

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # glibc's numbers of what ``mallopt`` sets
CPU = torch.device("cpu")
DEVICES = ("cpu", "cuda", "mps")
LEAST_WIDTH = 256  # pixels
# Window and windows in one forward pass, by device. Larger windows waste less on halos, which combo has not; smaller
# ones fit the cache of a CPU better: docs/benchmarks.md has the curve. A GPU needs more to be busy.
CPU_WINDOWS, CPU_BATCH = {"exact": 1024, "combo": 512}, 1
GPU_WINDOW, GPU_BATCH = 1024, 4
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

# A forked process has none of the threads by which its parent computed, and OpenMP would wait for them for ever: it
# computes with one thread, as torch's own forked workers do.
os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; 'auto' takes cuda, then mps, then cpu.

    Raises:
        SettingError: the name is unknown, or the machine has no such device, or the process was forked after CUDA was
            used.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        if device.type not in DEVICES:  # torch knows more, such as 'meta', that cannot do this work
            raise SettingError(f"no device '{name}' for this work: use auto, {', '.join(DEVICES)}")
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        if name.startswith("cuda") and torch.cuda._is_in_bad_fork():
            raise SettingError(
                "cannot use cuda in a process that was forked after its parent had: start processes by 'spawn'"
            ) from error
        raise SettingError(f"no device '{name}' on this machine: use auto or cpu") from error
    return device


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """The number format of that name; 'auto' takes the fastest one that the device computes natively.

    bfloat16 where the hardware multiplies it (CUDA from compute capability 8, CPUs with AVX512-BF16 or AMX), float16
    on older CUDA cards, float32 elsewhere.

    Raises:
        SettingError: the name is unknown.
    """
    if name != "auto":
        if name not in PRECISIONS:
            raise SettingError(f"no precision '{name}': use auto, {', '.join(PRECISIONS)}")
        return PRECISIONS[name]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device)[0] >= 8 else torch.float16
    if device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return torch.bfloat16
    return torch.float32


def precision_name(dtype: torch.dtype) -> str:
    """The name of a number format, as ``choose_precision`` takes it."""
    return str(dtype).removeprefix("torch.")


def least_width(device: torch.device, dtype: torch.dtype) -> int:
    """The pixels, their halo excluded, that windows need to be wide for sums to be rounded as in wide images.

    In bfloat16 CPUs with AMX add up the products of narrow ones in another order: values of the result came out by up
    to seven levels of 255 otherwise. Of low windows they do not.
    """
    return LEAST_WIDTH if device.type == "cpu" and dtype == torch.bfloat16 else 1


def to_device(network: nn.Module, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Move a network, in place, its weights channels last: CPUs run convolutions nearly twice as fast so."""
    return network.to(device, dtype).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def sent(array: NDArray[Any], device: torch.device) -> torch.Tensor:
    """An array as a tensor on a device; to CUDA it is copied while the device computes and the host goes on."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def fetched(tensor: torch.Tensor) -> NDArray[Any]:
    """A tensor as an array, once it is computed; of CUDA only the current stream is waited for."""
    if tensor.device.type != "cuda":
        array: NDArray[Any] = tensor.cpu().numpy()
        return array
    host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    host.copy_(tensor, non_blocking=True)
    torch.cuda.current_stream(tensor.device).synchronize()
    return host.numpy()


def keep_freed_memory() -> None:
    """Let this process keep what large tensors free for the next ones, up to its peak; without glibc nothing happens.

    Otherwise each is mapped anew, page by page: a tenth of the time of a forward pass on a CPU. All threads share what
    is kept: with a heap for each, memory creeps up by a fifth from 0.2 to 1 gigapixels.
    """
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        mallopt(M_MMAP_THRESHOLD, 2**30)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(M_ARENA_MAX, 1)


@contextmanager
def plain_memory_errors() -> Iterator[None]:
    """Raise torch's several ways to say 'out of memory' as Python's own ``MemoryError``."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            raise MemoryError(str(error).splitlines()[0]) from error
        raise
