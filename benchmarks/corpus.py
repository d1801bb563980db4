"""Whether files of others are read, or refused in one line; and whether their pixels are those that Pillow sees.

    python benchmarks/corpus.py FOLDER... [--seconds 20]

Such as the test images of other libraries. Each file below the folders goes through `tilegan info` and is read at once,
in a child process that is given up after so many seconds. Told are files that raise what is not ours, take too long or
end the process, and images of at most 8 bits in which Pillow, told of profile, opacity and orientation as the reader
is, sees other pixels by more than a rounding; which of the two is right, a person has to find out.
"""

import argparse
import multiprocessing
import traceback
import warnings
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from tilegan.errors import TileganError
from tilegan.geometry import Window
from tilegan.images.opening import open_source
from tilegan.pipelines import info

MOST = 2**24  # pixels that are compared
ROUNDING = 2  # levels
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "YCbCr")  # of at most 8 bits, and without a profile


def look(path: Path) -> str:
    """What becomes of a file; '' if all is well."""
    warnings.simplefilter("ignore")
    try:
        info(path)
        with closing(open_source(path)) as source:
            size = source.height, source.width
            pixels = source.read(Window(0, 0, *size)) if size[0] * size[1] <= MOST else None
            opacity = source.read_mask(Window(0, 0, *size)) if pixels is not None and source.origin.opacity else None
    except TileganError as error:
        return f"refused: {error}" if "\n" not in str(error) else f"several lines: {error!r}"
    except Exception:
        return "raises " + traceback.format_exc().strip().splitlines()[-1]
    return "" if pixels is None else differs(path, pixels, opacity)


def differs(path: Path, pixels: np.ndarray, opacity: np.ndarray | None) -> str:
    """How far Pillow's pixels are from those read; '' if no farther than a rounding, or if it cannot read them."""
    try:
        with Image.open(path) as opened:
            if opened.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "YCbCr") or opened.info.get(
                "icc_profile"
            ):
                return ""
            theirs = np.asarray(ImageOps.exif_transpose(opened).convert("RGBA"))
    except Exception:
        return ""
    if theirs.shape[:2] != pixels.shape[:2]:
        return f"size {pixels.shape[:2]}, Pillow {theirs.shape[:2]}"
    seen = theirs[..., 3] == 255
    if opacity is not None:
        seen &= opacity == 255
        far = int(np.abs(opacity.astype(int) - theirs[..., 3]).max())
    else:
        far = int(255 - theirs[..., 3].min())
    apart = np.abs(pixels.astype(int) - theirs[..., :3]).max(-1)[seen]
    if apart.size and apart.max() > ROUNDING:
        return f"differs: by {apart.max()} at most, {(apart > ROUNDING).mean():.1%} of the pixels"
    return f"differs: opacity by {far}" if far > ROUNDING else ""


def serve(pipe: Connection) -> None:
    """In a child: look at each file that comes."""
    while path := pipe.recv():
        pipe.send(look(path))


def main() -> None:
    """Look at all files and print what was found."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folders", nargs="+", type=Path)
    options.add_argument("--seconds", type=float, default=20.0, help="for each file [20]")
    given = options.parse_args()
    files = [file for folder in given.folders for file in sorted(folder.rglob("*")) if file.is_file()]
    context, child = multiprocessing.get_context("spawn"), None
    for file in files:
        if child is None:
            pipe, end = context.Pipe()
            child = context.Process(target=serve, args=(end,), daemon=True)
            child.start()
            end.close()
        pipe.send(file)
        try:
            told = pipe.recv() if pipe.poll(given.seconds) else f"takes more than {given.seconds:g} s"
        except EOFError:
            told = "ends the process"
        if told.startswith(("takes", "ends")):
            child.kill()
            child = None
        if told:
            print(f"{file}: {told}", flush=True)
    print(f"{len(files)} files")


if __name__ == "__main__":
    main()
