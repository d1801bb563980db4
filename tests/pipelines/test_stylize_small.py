"""Images of one shard are made in memory, to the same bytes as by a store on disk."""

import sys

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import ImageError
from tilegan.images.encoding import ExportOptions
from tilegan.images.reading import Reading
from tilegan.images.stores.held import HeldStore
from tilegan.images.stores.store import Store
from tilegan.inference.folder import WorkFolder
from tilegan.pipelines import stylize, stylize_small
from tilegan.translator import Translator


@pytest.fixture
def both(tmp_path, random_translator, monkeypatch):
    """Stylize in memory, and by a store; the bytes of both."""

    def made(source, ending, model=random_translator, **options):
        opened = []
        real = Store.create.__func__
        with monkeypatch.context() as patch:
            patch.setattr(Store, "create", classmethod(lambda *given, **more: opened.append(1) or real(*given, **more)))
            stylize(source, tmp_path / f"memory{ending}", model, **options)
            assert opened == []
            patch.setattr(sys.modules["tilegan.pipelines.stylize"], "is_small", lambda _: False)
            stylize(source, tmp_path / f"disk{ending}", model, **options)
            assert opened == [1]
        assert not list(tmp_path.glob("*.partial"))
        return [(tmp_path / f"{name}{ending}").read_bytes() for name in ("memory", "disk")]

    return made


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".tif"])
@pytest.mark.parametrize("options", [{}, {"strength": 0.4, "keep_colors": True}, {"seams": "combo"}, {"window": 32}])
def test_the_bytes_are_those_of_a_store(picture, both, ending, options):
    memory, disk = both(picture, ending, **options)
    assert memory == disk


def test_depth_place_mask_and_metadata_are_kept(geotiff, noise, both, tmp_path):
    mask = np.full((150, 230), 255, np.uint8)
    mask[:40, 20:90] = 0
    place = {"crs": "EPSG:32631", "transform": (10, 0, 300000, 0, -10, 4_900_000), "mask": mask, "tags": {"a": "b"}}
    path = geotiff(tmp_path / "scene.tif", noise(dtype="uint16"), **place)
    memory, disk = both(path, ".tif", reading=Reading(depth="keep"), region=(10, 20, 100, 90))
    assert memory == disk
    clear = tmp_path / "clear.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (60, 70, 4), dtype=np.uint8)).save(clear, dpi=(300, 300))
    for ending in (".png", ".webp"):
        memory, disk = both(clear, ending, options=ExportOptions(strip=True))
        assert memory == disk


def test_enlarged(picture, both, same):
    memory, disk = both(picture, ".png", same(2))
    assert memory == disk


def test_a_failure_leaves_nothing(picture, random_translator, tmp_path, monkeypatch):
    def broken(*_):
        raise ImageError("broken")

    with monkeypatch.context() as patch, pytest.raises(ImageError, match="broken"):
        patch.setattr("tilegan.inference.paint.Painter.paint", broken)
        stylize(picture, tmp_path / "out.png", random_translator)
    assert {path.name for path in tmp_path.iterdir()} == {"picture.png"}
    monkeypatch.setattr(HeldStore, "read", broken)
    with pytest.raises(ImageError, match="broken"):
        stylize(picture, tmp_path / "out.png", random_translator)
    assert {path.name for path in tmp_path.iterdir()} == {"picture.png"}


def test_what_a_kill_left_is_cleared(picture, random_translator, tmp_path, monkeypatch):
    output = tmp_path / "out.png"

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(WorkFolder, "remove", killed)  # as nobody would after SIGKILL
        patch.setattr(stylize_small, "HeldStore", killed)
        stylize(picture, output, random_translator)
    assert WorkFolder.of(output).path.is_dir()
    stylize(picture, output, random_translator)
    assert {path.name for path in tmp_path.iterdir()} == {"picture.png", "out.png"}


def test_smaller_windows_after_memory_ran_out_are_told(picture, random_translator, tmp_path, monkeypatch, worst):
    stylize(picture, tmp_path / "whole.png", random_translator, window=64)
    real = Translator.run

    def run(self, windows, halo=0, places=()):
        if windows.shape[1] > 32 + 2 * halo:
            raise MemoryError
        return real(self, windows, halo, places)

    monkeypatch.setattr(Translator, "run", run)
    result = stylize(picture, tmp_path / "out.png", random_translator, window=64)
    assert result.notes == ("out of memory: continued with window 32, batch 1: levels may differ by 1",)
    pixels, whole = (np.asarray(Image.open(tmp_path / name)) for name in ("out.png", "whole.png"))
    assert worst(pixels, whole) <= 1
