"""Positions of the windows of a forward pass in an image, for layers that depend on them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import torch


class Place(NamedTuple):
    """Position of a window in an image.

    Attributes:
        top, left: position of its first pixel, including the halo, in pixels of its copy; negative outside the image.
        step: image pixels per pixel of the copy, along each axis; more than 1 for a reduced copy.
    """

    top: int
    left: int
    step: int = 1

    def moved(self, down: int, right: int) -> "Place":
        """Return the position of another window of the same copy."""
        return self._replace(top=self.top + down, left=self.left + right)


class Placed:
    """Marks layers that need the positions of windows in the image."""


class Shrunk(Placed):
    """Marks such layers that compute positions from the center of their input.

    Attributes:
        lost: positions that their input lacks at either end, compared with a network with padding.
    """

    lost: int = 0


class Pass(NamedTuple):
    """The windows of a forward pass.

    Attributes:
        places: positions (N, 3): top, left and step, int64 on the CPU.
        sides: height and width of the network's input, in pixels.
    """

    places: torch.Tensor
    sides: tuple[int, int]


_pass: ContextVar[Pass | None] = ContextVar("pass", default=None)  # one pass per thread


def current_pass() -> Pass | None:
    """Return the pass that is running in this thread; None if its positions were not set."""
    return _pass.get()


@contextmanager
def placed(places: Sequence[Place], sides: Sequence[int]) -> Iterator[None]:
    """Within the context, passes in this thread are over windows of these sides at these positions."""
    token = _pass.set(Pass(torch.tensor(places), (sides[0], sides[1])))
    try:
        yield
    finally:
        _pass.reset(token)
