"""Which models there are, and what the header of a model's file says.

The file is safetensors: tensors, and a JSON header that alone is enough to rebuild the generator. Nothing in it is
ever executed or unpickled.
"""

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import safetensors

from tilegan.errors import ModelError

FORMAT = "tilegan/1"
FOLDER = Path(str(resources.files("tilegan") / "models"))  # weights that ship with the package


class Shipped(NamedTuple):
    """What the name of a model inside the package stands for.

    Attributes:
        path: the file.
        style: the one that is meant of the several styles in it; '' if the name is that of the file.
    """

    path: Path
    style: str = ""


def shipped() -> dict[str, Shipped]:
    """The models inside the package by name: of each file, and of each style in files of several.

    The name of a file comes before that of a style, and files are in alphabetical order.

    Raises:
        ModelError: one of the files is damaged.
    """
    files = sorted(FOLDER.glob("*.safetensors"))
    known = {file.stem: Shipped(file) for file in files}
    for file in files:
        for style in _styles_in(file):
            known.setdefault(style, Shipped(file, style))
    return known


def chosen_style(name_or_path: str | Path) -> str:
    """The style that the name of a model chooses, of several in its file; '' if it chooses none.

    Raises:
        ModelError: a file inside the package is damaged.
    """
    found = shipped().get(str(name_or_path))
    return found.style if found else ""


def find(name_or_path: str | Path) -> Path:
    """The file of a model: that of a shipped name, else the path itself, else ``translator.safetensors`` in a run.

    Raises:
        ModelError: there is no such model.
    """
    known = shipped()
    if str(name_or_path) in known:
        return known[str(name_or_path)].path
    path = Path(name_or_path)
    if path.is_dir():
        path = path / "translator.safetensors"
    if not path.is_file():
        names = ", ".join(known)
        raise ModelError(f"no model '{name_or_path}': give a .safetensors file, a run folder, or one of: {names}")
    return path


def read_header(name_or_path: str | Path) -> dict[str, Any]:
    """The JSON header of a model, without its weights.

    Raises:
        ModelError: there is no such model, or the file is none.
    """
    return _header_of(find(name_or_path))


def read_proof(path: Path) -> str:
    """What was proven of a model when it was saved (see ``tiling.proof``); '' if nothing is kept.

    Raises:
        ModelError: the file is no model.
    """
    return _metadata_of(path).get("proof", "")


def styles_of(header: dict[str, Any]) -> tuple[str, ...]:
    """Names of the styles that the generator of a header has to choose from; none if there is but one."""
    return tuple(header["architecture"].get("styles", ()))


@cache
def _styles_in(path: Path) -> tuple[str, ...]:
    """The styles in a file inside the package, which stays as it is."""
    return styles_of(_header_of(path))


def _metadata_of(path: Path) -> dict[str, str]:
    try:
        with safetensors.safe_open(path, framework="np") as file:
            return file.metadata() or {}
    except (safetensors.SafetensorError, OSError) as error:
        raise ModelError(f"not a model: {path}: {error}") from error


def _header_of(path: Path) -> dict[str, Any]:
    metadata = _metadata_of(path)
    if metadata.get("format") != FORMAT:
        raise ModelError(f"not a tilegan model: {path}: its header says {metadata.get('format')!r}, not {FORMAT!r}")
    try:
        header = json.loads(metadata["tilegan"])
    except (KeyError, json.JSONDecodeError) as error:
        raise ModelError(f"not a tilegan model: {path}: its header is damaged") from error
    _check_header(path, header)
    return dict(header)


def _check_header(path: Path, header: Any) -> None:
    numbers = ("tile_size", "halo", "stride", "scale", "receptive_field")
    names = {*numbers, "architecture", "name", "facts"}
    if not isinstance(header, dict) or set(header) != names:
        raise ModelError(f"not a tilegan model: {path}: its header should have {', '.join(sorted(names))}")
    whole = all(isinstance(header[name], int) and header[name] >= (name != "halo") for name in numbers)
    if not (whole and isinstance(header["architecture"], dict) and isinstance(header["facts"], dict)):
        raise ModelError(f"not a tilegan model: {path}: its header has values that cannot be")
