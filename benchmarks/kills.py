"""Whether `tilegan stylize`, killed at random moments and resumed, ends with the same bytes as if left alone.

    python benchmarks/kills.py [--kills N] [--seed K] [--output NAME] [ARGUMENT]...

The arguments go to each `tilegan stylize`, such as `--workers 2`. A tiny random model stylizes an image three times
undisturbed. Then runs are killed (SIGKILL, to the process itself), resumed, perhaps killed again, up to three times,
and resumed to the end; the store must equal the undisturbed one file by file. `--output out.tif` has a file exported
from the store instead. Moments are drawn evenly over the time of an undisturbed run, from the start of its process to
its end; the kills that meet a living process count. The exit code is 1 if a result differs, a run fails, or a killed
run's processes live on.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import torch
from common import machine, make_image, median, seconds_of, tilegan

from tilegan.geometry import grid_shape
from tilegan.inference.folder import WorkFolder
from tilegan.inference.journal import RECORD
from tilegan.networks.build import build_generator
from tilegan.translator import Translator

HEIGHT, WIDTH, WINDOW, SHARD = 1500, 2100, 64, 128
MOST = 3  # kills of one output
HANGS = 300  # seconds
LINGERS = 20  # seconds that the other processes of a killed run may live on
BEFORE, LEVEL_0, BOTH, PYRAMID, WRITTEN, AFTER = PHASES = (
    "before begin",
    "level 0",
    "level 0 and pyramid",
    "pyramid",
    "all shards written",
    "after finish",
)

Shards = dict[str, int]  # file of a shard in its store -> when it was written, in nanoseconds


class Trials:
    """One source and one model, stylized again and again.

    Attributes:
        seconds: that an undisturbed run takes.
        whole: what it writes: every file and its bytes.
        found: counts: of kills in each phase, of 'outputs', and of those that are 'identical'; of shards that were
            'finished' at a kill, 'not yet marked' (there or half there), and finished but made 'again'.
        failures: a line each.
    """

    def __init__(self, folder: Path, output: str, arguments: list[str]) -> None:
        make_image(folder / "source.tif", HEIGHT, WIDTH, cell=512)
        _tiny_translator().save(folder / "tiny.safetensors")
        self.output = folder / output
        self.work = WorkFolder.of(self.output)
        self.command = [tilegan(), "stylize", str(folder / "source.tif"), "-o", str(self.output)]
        self.command += ["--model", str(folder / "tiny.safetensors"), "--window", str(WINDOW), "--shard", str(SHARD)]
        self.command += arguments
        self.found: Counter[str] = Counter()
        self.failures: list[str] = []
        self.seconds = median([seconds_of(self.undisturbed) for _ in range(3)])
        self.whole = contents(self.output)
        self.shards = set(shards_in(self.output)) or level_0()

    def undisturbed(self) -> None:
        """Run once from nothing to the end."""
        self._clear()
        subprocess.run(self.command, check=True, stdout=subprocess.DEVNULL)

    def one(self, moments: list[float], most: int) -> int:
        """Kill a run and those that resume it, let the last go to the end, and look at what it wrote.

        Args:
            moments: of the kills, in seconds after the start of each run.
            most: kills after which no more are made.

        Returns:
            How many there were.
        """
        self._clear()
        kills, groups, label = 0, [], "killed after"
        finished: Shards = {}
        for moment in moments[:most]:
            process = self._start(resume=bool(groups))
            groups.append(process.pid)
            with suppress(subprocess.TimeoutExpired):
                process.wait(moment)
                break
            process.kill()
            process.communicate()
            kills, label = kills + 1, f"{label} {moment:.2f} s"
            phase, marked = self._state()
            now = shards_in(self.output if phase == AFTER else self.work.store)
            self._count_again(finished, now)
            finished = {shard: written for shard, written in now.items() if shard in marked}
            self.found += Counter({phase: 1, "finished": len(finished), "not yet marked": len(now) - len(finished)})
            if phase == AFTER:
                break
        process = self._start(resume=True)
        groups.append(process.pid)
        errors = "it hangs"
        with suppress(subprocess.TimeoutExpired):
            _, errors = process.communicate(timeout=HANGS)
        self._judge(process.returncode, errors, label)
        if self.output.is_dir():  # else the shards have gone
            self._count_again(finished, shards_in(self.output))
        self._end(groups, label)
        return kills

    def _clear(self) -> None:
        for folder in (self.output, self.work.path):
            shutil.rmtree(folder, ignore_errors=True)
            folder.unlink(missing_ok=True)

    def _start(self, resume: bool) -> subprocess.Popen[str]:
        command = [*self.command, *(["--resume"] if resume else [])]
        # in a group of its own, by which its workers are found
        return subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def _state(self) -> tuple[str, set[str]]:
        """What a kill has met, and the shards known to be finished."""
        if self.output.exists():
            return AFTER, set(shards_in(self.output))
        if not (self.work.journal / RECORD).exists():
            return BEFORE, set()
        markers = [marker for marker in self.work.journal.glob("*/*.*") if marker.suffix[1:].isdigit()]
        marked = {"{}/c/0/{}/{}".format(marker.parent.name, *marker.name.split(".")) for marker in markers}
        missing = self.shards - marked
        if not missing:
            return WRITTEN, marked
        if not any(shard.startswith("0/") for shard in missing):
            return PYRAMID, marked
        return BOTH if any(not shard.startswith("0/") for shard in marked) else LEVEL_0, marked

    def _count_again(self, finished: Shards, now: Shards) -> None:
        self.found["again"] += sum(now.get(shard) != written for shard, written in finished.items())

    def _judge(self, code: int | None, errors: str, label: str) -> None:
        self.found["outputs"] += 1
        if code != 0:
            self.failures.append(f"{label}: the last run ended with {code}: {errors.strip()}")
            return
        now = contents(self.output)
        differ = sorted(name for name in self.whole.keys() | now.keys() if self.whole.get(name) != now.get(name))
        if differ or self.work.path.exists():
            self.failures.append(f"{label}: {len(differ)} files differ: {differ[:5]}; rest: {self.work.path.exists()}")
        else:
            self.found["identical"] += 1

    def _end(self, groups: list[int], label: str) -> None:
        """End what is left of the runs."""
        deadline = time.monotonic() + LINGERS
        while (left := [group for group in groups if _lives(group)]) and time.monotonic() < deadline:
            time.sleep(0.1)
        for group in left:
            self.failures.append(f"{label}: processes of a run lived on")
            os.killpg(group, signal.SIGKILL)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in a folder and its bytes; of a file its own."""
    files = (file for file in (folder, *folder.rglob("*")) if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def shards_in(store: Path) -> Shards:
    """Every shard's file in a store."""
    return {file.relative_to(store).as_posix(): file.stat().st_mtime_ns for file in store.glob("*/c/0/*/*")}


def level_0() -> set[str]:
    """The names of the shards of full resolution."""
    rows, columns = grid_shape(HEIGHT, WIDTH, SHARD)
    return {f"0/c/0/{row}/{column}" for row in range(rows) for column in range(columns)}


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _tiny_translator() -> Translator:
    torch.manual_seed(0)
    architecture = {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4}
    generator = build_generator(architecture)
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    return Translator.of(generator, architecture, tile_size=64, name="tiny")


def main() -> None:
    """Measure and print.

    Raises:
        SystemExit: something was not as it should be.
    """
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=100, help="how many [100]")
    options.add_argument("--seed", type=int, default=0, help="of the moments [0]")
    options.add_argument("--output", default="out.zarr", help="its name: .zarr or .tif [out.zarr]")
    known, arguments = options.parse_known_args()
    chance, kills = random.Random(known.seed), 0
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(Path(folder), known.output, arguments)
        print(f"{machine()}\nundisturbed: {trials.seconds:.1f} s, {len(trials.shards)} shards", flush=True)
        while kills < known.kills:
            moments = [chance.uniform(0, trials.seconds) for _ in range(chance.randint(1, MOST))]
            kills += trials.one(moments, known.kills - kills)
        found = trials.found
        print(f"{kills} kills: " + ", ".join(f"{phase} {found[phase]}" for phase in PHASES))
        print(
            f"shards finished at the kills: {found['finished']}, of these made again: {found['again']}; "
            f"not yet marked, made again: {found['not yet marked']}"
        )
        print(f"{found['identical']} of {found['outputs']} outputs identical to the undisturbed one")
        if trials.failures:
            raise SystemExit("\n".join(trials.failures))


if __name__ == "__main__":
    main()
