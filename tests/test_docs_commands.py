"""Every `tilegan` command that the documentation shows runs: with small stand-ins for the files that it names.

Options that would take long are overridden, as the table SMALLER tells; what cannot run here is in the table NOT_RUN.
"""

import re
import runpy
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import rasterio
import torch
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from PIL import Image

from tilegan.cli.main import COMMANDS, main
from tilegan.methods.registry import methods
from tilegan.networks.build import NAMED_GENERATORS, build_generator
from tilegan.pipelines import stylize
from tilegan.translator import Translator

ROOT = Path(__file__).resolve().parents[1]
RESEARCH = ROOT / "docs" / "research"  # logs of experiments, whose commands are only parsed (test_docs.py)
PAGES = [*ROOT.glob("*.md"), *(page for page in (ROOT / "docs").rglob("*.md") if RESEARCH not in page.parents)]
TESTS = ROOT / "tests"

pytestmark = [
    pytest.mark.skipif(not PAGES, reason="the tests run apart from the checkout"),
    pytest.mark.slow,  # together a minute
    pytest.mark.filterwarnings("ignore"),  # of packages that export ONNX
]

NOT_RUN = {
    "batch inbox/ painted/ --watch": "it waits for further images; tests/pipelines/test_batch_watch.py",
    "stylize huge.tif -o huge.zarr --scheduler tcp://host:8786": "another machine; tests/inference/test_cluster.py",
    "import RealESRGAN_x4.pth -o mine.safetensors": "spandrel is not installed; tests/foreign/test_routes.py",
    "train photographs/ paintings/ --codes continuous=2,categorical=4 -o runs/coded": "tests/pipelines/test_codes.py",
    "train photographs/ paintings/ -o runs/mine --batch 16": "by torchrun; tests/training/test_processes.py",
}
"""Commands that cannot run here, and why; tests that do the like."""

STYLIZE = ["--device", "cpu"]
TRAIN = ["--tile-size", "16", "--short-side", "48", "--batch", "2", "--steps", "2", "--device", "cpu"]
SMALLER: dict[str, list[str]] = {
    "stylize": STYLIZE,
    "batch": STYLIZE,
    "models": STYLIZE,
    "codes": ["--short-side", "32", "--device", "cpu"],
    "train": TRAIN,
    "evaluate": ["--images", "2", "--short-side", "80", "--device", "cpu"],
    "sample": ["--size", "48x64"],
    "doctor": ["--quick"],
    "view": ["--no-browser", "--port", "0"],
}
"""Options that follow those that are shown, and so replace them."""
SMALLER_WHERE_SHOWN = {
    "--region": ["--region", "8,8,32,32"],
    "--workers": ["--workers", "1"],
    "--megapixels": ["--megapixels", "0.1"],
    "srgan": ["--short-side", "128"],
    "--captions": ["--tile-size", "32", "--short-side", "64"],  # the first stage sees half of it
    "--held-out": ["--held-out", "2"],  # as the stand-in was trained
}
NETWORKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "siamese": (
        {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "squint": 5, "noise": 2},
        {"name": "siamese", "channels": [4, 4, 8, 8], "cell_values": 4},
    ),
    "neural-style": (
        {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "recolor": True},
        {"name": "patch", "channels": 4, "layers": 2},
    ),
    "cyclegan": (
        {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4},
        {"name": "patch", "channels": 4, "layers": 2},
    ),
    "pix2pix": ({"name": "unet", "channels": 4, "downs": 3}, {"name": "patch", "channels": 4, "layers": 2}),
    "spade": (
        {"name": "spade", "channels": 4, "downs": 2, "hidden": 4},
        {"name": "multiscale", "channels": 4, "layers": 2, "scales": 2},
    ),
    "pix2pixhd": (
        {
            "name": "pix2pixhd",
            "channels": 8,
            "downs": 1,
            "blocks": 1,
            "enhancers": 1,
            "enhancer_blocks": 1,
            "features": 2,
            "looks": 5,
        },
        {"name": "multiscale", "channels": 4, "layers": 2, "scales": 2},
    ),
    "srgan": (
        {"name": "srresnet", "channels": 4, "blocks": 1, "scale": 4},
        {"name": "patch", "channels": 4, "layers": 2},
    ),
    "inpaint": (
        {"name": "filling", "channels": 4, "dilations": [1], "detail": 4},
        {"name": "patch-and-global", "channels": 4, "layers": 2},
    ),
    "stackgan": (
        {"name": "stacked", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "factor": 2},
        {"name": "matching", "width": 8, "values": 4},
    ),
}
"""Small generator and discriminator of each method."""

parsed: Callable[[str], Iterator[list[str]]] = runpy.run_path(str(TESTS / "test_docs.py"))["commands"]


def shown() -> dict[str, list[str]]:
    """The arguments of all commands that the pages show, by their text."""
    found: dict[str, list[str]] = {}
    for page in sorted(PAGES):
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for arguments in parsed(re.sub(r'"\$\((tilegan [^)]*)\)"', r"\1", block)):
                found.setdefault(shlex.join(arguments), arguments)
    return found


SHOWN = shown()


def noise(height: int = 128, width: int = 160, bands: int = 3, dtype: type = np.uint8, seed: int = 0) -> NDArray[Any]:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, bands))
    return pixels.astype(dtype) * dtype(1 if dtype is np.uint8 else 255)


def drawn(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A label map of 48 x 48 pixels in three colors, and the numbers of its objects."""
    areas = np.random.default_rng(seed).permutation(np.arange(16)).reshape(4, 4).repeat(12, 0).repeat(12, 1)
    colors = np.array([[0, 0, 0], [255, 255, 0], [255, 0, 0]], np.uint8)
    return colors[areas % 3], (areas + 10).astype(np.uint8)


def picture(path: Path) -> None:
    Image.fromarray(noise()).save(path)


def video(path: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=25, width=160, height=128)
        for number in range(3):
            target.mux(stream.encode(av.VideoFrame.from_ndarray(noise(seed=number), "rgb24")))
        target.mux(stream.encode(None))


def raster(path: Path, bands: int = 3, dtype: type = np.uint8) -> None:
    pixels = noise(bands=bands, dtype=dtype)
    place = {"crs": "EPSG:32631", "transform": rasterio.transform.from_origin(3e5, 4.8e6, 10, 10)}
    shape = {"height": 128, "width": 160, "count": bands, "dtype": pixels.dtype}
    with rasterio.open(path, "w", driver="GTiff", **shape, **place) as file:
        file.write(pixels.transpose(2, 0, 1))


def store(path: Path) -> None:
    picture(path.with_name("of_store.png"))
    stylize(path.with_name("of_store.png"), path, translator(NETWORKS["cyclegan"][0]), device="cpu")


def folder(path: Path, width: int = 160) -> None:
    """Images of noise, and a folder of them for each of two styles."""
    for place in (path, path / "vangogh", path / "monet"):
        place.mkdir(parents=True)
        for number in range(4):
            Image.fromarray(noise(width=width, seed=number)).save(place / f"{number}.{'png' if number else 'jpg'}")


def styles(path: Path) -> None:
    folder(path)
    for image in path.glob("*.*"):
        image.unlink()


def of_labels(path: Path, part: str) -> None:
    path.mkdir()
    for number in range(4):
        colors, numbers = drawn(number)
        images = {"labels": colors, "objects": numbers, "pictures": colors // 2 + 50}
        images["both"] = np.concatenate((colors, images["pictures"]), 1)
        Image.fromarray(images[part]).save(path / f"{number}.png")


def translator(architecture: dict[str, Any], name: str = "tiny") -> Translator:
    torch.manual_seed(0)
    generator = build_generator(architecture)
    return Translator.of(generator, architecture, tile_size=16, name=name)


def model(path: Path, **architecture: Any) -> None:
    """A model in a run folder, or as a file."""
    file = path if path.suffix else path / "translator.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    translator(NETWORKS["siamese"][0] | architecture).save(file)


def told(path: Path) -> None:
    """A run folder with a model that knows words."""
    path.mkdir(parents=True)
    architecture = NETWORKS["stackgan"][0] | {"words": ["sky", "stormy", "wheat"]}
    translator(architecture).save(path / "translator.safetensors")


def without_noise(path: Path) -> None:
    translator(NETWORKS["cyclegan"][0]).save(path)


def of_label_maps(path: Path) -> None:
    """A model of label maps with objects."""
    of_labels(path.parent / "labels_of_model", "labels")
    of_labels(path.parent / "pictures_of_model", "pictures")
    of_labels(path.parent / "objects_of_model", "objects")
    table = path.parent / "table_of_model.csv"
    table.write_text("255,0,0,house\n255,255,0,road\n0,0,0\n")
    words = ["labels_of_model", "pictures_of_model", "--instances", "objects_of_model", "--labels", table.name]
    train(path, *words, "--method", "pix2pixhd", "--paired", "by-name")


def train(path: Path, *words: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        result = ran("train", *words, "-o", path.name, *TRAIN)
        assert result.exit_code == 0, result.output


def run_folder(path: Path) -> None:
    for name in ("sources_of_run", "targets_of_run"):
        folder(path.parent / name)
    train(path, "sources_of_run", "targets_of_run", "--hold-out", "2")


def resnet(blocks: int) -> torch.nn.Module:
    """A network of another program; TorchScript writes the names of modules into its code."""
    torch.manual_seed(0)
    network: torch.nn.Module = runpy.run_path(str(TESTS / "foreign" / "conftest.py"), run_name="networks")["resnet"](
        4, blocks
    )
    return network.eval()


def onnx(path: Path) -> None:
    network = resnet(1)
    axes = {"image": {2: "height", 3: "width"}}
    torch.onnx.export(
        network, (torch.rand(1, 3, 32, 32),), str(path), input_names=["image"], dynamic_axes=axes, dynamo=False
    )


def exported(path: Path) -> None:
    """A network by torch.export, or as TorchScript."""
    network = resnet(1)
    given = (torch.rand(1, 3, 32, 32),)
    if path.suffix == ".pt2":
        torch.export.save(torch.export.export(network, given), path)
    else:
        torch.jit.save(torch.jit.trace(network, given), path)


def checkpoint(path: Path) -> None:
    network = resnet(6)
    torch.save({f"model.{name}": weight for name, weight in network.state_dict().items()}, path)


Maker = Callable[[Path], None]
MAKERS: dict[str, Maker] = {
    **dict.fromkeys(("photo.jpg", "starry_night.jpg", "a.jpg", "b.jpg", "sample.png", "frame.png"), picture),
    **dict.fromkeys(("photo.tif", "print.tif", "huge.tif", "map.tif", "scan.tif", "painted.tif"), raster),
    "slide.svs": raster,
    "clip.mp4": video,
    "scene.tif": lambda path: raster(path, bands=4, dtype=np.uint16),
    "map.png": lambda path: Image.fromarray(drawn(0)[0]).save(path),
    **dict.fromkeys(("eagle.png", "half.png"), lambda path: Image.fromarray(noise()[..., 0]).save(path)),
    "scratches.png": lambda path: Image.fromarray(np.eye(128, 160, dtype=np.uint8) * 255).save(path),
    "strokes.png": lambda path: Image.fromarray(noise()[..., 0] // 128 + 1).save(path),
    "objects.png": lambda path: Image.fromarray(drawn(0)[1]).save(path),
    **dict.fromkeys(("painted.zarr", "scene.zarr", "print.zarr", "slide.zarr", "map.zarr"), store),
    **dict.fromkeys(("photographs", "photo", "other-photographs", "SOURCE_DIR", "more", "big", "stain_a"), folder),
    **dict.fromkeys(("paintings", "other-paintings", "TARGET_DIR", "stain_b"), folder),
    "paintings/monet": folder,
    **dict.fromkeys(("vangogh", "monet", "turner", "ukiyoe", "etching", "drawing", "maps"), folder),
    "DIR": lambda path: folder(path, width=320),
    **dict.fromkeys(("drawings", "pictures"), folder),
    **dict.fromkeys(("label_maps", "labels"), lambda path: of_labels(path, "labels")),
    "objects": lambda path: of_labels(path, "objects"),
    **dict.fromkeys(("both", "labels_map1887"), lambda path: of_labels(path, "both")),
    "captions.csv": lambda path: path.write_text("file,caption\n0.jpg,wheat sky\n1.png,wheat sky\n") and None,
    "table.csv": lambda path: path.write_text("255,0,0\n255,255,0\n0,0,0\n") and None,
    **dict.fromkeys(("runs/mine", "runs/first", "runs/stains", "run"), run_folder),
    "runs/paintings": lambda path: model(path, norm="instance"),
    "runs/both": lambda path: model(path, styles=["vangogh", "monet"]),
    "runs/coded": lambda path: model(path, codes={"continuous": 2, "categorical": 4}),
    "runs/told": told,
    "runs/fill": lambda path: translator(NETWORKS["inpaint"][0]).save(path),
    "runs/enlarge": lambda path: translator(NETWORKS["srgan"][0]).save(path),
    **dict.fromkeys(("runs/maps", "runs/pictures"), of_label_maps),
    **dict.fromkeys(("MODEL", "runs/starry_night"), model),
    "mine.safetensors": lambda path: model(path, norm="instance"),
    **dict.fromkeys(("network.onnx", "attention.onnx"), onnx),
    **dict.fromkeys(("network.pt2", "network.pt"), exported),
    "attention.safetensors": without_noise,
    "latest_net_G_A.pth": checkpoint,
}
"""How the stand-ins for the files of the commands are made."""
WITH_OPTION: dict[str, dict[str, Maker]] = {
    "--styles": {"paintings": styles},
    "--backend": {"mine.safetensors": without_noise},
    "--look": {"runs/both": of_label_maps},
    "--look-seed": {"runs/both": of_label_maps},
    "--style": {"mine.safetensors": lambda path: model(path, styles=[str(number) for number in range(8)])},
    "spade": {"pictures": lambda path: of_labels(path, "pictures")},
    "--instances": {"maps": lambda path: of_labels(path, "pictures")},
}
"""Others, where a name stands for something else in commands with an option."""


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, list[str]], Path | None]:
    """Return the stand-in for a name in a command, made once; None for other words."""
    made: dict[tuple[str, Maker], Path] = {}

    def find(name: str, words: list[str]) -> Path | None:
        makers = MAKERS | {key: maker for word in words for key, maker in WITH_OPTION.get(word, {}).items()}
        if name not in makers:
            return None
        key = Path(name).suffix, makers[name]
        if key not in made:
            made[key] = tmp_path_factory.mktemp("stand_in") / Path(name).name
            makers[name](made[key])
        return made[key]

    return find


@pytest.fixture(scope="module", autouse=True)
def small_networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Bundled models are tiny, methods train tiny networks, no curves are drawn, and no server goes on for ever."""
    bundled = tmp_path_factory.mktemp("bundled")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("vangogh", "monet", "turner", "ukiyoe", "etching", "drawing"):
            translator(NETWORKS["siamese"][0], name).save(bundled / f"{name}.safetensors")
        patch.setattr("tilegan.model_file.FOLDER", bundled)
        for name, networks in NETWORKS.items():
            patch.setattr(methods()[name], "architectures", networks)
        patch.setitem(NAMED_GENERATORS, "resnet", {"name": "resnet", "channels": 4, "blocks": 1})
        patch.setattr("tilegan.training.loop.loss_curves", lambda *_: False)
        patch.setattr("tilegan.training.loop.FIXED", range(2))  # crops that are measured
        patch.setattr("tilegan.metrics.style.DIRECTIONS", 8)
        patch.setattr("tilegan.proven.can_be_kept", lambda _: False)  # what is proven takes longer than all else
        patch.setattr("tilegan.viewing.server.Server.run", lambda _: None)
        yield


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def in_bucket(arguments: list[str], bucket: str, scratch: Path) -> list[str]:
    """Put the image of a command into a bucket of this machine; return the command that names this bucket."""
    import s3fs

    raster(scratch / "image.tif")
    moved = [word.replace("s3://bucket", bucket) for word in arguments]
    s3fs.S3FileSystem().put(str(scratch / "image.tif"), moved[1])
    return moved


def values(arguments: list[str]) -> Iterator[tuple[str, str]]:
    """The names of the parameters of a command, and each of their values that is a text or a path."""
    command = main.get_command(click.Context(main), arguments[0])
    assert command is not None
    for name, value in command.make_context(arguments[0], arguments[1:]).params.items():
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, (str, Path)):
                yield name, str(each)


@pytest.mark.parametrize("shown", [text for text in SHOWN if text not in NOT_RUN])
def test_a_command_of_the_pages_runs(
    shown: str,
    stand_in: Callable[[str, list[str]], Path | None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    arguments = list(SHOWN[shown])
    if "s3://" in shown:
        arguments = in_bucket(arguments, request.getfixturevalue("bucket"), tmp_path)
    for parameter, value in values(arguments):
        there = None if parameter == "output" else stand_in(value.rstrip("/"), arguments)
        if there is not None:
            copy = tmp_path / value
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(there, copy, dirs_exist_ok=True) if there.is_dir() else shutil.copy(there, copy)
    monkeypatch.chdir(tmp_path)
    resumed = arguments[0] == "train" and "--resume" in arguments  # a run keeps its other settings
    extra = ["--steps", "3"] if resumed else SMALLER.get(arguments[0], [])
    extra = [*extra, *(word for option, words in SMALLER_WHERE_SHOWN.items() if option in arguments for word in words)]
    result = ran(*arguments, *extra)
    assert result.exit_code == 0, result.output
    outputs = [value for parameter, value in values(arguments) if parameter == "output"]
    if "--dry-run" not in arguments and arguments[0] != "view" and "s3://" not in shown:
        assert [output for output in outputs if not Path(output).exists()] == []


def test_commands_that_are_not_run_are_shown() -> None:
    assert [text for text in NOT_RUN if text not in SHOWN] == []
    assert {arguments[0] for arguments in SHOWN.values()} == set(COMMANDS)
