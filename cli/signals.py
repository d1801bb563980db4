"""What the command does with the signals that end it."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def answered(names: Sequence[str], answer: Callable[..., None]) -> Iterator[None]:
    """While it lasts, let a function answer signals such as 'SIGTERM'.

    Only the main thread may say so, and no system has all of them: others stay as they are.
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
