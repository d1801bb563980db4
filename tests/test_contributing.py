"""What CONTRIBUTING.md walks through, as a package that is installed, and as an option that is added to a copy."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image

import tilegan
import tilegan.cli
import tilegan.pipelines
from tilegan.images.metadata.provenance import Provenance
from tilegan.images.stores.store import Store

GUIDE = Path(__file__).parents[1] / "CONTRIBUTING.md"
FOLDER = Path(tilegan.__path__[0])
HEIGHT, WIDTH = 90, 70
TRAINS = """
from tilegan.pipelines import train
from tilegan.methods.registry import find_method, method_settings
from tilegan.training.settings import TrainSettings

small = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4}
judge = {"name": "patch", "channels": 4, "layers": 2}
settings = TrainSettings.of(
    method_settings("nearest", {}), steps=2, batch=2, tile_size=16, short_side=32, generator=small, discriminator=judge
)
train("pictures", "targets", "run", settings=settings, paired="by-name", device="cpu")
assert find_method("nearest").name == "nearest"
"""

pytestmark = [
    pytest.mark.skipif(not GUIDE.exists(), reason="the tests run apart from the checkout"),
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]


def blocks() -> dict[str, str]:
    """The code of the guide by the name in its first line."""
    found = re.findall(r"```(?:python|toml)\n *# (\S+?\.\w+)[^\n]*\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    return dict(found)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the guide's package is installed."""
    project = tmp_path_factory.mktemp("project")
    (project / "tilegan_more").mkdir()
    (project / "tilegan_more" / "__init__.py").write_text("")
    for name, code in blocks().items():
        if name == "pyproject.toml" or name.startswith("tilegan_more/"):
            (project / name).write_text(code)
    site = project / "site"
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(site))
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(project)], check=True)
    return {**os.environ, "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a picture as array and as PNG, and a store of it."""
    pixels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    np.save(tmp_path / "in.npy", pixels)
    for name in ("pictures", "targets"):
        (tmp_path / name).mkdir()
        for number in range(2):
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    store = Store.create(tmp_path / "in.zarr", HEIGHT, WIDTH, shard=512, made=Provenance("a", "b", {}))
    store.write_shard(0, (0, 0), pixels)
    store.finish()
    return tmp_path


def run(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_an_installed_format_is_read(installed: dict[str, str], folder: Path) -> None:
    found = run(folder, installed, "-m", "tilegan", "info", "in.npy")
    assert f"{HEIGHT} x {WIDTH}" in found.stdout, found.stderr
    (folder / "broken.npy").write_bytes((folder / "in.npy").read_bytes()[:500])
    broken = run(folder, installed, "-m", "tilegan", "info", "broken.npy")
    assert (broken.returncode, broken.stderr.count("\n")) == (1, 1), broken.stderr


def test_an_installed_format_is_written_listed_and_resumed(installed: dict[str, str], folder: Path) -> None:
    written = run(folder, installed, "-m", "tilegan", "convert", "in.zarr", "out.ppm")
    assert written.returncode == 0, written.stderr
    with Image.open(folder / "out.ppm") as image:
        np.testing.assert_array_equal(np.asarray(image), np.load(folder / "in.npy"))
    assert ".ppm" in run(folder, installed, "-m", "tilegan", "convert", "--help").stdout
    assert ".ppm" in run(folder, installed, "-m", "tilegan", "convert", "in.zarr", "out.xyz").stderr
    code = (
        "from pathlib import Path; from tilegan.images.finished import is_whole, provenance_of;"
        "path = Path('out.ppm'); made = provenance_of(path, 'ppm');"
        "assert made.image == 'a' and is_whole(path, 'ppm'), made;"
        "path.write_bytes(path.read_bytes()[:-1]); assert not is_whole(path, 'ppm')"
    )
    assert (found := run(folder, installed, "-c", code)).returncode == 0, found.stderr


@pytest.mark.slow
def test_an_installed_method_is_listed_and_trains(installed: dict[str, str], folder: Path) -> None:
    assert "nearest" in run(folder, installed, "-m", "tilegan", "methods").stdout
    trained = run(folder, installed, "-c", TRAINS)
    assert trained.returncode == 0, trained.stderr
    assert (folder / "run" / "translator.safetensors").is_file()


@pytest.mark.slow
def test_an_installed_generator_is_saved_and_run(installed: dict[str, str], folder: Path) -> None:
    saved = run(folder, installed, "-c", blocks()["use.py"])
    assert saved.returncode == 0, saved.stderr
    arguments = ("-m", "tilegan", "stylize", "pictures/0.png", "--model", "dots.safetensors", "-o", "out.png")
    styled = run(folder, installed, *arguments)
    assert styled.returncode == 0, styled.stderr
    with Image.open(folder / "out.png") as image:
        assert image.size == (WIDTH, HEIGHT)


@pytest.mark.slow
def test_what_an_installed_package_breaks_is_left_out(folder: Path) -> None:
    site = folder / "site" / "tilegan_broken-1.0.dist-info"
    site.mkdir(parents=True)
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: tilegan-broken\nVersion: 1.0\n")
    (site / "entry_points.txt").write_text(
        "[tilegan.formats]\ngone = tilegan_gone:FORMAT\nnone = os:sep\n[tilegan.methods]\nnone = os:sep\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(site.parent)}
    found = run(folder, environment, "-m", "tilegan", "info", "pictures/0.png")
    assert found.returncode == 0
    assert "'gone' of tilegan.formats is left out: tilegan_gone:FORMAT cannot be imported" in found.stderr
    assert "'none' of tilegan.formats is left out: it is no tilegan Format" in found.stderr
    assert "it is no training method" in run(folder, environment, "-m", "tilegan", "methods").stderr


def test_an_option_takes_two_files(folder: Path) -> None:
    copy = folder / "copy" / "tilegan"
    skip = shutil.ignore_patterns("__pycache__", "*.safetensors")
    shutil.copytree(FOLDER, copy, ignore=skip)
    for name, package in (("cli", tilegan.cli), ("pipelines", tilegan.pipelines)):
        shutil.copytree(Path(package.__path__[0]), copy / name, ignore=skip, dirs_exist_ok=True)
    field = " ".join(blocks()["tilegan/images/encoding.py"].split())
    declaring = copy / "images" / "encoding.py"
    declaring.write_text(
        declaring.read_text().replace("    def __post_init__", f"    {field}\n\n    def __post_init__")
    )
    using = copy / "images" / "writers" / "cog.py"
    before = using.read_text()
    using.write_text(before.replace('{"LEVEL": 1}', '{"LEVEL": options.level}'))
    assert using.read_text() != before
    environment = {**os.environ, "PYTHONPATH": str(copy.parent)}
    assert "--level" in run(folder, environment, "-m", "tilegan", "stylize", "--help").stdout
    sizes = []
    for level in ("1", "9"):
        arguments = ("convert", "in.zarr", f"{level}.tif", "--level", level)
        assert (made := run(folder, environment, "-m", "tilegan", *arguments)).returncode == 0, made.stderr
        with rasterio.open(folder / f"{level}.tif") as dataset:
            np.testing.assert_array_equal(dataset.read().transpose(1, 2, 0), np.load(folder / "in.npy"))
        sizes.append((folder / f"{level}.tif").read_bytes())
    assert sizes[0] != sizes[1]
    refused = run(folder, environment, "-m", "tilegan", "convert", "in.zarr", "0.tif", "--level", "10")
    assert refused.returncode == 2
    code = "from tilegan.images.encoding import ExportOptions; ExportOptions(level=10)"
    assert "no level 10: give 1 to 9" in run(folder, environment, "-c", code).stderr
