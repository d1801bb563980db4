"""What the stylize pipeline refuses, and that it then leaves all as it was."""

import pytest
from PIL import Image

from tilegan.errors import ImageError, OutputError, OutputExistsError, SettingError
from tilegan.images.stores.store import Store
from tilegan.pipelines import plan_stylize, stylize


def test_an_output_that_is_there_is_kept(picture, random_translator, tmp_path):
    output = tmp_path / "out.png"
    output.write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match=r"out\.png exists"):
        stylize(picture, output, random_translator)
    assert output.read_bytes() == b"precious"
    stylize(picture, output, random_translator, overwrite=True)
    assert Image.open(output).size == (310, 270)


def test_an_old_store_is_replaced_when_the_new_one_is_whole(
    picture, random_translator, tmp_path, monkeypatch, contents, failing_disk
):
    output = tmp_path / "out.zarr"
    stylize(picture, output, random_translator, window=32, shard=64)
    before = contents(output)
    with monkeypatch.context() as patch, pytest.raises(OutputError):
        failing_disk(patch, 3)
        stylize(picture, output, random_translator, window=64, shard=64, overwrite=True)
    assert contents(output) == before
    stylize(picture, output, random_translator, window=64, shard=64, overwrite=True)
    assert Store.open(output).shard == 64
    assert not (tmp_path / "out.zarr.partial").exists()


def test_a_folder_that_is_no_store_is_never_replaced(picture, random_translator, tmp_path):
    output = tmp_path / "out.zarr"
    output.mkdir()
    (output / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(OutputError, match="no zarr to replace"):
        stylize(picture, output, random_translator, overwrite=True)
    assert (output / "holiday.jpg").read_bytes() == b"precious"


def test_a_foreign_partial_folder_is_left_alone(picture, random_translator, tmp_path):
    folder = tmp_path / "out.png.partial"
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match="not a work folder"):
        stylize(picture, tmp_path / "out.png", random_translator, overwrite=True)
    with pytest.raises(OutputExistsError, match="not a work folder"):
        plan_stylize(picture, tmp_path / "out.png", random_translator, overwrite=True)
    assert (folder / "holiday.jpg").read_bytes() == b"precious"


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_source_is_never_the_output(picture, random_translator, overwrite):
    before = picture.read_bytes()
    with pytest.raises(OutputError, match="is the source itself"):
        stylize(picture, picture, random_translator, overwrite=overwrite)
    assert picture.read_bytes() == before


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("out.xyz", "unknown ending"),
        ("out", "unknown ending"),
        ("nowhere/out.png", "no folder .*nowhere"),
        ("", "unknown ending"),
        (".", "unknown ending"),
    ],
)
def test_impossible_outputs_are_refused(picture, random_translator, tmp_path, output, message):
    with pytest.raises(OutputError, match=message):
        stylize(picture, tmp_path / output if output.strip(".") else output, random_translator)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["picture.png"]


def test_a_missing_source_and_a_wrong_setting_leave_nothing(picture, random_translator, tmp_path):
    with pytest.raises(ImageError):
        stylize(tmp_path / "none.png", tmp_path / "out.png", random_translator)
    with pytest.raises(SettingError):
        stylize(picture, tmp_path / "out.png", random_translator, seams="none")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["picture.png"]


def test_an_image_too_large_for_its_format_is_refused_first(tmp_path, random_translator):
    Image.new("RGB", (70000, 2)).save(tmp_path / "in.png")
    with pytest.raises(OutputError, match="65500"):
        stylize(tmp_path / "in.png", tmp_path / "out.jpg", random_translator)
    assert not (tmp_path / "out.jpg.partial").exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_source_inside_the_output_is_kept(picture, random_translator, tmp_path, contents, overwrite):
    stylize(picture, tmp_path / "in.zarr", random_translator)
    before = contents(tmp_path / "in.zarr")
    for source, output in (("in.zarr/0", "in.zarr"), ("in.zarr", "in.zarr/0/out.zarr")):
        with pytest.raises(OutputError, match="one lies in the other"):
            stylize(tmp_path / source, tmp_path / output, random_translator, overwrite=overwrite)
    assert contents(tmp_path / "in.zarr") == before


def test_what_is_no_result_is_not_called_finished(picture, random_translator, tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "file.zarr").touch()
    (tmp_path / "folder.zarr").mkdir()
    for name in ("empty.png", "file.zarr", "folder.zarr"):
        with pytest.raises(OutputExistsError, match="exists"):
            stylize(picture, tmp_path / name, random_translator, resume=True)
