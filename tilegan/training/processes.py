"""Several processes that train one model, each on its own GPU or share of the cores; ``torchrun`` starts them."""

import atexit
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

import torch
from torch import distributed

from tilegan.errors import SettingError

T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """This process's place among those that train together; alone it is number 0 of 1."""

    rank: int = 0
    count: int = 1

    def check_share(self, batch: int) -> None:
        """Raise a ``SettingError`` unless all can have equal parts of a global batch."""
        if batch % self.count:
            raise SettingError(f"{self.count} processes cannot share a batch of {batch} equally")

    def part(self, batch: int) -> range:
        """Which crops of a global batch are this process's; ``count`` divides ``batch``."""
        size = batch // self.count
        return range(self.rank * size, (self.rank + 1) * size)

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """Means over all processes of what each of them has computed of its part."""
        if self.count > 1:
            distributed.all_reduce(values)
        return values / self.count

    def first(self, make: Callable[[], T]) -> T:
        """What the first process makes, for all of them; all have to call it alike."""
        if self.count == 1:
            return make()
        made = [make() if self.rank == 0 else None]
        distributed.broadcast_object_list(made)
        return cast(T, made[0])

    def any(self, asked: bool) -> bool:
        """Whether any process asks; all have to call it alike."""
        if self.count == 1:
            return asked
        answer = torch.tensor(float(asked), device="cuda" if distributed.get_backend() == "nccl" else "cpu")
        distributed.all_reduce(answer, distributed.ReduceOp.MAX)
        return bool(answer)


def rank() -> int:
    """The number of this process among those of a ``torchrun``, 0 without one."""
    return int(os.environ.get("RANK", 0))


@contextmanager
def joined(device: str) -> Iterator[Processes]:
    """Join the processes that ``torchrun`` started, and wait for them at the end; without it, be alone.

    Args:
        device: what computes, by name: on 'cuda' (or 'auto' where there is one) each process takes the GPU of its local
            number and they talk by NCCL, else by gloo.
    """
    count = int(os.environ.get("WORLD_SIZE", 1))
    if count == 1:
        yield Processes()
        return
    on_gpu = device == "cuda" or (device == "auto" and torch.cuda.is_available())
    if on_gpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    if not distributed.is_initialized():  # once a process: a second time, torch.distributed waits for ever
        distributed.init_process_group("nccl" if on_gpu else "gloo")
        atexit.register(distributed.destroy_process_group)
    yield Processes(distributed.get_rank(), count)
    distributed.barrier()  # whoever goes on finds what the first one has written
