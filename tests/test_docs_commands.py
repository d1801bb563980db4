"""Every `tilegan` command that the documentation shows runs: with small stand-ins for the files that it names.

The stand-ins are in tests/shared/stand_ins.py. Options that would take long are overridden, as the table SMALLER tells;
what cannot run here is in the table NOT_RUN.
"""

import re
import runpy
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from stand_ins import MAKERS, TRAIN, WITH_OPTION, Maker, ran, raster, translator
from tilegan.cli.main import COMMANDS, main
from tilegan.methods.registry import methods
from tilegan.model_file import bundled
from tilegan.networks.build import NAMED_GENERATORS
from tiny_networks import NETWORKS

ROOT = Path(__file__).resolve().parents[1]
RESEARCH = ROOT / "docs" / "research"  # logs of experiments, whose commands are only parsed (test_docs.py)
PAGES = [*ROOT.glob("*.md"), *(page for page in (ROOT / "docs").rglob("*.md") if RESEARCH not in page.parents)]

pytestmark = [
    pytest.mark.skipif(not PAGES, reason="the tests run apart from the checkout"),
    pytest.mark.slow,  # together a minute
    pytest.mark.filterwarnings("ignore"),  # of packages that export ONNX
]

NOT_RUN = {
    "batch inbox/ painted/ --watch": "it waits for further images; tests/pipelines/batching/test_watch.py",
    "stylize huge.tif -o huge.zarr --scheduler tcp://host:8786": "another machine; tests/inference/test_cluster.py",
    "train photographs/ paintings/ --codes continuous=2,categorical=4 -o runs/coded": "tests/pipelines/test_codes.py",
    "train photographs/ paintings/ -o runs/mine --batch 16": "by torchrun; tests/training/test_processes.py",
}
"""Commands that cannot run here, and why; tests that do the like."""

STYLIZE = ["--device", "cpu"]
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
parsed: Callable[[str], Iterator[list[str]]] = runpy.run_path(str(ROOT / "tests" / "test_docs.py"))["commands"]


def shown() -> dict[str, list[str]]:
    """The arguments of all commands that the pages show, by their text."""
    found: dict[str, list[str]] = {}
    for page in sorted(PAGES):
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for arguments in parsed(re.sub(r'"\$\((tilegan [^)]*)\)"', r"\1", block)):
                found.setdefault(shlex.join(arguments), arguments)
    return found


SHOWN = shown()


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
    models, folder = bundled(), tmp_path_factory.mktemp("bundled")
    with pytest.MonkeyPatch.context() as patch:
        for name in models:
            translator(NETWORKS["siamese"][0], name).save(folder / f"{name}.safetensors")
        patch.setattr("tilegan.model_file.FOLDER", folder)
        for name, networks in NETWORKS.items():
            patch.setattr(methods()[name], "architectures", networks)
        patch.setitem(NAMED_GENERATORS, "resnet", {"name": "resnet", "channels": 4, "blocks": 1})
        patch.setattr("tilegan.training.loop.loss_curves", lambda *_: False)
        patch.setattr("tilegan.training.loop.FIXED", range(2))  # crops that are measured
        patch.setattr("tilegan.metrics.style.DIRECTIONS", 8)
        patch.setattr("tilegan.viewing.server.Server.run", lambda _: None)
        # of a process that has just started, as each command's: that of the tests grows
        patch.setattr("tilegan.inference.memory.process_bytes", lambda: 450 * 2**20)
        yield


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
