"""Which images a batch finds, and what their outputs are called."""

from pathlib import PurePosixPath

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import ImageError, SettingError
from tilegan.images.stores.store import Store
from tilegan.pipelines.batching.images import survey
from tilegan.pipelines.batching.patterns import Patterns


@pytest.fixture
def fill(tmp_path):
    """Make files of these names below a folder, with what begins a JPEG."""

    def made(*names, folder="in"):
        for name in names:
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\xff\xd8\xff\xe0")
        return tmp_path / folder

    return made


@pytest.fixture
def found(tmp_path):
    """The sources inside ``in``, and the names of outputs."""

    def names(*sources, **options):
        seen = survey([tmp_path / source for source in sources or ("in",)], tmp_path / "out", **options)
        return {task.source.relative_to(tmp_path).as_posix(): task.name for task in seen.tasks}

    return names


def test_folders_are_mirrored_in_order_of_names(fill, found, tmp_path):
    fill("b.jpg", "a/z.png", "a/deep/er/x.jpeg", "c.JPG")
    names = found()
    assert list(names.items()) == [
        ("in/a/deep/er/x.jpeg", "a/deep/er/x.jpeg"),
        ("in/a/z.png", "a/z.png"),
        ("in/b.jpg", "b.jpg"),
        ("in/c.JPG", "c.JPG"),
    ]
    assert found(to="png")["in/a/deep/er/x.jpeg"] == "a/deep/er/x.png"
    task = survey([tmp_path / "in"], tmp_path / "out").tasks[0]
    assert task.output == tmp_path / "out" / "a" / "deep" / "er" / "x.jpeg"


def test_videos_are_passed_over_and_told(fill, tmp_path):
    folder = fill("a.jpg")
    for name in ("one.mp4", "two.MOV"):
        (folder / name).write_bytes(b"a clip")
    seen = survey([folder], tmp_path / "out")
    assert [task.name for task in seen.tasks] == ["a.jpg"]
    assert seen.notes == ("2 videos passed over: stylize videos one by one",)


def test_what_is_no_image_is_passed_over_and_counted(fill, tmp_path):
    folder = fill("a.jpg", "a.jpg.aux.xml", "a.tif.ovr", "a.jpg.part", "raw.NEF", "b", ".hidden.jpg", ".git/c.jpg")
    (folder / "notes.txt").write_text("of the journey")
    (folder / "gone.jpg").symlink_to(folder / "nowhere.jpg")
    seen = survey([folder], tmp_path / "out")
    assert [task.name for task in seen.tasks] == ["a.jpg", "b.tif"]
    assert seen.passed_over == {".xml": 1, ".ovr": 1, ".part": 1, ".nef": 1, ".txt": 1, "no file": 1}


def test_a_damaged_file_with_the_name_of_an_image_is_none_to_pass_over(fill, found):
    (fill("a.jpg") / "a.jpg").write_bytes(b"nothing of the kind")
    assert found() == {"in/a.jpg": "a.jpg"}


def test_what_the_kind_of_the_image_cannot_be_is_told(fill, tmp_path):
    fill("a.heic", "b.heic", "c.jpg")
    seen = survey([tmp_path / "in"], tmp_path / "out")
    assert [task.name for task in seen.tasks] == ["a.tif", "b.tif", "c.jpg"]
    assert seen.notes == ("2 images of .heic will be .tif: this format is not written",)
    assert survey([tmp_path / "in"], tmp_path / "out", "png").notes == ()


def test_a_zarr_is_one_image_and_tiles_are_none(fill, found, tmp_path):
    (fill("deep_files/0/0_0.jpg", "files_files/a.jpg") / "deep.dzi").write_text("<Image/>")
    Store.create(tmp_path / "in" / "deep.zarr", 20, 20, shard=512).finish()
    assert found() == {"in/deep.zarr": "deep.zarr", "in/files_files/a.jpg": "files_files/a.jpg"}


@pytest.mark.parametrize(
    ("include", "exclude", "taken"),
    [
        (["*.jpg"], [], ["a.jpg", "b/c.JPG", "b/d/e.jpg"]),
        (["b/*"], [], ["b/c.JPG", "b/d/e.jpg", "b/f.png"]),
        (["b/**/e.jpg"], [], ["b/d/e.jpg"]),
        (["**/e.jpg", "a.*"], [], ["a.jpg", "b/d/e.jpg"]),
        (["b"], ["*.png"], ["b/c.JPG", "b/d/e.jpg"]),
        ([], ["b/d"], ["a.jpg", "b/c.JPG", "b/f.png"]),
        ([], ["b/d/"], ["a.jpg", "b/c.JPG", "b/f.png"]),
        (["[!a].jpg"], [], ["b/c.JPG", "b/d/e.jpg"]),
        (["./b/?.png"], [], ["b/f.png"]),
        (["a+.jpg"], [], []),
    ],
)
def test_patterns(include, exclude, taken):
    patterns = Patterns(include, exclude)
    names = ["a.jpg", "b/c.JPG", "b/d/e.jpg", "b/f.png"]
    assert [name for name in names if patterns.takes(PurePosixPath(name))] == taken


def test_excluded_folders_are_not_looked_into(fill, found, monkeypatch):
    fill("a.jpg", "node/b.jpg")
    looked = []
    real = type(fill("a.jpg")).iterdir
    monkeypatch.setattr(type(fill("a.jpg")), "iterdir", lambda path: looked.append(path.name) or real(path))
    assert found(patterns=Patterns(exclude=["node"])) == {"in/a.jpg": "a.jpg"}
    assert looked == ["in"]


def test_links_are_followed_but_for_loops(fill, found, tmp_path):
    folder = fill("a/b.jpg")
    fill("x/c.jpg", folder="elsewhere")
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "a" / "loop").symlink_to(folder)
    (folder / "file.jpg").symlink_to(tmp_path / "elsewhere" / "x" / "c.jpg")
    assert set(found().values()) == {"a/b.jpg", "link/x/c.jpg", "file.jpg"}


def test_outputs_inside_the_folder_of_images_are_no_images(fill, tmp_path):
    folder = fill("a.jpg", "out/a.jpg", "out/b/c.jpg")
    (folder / "link.jpg").symlink_to(folder / "out" / "a.jpg")
    (folder / "also").symlink_to(folder / "out")
    assert [task.name for task in survey([folder], folder / "out").tasks] == ["a.jpg"]
    with pytest.raises(SettingError, match="it contains the images"):
        survey([folder], folder)
    with pytest.raises(SettingError, match="it contains the images"):
        survey([folder], tmp_path / "in" / ".." / "in")


def test_an_output_is_no_other_image(fill):
    folder = fill("in/a.jpg", "a.jpg", folder="all")
    with pytest.raises(SettingError, match="is an image to be stylized"):
        survey([folder / "in", folder / "a.jpg"], folder)


def test_names_that_differ_in_the_ending_alone_keep_it(fill, tmp_path):
    fill("a.png", "a.tif", "b.tif", "a.png.webp")
    seen = survey([tmp_path / "in"], tmp_path / "out", "jpg", Patterns(exclude=["*.webp"]))
    assert [task.name for task in seen.tasks] == ["a.png.jpg", "a.tif.jpg", "b.jpg"]
    assert seen.notes == ("2 images have equal names except endings, which outputs keep, such as a.png.jpg",)
    with pytest.raises(SettingError, match=r"would both be .*a\.png\.jpg"):
        survey([tmp_path / "in"], tmp_path / "out", "jpg")


def test_several_sources_go_side_by_side(fill, found):
    fill("a.jpg", "b/c.jpg", folder="one")
    fill("a.jpg", folder="two")
    fill("x.jpg", folder=".")
    names = {"one/a.jpg": "one/a.jpg", "one/b/c.jpg": "one/b/c.jpg", "two/a.jpg": "two/a.jpg", "x.jpg": "x.jpg"}
    assert found("one", "two", "x.jpg") == names
    with pytest.raises(ImageError, match="no such image or folder"):
        found("one", "three")


def test_an_unreadable_folder_is_counted(fill, tmp_path, monkeypatch):
    folder = fill("a.jpg", "locked/b.jpg")
    real = type(folder).iterdir

    def iterdir(path):
        if path.name == "locked":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(type(folder), "iterdir", iterdir)
    seen = survey([folder], tmp_path / "out")
    assert ([task.name for task in seen.tasks], seen.passed_over) == (["a.jpg"], {"unreadable folder": 1})


def test_files_without_an_ending_are_looked_into(fill, tmp_path):
    folder = fill("IMG_0001")
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(folder / "w", "WEBP")
    (folder / "sound").write_bytes(b"RIFF\0\0\0\0WAVEfmt ")
    seen = survey([folder], tmp_path / "out", "png")
    assert ([task.name for task in seen.tasks], seen.passed_over) == (["IMG_0001.png", "w.png"], {"no ending": 1})
