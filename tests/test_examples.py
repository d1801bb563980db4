"""The files of examples/ run as a user runs them: as processes, on small images."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from PIL import Image

from tilegan.networks.build import build_generator
from tilegan.pipelines import sample, stylize
from tilegan.translator import Translator, load

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"

pytestmark = [
    pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the tests run apart from the checkout"),
    pytest.mark.slow,  # each starts a process that imports torch
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model whose noise depends on the place in the image, as that of the bundled ones does."""
    torch.manual_seed(7)
    architecture = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "squint": 5, "noise": 2}
    generator = build_generator(architecture)
    for weight in generator.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    Translator.of(generator, architecture, tile_size=16, name="tiny").save(path)
    return path


def draw(path: Path, height: int, width: int, seed: int = 0) -> Path:
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)).save(path)
    return path


def command(name: str, *arguments: object) -> list[str]:
    return [sys.executable, "-u", str(EXAMPLES / name), *map(str, arguments)]


def ran(name: str, *arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        command(name, *arguments), capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL
    )
    assert result.returncode == code, result.stderr
    return result


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_plain_python_is_cancelled_and_goes_on(model, tmp_path):
    photos = [draw(tmp_path / "a.png", 90, 120), draw(tmp_path / "b.png", 1900, 1900)]
    (tmp_path / "broken.png").write_bytes(photos[0].read_bytes()[:200])
    arguments = (tmp_path / "out", model, tmp_path / "broken.png", *photos)
    process = subprocess.Popen(
        command("plain.py", *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    lines = iter(process.stdout.readline, "")
    assert any(line.startswith("b.png") for line in lines)
    assert any("stylize: " in line and " 0%" not in line for line in lines)  # a shard is finished
    process.stdin.write("stop\n")
    process.stdin.flush()
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 130, errors
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.png.partial"]
    result = ran("plain.py", *arguments, code=1)
    assert result.stderr.count("\n") == 1 and result.stderr.startswith("Failed: ") and "broken.png" in result.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.png"]
    stylize(photos[1], tmp_path / "whole.png", model, precision="float32")
    assert (tmp_path / "out" / "b.png").read_bytes() == (tmp_path / "whole.png").read_bytes()


def scene(path: Path, height: int, width: int) -> Path:
    sample(path, height, width, crs="EPSG:32631", bounds=(300000.0, 4800000.0, 330000.0, 4820000.0))
    return path


def test_xarray_keeps_coordinates(model, tmp_path):
    xr = pytest.importorskip("xarray")
    source, store = scene(tmp_path / "scene.tif", 100, 1150), tmp_path / "painted.zarr"
    ran("xarray_graph.py", source, store, model)
    painted = xr.open_zarr(store, consolidated=False)["painted"]
    assert (painted.dims, painted.shape, painted.attrs["crs"]) == (("y", "x", "band"), (100, 1150, 3), "EPSG:32631")
    with rasterio.open(source) as file:
        image = np.moveaxis(file.read(), 0, -1)
        column, row = ~file.transform * (painted.x.values[7], painted.y.values[3])
    assert (column, row) == (pytest.approx(7.5), pytest.approx(3.5))
    assert list(painted.band.values) == ["red", "green", "blue"]
    reference = load(model, "cpu", "float32").translate(image)
    assert np.abs(painted.values.astype(int) - reference).max() <= 1


def test_windows_have_the_pixels_of_stylize(model, tmp_path):
    source, output = scene(tmp_path / "scene.tif", 600, 1100), tmp_path / "painted.tif"
    ran("windows.py", source, output, model)
    stylize(source, tmp_path / "whole.tif", model, stroke=1, precision="float32")
    with rasterio.open(output) as made, rasterio.open(tmp_path / "whole.tif") as whole, rasterio.open(source) as before:
        assert (made.crs, made.transform) == (before.crs, before.transform)
        assert np.array_equal(made.read(), whole.read())


PICTURES = ("a", "b")


def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, name in enumerate(PICTURES):
        draw(folder / f"{name}.png", 90, 120, number)
    return folder


def are_those_of_stylize(folder: Path, results: Path, model: Path, tmp_path: Path) -> bool:
    for name in PICTURES:
        stylize(folder / f"{name}.png", tmp_path / f"{name}.png", model, precision="float32")
    return all((results / f"{name}.png").read_bytes() == (tmp_path / f"{name}.png").read_bytes() for name in PICTURES)


@pytest.mark.skipif(importlib.util.find_spec("snakemake") is None, reason="snakemake is not installed")
def test_snakemake(model, tmp_path):
    folder, results = pictures(tmp_path), tmp_path / "out"
    words = [sys.executable, "-m", "snakemake", "--snakefile", str(EXAMPLES / "Snakefile"), "--cores", "1"]
    words += ["--config", f"images={folder}", f"results={results}", f"model={model}"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for said in ("2 of 3 steps", "Nothing to be done"):
        result = subprocess.run(
            words, cwd=tmp_path, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=600
        )
        assert result.returncode == 0, result.stderr
        assert said in result.stderr
    assert are_those_of_stylize(folder, results, model, tmp_path)
    assert json.loads((results / "a.log").read_text().splitlines()[-1])["event"] == "finished"


@pytest.mark.skipif(importlib.util.find_spec("prefect") is None, reason="prefect is not installed")
def test_prefect(model, tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")  # it sends telemetry otherwise
    monkeypatch.setenv("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "240")  # on a busy machine
    folder, results = pictures(tmp_path), tmp_path / "out"
    assert ran("prefect_flow.py", folder, results, model).stdout.endswith("2 images\n")
    (folder / "c.png").write_bytes(b"no image")
    assert ran("prefect_flow.py", folder, results, model, code=1).stdout.endswith("1 of 3 images failed\n")
    assert are_those_of_stylize(folder, results, model, tmp_path)
