"""Formats by name and ending; those of other packages beside the own ones."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from tilegan.errors import TileganWarning
from tilegan.images.encoding import ExportOptions
from tilegan.images.formats import register
from tilegan.images.formats.format import Candidate, Format, Reader, Writer
from tilegan.images.formats.register import endings, formats, kind_of_ending, writer_of

PAGE = Path(__file__).parents[3] / "docs" / "formats.md"
NOTHING = Writer(lambda _: (), lambda _: None, lambda _: True)


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, object]]]:
    """What other packages bring; ``formats`` finds it anew."""
    found: list[tuple[str, object]] = []
    monkeypatch.setattr(register, "extensions", lambda _: iter(found))
    formats.cache_clear()
    yield found
    formats.cache_clear()


def test_each_ending_is_of_one_format() -> None:
    known = [ending for each in formats() for ending in each.endings]
    assert len(known) == len(set(known))
    assert all(ending == ending.lower() and ending.startswith(".") for ending in known)
    assert {each.name for each in formats() if each.writer} == {"zarr", "tif", "png", "jpg", "webp", "dzi"}
    assert (kind_of_ending(".JPEG"), kind_of_ending(".gif")) == ("jpg", None)


def test_lists_of_endings_follow_from_what_formats_hold() -> None:
    assert endings() == ".zarr, .tif, .png, .jpg, .webp or .dzi"
    assert endings(lambda writer: writer.is_deep) == ".zarr, .tif or .png"
    assert endings(lambda writer: writer.holds_measures, "and") == ".zarr and .tif"
    assert endings(lambda writer: writer.is_opaque) == ".jpg"


def test_others_are_listed_in_their_order(brought: list[tuple[str, object]]) -> None:
    brought.append(("ppm", Format("ppm", order=35, endings=(".ppm",), writer=NOTHING)))
    assert endings() == ".zarr, .tif, .png, .ppm, .jpg, .webp or .dzi"
    assert writer_of("ppm") is NOTHING


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (Format("png"), "png is taken"),
        (Format("mine", endings=(".tif", ".x")), ".tif is taken"),
        ("nothing", "it is no tilegan Format"),
    ],
)
def test_what_clashes_is_left_out(brought: list[tuple[str, object]], other: object, reason: str) -> None:
    brought.append(("mine", other))
    with pytest.warns(TileganWarning, match=f"'mine' of tilegan.formats is left out: {reason}"):
        assert other not in formats()


def test_only_what_changes_a_result_decides() -> None:
    every = ExportOptions(compress="webp", quality=7, profile="keep", strip=True, zarr_format="ome-0.4")
    told = {kind: writer_of(kind).deciding(every) for kind in ("zarr", "tif", "png", "jpg", "webp", "dzi")}
    assert told == {
        "zarr": {"zarr format": "ome-0.4", "strip": True},
        "tif": {"compress": "webp", "quality": 7, "profile": "keep", "strip": True},
        "png": {"profile": "keep", "strip": True},
        "jpg": {"quality": 7, "profile": "keep", "strip": True},
        "webp": {"quality": 7, "profile": "keep", "strip": True},
        "dzi": {"quality": 7, "strip": True},
    }
    assert writer_of("tif").deciding(ExportOptions("webp", lossless=True)) == {"compress": "webp", "lossless": True}
    assert writer_of("jpg").deciding(ExportOptions(lossless=True)) == {"quality": 95}


def test_the_first_bytes_and_the_header_are_looked_at_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\x89PNG" + bytes(5000))
    candidate = Candidate(tmp_path / "a")
    assert candidate.start == b"\x89PNG" + bytes(4092)
    (tmp_path / "a").unlink()
    assert (candidate.start[:4], candidate.header.format) == (b"\x89PNG", None)
    assert (Candidate(tmp_path).start, Candidate(tmp_path, is_folder=True).header.format) == (b"", None)


def test_a_reader_that_knows_nothing_is_never_asked() -> None:
    reader = Reader(lambda *_: pytest.fail("asked"))
    assert not reader.recognizes(Candidate(Path("a"))) and not reader.tries(Candidate(Path("a")))


@pytest.mark.skipif(not PAGE.exists(), reason="the tests run apart from the checkout")
def test_the_tables_of_the_page_are_made_of_the_formats() -> None:
    assert PAGE.read_text() == runpy.run_path(str(PAGE.with_name("formats_page.py")))["page"]()
