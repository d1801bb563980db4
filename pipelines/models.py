"""Tell which models there are inside the package."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilegan.model_file import read_header, shipped, styles_of


@dataclass(frozen=True)
class ShippedModel:
    """A model inside the package, or one style of a model of several.

    Attributes:
        name: by which it is loaded.
        summary: what it paints like, in one line.
        path: its file.
        style: the one that it is, of several in the file; '' if it stands for the file.
        styles: those that the file leaves to choose from; none if it paints as it is.
    """

    name: str
    summary: str
    path: Path
    style: str
    styles: tuple[str, ...]


def models() -> list[ShippedModel]:
    """The models inside the package by file, each followed by its styles if it has several; torch is not needed.

    The summary is the fact ``summary`` in a file's header: a text, or, of several styles, texts by style. Without it,
    it is made of what else the header tells.

    Raises:
        ModelError: a file is damaged.
    """
    known = sorted(shipped().items(), key=lambda entry: (entry[1].path.stem, entry[1].style))
    return [_described(name, path, style) for name, (path, style) in known]


def _described(name: str, path: Path, style: str) -> ShippedModel:
    header = read_header(path)
    styles = () if style else styles_of(header)
    told = header["facts"].get("summary")
    if isinstance(told, dict):
        told = told.get(style)
    elif style:  # a text is of the whole file
        told = None
    summary = " ".join(told.split()) if isinstance(told, str) else ""
    return ShippedModel(name, summary or _made_up(header["facts"], path.stem, style, styles), path, style, styles)


def _made_up(facts: dict[str, Any], model: str, style: str, styles: tuple[str, ...]) -> str:
    """What can be said of a model that says nothing of itself."""
    if style:
        return f"a style of '{model}'"
    learned = [f"by {facts['method']}"] if "method" in facts else []
    learned += [f"from {facts['target_images']} images"] if "target_images" in facts else []
    text = " ".join(["learned", *learned]) if learned else "nothing is known of it"
    return f"{len(styles)} styles, to choose from or to mix by --style, {text}" if styles else text
