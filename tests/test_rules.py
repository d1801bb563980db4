"""Rules that keep files readable: none is long, whatever is public is documented, and words are plain and American."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

import tilegan
import tilegan.cli
import tilegan.pipelines

LINES = 300
FOLDERS = [Path(package.__path__[0]) for package in (tilegan, tilegan.cli, tilegan.pipelines)]
FILES = sorted({file for folder in FOLDERS for file in folder.rglob("*.py")})
ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
# a docstring begins with a verb or with what it describes, not with a relative clause
RIDDLE = re.compile(r"(What|Of|That|Which|Whose|How)\b")
# 'greyscale' is the name of a model in the metadata of OME-Zarr
BRITISH = re.compile(
    r"\w*(?:colour|grey(?!scale)|centre|neighbour|behaviour|learnt|favour|catalogue|judgement"
    r"|normalis|minimis|maximis|optimis[ae]|recognis|initialis|summaris)\w*",
    re.IGNORECASE,
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_file_is_long(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= LINES


def public(node: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """The public functions and classes of a file, and what is public of these classes."""
    for entry in node.body:
        if isinstance(entry, (ast.FunctionDef, ast.ClassDef)) and not entry.name.startswith("_"):
            yield entry
            if isinstance(entry, ast.ClassDef):
                yield from public(entry)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_all_that_is_public_is_documented(file: Path) -> None:
    tree = ast.parse(file.read_text())
    assert ast.get_docstring(tree)
    assert not [entry.name for entry in public(tree) if not ast.get_docstring(entry)]


@pytest.mark.parametrize("name", tilegan.pipelines.__all__)
def test_results_of_flows_tell_what_their_values_are(name: str) -> None:
    kind = getattr(tilegan.pipelines, name)
    if is_dataclass(kind):
        told = kind.__doc__ or ""
        assert not [entry.name for entry in fields(kind) if not re.search(rf"\b{entry.name}\b", told)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_docstrings_begin_plainly(file: Path) -> None:
    nodes = [
        node
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
    ]
    assert not [text for node in nodes if RIDDLE.match(text := ast.get_docstring(node) or "")]


@pytest.mark.parametrize("file", [*FILES, *PAGES], ids=lambda file: f"{file.parent.name}/{file.name}")
def test_spelling_is_american(file: Path) -> None:
    assert not BRITISH.findall(file.read_text())
