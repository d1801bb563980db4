"""List the bundled models."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilegan.model_file import bundled, read_header, styles_of


@dataclass(frozen=True)
class BundledModel:
    """A bundled model, or one style of a model with several.

    Attributes:
        name: name by which it is loaded.
        summary: description of its style, one line.
        path: its file.
        style: its style, if the file has several; '' if it stands for the file.
        styles: styles of the file to choose from; none if there is only one.
    """

    name: str
    summary: str
    path: Path
    style: str
    styles: tuple[str, ...]


def models() -> list[BundledModel]:
    """List the bundled models by file, each followed by its styles if it has several, without importing torch.

    The summary is the fact ``summary`` in a file's header: a text, or texts by style. If it is missing, it is composed
    of other facts in the header.

    Raises:
        ModelError: a file is damaged.
    """
    known = sorted(bundled().items(), key=lambda entry: (entry[1].path.stem, entry[1].style))
    return [_described(name, path, style) for name, (path, style) in known]


def _described(name: str, path: Path, style: str) -> BundledModel:
    header = read_header(path)
    styles = () if style else styles_of(header)
    told = header["facts"].get("summary")
    if isinstance(told, dict):
        told = told.get(style)
    elif style:  # a text describes the whole file
        told = None
    summary = " ".join(told.split()) if isinstance(told, str) else ""
    return BundledModel(name, summary or _made_up(header["facts"], path.stem, style, styles), path, style, styles)


def _made_up(facts: dict[str, Any], model: str, style: str, styles: tuple[str, ...]) -> str:
    """Compose a summary for a model without one."""
    if style:
        return f"a style of '{model}'"
    learned = [f"by {facts['method']}"] if "method" in facts else []
    learned += [f"from {facts['target_images']} images"] if "target_images" in facts else []
    text = " ".join(["learned", *learned]) if learned else "without a description"
    return f"{len(styles)} styles, to choose from or to mix by --style, {text}" if styles else text
