"""The files of the page: short, whole, and of this host alone."""

import re
from pathlib import Path

import pytest

import tilegan.viewing

FOLDER = Path(tilegan.viewing.__file__).parent / "page"
FILES = sorted(FOLDER.iterdir())


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_files_are_short_and_name_no_other_host(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) <= 300
    assert set(re.findall(r"https?://[\w./]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_what_files_name_is_there_and_all_of_them_are_named() -> None:
    names = {file.name for file in FILES}
    page = set(re.findall(r'(?:href|src)="static/([\w.-]+)[#"]', (FOLDER / "index.html").read_text()))
    imported = {
        name
        for file in FILES
        if file.suffix in (".js", ".css")
        for name in re.findall(r'(?:from "\./|url\(")([\w.-]+)"', file.read_text())
    }
    assert page | imported | {"index.html"} == names


def test_nothing_is_inline() -> None:
    text = (FOLDER / "index.html").read_text()
    assert " style=" not in text and "<style" not in text and not re.search(r" on\w+=", text)
    assert re.findall(r"<script[^>]*>([^<]+)<", text) == []


def test_all_icons_that_are_used_are_there() -> None:
    icons = set(re.findall(r'symbol id="([\w-]+)"', (FOLDER / "icons.svg").read_text()))
    used = set(re.findall(r"icons\.svg#([\w-]+)", (FOLDER / "index.html").read_text()))
    assert used == icons
