"""Gathering of tensors from all processes of a distributed training."""

import torch

from tilegan.methods.base import Batch


def gather(rows: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Concatenate the rows of all processes in order of rank, with gradients; with one process return ``rows``.

    Every process must call this. If each process computes a loss of all rows, the rows receive the sum of the gradients
    of all processes; DistributedDataParallel averages it, which gives the gradient of the one loss.

    Args:
        rows: (n, ...), of the same shape in all processes.
        batch: the batch of the rows; if this process has all of it, nothing is gathered.

    Returns:
        (n * processes, ...).
    """
    if len(batch.source) == batch.total:
        return rows
    from torch.distributed.nn.functional import all_gather

    return torch.cat(all_gather(rows))  # type: ignore[no-untyped-call]
