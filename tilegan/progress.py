"""Progress reports of long operations: through a callback, never by printing."""

from typing import Protocol


class Progress(Protocol):
    """Called after each finished part of a job, always from the thread that started the job."""

    def __call__(self, phase: str, done: int, total: int) -> None:
        """Report that ``done`` of ``total`` output pixels of ``phase`` are finished.

        Phases: 'stylize', 'sample', 'pyramid', 'copy', 'export', 'verify', 'evaluate' (source pixels),
        'statistics' (source pixels, once for each norm).
        """


def silent(phase: str, done: int, total: int) -> None:
    """Ignore progress; the default callback."""
