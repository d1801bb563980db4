"""Instance maps from folder to picture: learned, resumed, painted in windows, looks chosen by number and name."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from label_maps import COLORS, drawn, joined
from pictures import are_equal
from tilegan.cli.main import main
from tilegan.errors import DatasetError, ImageError, OutputError, ResumeError, SettingError
from tilegan.geometry import Window
from tilegan.images.stores.store import Store
from tilegan.inference.array import stylize_array
from tilegan.methods.registry import method_settings
from tilegan.pipelines.evaluate import evaluate
from tilegan.pipelines.stylize import stylize
from tilegan.pipelines.train import plan, resume, train
from tilegan.pipelines.train_data import with_labels, with_networks
from tilegan.training.dataset import Dataset
from tilegan.training.folders import Folders
from tilegan.training.settings import TrainSettings
from tilegan.translator import Translator, load
from tiny_networks import tiny_pix2pixhd

pytestmark = pytest.mark.usefixtures("no_curves")

SETTINGS = tiny_pix2pixhd(steps=3)
OPTIONS: dict[str, Any] = {"paired": "by-name", "settings": SETTINGS, "device": "cpu"}
PLACED: dict[str, Any] = {"window": 16, "shard": 32, "device": "cpu", "precision": "float32"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Label maps, pictures of their objects, and maps of these."""
    root = tmp_path_factory.mktemp("pairs")
    for number in range(3):
        labels, numbers = drawn(number, 44, 48)
        for name, image in (
            ("maps", labels),
            ("pictures", (labels // 2 + numbers[..., None] % 100).astype(np.uint8)),
            ("objects", numbers),
        ):
            (root / name).mkdir(exist_ok=True)
            Image.fromarray(image).save(root / name / f"{number}.png")
    return root / "maps", root / "pictures", root / "objects"


@pytest.fixture(scope="module")
def run(folders: tuple[Path, Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of named labels that learned with instances."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "table.csv").write_text("255,0,0,house\n255,255,0,road\n0,0,0\n")
    maps, pictures, objects = folders
    train(maps, pictures, folder / "run", labels=folder / "table.csv", instances=objects, **OPTIONS)
    return folder / "run"


@pytest.fixture(scope="module")
def model() -> Translator:
    """An untrained one, far from the identity, whose looks are far from each other."""
    torch.manual_seed(0)
    architecture = SETTINGS.generator | {"labels": COLORS.tolist(), "instances": True, "label_names": ["", "b", "c"]}
    method = SETTINGS.method_type.build(SETTINGS.method, architecture, SETTINGS.discriminator)
    for stage in method.generator.stages:  # type: ignore[union-attr]
        torch.nn.init.normal_(stage.tail.weight, std=0.1)
    method.generator.looks.uniform_(-3, 3)  # type: ignore[union-attr, operator]
    return Translator.of(method.generator, architecture, 16, name="random")


@pytest.fixture
def large(tmp_path: Path) -> tuple[Path, Path, NDArray[np.uint8]]:
    """A label map, its instances, and both joined."""
    labels, numbers = drawn(9, 70, 90)
    Image.fromarray(labels).save(tmp_path / "map.png")
    Image.fromarray(numbers).save(tmp_path / "objects.tif")
    return tmp_path / "map.png", tmp_path / "objects.tif", joined(labels, numbers)


@pytest.mark.slow
def test_a_cut_training_goes_on_to_the_same_model(folders: tuple[Path, Path, Path], run: Path, tmp_path: Path) -> None:
    maps, pictures, objects = folders
    asked: Iterator[bool] = iter([True])
    table = run.parent / "table.csv"
    train(maps, pictures, tmp_path / "cut", labels=table, instances=objects, stop=lambda: next(asked), **OPTIONS)
    resume(tmp_path / "cut")
    whole = load(run, "cpu", "float32")
    assert load(tmp_path / "cut", "cpu", "float32").fingerprint() == whole.fingerprint()
    assert (whole.channels, whole.architecture["instances"]) == (5, True)
    told = CliRunner().invoke(main, ["info", str(run)])
    assert "3: 255,0,0 (house) 255,255,0 (road) 0,0,0\n" in told.output


def test_a_run_does_not_go_on_without_its_instances(folders: tuple[Path, Path, Path], tmp_path: Path) -> None:
    maps, pictures, objects = folders
    mine = tmp_path / "objects"
    mine.mkdir()
    for path in objects.iterdir():
        (mine / path.name).write_bytes(path.read_bytes())
    run = tmp_path / "run"
    train(maps, pictures, run, instances=mine, stop=lambda: True, **OPTIONS)  # labels are found
    assert len(load(run).architecture["labels"]) == 3
    (mine / "0.png").rename(mine / "0.tif")
    with pytest.raises(ResumeError, match="not those the run was started with"):
        resume(run)
    (mine / "0.tif").unlink()
    with pytest.raises(DatasetError, match=r"without an instance map of the same name .*: 0$"):
        resume(run)


@pytest.mark.slow
def test_a_model_goes_on_with_instances_or_without(folders: tuple[Path, Path, Path], run: Path, tmp_path: Path) -> None:
    maps, pictures, objects = folders
    options = OPTIONS | {"settings": replace(SETTINGS, steps=1)}
    first = train(maps, pictures, tmp_path / "first", labels="auto", **options).run
    assert load(first, "cpu").channels == 3
    second = train(maps, pictures, tmp_path / "second", init=first, instances=objects, **options).run
    assert load(second, "cpu").channels == 5
    dataset = Dataset.for_training(Folders(maps, pictures, paired="by-name"), SETTINGS)
    settings = with_labels(with_networks(SETTINGS, run, []), run, dataset.sources, "auto")
    assert settings.generator["instances"]
    assert settings.generator["label_names"] == ["house", "road", ""]


def test_what_does_not_go_together_is_told(folders: tuple[Path, Path, Path]) -> None:
    maps, pictures, objects = folders
    other = TrainSettings.of(method_settings("spade", {}), tile_size=16, short_side=32)
    with pytest.raises(SettingError, match="spade takes no instance maps: leave out --instances"):
        plan(maps, pictures, paired="by-name", settings=other, instances=objects)
    with pytest.raises(DatasetError, match="without an instance map"):
        plan(maps, pictures, instances=maps.parent, **OPTIONS)


@pytest.mark.parametrize(("looks", "seed"), [({}, None), ({"#302": 1, "b": 2}, None), ({"#302": 1}, 3)])
def test_windows_are_as_the_whole_with_instances(
    model: Translator, large: tuple[Path, Path, NDArray[np.uint8]], tmp_path: Path, looks: Any, seed: int | None
) -> None:
    labels, objects, pixels = large
    stylize(labels, tmp_path / "out.png", model, instances=objects, looks=looks, look_seed=seed, **PLACED)
    painted = np.asarray(Image.open(tmp_path / "out.png"))
    assert are_equal(painted, model.in_look(looks, seed).translate(pixels))
    assert not are_equal(painted, model.translate(pixels[..., :3]))


def test_a_region_is_a_part_of_the_whole(
    model: Translator, large: tuple[Path, Path, NDArray[np.uint8]], tmp_path: Path
) -> None:
    labels, objects, pixels = large
    stylize(labels, tmp_path / "part.png", model, instances=objects, region=(10, 20, 50, 40), **PLACED)
    assert are_equal(np.asarray(Image.open(tmp_path / "part.png")), model.translate(pixels)[20:60, 10:60])


@pytest.mark.slow
def test_workers_read_the_instances_too(
    run: Path, large: tuple[Path, Path, NDArray[np.uint8]], tmp_path: Path, scheduler: str
) -> None:
    labels, objects, pixels = large
    stylize(labels, tmp_path / "out.png", run, instances=objects, looks={"#301": 2}, scheduler=scheduler, **PLACED)
    whole = load(run, "cpu", "float32").in_look({"#301": 2}).translate(pixels)
    assert are_equal(np.asarray(Image.open(tmp_path / "out.png")), whole)


def test_one_object_alone_changes(model: Translator) -> None:
    labels, numbers = drawn(1, 90, 110)
    numbers[:] = 0
    numbers[40:46, 50:62] = 4000
    image = joined(labels, numbers)
    before, after = (model.in_look({"#4000": look}).translate(image) for look in (1, 2))
    changed = before != after
    assert changed[40:46, 50:62].any()
    halo = model.halo
    changed[40 - halo : 46 + halo, 50 - halo : 62 + halo] = False
    assert not changed.any()


def test_unfinished_work_goes_on_with_its_instances_alone(
    model: Translator,
    large: tuple[Path, Path, NDArray[np.uint8]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failing_disk: Callable[..., None],
) -> None:
    labels, objects, pixels = large
    output = tmp_path / "out.zarr"
    with monkeypatch.context() as patch, pytest.raises(OutputError):
        failing_disk(patch, 2)
        stylize(labels, output, model, instances=objects, **PLACED)
    with pytest.raises(ResumeError, match=r"the source changed: instances name was 'objects.tif', now None"):
        stylize(labels, output, model, resume=True, **PLACED)
    Image.open(objects).save(tmp_path / "objects.png")
    with pytest.raises(ResumeError, match=r"the source changed: instances name was 'objects.tif'"):
        stylize(labels, output, model, instances=tmp_path / "objects.png", resume=True, **PLACED)
    stylize(labels, output, model, instances=objects, resume=True, **PLACED)
    store = Store.open(output)
    assert are_equal(store.read(0, Window(0, 0, 70, 90)), model.translate(pixels))


def test_strength_is_of_the_colors(
    model: Translator, large: tuple[Path, Path, NDArray[np.uint8]], tmp_path: Path
) -> None:
    labels, objects, pixels = large
    stylize(labels, tmp_path / "none.png", model, instances=objects, strength=0, **PLACED)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "none.png")), pixels[..., :3])


def test_transparent_places_keep_their_colors(
    model: Translator, large: tuple[Path, Path, NDArray[np.uint8]], tmp_path: Path
) -> None:
    _, objects, pixels = large
    opacity = np.full((70, 90, 1), 255, np.uint8)
    opacity[:20, :40] = 0
    Image.fromarray(np.concatenate((pixels[..., :3], opacity), -1)).save(tmp_path / "clear.png")
    stylize(tmp_path / "clear.png", tmp_path / "out.png", model, instances=objects, **PLACED)
    painted = np.asarray(Image.open(tmp_path / "out.png"))
    assert np.array_equal(painted[..., 3:], opacity)
    assert np.array_equal(painted[:20, :40, :3], pixels[:20, :40, :3])


def test_refusals_and_options_of_the_command(run: Path, large: tuple[Path, Path, NDArray[np.uint8]]) -> None:
    labels, objects, pixels = large
    output = labels.with_name("out.png")
    command = ["stylize", str(labels), "-o", str(output), "--model", str(run)]
    command += ["--device", "cpu", "--precision", "float32"]
    given = ["--instances", str(objects), "--look", "road=1,0=2,#305=1", "--look-seed", "3"]
    result = CliRunner().invoke(main, [*command, *given])
    assert result.exit_code == 0, result.output
    whole = load(run, "cpu", "float32").in_look({"road": 1, 0: 2, "#305": 1}, 3).translate(pixels)
    assert np.array_equal(np.asarray(Image.open(output)), whole)
    for options, message in (
        (["--look", "#17=1"], "looks of instances, #17, need the map that numbers them: give --instances"),
        (["--look", "lake=1"], "has no label lake: choose from 0 to 2, or house, road"),
        (["--look", "#=1", "--instances", str(objects)], "no instance #: choose by # and its number"),
        (
            ["--look", "#5=1,#305=2,#6=0", "--instances", str(objects)],
            "no pixel of {} has the number of #5, #6:",
        ),
        (["--instances", str(labels)], "has 3 bands of uint8: save numbers in one band"),
        (["--model", "monet", "--instances", str(objects)], "'monet' was trained without instance maps"),
        (["-o", str(objects), "--instances", str(objects)], "is the source itself"),
    ):
        result = CliRunner().invoke(main, [*command, "--overwrite", *options])
        assert result.exit_code != 0
        assert message.format(objects) in " ".join(result.output.split())


def test_an_array_is_painted_with_its_instances(model: Translator) -> None:
    labels, numbers = drawn(2, 50, 70)
    array = da.from_array(labels, chunks=(32, 48, 3))
    painted = stylize_array(array, model, instances=da.from_array(numbers, chunks=(20, 70)), window=16)
    assert are_equal(painted.compute(), model.translate(joined(labels, numbers)))
    for given, message in (
        (da.from_array(numbers[:40]), r"instances of uint16 \(40, 70\) do not fit labels of \(50, 70, 3\)"),
        (da.from_array(numbers.astype(int)), "instances of int64"),
    ):
        with pytest.raises(SettingError, match=message):
            stylize_array(array, model, instances=given)
    with pytest.raises(SettingError, match="'monet' was trained without instance maps"):
        stylize_array(array, "monet", instances=da.from_array(numbers))


def test_figures_are_those_of_pictures_with_instances(run: Path, tmp_path: Path) -> None:
    labels, numbers = drawn(4, 150, 170)
    wanted = load(run, "cpu", "float32").translate(joined(labels, numbers))
    for name, image in (("maps", labels), ("objects", numbers), ("wanted", wanted), ("wanted", wanted)):
        (tmp_path / name).mkdir(exist_ok=True)
        for number in range(2):
            Image.fromarray(image).save(tmp_path / name / f"{number}.png")
    command = ["evaluate", str(run), str(tmp_path / "maps"), str(tmp_path / "wanted"), "--paired", "by-name"]
    command += ["--images", "1", "--short-side", "150", "--precision", "float32", "--device", "cpu", "-o"]
    psnr = []
    for name, options in (("with", ["--instances", str(tmp_path / "objects")]), ("without", [])):
        result = CliRunner().invoke(main, [*command, str(tmp_path / name), *options])
        assert result.exit_code == 0, result.output
        psnr.append(json.loads((tmp_path / name / "evaluate.json").read_text())["figures"]["exact"]["psnr"])
    assert psnr[0] > psnr[1] + 10
    with pytest.raises(SettingError, match="'monet' was trained without instance maps"):
        evaluate("monet", tmp_path / "maps", tmp_path / "wanted", instances=tmp_path / "objects")


def test_a_map_of_another_size_is_refused(model: Translator, large: tuple[Path, Path, NDArray[np.uint8]]) -> None:
    labels, objects, _ = large
    Image.new("L", (90, 71)).save(objects)
    with pytest.raises(ImageError, match="a label map and its instance map need the same size"):
        stylize(labels, labels.with_name("out.png"), model, instances=objects)


def test_the_table_of_a_run_is_in_its_config(run: Path) -> None:
    generator = json.loads((run / "config.json").read_text())["settings"]["generator"]
    assert generator["label_names"] == ["house", "road", ""]
