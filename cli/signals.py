"""Handling of the signals that end a command."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def answered(names: Sequence[str], answer: Callable[..., None]) -> Iterator[None]:
    """Install a handler for signals such as 'SIGTERM', for the duration of the context.

    It has an effect in the main thread only; signals that the system does not have are skipped.
    """
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    before = {number: signal.signal(number, answer) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
