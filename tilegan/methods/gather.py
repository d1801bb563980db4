"""Tensors of all processes that train one model together."""

import torch

from tilegan.methods.base import Batch


def gather(rows: torch.Tensor, batch: Batch) -> torch.Tensor:
    """The rows of all processes, in order of their ranks, with gradients to each; those of a single one as they are.

    Every process has to call it alike. A loss of all rows, computed by each process, gives rows the sum of all
    processes' gradients; DistributedDataParallel, which averages, makes of that the gradient of the one loss.

    Args:
        rows: (n, ...), of one shape in all processes.
        batch: whose rows they are: where it is all of the batch there is nothing to gather.

    Returns:
        (n * processes, ...).
    """
    if len(batch.source) == batch.total:
        return rows
    from torch.distributed.nn.functional import all_gather

    return torch.cat(all_gather(rows))  # type: ignore[no-untyped-call]
