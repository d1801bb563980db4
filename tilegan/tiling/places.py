"""Where in an image the windows of a forward pass lie, for layers that have to know."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import torch


class Place(NamedTuple):
    """Where in an image a window lies.

    Attributes:
        top, left: of its first pixel, halo included, in pixels of its own; outside the image they may be negative.
        step: pixels of the image, per side, that one of its own stands for: of a reduced copy more than 1.
    """

    top: int
    left: int
    step: int = 1

    def moved(self, down: int, right: int) -> "Place":
        """That of another window of the same copy."""
        return self._replace(top=self.top + down, left=self.left + right)


class Placed:
    """Marks layers that have to know where in the image windows lie."""


class Shrunk(Placed):
    """Marks those of them that count from the middle of what they are given.

    Attributes:
        lost: places that their input has less at either end than that of a network with padding.
    """

    lost: int = 0


class Pass(NamedTuple):
    """What a forward pass knows of its windows.

    Attributes:
        places: of each, (N, 3): top, left and step, int64 on the CPU.
        sides: height and width of what the network is given, in pixels.
    """

    places: torch.Tensor
    sides: tuple[int, int]


_pass: ContextVar[Pass | None] = ContextVar("pass", default=None)  # each thread has a pass of its own


def current_pass() -> Pass | None:
    """What is known of the pass that is running in this thread; None where nobody said where its windows lie."""
    return _pass.get()


@contextmanager
def placed(places: Sequence[Place], sides: Sequence[int]) -> Iterator[None]:
    """While the context lasts, a pass in this thread is over windows of these sides at these places."""
    token = _pass.set(Pass(torch.tensor(places), (sides[0], sides[1])))
    try:
        yield
    finally:
        _pass.reset(token)
