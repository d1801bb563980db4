"""Situations of ``field.py``: trainings, processes and runs."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from field_common import model, noise, pixels_of, said, situation, stylize
from PIL import Image

from tilegan import stylize_array
from tilegan.errors import TileganError
from tilegan.networks.build import build_generator
from tilegan.pipelines.train import resume, train
from tilegan.training.images import find_images, read_masked
from tilegan.training.settings import TrainSettings
from tilegan.translator import Translator, load

SMALL = TrainSettings(
    tile_size=16,
    short_side=48,
    batch=2,
    steps=1,
    generator={"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4},
    discriminator={"name": "siamese", "channels": [4, 4, 8, 8], "cell_values": 4},
)
FORKED = """
import multiprocessing, sys
from tilegan.pipelines import stylize
from tilegan.translator import load

model = load(sys.argv[2], "cpu", "float32")

def paint(name):
    stylize(sys.argv[1], name, model)

paint(sys.argv[3])
process = multiprocessing.get_context("fork").Process(target=paint, args=(sys.argv[4],))
process.start()
process.join()
"""


def folders(folder: Path) -> list[Path]:
    """Two folders of two images each."""
    made = [folder / "photos", folder / "paintings"]
    for place in made:
        place.mkdir(parents=True)
        for number in range(2):
            Image.fromarray(noise(70, 90)).save(place / f"{number}.png")
    return made


@situation
def linked_folders(folder: Path) -> tuple[str, bool]:
    """Training finds images below links to folders, each once, and ends where links go in circles."""
    photos, _ = folders(folder / "elsewhere")
    (folder / "here").mkdir()
    (folder / "here" / "photos").symlink_to(photos)
    (photos / "circle").symlink_to(folder / "here")
    found = [str(image.path.relative_to(folder)) for image in find_images(folder / "here", 32, 48)]
    return ", ".join(found), len(found) == 2


@situation
def transparent_pixels(folder: Path) -> tuple[str, bool]:
    """Training does not see the colors below full transparency."""
    pixels = np.full((70, 90, 4), (0, 128, 0, 255), np.uint8)
    pixels[20:40, 30:60] = (255, 0, 255, 0)
    Image.fromarray(pixels).save(folder / "a.png")
    seen, valid = read_masked(find_images(folder, 32, 70)[0])
    hidden = 0 if valid is None else int((~valid).sum())
    return f"red {seen[..., 0].max()} at most, {hidden} pixels mean nothing", seen[..., 0].max() < 8 and hidden == 600


@situation
def folders_that_moved(folder: Path) -> tuple[str, bool]:
    """A run goes on where its folders moved, once it is told where to."""
    before, run, refused = folders(folder / "before"), folder / "run", ""
    train(*before, run, settings=SMALL, device="cpu")
    (folder / "before").rename(folder / "after")
    try:
        resume(run, steps=2)
    except TileganError as error:
        refused = str(error)
    result = resume(run, *(folder / "after" / place.name for place in before), steps=2)
    return f"{result.steps} steps; before: {refused}", result.steps == 2 and "--resume RUN SOURCE TARGET" in refused


@situation
def closed_streams(folder: Path) -> tuple[str, bool]:
    """A command whose stdout or stderr is closed does its work."""
    codes = {}
    for redirection in ("2>&-", ">&-", "<&- >&- 2>&-", "| true"):
        output = folder / f"{len(codes)}.png"
        line = f'set -o pipefail; "$0" -m tilegan sample {output} --size 40x50 {redirection}'
        code = subprocess.run(["bash", "-c", line, sys.executable], stderr=subprocess.DEVNULL, check=False).returncode
        codes[redirection] = code or (0 if output.exists() else "no output")
    return str(codes), not any(codes.values())


@situation
def as_a_module(folder: Path) -> tuple[str, bool]:
    """`python -m tilegan` is the command."""
    line = [sys.executable, "-m", "tilegan", "--version"]
    printed = subprocess.run(line, capture_output=True, text=True, cwd=folder, check=False).stdout.strip()
    return printed, printed.startswith("tilegan, version")


@situation
def forked_worker(folder: Path) -> tuple[str, bool]:
    """A forked process stylizes after its parent did, and the same."""
    architecture = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 2}
    Translator.of(build_generator(architecture), architecture, 16).save(folder / "m.safetensors")
    Image.fromarray(noise(300, 400)).save(folder / "a.png")
    names = [folder / name for name in ("a.png", "m.safetensors", "parent.png", "child.png")]
    subprocess.run([sys.executable, "-c", FORKED, *map(str, names)], timeout=300, check=True)
    same = bool(np.array_equal(pixels_of(names[2]), pixels_of(names[3])))
    return "the same pixels" if same else "other pixels", same


@situation
def numpy_array(folder: Path) -> tuple[str, bool]:  # noqa: ARG001 - nothing is written
    """`stylize_array` takes and gives pixels of numpy."""
    pixels = noise()
    found = np.asarray(stylize_array(pixels, load(model(), "cpu", "float32")))
    return f"{found.dtype} {found.shape}", bool(np.array_equal(found, pixels))


@situation
def finished_by_another_model(folder: Path) -> tuple[str, bool]:
    """`--resume` does not take the finished output of another model for its own."""
    Image.fromarray(noise()).save(folder / "a.png")
    other = replace(load(model(), "cpu", "float32"), name="other", halo=4)
    other.save(folder / "other.safetensors")
    stylize(folder / "a.png", folder / "out.zarr")
    same = stylize(folder / "a.png", folder / "out.zarr", "--resume")
    result = stylize(folder / "a.png", folder / "out.zarr", "--resume", "--model", folder / "other.safetensors")
    return f"{said(same)}; then {said(result)}", (same.exit_code, result.exit_code) == (0, 1)
