"""What is installed and what a source distribution holds is complete."""

import re
from pathlib import Path

import pytest

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
