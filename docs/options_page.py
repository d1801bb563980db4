"""Print docs/options.md, the reference of all options, from the fields that declare them.

python docs/options_page.py > docs/options.md
"""

from collections.abc import Iterable, Iterator
from dataclasses import Field
from typing import Any, get_args

from tilegan.cli.train import METHOD_OPTIONS
from tilegan.images.encoding import ExportOptions
from tilegan.images.reading import Reading
from tilegan.inference.options import LabelOptions, PassOptions, RunOptions, StyleOptions
from tilegan.methods.registry import methods
from tilegan.methods.settings import MethodSettings
from tilegan.options import default_of, info_of, options_of, values_of
from tilegan.pipelines.evaluation.options import EvaluateOptions
from tilegan.training.options import (
    Contents,
    Learning,
    MethodOptions,
    NetworkOptions,
    Pairing,
    TimeOptions,
    Upkeep,
)

HEAD = """# Options

Made by `docs/options_page.py` from the fields that declare the options. The command takes `--window 512`, Python takes
`stylize("a.tif", "b.tif", window=512)`."""

Section = tuple[str, str, Any]

STYLIZE: tuple[Section, ...] = (
    ("Style", "In Python by name, also for `tilegan.stylize_array`.", StyleOptions),
    ("Label maps", "In Python by name; `stylize_array` takes `instances` as an array.", LabelOptions),
    ("Network", "In Python by name, also for `tilegan.stylize_array`.", PassOptions),
    ("Run", "In Python by name; `convert` also takes `region` and `overwrite`.", RunOptions),
    ("Reading", "In Python `reading=tilegan.images.reading.Reading(...)`.", Reading),
    ("Export", "In Python `options=tilegan.images.encoding.ExportOptions(...)`, also for `convert`.", ExportOptions),
)
TRAIN: tuple[Section, ...] = (
    ("Images", "In Python by name.", Pairing),
    ("Contents of the folders", "In Python by name.", Contents),
    (
        "Learning",
        "In Python by name, or together as `settings=tilegan.training.settings.TrainSettings(...)`.",
        Learning,
    ),
    ("Method", "In Python by name.", MethodOptions),
    ("Generator", "In Python by name.", NetworkOptions),
    ("Run", "In Python by name. `device`, `precision` and `overwrite` are those of `stylize`.", Upkeep),
    ("Time", "In Python by name, also for `resume`.", TimeOptions),
)
EVALUATE: Section = (
    "Evaluation",
    "In Python by name. `paired`, `direction` and `instances` are those of `train`; `style`, `device`, `precision`, "
    "`overwrite` and, for large images, `stroke` are those of `stylize`.",
    EvaluateOptions,
)


def page() -> Iterator[str]:
    """The lines of the page."""
    yield from HEAD.splitlines()
    yield from ("", "## `stylize`")
    for section in STYLIZE:
        yield from table(*section)
    yield from ("", "## `train`")
    for section in TRAIN:
        yield from table(*section)
    of_every = [entry.name for entry in options_of(MethodSettings)]
    yield from of_method("Settings of every method", options_of(MethodSettings))
    for name, method in methods().items():
        own = [entry for entry in options_of(method.settings_type) if entry.name not in of_every]
        yield from of_method(f"Settings of `{name}`", own)
    yield from ("", "## `evaluate`")
    yield from table(*EVALUATE)


def table(title: str, where: str, group: Any) -> Iterator[str]:
    """A section with the table of a group."""
    yield from ("", f"### {title}", "", where, "")
    yield from ("| command | Python | type | default | what it is |", "|---|---|---|---|---|")
    for entry in options_of(group):
        yield f"| {' | '.join(row(entry, flag(entry)))} |"


def of_method(title: str, entries: Iterable[Field[Any]]) -> Iterator[str]:
    """A section with the table of the settings of a method, which the command takes by ``--set``."""
    yield from ("", f"### {title}", "", "In Python by name.", "")
    yield from ("| command | Python | type | default | what it is |", "|---|---|---|---|---|")
    for entry in entries:
        by_itself = f"`, `{flag(entry)}" if entry.name in METHOD_OPTIONS else ""
        yield f"| {' | '.join(row(entry, f'--set {entry.name}=VALUE{by_itself}'))} |"


def flag(entry: Field[Any]) -> str:
    """The name of an option on the command line."""
    told = info_of(entry)
    metavar = f" {told.metavar}" if told.metavar else ""
    return "--" + (told.flag or entry.name).replace("_", "-") + metavar


def row(entry: Field[Any], command: str) -> tuple[str, ...]:
    """What the page tells of an option: its name on the command line and in Python, type, default, help and values."""
    values = f" Values: {values_of(entry)}." if values_of(entry) else ""
    cells = (f"`{command}`", f"`{entry.name}`", f"`{kind(entry)}`", default(entry), f"{info_of(entry).help}.{values}")
    return tuple(cell.replace("|", "\\|") for cell in cells)


def kind(entry: Field[Any]) -> str:
    """The type of an option, as it is written in Python."""
    if isinstance(entry.type, type) and not get_args(entry.type):
        return entry.type.__name__
    return str(entry.type).replace("collections.abc.", "").replace("pathlib.", "")


def default(entry: Field[Any]) -> str:
    """The default of an option, or what is done without it."""
    value = default_of(entry)
    return info_of(entry).unset or ("none" if value in (None, {}, (), "") else f"`{value}`")


if __name__ == "__main__":
    print("\n".join(page()))
