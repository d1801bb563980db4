"""What strokes as large as the picture wants cost: `tilegan stylize` with `--stroke auto` beside `--stroke 1`.

    python benchmarks/strokes.py IMAGE [--model NAME] [--stroke N] [--rounds 3] [--json]

Both are run in turn in one process, to temporary Zarr stores. Printed are medians of wall seconds and of the seconds of
all cores, which other programs on the machine hardly change, both also by those of `--stroke 1`, and pixels computed
for each one of the result.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import in_turn, parser, report

from tilegan.pipelines import plan_stylize, stylize


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, rounds=3)
    options.add_argument("image")
    options.add_argument("--model", default="vangogh")
    options.add_argument("--stroke", default="auto", help="what is compared with 1 [auto]")
    given = options.parse_args()
    asked = given.stroke if given.stroke == "auto" else int(given.stroke)
    with tempfile.TemporaryDirectory(dir=given.scratch) as folder:
        out = Path(folder) / "out.zarr"
        plans = [plan_stylize(given.image, out, given.model, stroke=stroke) for stroke in (1, asked)]
        processor: dict[str, list[float]] = {}

        def task(stroke: int) -> Callable[[], float]:
            def run() -> float:
                started, used = time.perf_counter(), time.process_time()
                stylize(given.image, out, given.model, stroke=stroke, overwrite=True)
                processor.setdefault(str(stroke), []).append(time.process_time() - used)
                return time.perf_counter() - started

            return run

        wall = in_turn({str(plan.stroke): task(plan.stroke) for plan in plans}, given.rounds)
    rows: list[dict[str, Any]] = []
    for plan in plans:
        seconds = statistics.median(wall[str(plan.stroke)])
        cores = statistics.median(processor[str(plan.stroke)][1:])  # the first one is a warm-up
        rows.append({"stroke": plan.stroke, "computed": plan.overhead, "wall s": seconds, "cores s": cores})
    for row in rows:
        row["wall ratio"], row["cores ratio"] = (row[name] / rows[0][name] for name in ("wall s", "cores s"))
    report(rows, given.json, image=f"{plans[0].height} x {plans[0].width} pixels", rounds=given.rounds)


if __name__ == "__main__":
    main()
