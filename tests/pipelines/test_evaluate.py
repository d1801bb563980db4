import errno
import json
import re
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
import torch

from pictures import blots
from tilegan.errors import DatasetError, ModelError, OutputError, OutputExistsError, SettingError
from tilegan.metrics.seams import Difference
from tilegan.networks.build import build_generator
from tilegan.pipelines import EvaluateResult, evaluate
from tilegan.pipelines.evaluation.table import table
from tilegan.translator import Translator, load

MODULE = import_module("tilegan.pipelines.evaluate")
NAMES = ["identity", "color_transfer", "combo", "exact"]
CPU = {"device": "cpu", "precision": "float32"}


def prepare(folder: Path, translator: Translator) -> tuple[Path, Path, Path]:
    """A model, three photographs and five paintings."""
    translator.save(folder / "model.safetensors")
    photos = blots(folder / "photos", 3, 96, 120, 2)
    return folder / "model.safetensors", photos, blots(folder / "paintings", 5, 100, 90, 6)


@pytest.fixture
def given(tmp_path: Path, random_translator: Translator) -> tuple[Path, Path, Path]:
    return prepare(tmp_path, random_translator)


@pytest.fixture(scope="module")
def measured(tmp_path_factory, random_translator: Translator) -> tuple[EvaluateResult, list[tuple[str, int, int]]]:
    """An evaluation, and the progress that it told."""
    folder, seen = tmp_path_factory.mktemp("evaluate"), []
    given = prepare(folder, random_translator)
    result = evaluate(*given, folder / "out", images=2, **CPU, progress=lambda *at: seen.append(at))
    return result, seen


def test_what_is_written(measured) -> None:
    result, seen = measured
    folder = result.output.parent
    assert sorted(path.name for path in folder.iterdir()) == ["model.safetensors", "out", "paintings", "photos"]
    assert sorted(path.name for path in result.output.iterdir()) == ["evaluate.html", "evaluate.json"]
    # evenly spread over the names; targets take turns in the halves
    assert result.sources == ["0.png", "1.png"]
    assert result.targets == (["0.png", "2.png"], ["1.png", "3.png"])
    assert seen == [("evaluate", done * 96 * 120, 2 * 96 * 120) for done in range(3)]
    content = json.loads((result.output / "evaluate.json").read_text())
    assert list(content["figures"]) == list(content["images"]) == NAMES
    assert content["figures"]["exact"]["whole"] == {"maximum": 0, "rms": 0}
    assert content["tile_size"] == 16
    assert len(content["real_style"]) == len(content["figures"]["combo"]["style"]) == 3


def test_figures_of_known_candidates(measured) -> None:
    result, _ = measured
    source, moved, combo, exact = (result.figures[name] for name in NAMES)
    assert source.style[0] == 0
    assert source.content == pytest.approx([1, 1, 1])
    assert source.ssim == pytest.approx(1)
    assert source.whole is source.shift is None
    assert moved.palette < source.palette / 2
    # a random network without halo does not meet at the borders; with one it is the whole image
    assert exact.whole == exact.shift == Difference(0, 0)
    assert combo.whole.rms > 5
    assert combo.shift.rms > 5


def test_what_is_seen_of_known_candidates(measured) -> None:
    result, _ = measured
    source, exact = (result.figures[name].seen for name in ("identity", "exact"))
    assert source.verdict.painted == source.verdict.near == 0
    assert source.structure == pytest.approx(1)
    assert source.feature_distance == 0
    assert exact.structure < 0.9
    assert exact.feature_distance > 0.1
    assert result.real_seen.painted == result.real_seen.near == 1
    # all files of both folders, also those that are not translated
    assert result.trained_on == (3, 5)
    cells = {row.label: row.cells for row in table(result)}
    assert cells["near the painter (0 to 1)"][0] == "0.00"
    assert cells["structure (-1 to 1)"][4] == "-"


@pytest.mark.slow
def test_large_images_are_seen_from_near_and_far(tmp_path: Path, given) -> None:
    large = blots(tmp_path / "large", 2, 300, 400, 2)
    sizes = {"megapixels": [0.1, 0.2], "large": large}
    result = evaluate(*given, tmp_path / "out", images=2, short_side=96, **sizes, **CPU)
    assert result.large_sources == ["0.png", "1.png"]
    assert [of.megapixels for of in result.large] == [0.1, 0.2]
    # 0.12 megapixels have to grow for the second size
    assert [of.enlarged for of in result.large] == pytest.approx([1, (0.2 / 0.12) ** 0.5])
    for of in result.large:
        for look in ("near", "far"):
            source, exact = of.looks[look]["identity"], of.looks[look]["exact"]
            assert source.verdict.painted == source.verdict.near == 0
            assert source.structure == pytest.approx(1)
            assert exact.structure < 0.9
    rows = [row for row in table(result) if row.group == "0.2 MP, far"]
    assert len(rows) == 5
    assert [cell == "-" for cell in rows[0].cells] == [False, True, True, False, True]
    content = json.loads((tmp_path / "out" / "evaluate.json").read_text())
    assert content["large"][1]["looks"]["near"]["identity"]["feature_distance"] == 0
    strokes = evaluate(*given, tmp_path / "more", images=2, short_side=96, stroke=4, **sizes, **CPU)
    assert strokes.large[0].looks["near"]["exact"].structure != result.large[0].looks["near"]["exact"].structure


def test_large_images_are_made_of_the_sources_by_default(tmp_path: Path, given) -> None:
    result = evaluate(*given, tmp_path / "out", images=2, megapixels=[0.1], **CPU)
    assert result.large_sources == result.sources
    for refused in (0.01, float("nan")):
        with pytest.raises(SettingError, match=r"give 0\.1 or more"):
            evaluate(*given, tmp_path / "none", megapixels=[0.3, refused], **CPU)
    with pytest.raises(ModelError, match="no EfficientNet-Lite0 weights"):
        evaluate(*given, tmp_path / "none", features=given[0], **CPU)


def test_the_page_holds_all(measured) -> None:
    page = (measured[0].output / "evaluate.html").read_text()
    addresses = re.findall(r'(?:src|href)="([^"]{30})', page)
    assert len(addresses) == 2 * 3 * 4
    assert all(address.startswith("data:image/jpeg;base64,") for address in addresses)
    assert page.count("<svg") == 4
    assert page.count("<h2>") == 1 + 2


def test_the_table_has_a_cell_for_each_candidate(measured) -> None:
    rows = table(measured[0])
    assert {row.group for row in rows} == {"seams", "style", "content", "seen"}
    assert all(len(row.cells) == 5 for row in rows)
    cells = {row.label: row.cells for row in rows}
    assert cells["tiled - whole, max (levels)"][0] == "-"
    assert cells["tiled - whole, max (levels)"][3] == "0"


@pytest.mark.parametrize("folder", ["photos", "paintings"])
@pytest.mark.parametrize("kind", ["missing", "empty", "no images"])
@pytest.mark.filterwarnings("ignore::tilegan.errors.SkippedImageWarning")
def test_folders_without_images(tmp_path: Path, given, folder: str, kind: str) -> None:
    (tmp_path / folder).rename(tmp_path / "away")
    if kind != "missing":
        (tmp_path / folder).mkdir()
    if kind == "no images":
        (tmp_path / folder / "a.jpg").write_text("not a picture")
    with pytest.raises(DatasetError, match=folder) as caught:
        evaluate(*given, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_one_painting_is_too_few(tmp_path: Path, given) -> None:
    for number in range(1, 5):
        (given[2] / f"{number}.png").unlink()
    with pytest.raises(DatasetError, match="two or more"):
        evaluate(*given, tmp_path / "out")


def test_settings_that_cannot_work(tmp_path: Path, given) -> None:
    with pytest.raises(SettingError, match="give 80"):
        evaluate(*given, tmp_path / "out", short_side=64)
    with pytest.raises(SettingError, match="at least 1"):
        evaluate(*given, tmp_path / "out", images=0)
    with pytest.raises(ModelError, match="no model 'none'"):
        evaluate("none", *given[1:], tmp_path / "out")


def test_a_model_that_looks_at_the_whole_image_is_refused(tmp_path: Path, given, monkeypatch) -> None:
    whole = replace(load(given[0], "cpu", "float32"), unbounded="layer 'norm'")
    monkeypatch.setattr(MODULE, "load", lambda *_: whole)
    with pytest.raises(ModelError, match="layer 'norm' sees more"):
        evaluate(*given, tmp_path / "out")


def test_a_model_with_instance_norms_has_the_statistics_of_each_image(tmp_path: Path, given) -> None:
    torch.manual_seed(0)
    architecture = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "norm": "instance"}
    Translator.of(build_generator(architecture), architecture, 16, name="normed").save(given[0])
    result = evaluate(*given, tmp_path / "out", images=1, **CPU)
    assert result.figures["exact"].whole.maximum <= 1


def test_instance_norms_need_as_many_pixels_as_their_halo(tmp_path: Path, given) -> None:
    architecture = {"name": "residual", "channels": 8, "blocks": 6, "stride": 4, "detail": 4, "norm": "instance"}
    translator = Translator.of(build_generator(architecture), architecture, 16)
    translator.save(given[0])
    halo = translator.frozen().halo
    assert translator.halo < halo > 3 * 16  # so that the halo tells, and not the five tiles
    with pytest.raises(SettingError, match=f"80 px is too small for tiles of 16: give {32 + halo}"):
        evaluate(*given, tmp_path / "out", short_side=80, **CPU)


def test_foreign_folders_are_not_replaced(tmp_path: Path, given) -> None:
    (tmp_path / "foreign").mkdir()
    with pytest.raises(OutputExistsError, match="no evaluation"):
        evaluate(*given, tmp_path / "foreign", overwrite=True)
    with pytest.raises(OutputError, match="no folder"):
        evaluate(*given, tmp_path / "none" / "out")


def test_an_evaluation_is_replaced_when_asked_by_an_equal_one(tmp_path: Path, given, measured, contents) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "evaluate.json").write_text("{}")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        evaluate(*given, out)
    evaluate(*given, out, images=2, overwrite=True, **CPU)
    assert contents(out) == contents(measured[0].output)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors", "out", "paintings", "photos"]


def test_a_full_disk_leaves_nothing(tmp_path: Path, given, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(import_module("tilegan.pipelines.evaluation.folder"), "move_to", full)
    with pytest.raises(OutputError, match="no room"):
        evaluate(*given, tmp_path / "out", images=1, **CPU)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors", "paintings", "photos"]


def test_held_out_files_alone_are_measured(given) -> None:
    result = evaluate(*given, given[0].parent / "out", held_out=2, **CPU)
    assert result.sources == ["1.png"]
    assert result.targets == (["1.png"], ["3.png"])
    with pytest.raises(DatasetError, match=r"no 4th file in .* is a usable image: leave --held-out away"):
        evaluate(*given, given[0].parent / "other", held_out=4, **CPU)


def test_a_seed_chooses_other_places_and_moves_style_alone(measured, given) -> None:
    result, _ = measured
    other = evaluate(*given, given[0].parent / "out", images=2, seed=1, **CPU)
    one, two = result.figures["combo"], other.figures["combo"]
    assert one.style_distance != two.style_distance
    assert one.style_distance == pytest.approx(two.style_distance, rel=0.3)
    assert (one.amplitude, one.content, one.ssim) == (two.amplitude, two.content, two.ssim)


def test_other_files_than_the_training_held_out_are_refused(given, random_translator: Translator) -> None:
    replace(random_translator, facts={"settings": {"hold_out": 3}}).save(given[0])
    with pytest.raises(SettingError, match=r"every 3rd file was held out of the training of .*, not every 2nd"):
        evaluate(*given, given[0].parent / "out", held_out=2, **CPU)


def test_images_that_do_not_correspond_are_not(measured) -> None:
    assert measured[0].figures["exact"].psnr is None
    assert not any("PSNR" in row.label for row in table(measured[0]))


def test_one_folder_is_enough_only_if_it_holds_both(given: tuple[Path, Path, Path]) -> None:
    with pytest.raises(SettingError, match="give one of targets too, or say how they are paired"):
        evaluate(*given[:2])
