"""Our whole `stylize` against the in-memory call of MONAI's SlidingWindowInferer: same generator, image and machine.

    pip install monai          # needed by this script only
    python benchmarks/against_monai.py [--side 5120] [--device cuda]

Ours: `tilegan.pipelines.stylize` with its defaults, in this process: planning, loading the model, reading a TIFF,
writing an OME-Zarr with its pyramid. MONAI's: from a float tensor of the image in memory to a float tensor in memory;
neither reading, nor the turn from and to bytes, nor writing is counted. MONAI's memory bounds the image.

MONAI gets the window (roi) and batch that are best for it, for each layout and precision: chosen on a part of the
image among 256, 512 and our window, and 1 and 4 windows at once. `contiguous` is torch's default layout. The best
precision is that which tilegan chooses on this machine. Ratios are MONAI's seconds by ours, all in one run, in turn.

Aims: at least 5 against its defaults, 1.5 against overlap 0.25 in the best precision, 0.75 against overlap 0 (which has
seams).
"""

import shutil
import tempfile
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import rasterio
import torch
from common import in_turn, make_image, median, parser, report, seconds_of
from monai.inferers import SlidingWindowInferer

from tilegan.devices import keep_freed_memory, precision_name
from tilegan.pipelines import plan_stylize, stylize
from tilegan.translator import load

PART = 1536  # pixels a side, for choosing roi and batch
BATCHES = (1, 4)


class Rival:
    """One way to use MONAI's inferer.

    Args:
        generator: of the translator.
        pixels: float32 (1, 3, H, W) in [-1, 1], on the device.
        dtype: of the computation.
        layout: torch's memory format.
        inferer: further arguments of SlidingWindowInferer.
    """

    def __init__(
        self, generator: torch.nn.Module, pixels: torch.Tensor, dtype: torch.dtype, layout: Any, **inferer: Any
    ) -> None:
        self.generator = deepcopy(generator).to(pixels.device, dtype).to(memory_format=layout).eval()
        self.pixels = pixels.to(dtype, memory_format=layout)
        self.inferer = inferer
        self.roi, self.batch = 0, 0

    def best(self, rois: list[int]) -> tuple[int, int]:
        """The roi and the batch that are fastest on a part of the image; the second of two runs counts."""
        part = self.pixels[..., :PART, :PART]
        tries = [(roi, batch) for roi in rois for batch in BATCHES]
        found = in_turn({f"{roi} {batch}": partial(self.seconds, part, roi, batch) for roi, batch in tries}, rounds=1)
        roi, batch = min(found, key=lambda name: found[name][0]).split()
        return int(roi), int(batch)

    @torch.inference_mode()
    def seconds(self, pixels: torch.Tensor, roi: int, batch: int) -> float:
        """Of one call."""
        inferer = SlidingWindowInferer(roi_size=(roi, roi), sw_batch_size=batch, **self.inferer)

        def call() -> None:
            inferer(pixels, self.generator)
            if pixels.is_cuda:
                torch.cuda.synchronize()

        return seconds_of(call)

    def whole(self) -> float:
        """Seconds of the whole image."""
        return self.seconds(self.pixels, self.roi, self.batch)


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--image", type=Path, help="a tiled TIFF [a mosaic made here]")
    options.add_argument("--side", type=int, default=5120, help="of the mosaic, in pixels [5120]")
    options.add_argument("--model", default="vangogh")
    options.add_argument("--device", default="auto")
    given = options.parse_args()
    keep_freed_memory()  # as the command does
    translator = load(given.model, given.device)
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        output = Path(name) / "out.zarr"
        image = given.image or make_image(Path(name) / "source.tif", given.side, given.side)
        with rasterio.open(image) as dataset:
            bands = torch.from_numpy(dataset.read([1, 2, 3]))
        pixels = (bands[None].float() / 127.5 - 1).to(translator.device)
        window = plan_stylize(image, output, given.model, device=given.device).window
        layouts = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}
        best, whole = precision_name(translator.precision), load(given.model, given.device, "float32").generator
        rivals: dict[str, Rival] = {}
        chosen: dict[tuple[str, str], tuple[int, int]] = {}
        for layout, precision, mode, overlap in (
            ("contiguous", "float32", "constant", 0.25),
            ("contiguous", "float32", "gaussian", 0.25),
            ("channels last", best, "gaussian", 0.25),
            ("channels last", best, "constant", 0.0),
        ):
            dtype = getattr(torch, precision)
            rival = Rival(whole, pixels, dtype, layouts[layout], overlap=overlap, mode=mode)
            if (layout, precision) not in chosen:
                chosen[layout, precision] = rival.best(sorted({256, 512, window}))
            rival.roi, rival.batch = chosen[layout, precision]
            rivals[f"MONAI {precision} {layout} {mode} {overlap}"] = rival

        def ours(seams: str) -> float:
            seconds = seconds_of(
                lambda: stylize(image, output, given.model, seams=seams, stroke=1, device=given.device)
            )
            shutil.rmtree(output)
            return seconds

        tasks = {f"tilegan {seams}": partial(ours, seams) for seams in ("exact", "combo")}
        theirs = {name: rival.whole for name, rival in rivals.items()}
        found = in_turn({**tasks, **theirs}, given.rounds)
    exact, megapixels = median(found["tilegan exact"]), pixels.shape[2] * pixels.shape[3] / 1e6
    rows = []
    for name, seconds in found.items():
        rival = rivals.get(name)
        rows.append(
            {
                "what": name,
                "roi": rival.roi if rival else window,
                "batch": rival.batch if rival else "",
                "s": median(seconds),
                "MP/s": megapixels / median(seconds),
                "by exact": median(seconds) / exact,
            }
        )
    report(rows, given.json, megapixels=megapixels, device=str(translator.device), precision=best)


if __name__ == "__main__":
    main()
