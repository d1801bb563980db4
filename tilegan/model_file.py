"""Which models there are, and what the header of a model's file says.

The file is safetensors: tensors, and a JSON header that alone is enough to rebuild the generator. Nothing in it is
ever executed or unpickled.
"""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import safetensors

from tilegan.errors import ModelError

FORMAT = "tilegan/1"


def shipped() -> list[str]:
    """Names of the models inside the package."""
    folder = resources.files("tilegan") / "models"
    names = (entry.name for entry in folder.iterdir())
    return sorted(name.removesuffix(".safetensors") for name in names if name.endswith(".safetensors"))


def find(name_or_path: str | Path) -> Path:
    """The file of a model: that of a shipped name, else the path itself, else ``translator.safetensors`` in a run.

    Raises:
        ModelError: there is no such model.
    """
    if str(name_or_path) in shipped():
        return Path(str(resources.files("tilegan") / "models" / f"{name_or_path}.safetensors"))
    path = Path(name_or_path)
    if path.is_dir():
        path = path / "translator.safetensors"
    if not path.is_file():
        known = ", ".join(shipped())
        raise ModelError(f"no model '{name_or_path}': give a .safetensors file, a run folder, or one of: {known}")
    return path


def read_header(name_or_path: str | Path) -> dict[str, Any]:
    """The JSON header of a model, without its weights.

    Raises:
        ModelError: there is no such model, or the file is none.
    """
    path = find(name_or_path)
    try:
        with safetensors.safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
    except (safetensors.SafetensorError, OSError) as error:
        raise ModelError(f"not a model: {path}: {error}") from error
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
