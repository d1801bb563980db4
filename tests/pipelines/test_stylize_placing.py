"""The last step of stylizing: what has come there meanwhile stays, and one that was cut goes on."""

import errno
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import OutputExistsError
from tilegan.images.stores.store import Store
from tilegan.inference.folder import WorkFolder
from tilegan.pipelines import stylize


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(3).integers(0, 256, (90, 110, 3), dtype=np.uint8)).save(path)
    return path


@pytest.mark.parametrize(("ending", "taken"), [("png", "out.png"), ("zarr", "out.zarr"), ("dzi", "out_files")])
def test_what_appears_while_a_run_works_is_kept(
    picture, random_translator, tmp_path, monkeypatch, contents, ending, taken
):
    output, place = tmp_path / f"out.{ending}", tmp_path / taken

    def appear(*_):
        if ending == "png":
            place.write_bytes(b"precious")
            return
        place.mkdir(exist_ok=True)
        if ending == "zarr":
            (place / "zarr.json").write_bytes(b"precious")

    stylize(picture, tmp_path / f"alone.{ending}", random_translator, window=32, shard=64)
    with pytest.raises(OutputExistsError, match=rf"{taken} has appeared .* --overwrite to replace it: then --resume"):
        stylize(picture, output, random_translator, window=32, shard=64, progress=appear)
    found = place if ending == "png" else place / "zarr.json"
    assert ending == "dzi" or found.read_bytes() == b"precious"
    with pytest.raises(OutputExistsError, match=f"{taken} exists"):
        stylize(picture, output, random_translator, resume=True)
    monkeypatch.setattr(Store, "write_shard", None)  # nothing may be made again
    stylize(picture, output, random_translator, resume=True, overwrite=True)
    assert not WorkFolder.of(output).path.exists()
    alone = tmp_path / taken.replace("out", "alone")
    assert place.read_bytes() == alone.read_bytes() if ending == "png" else contents(place) == contents(alone)


@pytest.mark.parametrize("ending", ["zarr", "dzi"])
def test_a_placing_that_was_cut_goes_on(picture, random_translator, tmp_path, monkeypatch, contents, ending):
    output = tmp_path / f"out.{ending}"
    stylize(picture, output, random_translator)
    before = contents(tmp_path)

    class Killed(BaseException):
        pass

    def replace(self, target):
        if self.parent.suffix == ".partial" and self.suffix in (".zarr", ".dzi") and target == output:
            raise Killed
        return real(self, target)

    real = Path.replace
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Path, "replace", replace)
        stylize(picture, output, random_translator, overwrite=True)
    assert not output.exists()
    stylize(picture, output, random_translator, resume=True, overwrite=True)
    assert contents(tmp_path) == before


def test_a_placed_output_is_a_success_whatever_comes_after(picture, random_translator, tmp_path, monkeypatch):
    def remove(_):
        raise OSError(errno.EBUSY, "busy")

    monkeypatch.setattr(WorkFolder, "remove", remove)
    result = stylize(picture, tmp_path / "out.png", random_translator)
    assert result.output.is_file()
    assert result.notes[-1] == f"{WorkFolder.of(result.output).path} could not be removed (busy): remove it"
