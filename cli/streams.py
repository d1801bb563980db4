"""Output streams of a command: always open, even if the other end was closed."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

_STDOUT, _STDERR = 1, 2
_NUMBERS = {"stdin": 0, "stdout": _STDOUT, "stderr": _STDERR}
_GONE = {errno.EPIPE, errno.EIO}  # a pipe without a reader, a closed terminal


@contextmanager
def lasting_streams() -> Iterator[None]:
    """Let a command write to stdout and stderr whatever becomes of them.

    A stream that was closed before the start (``2>&-``) discards its output; its number, like that of stdin, must not
    be reused for the next opened file. A stream whose reader goes away (``| head -1``) discards its output from then
    on: the work matters more than its report. Streams that replace those of the process are left unchanged.
    """
    before = {name: getattr(sys, name) for name in _NUMBERS}
    with ExitStack() as streams:
        for name, number in _NUMBERS.items():
            if before[name] is None:
                if not _is_open(number):
                    _lead_nowhere(number)
                setattr(sys, name, streams.enter_context(open(os.devnull, "w" if number else "r")))  # noqa: PTH123
            elif number and _writes_to(before[name], number):
                before[name].flush()
                setattr(sys, name, _lasting(before[name], number))
        try:
            yield
        finally:
            for name in ("stdout", "stderr"):
                with suppress(OSError):
                    getattr(sys, name).flush()
            for name, stream in before.items():
                setattr(sys, name, stream)


class _Lasting(io.FileIO):
    """A file that accepts all output: also without a reader, and for stderr also without space."""

    def write(self, content: Any) -> int:
        try:
            return super().write(content)
        except OSError as error:
            if self.fileno() == _STDOUT and error.errno not in _GONE:
                raise
            _lead_nowhere(self.fileno())
            return memoryview(content).nbytes


def _lasting(stream: io.TextIOWrapper, number: int) -> io.TextIOWrapper:
    file = io.BufferedWriter(_Lasting(number, "w", closefd=False))
    return io.TextIOWrapper(file, stream.encoding, stream.errors, line_buffering=bool(stream.line_buffering))


def _lead_nowhere(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
    os.set_inheritable(number, True)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _writes_to(stream: Any, number: int) -> bool:
    """Whether a stream is the process's own."""
    try:
        return isinstance(stream, io.TextIOWrapper) and stream.fileno() == number
    except (OSError, ValueError):
        return False
