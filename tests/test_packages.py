"""What is installed and what a source distribution holds is complete."""

import runpy
from pathlib import Path
from typing import Any

import pytest
import setuptools

import tilegan

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {"tilegan": "tilegan", "cli": "tilegan.cli", "pipelines": "tilegan.pipelines"}

pytestmark = pytest.mark.skipif(not (ROOT / "setup.py").is_file(), reason="the tests run apart from the checkout")


def test_every_folder_of_modules_is_found_as_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(setuptools, "setup", lambda **given: told.update(given))
    monkeypatch.chdir(ROOT)
    runpy.run_path("setup.py")
    there = {
        ".".join((name, *file.parent.relative_to(ROOT / folder).parts))
        for folder, name in FOLDERS.items()
        for file in (ROOT / folder).rglob("*.py")
    }
    assert set(told["packages"]) == there


def test_the_citation_is_of_this_version() -> None:
    lines = (ROOT / "CITATION.cff").read_text().splitlines()
    assert f"version: {tilegan.__version__}" in lines


def test_a_source_distribution_holds_what_the_tests_read() -> None:
    lines = (ROOT / "MANIFEST.in").read_text().splitlines()
    named = {name for line in lines if line.startswith(("include ", "graft ")) for name in line.split()[1:]}
    pages = {page.name for page in ROOT.glob("*.md")}
    assert named >= {"tests", "docs", "cli", "pipelines", "benchmarks", "pyproject.toml", "CITATION.cff", *pages}
