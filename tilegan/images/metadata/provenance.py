"""Provenance that a result carries: digests of image and model, and the settings beside them.

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

KEY = "TILEGAN_MADE"  # its key in formats with named texts
_LETTERS = 16  # hexadecimal digits of a digest
_LARGEST = 2**28  # larger files (bytes) are identified by name and time of change


@dataclass(frozen=True)
class Provenance:
    """Image, model and settings that produced a result.

    Attributes:
        image: digest of the source and its region.
        model: digest of the model, with style, code, text, seed and appearances.
        settings: all other settings that affect the pixels or their encoding, by name, as JSON types.
    """

    image: str
    model: str
    settings: Mapping[str, Any]

    def encoded(self, **settings: Any) -> Self:
        """Return a copy with the settings of its encoding."""
        return replace(self, settings={**self.settings, **settings})

    def difference(self, asked: "Provenance") -> str | None:
        """Describe how a result differs from what is asked for, to follow 'it was made'; None if it does not."""
        if self.image != asked.image:
            return "from another image, or another part or version of it"
        if self.model != asked.model:
            return "with another model, style, code, text, seed or look"
        for name in sorted({*self.settings, *asked.settings}):
            before, now = self.settings.get(name), asked.settings.get(name)
            if before != now:
                return f"with another setting: {name} was {before!r}, now {now!r}"
        return None

    def to_json(self) -> dict[str, Any]:
        """Convert to JSON types; ``from_json`` is the inverse."""
        return {"image": self.image, "model": self.model, "settings": dict(self.settings)}

    @classmethod
    def from_json(cls, content: Any) -> Self | None:
        """Parse the output of ``to_json``; None if it is not such an output."""
        try:
            return cls(str(content["image"]), str(content["model"]), dict(content["settings"]))
        except (KeyError, TypeError, ValueError):
            return None

    def text(self) -> str:
        """Return one line of ASCII that may stand in an XML comment; ``from_text`` is the inverse."""
        plain = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return plain.replace("--", "-\\u002d")

    @classmethod
    def from_text(cls, text: str | None) -> Self | None:
        """Parse the output of ``text``; None if it is not such an output, or if there is none."""
        if text is None:
            return None
        try:
            return cls.from_json(json.loads(text))
        except ValueError:
            return None


def digest(content: Any) -> str:
    """Return a short digest of JSON types."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:_LETTERS]


def by_content(identity: Mapping[str, Any], path: str, prefix: str = "") -> dict[str, Any]:
    """Replace name and time of change in an image's identity with a digest of its file, so that copies are equal.

    Args:
        identity: identity of ``tilegan.images.source.Source``.
        path: the file; the identity stays unchanged if it is not on this disk, or large.
        prefix: prefix of the entries of the identity that concern this file.

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
