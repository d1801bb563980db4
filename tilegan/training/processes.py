"""Distributed training: processes with their own GPU or share of the cores, started by ``torchrun``."""

import atexit
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

import torch
from torch import distributed, nn

from tilegan.errors import SettingError
from tilegan.methods.base import Batch, Losses

T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """Rank and number of the processes of a training; a single process is number 0 of 1."""

    rank: int = 0
    count: int = 1

    def check_share(self, batch: int) -> None:
        """Raise a ``SettingError`` unless all processes can have equal parts of a global batch."""
        if batch % self.count:
            raise SettingError(f"{self.count} processes cannot share a batch of {batch} equally")

    def part(self, batch: int) -> range:
        """Return the indices of this process's crops in a global batch; ``count`` divides ``batch``."""
        size = batch // self.count
        return range(self.rank * size, (self.rank + 1) * size)

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """Return the means over all processes of values that each has computed for its part."""
        if self.count > 1:
            distributed.all_reduce(values)
        return values / self.count

    def first(self, make: Callable[[], T]) -> T:
        """Return the result of ``make`` in the first process to all processes; all must call this."""
        if self.count == 1:
            return make()
        made = [make() if self.rank == 0 else None]
        distributed.broadcast_object_list(made)
        return cast(T, made[0])

    def any(self, asked: bool) -> bool:
        """Return whether ``asked`` is true in any process; all must call this."""
        if self.count == 1:
            return asked
        answer = torch.tensor(float(asked), device="cuda" if distributed.get_backend() == "nccl" else "cpu")
        distributed.all_reduce(answer, distributed.ReduceOp.MAX)
        return bool(answer)


def rank() -> int:
    """Return the rank of this process under ``torchrun``, 0 without it."""
    return int(os.environ.get("RANK", 0))


@contextmanager
def joined(device: str) -> Iterator[Processes]:
    """Join the processes started by ``torchrun``, and wait for them at the end; without it, a single process.

    Args:
        device: name of the device: with 'cuda' (or 'auto' if there is one) each process takes the GPU of its local rank
            and NCCL is used, otherwise gloo.
    """
    count = int(os.environ.get("WORLD_SIZE", 1))
    if count == 1:
        yield Processes()
        return
    on_gpu = device == "cuda" or (device == "auto" and torch.cuda.is_available())
    if on_gpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    if not distributed.is_initialized():  # once per process: a second time, torch.distributed waits forever
        distributed.init_process_group("nccl" if on_gpu else "gloo")
        atexit.register(distributed.destroy_process_group)
    yield Processes(distributed.get_rank(), count)
    distributed.barrier()  # the files of the first process are then complete


class LossesOf(nn.Module):
    """Wraps losses as the output of a module with their parameters, as DistributedDataParallel requires."""

    def __init__(self, network: nn.Module, compute: Callable[[Batch], Losses]) -> None:
        """Wrap the losses of a network, which ``compute`` returns."""
        super().__init__()
        self.network = network
        self.compute = compute

    def forward(self, batch: Batch) -> Losses:
        """Compute the losses of a batch."""
        return self.compute(batch)
