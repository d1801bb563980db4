"""What all tests share."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import settings
from numpy.typing import NDArray
from PIL import Image

from tilegan.networks.build import build_generator
from tilegan.proven import Proven
from tilegan.training.loop import FIXED
from tilegan.training.monitor import Monitor
from tilegan.training.settings import TrainSettings
from tilegan.translator import Translator

os.environ.setdefault("TILEGAN_BACKEND", "torch")  # no trials, whose result depends on the machine
settings.register_profile("deterministic", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("deterministic")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real images that TILEGAN_DATA names; tests skip without it."""
    folder = os.environ.get("TILEGAN_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("no real images: set TILEGAN_DATA to their folder")
    return Path(folder)


def proven(translator: Translator) -> Translator:
    """Return it with its proof, which every file that it is saved to shares."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Translator, "_usual", Proven._usual)
        return replace(translator, proof=translator.prove())


@pytest.fixture(scope="session")
def random_translator() -> Translator:
    """A small translator with random weights: stride 4, halo 28, tiles of 16; far from the identity."""
    torch.manual_seed(7)
    architecture = {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4}
    generator = build_generator(architecture)
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    return proven(Translator.of(generator, architecture, tile_size=16, name="random").place("cpu", "float32"))


@pytest.fixture(scope="session")
def filler() -> Translator:
    """A small translator with random weights that fills holes: stride 8, halo 56."""
    torch.manual_seed(7)
    architecture = {"name": "filling", "channels": 4, "dilations": [1, 2], "detail": 4, "stride": 2}
    generator = build_generator(architecture)
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    return proven(Translator.of(generator, architecture, tile_size=16, name="filler").place("cpu", "float32"))


@pytest.fixture(scope="session")
def learned_filler(filler: Translator) -> Translator:
    """The same, which learned to fill holes of 7 pixels."""
    return replace(filler, facts={"settings": {"method": {"name": "inpaint", "hole_width": 7}}})


@pytest.fixture(scope="session")
def context_translator() -> Translator:
    """The same with a generator that looks at the whole image."""
    torch.manual_seed(7)
    architecture = {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4, "context": 6}
    generator = build_generator(architecture)
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    torch.nn.init.normal_(generator.film.weight)
    return proven(Translator.of(generator, architecture, tile_size=16, name="context").place("cpu", "float32"))


@pytest.fixture(scope="session")
def styled_translator() -> Translator:
    """The same with a generator of two styles, 'dark' and 'light', far from each other."""
    torch.manual_seed(7)
    architecture = {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4}
    architecture["styles"] = ["dark", "light"]
    generator = build_generator(architecture)
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    torch.nn.init.normal_(generator.style_film.weight)
    return proven(Translator.of(generator, architecture, tile_size=16, name="styled").place("cpu", "float32"))


@pytest.fixture(scope="session")
def coded_translator() -> Translator:
    """The same with a generator of two continuous codes and three categories, far from each other, and noise."""
    torch.manual_seed(7)
    architecture = {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4, "noise": 2}
    architecture["codes"] = {"continuous": 2, "categorical": 3}
    generator = build_generator(architecture)
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    torch.nn.init.normal_(generator.code_film.film.weight)
    return proven(Translator.of(generator, architecture, tile_size=16, name="coded").place("cpu", "float32"))


@pytest.fixture(scope="session")
def worded_translator() -> Translator:
    """The same in two stages, that knows the words blue, night, sky and wheat, far from each other, and has noise."""
    torch.manual_seed(7)
    architecture = {"name": "stacked", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "factor": 2, "noise": 2}
    architecture |= {"squint": 5, "words": ["blue", "night", "sky", "wheat"]}
    generator = build_generator(architecture)
    for stage in generator.stages:
        torch.nn.init.normal_(stage.tail.weight, std=0.3)
        torch.nn.init.normal_(stage.film.film.weight, std=0.3)
    return proven(Translator.of(generator, architecture, tile_size=16, name="worded").place("cpu", "float32"))


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    """An image of noise: 270 x 310 pixels of three channels."""
    return np.random.default_rng(3).integers(0, 256, (270, 310, 3), dtype=np.uint8)


@pytest.fixture
def picture(tmp_path: Path, pixels: NDArray[np.uint8]) -> Path:
    """The same as a PNG."""
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """A function: every file of a folder, and its bytes."""
    return lambda folder: {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def model(tmp_path: Path, random_translator: Translator) -> Path:
    """The random translator as a file."""
    path = tmp_path / "model.safetensors"
    random_translator.save(path)
    return path


@pytest.fixture
def bundled_models(
    random_translator: Translator, styled_translator: Translator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder in place of that of the models inside the package: 'both', of the styles 'dark' and 'light', and 'one'.

    The latter says of itself what it paints like.
    """
    folder = tmp_path / "models"
    folder.mkdir()
    replace(styled_translator, name="both").save(folder / "both.safetensors")
    replace(random_translator, name="one", facts={"summary": "noise,\nin colors"}).save(folder / "one.safetensors")
    monkeypatch.setattr("tilegan.model_file.FOLDER", folder)
    return folder


@pytest.fixture(scope="session")
def tiny_training() -> TrainSettings:
    """The numbers of a training of six steps that takes a moment: tiles of 16 pixels, two crops a step."""
    return TrainSettings(
        tile_size=16,
        short_side=48,
        batch=2,
        steps=6,
        generator={"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4},
        discriminator={"name": "siamese", "channels": [4, 4, 8, 8], "cell_values": 4},
    )


class QuickMonitor(Monitor):
    """Measures style and palette along few directions."""

    def __init__(self, *given: Any) -> None:
        with self._few_directions():
            super().__init__(*given)

    def measure(self, translations: Sequence[NDArray[np.uint8]]) -> dict[str, float]:
        with self._few_directions():
            return super().measure(translations)

    @contextmanager
    def _few_directions(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for module in ("style", "palette"):
                patch.setattr(f"tilegan.metrics.{module}.DIRECTIONS", 8)
            yield


@pytest.fixture(scope="session", autouse=True)
def quick_trainings() -> Iterator[None]:
    """Trainings show and measure four crops, and models keep no memory of passes but those that are proven here.

    The usual twelve crops, directions and passes take longer than all else of a tiny training.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tilegan.training.loop.FIXED", FIXED[:4])
        patch.setattr("tilegan.training.loop.Monitor", QuickMonitor)
        patch.setattr(Translator, "_usual", lambda _: iter(()))
        yield


@pytest.fixture
def no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings draw no curves: that takes as long as all else of a tiny one."""
    monkeypatch.setattr("tilegan.training.loop.loss_curves", lambda *_: False)


@pytest.fixture(scope="session")
def training_folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders 'photos' and 'paintings', to be read only: in each, three images of noise, 70 x 90 to 70 x 92 pixels."""
    random, made = np.random.default_rng(0), []
    for name in ("photos", "paintings"):
        folder = tmp_path_factory.mktemp("training") / name
        folder.mkdir()
        for number in range(3):
            pixels = random.integers(0, 256, (70, 90 + number, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
        made.append(folder)
    return made[0], made[1]


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    """The address of a Dask scheduler with one worker, which is a process of its own and imports torch only once."""
    from distributed import LocalCluster

    options: dict[str, Any] = {"n_workers": 1, "threads_per_worker": 1, "host": "127.0.0.1"}
    with LocalCluster(protocol="tcp", dashboard_address="127.0.0.1:0", silence_logs=50, **options) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The URL of an S3 server of this machine, in a process of its own; tests skip where it is not installed."""
    for package in ("upath", "s3fs", "moto", "flask_cors"):
        pytest.importorskip(package)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                assert server.poll() is None, "the S3 server does not start"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """The URL of an empty bucket, for this test alone; GDAL and zarr are told of its server by the environment."""
    import s3fs

    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_S3_ENDPOINT", "AWS_HTTPS", "AWS_VIRTUAL_HOSTING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    name = f"b{abs(hash(request.node.nodeid)):x}"
    s3fs.S3FileSystem().mkdir(name)
    return f"s3://{name}"


@pytest.fixture
def closed_s3(bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a bucket whose server has just stopped to answer."""
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # the port for what is thrown away: nobody listens
    s3fs.S3FileSystem.clear_instance_cache()
    yield bucket
    s3fs.S3FileSystem.clear_instance_cache()
