"""A queue of work that somebody waits for: newest first, each piece done once, dropped when nobody waits any more."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Condition, Thread
from typing import Any, TypeVar

Result = TypeVar("Result")
Task = Callable[[], Any]

QUIET = 0.25  # seconds without new work before work is begun that nobody waits for


class DroppedError(Exception):
    """Nobody waits for a piece of work any more, or the desk is closed."""


_thread = threading.local()  # .asked: what a thread of a desk does


def check_waited_for() -> None:
    """End what this thread of a desk does if nobody waits for it any more; long work calls it in between.

    Raises:
        DroppedError: nobody does, or the desk is closed.
    """
    asked: Asked | None = getattr(_thread, "asked", None)
    if asked is not None and asked.is_dropped:
        raise DroppedError


def check_open() -> None:
    """End what this thread of a desk does if the desk is closed, as work does that others will want as well.

    Raises:
        DroppedError: it is.
    """
    asked: Asked | None = getattr(_thread, "asked", None)
    if asked is not None and asked.is_closed:
        raise DroppedError


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

    def __init__(self, threads: int, name: str, spare: Callable[[], Callable[[], None] | None] | None = None) -> None:
        """Start the threads.

        Args:
            threads: pieces of work done at once.
            name: of the threads.
            spare: gives a short piece of work that nobody waits for, if there is one; one at a time is done when
                nothing is asked for.
        """
        self._asked: dict[Hashable, Asked] = {}  # newest last
        self._begun: dict[Hashable, Asked] = {}
        self._condition = Condition()
        self._spare, self._at_spare = spare, False
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
        while True:
            asked, spare = self._next()
            if asked is not None:
                self._do(asked)
            elif spare is not None:
                self._do_spare(spare)
            else:
                return

    def _next(self) -> tuple[Asked | None, Callable[[], None] | None]:
        """Wait for something to do; nothing when the desk is closed."""
        with self._condition:
            while not self._is_closed:
                self._forget()
                if self._asked:
                    asked = self._asked.pop(next(reversed(self._asked)))
                    self._begun[asked.key] = asked
                    return asked, None
                was_told = self._condition.wait(QUIET if self._spare is not None and not self._at_spare else None)
                if was_told or self._asked or self._spare is None or self._at_spare or self._is_closed:
                    continue
                spare = self._spare()
                if spare is not None:
                    self._at_spare = True
                    return None, spare
        return None, None

    def _do(self, asked: Asked) -> None:
        result, error = None, None
        _thread.asked = asked
        try:
            result = asked.task()
        except BaseException as raised:
            error = raised
        finally:
            _thread.asked = None
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
