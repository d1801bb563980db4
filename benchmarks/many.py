"""What an image costs beside its pixels, for those who have many: seconds for a square of 256 pixels.

    python benchmarks/many.py [--side 256]

Three ways to stylize it to an OME-Zarr, in turn: the command, a process each; `tilegan.pipelines.stylize` in this
process with a model's name, which is loaded once; and the same with a translator. Beside wall time there is the
processor time of all threads, by which machines with other work are compared. Files are those of the result.
"""

import resource
import shutil
import tempfile
from functools import partial
from pathlib import Path

from common import in_turn, make_image, median, parser, report, run_child, seconds_of, tilegan

from tilegan.pipelines import stylize
from tilegan.translator import load


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--side", type=int, default=256, help="of the image, in pixels [256]")
    options.add_argument("--model", default="vangogh")
    given = options.parse_args()
    files = 0
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        image, out = make_image(Path(name) / "source.tif", given.side, given.side), Path(name) / "out.zarr"
        translator = load(given.model)
        command = [tilegan(), "stylize", str(image), "-o", str(out), "--model", given.model, "--stroke", "1"]
        ways = {
            "a process each": partial(run_child, command),
            "in one process": partial(stylize, image, out, given.model, stroke=1),
            "with one translator": partial(stylize, image, out, translator, stroke=1),
        }

        processor: dict[str, list[float]] = {way: [] for way in ways}

        def measured(way: str) -> float:
            nonlocal files
            who = resource.RUSAGE_CHILDREN if way == "a process each" else resource.RUSAGE_SELF
            before = sum(resource.getrusage(who)[:2])
            seconds = seconds_of(ways[way])
            processor[way].append(sum(resource.getrusage(who)[:2]) - before)
            files = sum(file.is_file() for file in out.rglob("*"))
            shutil.rmtree(out)
            return seconds

        found = in_turn({way: partial(measured, way) for way in ways}, given.rounds)
    rows = [
        {"way": way, "s": median(seconds), "processor s": median(processor[way][1:])} for way, seconds in found.items()
    ]
    report(rows, given.json, side=given.side, files=files)


if __name__ == "__main__":
    main()
