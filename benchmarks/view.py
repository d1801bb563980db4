"""How soon `tilegan view` shows something of a huge image: the figures of docs/view.md.

    python benchmarks/view.py [--side 65536] [--model vangogh]

A COG of side x side pixels (deflated blocks of 512, overviews down to one block) is made of one landscape again and
again, whose blocks share their bytes. Then, in a fresh process of the command, the seconds from its start to the
address and to the first tile. And in this process, with the model loaded, the seconds from the call to the first tile
of the preview, of the source, and of full resolution, each by a fresh server, and as a ratio to one bare forward pass
over the same window with its halo; and what is left of 20 quick pans: pieces of work that still wait.
"""

import http.client
import io
import json
import re
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import numpy as np
from common import median, parser, report, run_windows, seconds_of

from tilegan.devices import keep_freed_memory
from tilegan.geometry import Window
from tilegan.images.stores.pyramid import halve
from tilegan.inference.kept import load_once
from tilegan.landscape import Landscape
from tilegan.pipelines import StylizeSettings
from tilegan.pipelines.view import view_stylized
from tilegan.viewing.options import ViewOptions

BLOCK, CELL = 512, 2048  # sides of blocks and of what repeats itself, in pixels


def make_cog(path: Path, side: int) -> Path:
    """Write a BigTIFF of side x side pixels in blocks, with overviews, of which equal blocks share their bytes."""
    pixels = Landscape(CELL, CELL, 0).read(Window(0, 0, CELL, CELL))
    with path.open("wb") as file:
        file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16))
        link, is_overview = 8, 0
        while True:
            repeated = np.tile(pixels, (-(-BLOCK // len(pixels)),) * 2 + (1,))
            period, count, places = len(repeated) // BLOCK, -(-side // BLOCK), {}
            for row, column in np.ndindex(period, period):
                encoded = _deflated(repeated[row * BLOCK :, column * BLOCK :][:BLOCK, :BLOCK])
                places[row, column] = file.tell(), len(encoded)
                file.write(encoded)
            blocks = [places[row % period, column % period] for row, column in np.ndindex(count, count)]
            link = _write_directory(file, link, side, is_overview, blocks)
            if side <= BLOCK:
                return path
            side, is_overview, pixels = -(-side // 2), 1, halve(pixels) if len(pixels) > 1 else pixels


def _write_directory(file: BinaryIO, link: int, side: int, is_overview: int, blocks: list[tuple[int, int]]) -> int:
    """Append a directory, to which the one before points at ``link``; where it points to the next one."""
    offsets, counts = (struct.pack(f"<{len(blocks)}Q", *values) for values in zip(*blocks, strict=True))
    single = {254: is_overview, 256: side, 257: side, 259: 8, 262: 2, 277: 3, 284: 1, 317: 2, 322: BLOCK, 323: BLOCK}
    entries = {tag: (4, 1, struct.pack("<Q", value)) for tag, value in single.items()}
    entries[258] = (3, 3, struct.pack("<4H", 8, 8, 8, 0))
    for tag, content in ((324, offsets), (325, counts)):
        place = file.tell()
        file.write(content)
        entries[tag] = (16, len(blocks), content if len(blocks) == 1 else struct.pack("<Q", place))
    file.write(bytes(-file.tell() % 8))
    place = file.tell()
    file.write(struct.pack("<Q", len(entries)))
    for tag, (kind, count, content) in sorted(entries.items()):
        file.write(struct.pack("<HHQ8s", tag, kind, count, content))
    end = file.tell()
    file.write(struct.pack("<Q", 0))
    file.seek(link)
    file.write(struct.pack("<Q", place))
    file.seek(0, io.SEEK_END)
    return end


def _deflated(pixels: Any) -> bytes:
    """A block, deflated with a predictor."""
    pixels = pixels.copy()
    pixels[:, 1:] -= pixels[:, :-1].copy()
    return zlib.compress(pixels.tobytes(), 1)


def get(url: str, path: str) -> bytes:
    """The content at an address, or an exit."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port, timeout=600)
    connection.request("GET", path)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {content!r}")
    return content


def of_command(image: Path, model: str, folder: Path) -> dict[str, float]:
    """Seconds from the start of the command to its address, and to the first tile."""
    command = [sys.executable, "-m", "tilegan", "view", str(image), "--model", model]
    command += ["-o", str(folder / "command.zarr"), "--no-browser", "--port", "0"]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None, "it is piped"
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            raise SystemExit("the command does not start")
        address = time.perf_counter() - started
        get(found[0], "/tiles/preview/0/0/0.png")
        return {"address": address, "first tile": time.perf_counter() - started}
    finally:
        process.terminate()
        process.wait()


@contextmanager
def serving(image: Path, model: str, folder: Path, stroke: int | str) -> Iterator[str]:
    """The address of a server of this process, and of a fresh output."""
    settings = StylizeSettings().but(stroke=stroke)
    output = Path(tempfile.mkdtemp(dir=folder)) / "out.zarr"
    with view_stylized(image, output, model, settings=settings, options=ViewOptions(port=0)) as viewer:
        thread = threading.Thread(target=viewer.server.run)
        thread.start()
        try:
            yield viewer.url
        finally:
            viewer.server.stop()
            thread.join()


def first(image: Path, model: str, folder: Path, stroke: int | str, path: str) -> float:
    """Seconds from the call, with the model loaded, to a tile."""
    started = time.perf_counter()
    with serving(image, model, folder, stroke) as url:
        get(url, path)
        return time.perf_counter() - started


def pans(image: Path, model: str, folder: Path, zoom: int) -> tuple[int, int]:
    """How many pieces of work wait after 20 views of 12 tiles that were left at once, and one that was not."""
    with serving(image, model, folder, 1) as url:
        for number in range(20):
            views = []
            for tile in range(12):
                connection = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port)
                connection.request("GET", f"/tiles/preview/{zoom}/{(4 * number + tile % 4) % 2**zoom}/{tile // 4}.png")
                views.append(connection)
            time.sleep(0.05)
            for connection in views:
                connection.close()
        get(url, f"/tiles/preview/{zoom}/0/{2**zoom - 1}.png")
        told = json.loads(get(url, "/status.json"))
        return told["waiting"], told["computing"]


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, rounds=3)
    options.add_argument("--side", type=int, default=65536, help="pixels a side of the image [65536]")
    options.add_argument("--model", default="vangogh", help="name or file of a model [vangogh]")
    given = options.parse_args()
    keep_freed_memory()
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        folder = Path(name)
        image = make_cog(folder / "cog.tif", given.side)
        zoom = (-(-given.side // 256) - 1).bit_length()
        command = [of_command(image, given.model, folder) for _ in range(given.rounds)]
        translator = load_once(given.model)
        random = np.random.default_rng(0)

        def bare(side: int) -> float:
            shape = (1, side + 2 * translator.halo, side + 2 * translator.halo, 3)
            windows = random.integers(0, 256, shape, dtype=np.uint8)
            return seconds_of(lambda: run_windows(translator, windows, translator.halo))

        middle = 2 ** (zoom - 1)
        shown = [
            ("preview of the whole image", "auto", "preview/0/0/0", 256),
            ("source, the whole image", "auto", "source/0/0/0", None),
            ("preview, halfway in", "auto", f"preview/{zoom // 2}/{middle >> (zoom - zoom // 2)}/0", 256),
            ("full resolution, stroke 1", 1, f"result/{zoom}/{middle}/{middle}", 1024),
        ]
        rows: list[dict[str, Any]] = []
        for title, stroke, tile, side in shown:
            seconds = [first(image, given.model, folder, stroke, f"/tiles/{tile}.png") for _ in range(given.rounds + 1)]
            passes = median([bare(side) for _ in range(given.rounds + 1)][1:]) if side else None
            found = median(seconds[1:])
            rows.append(
                {
                    "first tile": title,
                    "s": found,
                    "s of one pass": passes or "-",
                    "ratio": found / passes if passes else "-",
                }
            )
        waiting, computing = pans(image, given.model, folder, zoom - 2)
        report(
            rows,
            given.json,
            gigapixels=given.side**2 / 1e9,
            command_to_address=median([each["address"] for each in command]),
            command_to_first_tile=median([each["first tile"] for each in command]),
            waiting_after_20_pans=waiting,
            computing_after_20_pans=computing,
        )


if __name__ == "__main__":
    main()
