"""Patterns that select files by their paths inside a folder."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|.", re.DOTALL)
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class Patterns:
    """A selection of paths: those that match any pattern of ``include``, or all, and none of ``exclude``.

    In a pattern, ``*`` and ``?`` match characters except slashes, ``[abc]`` one of several characters, and ``**`` also
    slashes. A pattern without a slash is compared with the name of the file and of each folder above it, one with a
    slash with the whole path. A match of a folder applies to everything in it. Case is ignored.

    Attributes:
        choose: whether there are any patterns.
    """

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        """Compile the patterns."""
        self._include, self._exclude = [_compiled(text) for text in include], [_compiled(text) for text in exclude]
        self.choose = bool(include or exclude)

    def takes(self, path: PurePosixPath) -> bool:
        """Return whether a file is selected, by its path inside the folder."""
        return (not self._include or _any(self._include, path)) and not _any(self._exclude, path)

    def leaves_out(self, folder: PurePosixPath) -> bool:
        """Return whether nothing in a folder can be selected, because the folder itself is excluded."""
        return _any(self._exclude, folder)


def _any(patterns: list[tuple[re.Pattern[str], bool]], path: PurePosixPath) -> bool:
    """Whether any pattern matches a path or a folder above it."""
    places = [path, *path.parents][:-1]
    return any(
        expression.fullmatch(str(place) if whole else place.name) for expression, whole in patterns for place in places
    )


def _compiled(text: str) -> tuple[re.Pattern[str], bool]:
    """Return a pattern as a regular expression, and whether it is compared with whole paths."""
    text = text.removeprefix("./")
    whole, text = "/" in text.rstrip("/"), text.strip("/")
    return re.compile("".join(map(_meaning, _PARTS.findall(text))), re.IGNORECASE | re.DOTALL), whole


def _meaning(part: str) -> str:
    if part in _MEANING:
        return _MEANING[part]
    if len(part) > 1:  # a set of characters
        inverse = part[1] == "!"
        letters = part[2 if inverse else 1 : -1].replace("\\", r"\\").replace("^", r"\^")
        return f"[{'^' if inverse else ''}{letters}]"
    return re.escape(part)
