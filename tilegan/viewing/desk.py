"""A queue of work that somebody waits for: newest first, each piece done once, dropped when nobody waits any more."""

import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from threading import Condition, Thread
from typing import Any, TypeVar

Result = TypeVar("Result")
Task = Callable[[], Any]
Source = Callable[[], Callable[[], None] | None]

QUIET = 0.25  # seconds without new work before work is begun that nobody waits for


class DroppedError(Exception):
    """Nobody waits for a piece of work any more, or the desk is closed."""


_thread = threading.local()  # .asked: what a thread of a desk does


def check_waited_for() -> None:
    """End what this thread of a desk does if nobody waits for it any more; long work calls it in between.

    Raises:
        DroppedError: nobody does, or the desk is closed.
    """
    asked = doing()
    if asked is not None and asked.is_dropped:
        raise DroppedError


def check_open() -> None:
    """End what this thread of a desk does if the desk is closed, as work does that others will want as well.

    Raises:
        DroppedError: it is.
    """
    asked = doing()
    if asked is not None and asked.is_closed:
        raise DroppedError


def doing() -> "Asked | None":
    """Return what this thread of a desk does; None in other threads, and for work that nobody asked for."""
    asked: Asked | None = getattr(_thread, "asked", None)
    return asked


@contextmanager
def on_behalf_of(asked: "Asked | None") -> Iterator[None]:
    """Let this thread do a part of what was asked for, which ends with it."""
    before, _thread.asked = doing(), asked
    try:
        yield
    finally:
        _thread.asked = before


class Asked:
    """A piece of work, and those who wait for it.

    Attributes:
        key: what it is.
    """

    def __init__(self, key: Hashable, task: Task) -> None:
        self.key = key
        self.task = task
        self.waiting: list[Future[Any]] = []
        self.is_closed = False

    @property
    def is_dropped(self) -> bool:
        """Return whether nobody waits for it any more."""
        return self.is_closed or all(future.cancelled() for future in self.waiting)


class Desk:
    """Threads that do what is asked for.

    Who asks gets a ``concurrent.futures.Future`` of their own; to cancel it is to wait no more.
    """

    def __init__(self, threads: int, name: str, *, parts: Source | None = None, spare: Source | None = None) -> None:
        """Start the threads.

        Args:
            threads: pieces of work done at once.
            name: of the threads.
            parts: gives a part of what is being done, if there is one, to threads for which there is nothing else.
            spare: gives a short piece of work that nobody waits for, if there is one; one at a time is done when
                nothing is asked for.
        """
        self._asked: dict[Hashable, Asked] = {}  # newest last
        self._begun: dict[Hashable, Asked] = {}
        self._condition = Condition()
        self._parts, self._spare, self._at_spare = parts, spare, False
        self._is_closed = False
        self._threads = [Thread(target=self._work, name=f"{name}-{number}", daemon=True) for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def ask(self, key: Hashable, task: Callable[[], Result]) -> "Future[Result]":
        """Ask for a piece of work; it is next, before all that was asked for earlier.

        Args:
            key: what it is; who asks for the same waits for the same.
            task: does it; may end early by ``check_waited_for``.

        Returns:
            Its result, or its exception; cancelled where the desk is closed.
        """
        future: Future[Result] = Future()
        with self._condition:
            if self._is_closed:
                future.cancel()
                return future
            self._forget()
            # what is being ended for want of anybody who waits is done anew
            asked = self._begun.get(key)
            if asked is None or asked.is_dropped:
                asked = self._asked.pop(key, None) or Asked(key, task)
                self._asked[key] = asked
            asked.waiting.append(future)
            self._condition.notify()
        return future

    @property
    def waiting(self) -> int:
        """Return how many pieces of work wait to be begun."""
        with self._condition:
            self._forget()
            return len(self._asked)

    @property
    def computing(self) -> int:
        """Return how many are being done, with those that nobody waits for."""
        with self._condition:
            return len(self._begun) + self._at_spare

    def stop(self) -> None:
        """Begin nothing more, and tell what is being done that nobody waits; returns at once."""
        with self._condition:
            self._is_closed = True
            for asked in (*self._asked.values(), *self._begun.values()):
                asked.is_closed = True
                for future in asked.waiting:
                    future.cancel()
            self._asked.clear()
            self._condition.notify_all()

    def close(self) -> None:
        """Stop, and wait until no thread works any more."""
        self.stop()
        for thread in self._threads:
            thread.join()

    def _forget(self) -> None:
        for key in [key for key, asked in self._asked.items() if asked.is_dropped]:
            del self._asked[key]

    def _work(self) -> None:
        while (work := self._next()) is not None:
            work()

    def _next(self) -> Callable[[], None] | None:
        """Wait for something to do; None when the desk is closed."""
        with self._condition:
            while not self._is_closed:
                self._forget()
                if self._asked:
                    asked = self._asked.pop(next(reversed(self._asked)))
                    self._begun[asked.key] = asked
                    return partial(self._do, asked)
                part = self._parts() if self._parts is not None else None
                if part is not None:
                    return partial(self._do_part, part)
                was_told = self._condition.wait(None if self._spare is self._parts is None else QUIET)
                if was_told or self._asked or self._spare is None or self._at_spare or self._is_closed:
                    continue
                spare = self._spare()
                if spare is not None:
                    self._at_spare = True
                    return partial(self._do_spare, spare)
        return None

    def _do(self, asked: Asked) -> None:
        result, error = None, None
        try:
            with on_behalf_of(asked):
                result = asked.task()
        except BaseException as raised:
            error = raised
        with self._condition:
            if self._begun.get(asked.key) is asked:
                del self._begun[asked.key]
            waiting = list(asked.waiting)
        for future in waiting:
            if future.cancelled() or not future.set_running_or_notify_cancel():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

    def _do_part(self, part: Callable[[], None]) -> None:
        with suppress(Exception):  # who does the whole is told of it
            part()

    def _do_spare(self, spare: Callable[[], None]) -> None:
        failed = True
        try:
            spare()
            failed = False
        except Exception:  # who asks for the same is told of it
            pass
        finally:
            with self._condition:
                self._at_spare = False
                if failed:
                    self._spare = None
                self._condition.notify()
