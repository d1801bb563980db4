"""Cache of the models that a process has loaded: preparing one takes longer than stylizing a small image."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from tilegan.devices import choose_device, choose_precision, precision_name
from tilegan.model_file import chosen_style, find
from tilegan.names import TORCH
from tilegan.translator import Translator, load

MOST = 4  # number of most recently used models that are kept


def load_once(model: str | Path, device: str = "auto", precision: str = "auto", backend: str = TORCH) -> Translator:
    """Load as ``tilegan.load``, but return the same translator while the file is unchanged; do not modify it.

    Raises:
        ModelError, SettingError: see ``tilegan.load``.
    """
    path = find(model).resolve()
    status = path.stat()
    chosen = choose_device(device)
    number_format = precision_name(choose_precision(precision, chosen, backend))
    loaded = _loaded(path, (status.st_mtime_ns, status.st_size, status.st_ino), str(chosen), number_format, backend)
    style = chosen_style(model)
    return replace(loaded, chosen_style=style) if style else loaded


@lru_cache(maxsize=MOST)
def _loaded(path: Path, version: tuple[int, ...], device: str, precision: str, backend: str) -> Translator:  # noqa: ARG001
    return load(path, device, precision, backend)
