from pathlib import Path

import numpy as np
import pytest
import torch

from tilegan.errors import DatasetError, TileganWarning
from tilegan.training.captions import OTHERS, CaptionDraws, captioned, vocabulary_of
from tilegan.training.images import TrainingImage
from tilegan.training.retrieval import retrieval

NAMES = ["field.png", "old/starry_night-2.png", "old/x1.png"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old").mkdir()
    for name in NAMES:
        (tmp_path / name).touch()
    return tmp_path


def images(folder: Path) -> list[TrainingImage]:
    return [TrainingImage(folder / name, 64, 64, number) for number, name in enumerate(NAMES)]


def of_table(folder: Path, table: str | bytes) -> list[TrainingImage]:
    path = folder / "captions.csv"
    path.write_bytes(table.encode() if isinstance(table, str) else table)
    return captioned(images(folder), folder, path.as_posix())


def test_a_table_gives_captions_several_per_file_and_the_others_are_left_out(folder: Path) -> None:
    table = (
        '\ufeffFile, Caption\r\n./field.png,a wheat field\r\n\r\nold\\x1.png,"night, moon"\r\nfield.png,blue sky\r\n'
    )
    with pytest.warns(TileganWarning, match="1 of 3 images in .* have no caption: they are left out"):
        found = of_table(folder, table)
    assert [image.captions for image in found] == [("a wheat field", "blue sky"), ("night, moon",)]
    assert [image.number for image in found] == [0, 2]  # so that the same files are held out


def test_names_of_files_and_folders_are_captions(folder: Path) -> None:
    found = captioned(images(folder), folder, "names")
    assert [image.captions for image in found] == [("field",), ("old starry night",), ("old",)]
    assert vocabulary_of(found).words == ("old",)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("field.png,a field\n", "does not begin with the line file,caption"),
        ("", "does not begin with the line file,caption"),
        ("file,caption\n", "has no captions: give a line for each"),
        ("file,caption\nfield.png, 12\n", "line 2: no words in the caption of 'field.png'"),
        ("file,caption\nfield.png\n", "line 2: 1 columns, not file and caption"),
        ("file,caption\nfield.png,blue, green\n", "line 2: 3 columns, .* put captions with commas in quotes"),
        ("file,caption\n\nfeld.png,blue\n", "line 3: no file 'feld.png' in .*: did you mean field.png?"),
        ("file,caption\n/etc/passwd,blue\n", "line 2: no file '/etc/passwd' in .*: names are those below"),
        ("file,caption\nabc,blue\n", "line 2: no file 'abc' in .*: names are those below the folder of targets"),
        ("file,caption\nfield.png,blue\n", "1 usable images .* have captions .*: at least 2 are needed"),
        ('file,caption\nfield.png,"blue\n', "captions.csv, line 2: "),
        ("file,caption\nfield.png,Blé\n".encode("latin-1"), "is no text in UTF-8 .byte 25."),
    ],
)
def test_a_table_that_does_not_fit_is_one_clear_line(folder: Path, table: str | bytes, said: str) -> None:
    with pytest.raises(DatasetError, match=said) as caught:
        of_table(folder, table)
    assert "\n" not in str(caught.value)


def test_a_missing_table_and_captions_without_a_common_word_are_refused(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"no table of captions .*none\.csv: No such file"):
        captioned(images(folder), folder, (folder / "none.csv").as_posix())
    with pytest.warns(TileganWarning):
        different = of_table(folder, "file,caption\nfield.png,blue\nold/x1.png,green\n")
    with pytest.raises(DatasetError, match="no word occurs in 2 captions"):
        vocabulary_of(different)


def test_draws_are_of_the_image_and_of_others_and_of_the_number_alone(folder: Path) -> None:
    found = captioned(images(folder), folder, "names")
    words = ["field", "night", "starry"]
    draws = CaptionDraws(found, words, 3)
    rows = draws.drawn(0, 7)
    assert rows.shape == (1 + OTHERS, 3) and rows.dtype == np.float32
    assert rows[0].tolist() == [1, 0, 0] and not rows[1:, 0].any()
    assert np.array_equal(rows, CaptionDraws(found, words, 3).drawn(0, 7))
    assert not np.array_equal(rows, draws.drawn(0, 8))


def test_retrieval_counts_own_captions_among_the_best() -> None:
    # captions 0 and 1 are of the first image, 2 of the second; the third image has captions 3 to 6
    matches = torch.tensor([[0, 5, 9, 1, 1, 1, 1], [9, 8, 7, 1, 1, 1, 1], [1, 1, 1, 9, 0, 0, 0]]).float()
    found = retrieval(matches, [2, 1, 4])
    assert found["caption_1"] == pytest.approx(1 / 3) and found["caption_5"] == 1
    assert found["chance_1"] == pytest.approx((2 + 1 + 4) / 21)
    assert found["chance_5"] == pytest.approx(1 - (1 / 21 + 2 / 7 + 0) / 3)
