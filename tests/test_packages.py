"""What is installed and what a source distribution holds is complete."""

import re
from pathlib import Path

import pytest

import tilegan

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {"tilegan": "tilegan", "cli": "tilegan.cli", "pipelines": "tilegan.pipelines"}

pytestmark = pytest.mark.skipif(not (ROOT / "setup.py").is_file(), reason="the tests run apart from the checkout")


def test_every_package_is_installed() -> None:
    there = {
        ".".join((name, *file.parent.relative_to(ROOT / folder).parts))
        for folder, name in FOLDERS.items()
        for file in (ROOT / folder).rglob("*.py")
    }
    block = re.search(r"packages=\[(.*?)\]", (ROOT / "setup.py").read_text(), re.DOTALL)
    assert block is not None
    named = re.findall(r'"([\w.]+)"', block[1])
    assert sorted(named) == sorted(there)


def test_the_citation_is_of_this_version() -> None:
    lines = (ROOT / "CITATION.cff").read_text().splitlines()
    assert f"version: {tilegan.__version__}" in lines


def test_a_source_distribution_holds_what_the_tests_read() -> None:
    lines = (ROOT / "MANIFEST.in").read_text().splitlines()
    named = {name for line in lines if line.startswith(("include ", "graft ")) for name in line.split()[1:]}
    pages = {page.name for page in ROOT.glob("*.md")}
    assert named >= {"tests", "docs", "cli", "pipelines", "benchmarks", "pyproject.toml", "CITATION.cff", *pages}
