"""What made a result, as the result tells it itself: digests of image and model, and the settings beside them.

It names no file, place, person or machine.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from tilegan.errors import ImageError
from tilegan.files import first_line

KEY = "TILEGAN_MADE"  # what formats with named texts keep it under
_LETTERS = 16  # of a digest, in hexadecimal
_LARGEST = 2**28  # bytes of a file that is read to tell whether it is the same


@dataclass(frozen=True)
class Provenance:
    """What made a result.

    Attributes:
        image: digest of the source, and of which part of it.
        model: digest of the model, with style, seed and looks.
        settings: all else that decides the pixels or how they are encoded, by name, as JSON types.
    """

    image: str
    model: str
    settings: Mapping[str, Any]

    def encoded(self, **settings: Any) -> Self:
        """The same with settings of how it is encoded."""
        return replace(self, settings={**self.settings, **settings})

    def difference(self, asked: "Provenance") -> str | None:
        """How it was made otherwise than asked for, in words that follow 'it was made'; None if it was not."""
        if self.image != asked.image:
            return "from another image, or another part or version of it"
        if self.model != asked.model:
            return "with another model, style, seed or look"
        for name in sorted({*self.settings, *asked.settings}):
            before, now = self.settings.get(name), asked.settings.get(name)
            if before != now:
                return f"with another setting: {name} was {before!r}, now {now!r}"
        return None

    def to_json(self) -> dict[str, Any]:
        """As JSON types; ``from_json`` is the inverse."""
        return {"image": self.image, "model": self.model, "settings": dict(self.settings)}

    @classmethod
    def from_json(cls, content: Any) -> Self | None:
        """The provenance that ``to_json`` told; None if it is none."""
        try:
            return cls(str(content["image"]), str(content["model"]), dict(content["settings"]))
        except (KeyError, TypeError, ValueError):
            return None

    def text(self) -> str:
        """One line of ASCII that may stand in an XML comment; ``from_text`` is the inverse."""
        plain = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return plain.replace("--", "-\\u002d")

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """The provenance that ``text`` told; None if it is none."""
        try:
            return cls.from_json(json.loads(text))
        except ValueError:
            return None


def digest(content: Any) -> str:
    """A short digest of JSON types."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:_LETTERS]


def by_content(identity: Mapping[str, Any], path: str, prefix: str = "") -> dict[str, Any]:
    """An image's identity by what its file holds in place of name and time of change, so that copies are the same.

    Args:
        identity: of ``tilegan.images.source.Source``.
        path: of the file; the identity stays as it is where there is none on this disk, or a large one.
        prefix: of the entries of the identity that are meant.

    Raises:
        ImageError: the file cannot be read.
    """
    known, file = dict(identity), Path(path)
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST:
            return known
        with file.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise ImageError(f"cannot read image: {path}: {error.strerror or first_line(error)}") from error
    for name in ("name", "mtime_ns"):
        known.pop(prefix + name, None)
    return {**known, prefix + "sha256": found}
