"""Suggestions: the command that was meant, and the file that was meant."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from tilegan.errors import DatasetError, ImageError, ModelError, ResumeError

CLOSE = 0.7  # least similarity, as of difflib
MOST_NAMES = 10_000  # names of a folder that are compared
# errors that may be due to a misspelt path; what is to be written does not exist before
OF_FILES = (DatasetError, FileNotFoundError, ImageError, ModelError, ResumeError)


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the most similar of some names, whatever their case; None if none is similar."""
    by_case = {name.lower(): name for name in names}
    found = get_close_matches(word.lower(), by_case, 1, CLOSE)
    return by_case[found[0]] if found else None


def nearest_file(error: Exception, words: Sequence[str]) -> str | None:
    """Return the existing path that was probably meant instead of the missing one that an error is about.

    Args:
        error: error of a command.
        words: arguments of the command; those that its message quotes, and that do not exist, are looked up.

    Returns:
        A path whose name is similar, in the same folder; for a bare name also that of a bundled model; else None.
    """
    if not isinstance(error, OF_FILES):
        return None
    message = f"{error} {getattr(error, 'filename', None) or ''}"
    for word in words:
        text = word.partition("=")[2] if word.startswith("-") else word
        if text and "://" not in text and text in message and (found := _near(Path(text), text)):
            return found
    return None


def _near(path: Path, text: str) -> str | None:
    try:
        if path.exists() or not path.name:
            return None
        names = [entry.name for entry, _ in zip(path.parent.iterdir(), range(MOST_NAMES), strict=False)]
    except (OSError, ValueError):  # no such folder, no permission, a name that cannot be
        return None
    if path.name == text:
        from tilegan.model_file import bundled

        names += bundled()
    found = nearest(path.name, names)
    return str(path.with_name(found)) if found else None
