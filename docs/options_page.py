"""Print docs/options.md, the reference of all options of `stylize`, from the fields that declare them.

python docs/options_page.py > docs/options.md
"""

from collections.abc import Iterator
from dataclasses import Field
from typing import Any, get_args

from tilegan.images.encoding import ExportOptions
from tilegan.images.reading import Reading
from tilegan.inference.options import LabelOptions, PassOptions, RunOptions, StyleOptions
from tilegan.options import default_of, options_of, told_of, values_of

HEAD = """# Options of `stylize`

Made by `docs/options_page.py` from the fields that declare the options. The command takes `--window 512`, Python takes
`stylize("a.tif", "b.tif", window=512)`. Options of reading and export are given to Python as objects:
`stylize("a.tif", "b.tif", reading=Reading(depth="keep"), options=ExportOptions(compress="zstd"))`."""

GROUPS: tuple[tuple[str, str, type], ...] = (
    ("Style", "In Python by name, also for `tilegan.stylize_array`.", StyleOptions),
    ("Label maps", "In Python by name; `stylize_array` takes `instances` as an array.", LabelOptions),
    ("Network", "In Python by name, also for `tilegan.stylize_array`.", PassOptions),
    ("Run", "In Python by name; `convert` also takes `region` and `overwrite`.", RunOptions),
    ("Reading", "In Python `reading=tilegan.images.reading.Reading(...)`.", Reading),
    ("Export", "In Python `options=tilegan.images.encoding.ExportOptions(...)`, also for `convert`.", ExportOptions),
)


def page() -> Iterator[str]:
    """The lines of the page."""
    yield from HEAD.splitlines()
    for title, where, group in GROUPS:
        yield from ("", f"## {title}", "", where, "")
        yield from ("| command | Python | type | default | what it is |", "|---|---|---|---|---|")
        for entry in options_of(group):
            yield f"| {' | '.join(row(entry))} |"


def row(entry: Field[Any]) -> tuple[str, ...]:
    """What the page tells of an option: its name on the command line and in Python, type, default, help and values."""
    told = told_of(entry)
    flag = "--" + (told.flag or entry.name).replace("_", "-")
    metavar = f" {told.metavar}" if told.metavar else ""
    values = f" Values: {values_of(entry)}." if values_of(entry) else ""
    cells = (f"`{flag}{metavar}`", f"`{entry.name}`", f"`{kind(entry)}`", default(entry), f"{told.help}.{values}")
    return tuple(cell.replace("|", "\\|") for cell in cells)


def kind(entry: Field[Any]) -> str:
    """The type of an option, as it is written in Python."""
    if isinstance(entry.type, type) and not get_args(entry.type):
        return entry.type.__name__
    return str(entry.type).replace("collections.abc.", "").replace("pathlib.", "")


def default(entry: Field[Any]) -> str:
    """The default of an option, or what is done without it."""
    value = default_of(entry)
    return told_of(entry).unset or "none" if value in (None, {}) else f"`{value}`"


if __name__ == "__main__":
    print("\n".join(page()))
