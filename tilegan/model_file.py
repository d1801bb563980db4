"""The available models, and the headers of model files.

The file is safetensors: tensors, and a JSON header that is sufficient to rebuild the generator. Nothing in it is
executed or unpickled.
"""

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import safetensors

from tilegan.errors import ModelError

FORMAT = "tilegan/1"
FOLDER = Path(str(resources.files("tilegan") / "models"))  # bundled weights


class Bundled(NamedTuple):
    """A bundled model.

    Attributes:
        path: the file.
        style: the style in a file with several; '' if the name is that of the file.
    """

    path: Path
    style: str = ""


def bundled() -> dict[str, Bundled]:
    """Return the bundled models by name: of each file, and of each style in files with several styles.

    The name of a file precedes that of a style, and files are in alphabetical order.

    Raises:
        ModelError: one of the files is damaged.
    """
    files = sorted(FOLDER.glob("*.safetensors"))
    known = {file.stem: Bundled(file) for file in files}
    for file in files:
        for style in _styles_in(file):
            known.setdefault(style, Bundled(file, style))
    return known


def chosen_style(name_or_path: str | Path) -> str:
    """Return the style that a model name selects in a file with several styles; '' if it selects none.

    Raises:
        ModelError: a bundled file is damaged.
    """
    found = bundled().get(str(name_or_path))
    return found.style if found else ""


def find(name_or_path: str | Path) -> Path:
    """Return the file of a model: that of a bundled name, the path itself, or ``translator.safetensors`` in a run.

    Raises:
        ModelError: there is no such model.
    """
    known = bundled()
    if str(name_or_path) in known:
        return known[str(name_or_path)].path
    path = Path(name_or_path)
    if path.is_dir():
        path = path / "translator.safetensors"
        if not path.is_file():
            raise ModelError(
                f"no model in '{name_or_path}': the folder of a training has one after its first checkpoint"
            )
    if not path.is_file():
        names = ", ".join(known)
        raise ModelError(f"no model '{name_or_path}': give a .safetensors file, a run folder, or one of: {names}")
    return path


def read_header(name_or_path: str | Path) -> dict[str, Any]:
    """Read the JSON header of a model, without its weights.

    Raises:
        ModelError: there is no such model, or the file is not a model.
    """
    return _header_of(find(name_or_path))


def is_model(path: Path) -> bool:
    """Return whether a .safetensors file says that it is a model of this program, or says nothing at all."""
    try:
        metadata = _metadata_of(path)
    except ModelError:
        return True  # damaged: whoever reads it says so
    return metadata.get("format") == FORMAT or "tilegan" in metadata


def read_proof(path: Path) -> str:
    """Read the proof that is stored with a model (see ``tiling.proof``); '' if there is none.

    Raises:
        ModelError: the file is not a model.
    """
    return _metadata_of(path).get("proof", "")


def styles_of(header: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the styles of the generator of a header; empty if there is only one."""
    return tuple(header["architecture"].get("styles", ()))


@cache
def _styles_in(path: Path) -> tuple[str, ...]:
    """Return the styles in a bundled file, which does not change."""
    return styles_of(_header_of(path))


def _metadata_of(path: Path) -> dict[str, str]:
    try:
        with safetensors.safe_open(path, framework="np") as file:
            return file.metadata() or {}
    except (safetensors.SafetensorError, OSError) as error:
        cure = (
            "" if path.suffix == ".safetensors" else ": a network of another program is imported first: tilegan import"
        )
        raise ModelError(f"not a model: {path}: {error}{cure}") from error


def _header_of(path: Path) -> dict[str, Any]:
    metadata = _metadata_of(path)
    if metadata.get("format") != FORMAT:
        raise ModelError(f"not a tilegan model: {path}: its header says {metadata.get('format')!r}, not {FORMAT!r}")
    try:
        header = json.loads(metadata["tilegan"])
    except (KeyError, ValueError, RecursionError) as error:
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
        raise ModelError(f"not a tilegan model: {path}: its header has invalid values")
