"""--resume where the output is there: left alone if it is what is asked for, else refused by the difference."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import OutputError, OutputExistsError, ResumeError
from tilegan.geometry import Window
from tilegan.images.encoding import ExportOptions
from tilegan.images.formats.checks import check_export
from tilegan.images.opening import open_source
from tilegan.inference.folder import WorkFolder
from tilegan.pipelines import convert, plan_stylize, stylize
from tilegan.translator import Translator

PART = (0, 0, 100, 80)


@pytest.fixture
def painted(picture, random_translator, tmp_path):
    """A function that stylizes the picture, or goes on with it."""

    def paint(name="out.png", source=picture, model=random_translator, **settings):
        return stylize(source, tmp_path / name, model, region=settings.pop("region", PART), **settings)

    return paint


@pytest.mark.parametrize("ending", ["zarr", "tif", "png", "jpg", "webp", "dzi"])
def test_every_format_tells_a_difference(painted, ending):
    name = f"out.{ending}"
    made = painted(name).output
    before = made.stat().st_mtime_ns
    assert painted(name, resume=True).seconds == 0
    with pytest.raises(ResumeError, match=r"finished, and was made .* setting: strength was 1\.0, now 0\.5"):
        painted(name, resume=True, strength=0.5)
    assert made.stat().st_mtime_ns == before


def test_another_image_model_part_or_encoding_is_refused(painted, picture, pixels, random_translator):
    painted("out.jpg")
    with pytest.raises(ResumeError, match="quality was 95, now 50"):
        painted("out.jpg", resume=True, options=ExportOptions(quality=50))
    with pytest.raises(ResumeError, match="from another image, or another part"):
        painted("out.jpg", resume=True, region=(8, 0, 100, 80))
    with pytest.raises(ResumeError, match="precision was 'float32', now 'bfloat16'"):
        plan_stylize(
            picture, picture.with_name("out.jpg"), saved(random_translator, picture), region=PART, resume=True,
            device="cpu", precision="bfloat16",
        )  # fmt: skip
    other = Translator.of(random_translator.generator, random_translator.architecture, tile_size=32, name="other")
    with pytest.raises(ResumeError, match="another model"):
        painted("out.jpg", model=other.place("cpu", "float32"), resume=True)
    Image.fromarray(255 - pixels).save(picture)
    with pytest.raises(ResumeError, match="from another image"):
        painted("out.jpg", resume=True)
    assert painted("out.jpg", overwrite=True).seconds > 0
    assert painted("out.jpg", resume=True).seconds == 0


def saved(translator, picture):
    path = picture.with_name("model.safetensors")
    translator.save(path)
    return path


def test_a_copy_of_the_image_and_another_division_of_the_work_are_the_same(painted, picture, tmp_path):
    painted(window=32, shard=64)
    copy = tmp_path / "copy.png"
    shutil.copy(picture, copy)
    os.utime(copy, ns=(1, 1))
    assert painted(source=copy, window=64, shard=128, resume=True).seconds == 0


def test_what_tells_nothing_is_refused(painted, tmp_path):
    Image.fromarray(np.zeros((80, 100, 3), np.uint8)).save(tmp_path / "out.png")
    with pytest.raises(ResumeError, match="does not say what made it"):
        painted(resume=True)


@pytest.mark.parametrize("ending", ["zarr", "tif", "png", "jpg", "webp", "dzi"])
def test_what_an_accident_has_cut_off_is_made_again(painted, picture, random_translator, ending, contents):
    output = painted(f"out.{ending}").output
    folder = output.with_name("out_files") if ending == "dzi" else output

    def found():
        return contents(folder) if folder.is_dir() else output.read_bytes()

    before = found()
    if folder.is_dir():
        lost = folder / ("0/c/0/0/0" if ending == "zarr" else "0/0_0.jpg")
        lost.unlink()
    else:
        output.write_bytes(before[:-30])
    with pytest.raises(OutputExistsError):
        painted(f"out.{ending}")
    assert not plan_stylize(picture, output, random_translator, region=PART, resume=True).finished
    assert painted(f"out.{ending}", resume=True).seconds > 0
    assert found() == before


def test_what_was_converted_from_a_store_is_the_same(painted, tmp_path):
    painted("out.zarr")
    convert(tmp_path / "out.zarr", tmp_path / "out.png")
    convert(tmp_path / "out.zarr", tmp_path / "copy.zarr")
    convert(tmp_path / "out.zarr", tmp_path / "part.png", region=(0, 0, 50, 40))
    assert painted("out.png", resume=True).seconds == 0
    assert painted("copy.zarr", resume=True).seconds == 0
    with pytest.raises(ResumeError, match="does not say what made it"):
        painted("part.png", resume=True, region=(0, 0, 50, 40))


OLD = ExportOptions(zarr_format="ome-0.4")


def test_zarr_v2_is_finished_and_resumed_like_others(painted, tmp_path, monkeypatch):
    whole = painted("new.zarr").output

    class Killed(BaseException):
        pass

    def killed(_):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(WorkFolder, "remove", killed)
        painted("old.zarr", options=OLD)
    assert (tmp_path / "old.zarr" / ".zgroup").is_file()
    assert painted("old.zarr", options=OLD, resume=True).seconds == 0
    assert not (tmp_path / "old.zarr.partial").exists()
    assert painted("old.zarr", options=OLD, resume=True).seconds == 0
    with pytest.raises(ResumeError, match=r"zarr format was 'ome-0\.4', now None"):
        painted("old.zarr", resume=True)
    with pytest.raises(ResumeError, match=r"zarr format was None, now 'ome-0\.4'"):
        painted("new.zarr", options=OLD, resume=True)
    area = Window(0, 0, 80, 100)
    np.testing.assert_array_equal(open_source(tmp_path / "old.zarr").read(area), open_source(whole).read(area))
    with pytest.raises(OutputError, match=r"cannot write ome-0\.4 to object storage"):
        check_export("s3://bucket/out.zarr", 80, 100, options=OLD)
