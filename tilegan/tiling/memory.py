"""How much memory a forward pass needs, found without running it."""

from typing import Any
from weakref import finalize

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tilegan.tiling.layers import meta_copy


def peak_bytes(network: nn.Module, shape: tuple[int, ...], dtype: torch.dtype) -> int:
    """The most bytes that the tensors of one forward pass hold at any one time, input and output included.

    A trial pass on the ``meta`` device counts tensors as they are made and freed; it needs neither their memory nor
    their time. The weights are not counted, nor what a single function of torch needs for itself and frees again.

    Args:
        network: anything that takes one tensor.
        shape: of that tensor.
        dtype: of that tensor.

    Raises:
        RuntimeError: the network cannot be run on such a tensor.
    """
    network, ledger = meta_copy(network), _Ledger()
    with torch.no_grad(), ledger:
        network(torch.empty(shape, dtype=dtype, device="meta"))
    return ledger.peak


class _Ledger(TorchDispatchMode):
    """Counts the bytes of all tensors that functions make, until they are freed."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Let the function do its work, then count what it made."""
        output = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(output):
            if isinstance(tensor, torch.Tensor) and tensor.is_meta:
                self._count(tensor.untyped_storage())
        return output

    def _count(self, storage: torch.UntypedStorage) -> None:
        address, size = storage._cdata, storage.nbytes()
        if address not in self._known:
            self._known.add(address)
            finalize(storage, self._free, address, size)
            self.bytes += size
            self.peak = max(self.peak, self.bytes)

    def _free(self, address: int, size: int) -> None:
        self._known.discard(address)
        self.bytes -= size
