"""Load TorchScript without a crash of torch: its parser trusts the code.

It calls itself for each part of an expression, until the stack ends, and divides by zero where code says so, which ends
the process. So statements are limited, and read with a stack that is large enough; and what torch itself does not
write is refused.
"""

import re
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from tilegan.errors import ModelError

LONGEST = 30_000  # characters of a statement
STACK = 2**29  # bytes: 17 KiB for each character of it, six times what is needed; only what is used takes memory
IGNORED = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|#[^\n]*")  # texts and comments
# the division, joined lines, and texts of several lines
UNUSUAL = re.compile(r"%|\\\n|'|\"")
T = TypeVar("T")


def check_code(parts: Iterable[str]) -> None:
    """Refuse code that could crash torch's parser.

    Args:
        parts: the files of code of an archive.

    Raises:
        ModelError: a statement is too long, or of a form that torch does not write.
    """
    for text in parts:
        plain = IGNORED.sub(lambda found: "_" * len(found[0]), text)
        if "'''" in text or '"""' in text or UNUSUAL.search(plain):
            raise ModelError("it has code that torch does not write")
        length = depth = 0
        for row in plain.split("\n"):
            length += len(row)
            if length > LONGEST:
                raise ModelError(f"it has a statement of more than {LONGEST:,} characters")
            depth += sum(row.count(mark) for mark in "([{") - sum(row.count(mark) for mark in ")]}")
            if depth <= 0:
                length = depth = 0


def with_large_stack(function: Callable[[], T]) -> T:
    """Call a function in a thread of its own, whose stack is large, and return what it returns or raises."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # given to the caller
            errors.append(error)

    before = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
