"""Memory of a forward pass, determined without running it."""

from typing import Any
from weakref import finalize

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tilegan.tiling.layers import meta_copy


def peak_bytes(network: nn.Module, shape: tuple[int, ...], dtype: torch.dtype) -> int:
    """Return the peak size in bytes of the tensors of one forward pass, including input and output.

    A trial pass on the ``meta`` device counts tensors as they are created and freed; it needs neither their memory nor
    their time. Weights are not counted, nor temporary memory within a single torch function.

    Args:
        network: a module that takes one tensor.
        shape: shape of the tensor.
        dtype: dtype of the tensor.

    Raises:
        RuntimeError: the network cannot be run on such a tensor.
    """
    network, ledger = meta_copy(network), _Ledger()
    with torch.no_grad(), ledger:
        network(torch.empty(shape, dtype=dtype, device="meta"))
    return ledger.peak


class _Ledger(TorchDispatchMode):
    """Counts the bytes of all tensors that functions create, until they are freed."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call the function, then count its outputs."""
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
