"""Peak memory of `tilegan stylize` at 0.2, 1 and 4 gigapixels, once each.

    python benchmarks/memory.py [--gigapixels 0.2,1,4] [--scratch FOLDER] [-- ARGUMENT...]

A generator of 8 channels and 1 block, so that it ends within minutes; the model that ships takes more a pass, the same
at any size of image. The source is a tiled TIFF of a mosaic; the output an OME-Zarr with its pyramid. Peak is
the kernel's own count (VmHWM) of the process, with several the largest sum (see common.py). What follows `--` goes to
`tilegan stylize`. The scratch folder needs some 5 GB a gigapixel; all is removed.

Prediction: what is in memory does not depend on the image's size, except for the halved shards of one row (up to a
limit) and some bytes a shard; so flat within 10 %, and at most 2 GiB.
"""

import shutil
import tempfile
from math import sqrt
from pathlib import Path

from common import MIB, make_image, parser, report, run_child, tilegan

BYTES = 5  # a pixel, of source and output together, at most


def small_model(path: Path) -> Path:
    """A generator that is soon done."""
    import torch

    from tilegan.networks.build import build_generator
    from tilegan.translator import Translator

    torch.manual_seed(0)
    architecture = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4}
    Translator.of(build_generator(architecture), architecture, 64, name="small").save(path)
    return path


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, rounds=1)
    options.add_argument("--gigapixels", default="0.2,1,4", help="with commas")
    options.add_argument("arguments", nargs="*", help="for `tilegan stylize`, after --")
    given = options.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        folder = Path(name)
        model = small_model(folder / "small.safetensors")
        for gigapixels in map(float, given.gigapixels.split(",")):
            free = shutil.disk_usage(folder).free
            if free < BYTES * gigapixels * 1e9:
                raise SystemExit(f"{folder}: {BYTES * gigapixels:.1f} GB are needed, {free / 1e9:.1f} are free")
            side = round(sqrt(gigapixels * 1e9))
            image = make_image(folder / "source.tif", side, side)
            output = folder / "out.zarr"
            command = [
                tilegan(),
                "stylize",
                str(image),
                "-o",
                str(output),
                "--model",
                str(model),
                "--stroke",
                "1",
                *given.arguments,
            ]
            child = run_child(command)
            written = sum(file.stat().st_size for file in output.rglob("*") if file.is_file())
            rows.append(
                {
                    "gigapixels": gigapixels,
                    "side": side,
                    "peak MiB": child.peak / MIB,
                    "by first": child.peak / MIB / float(str(rows[0]["peak MiB"])) if rows else 1.0,
                    "s": child.seconds,
                    "MP/s": side**2 / 1e6 / child.seconds,
                    "source GB": image.stat().st_size / 1e9,
                    "output GB": written / 1e9,
                }
            )
            shutil.rmtree(output)
            image.unlink()
    report(rows, given.json, arguments=" ".join(given.arguments) or "none")


if __name__ == "__main__":
    main()
