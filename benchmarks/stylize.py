"""How fast `tilegan stylize` is on an image, and how much memory it takes at most.

    python benchmarks/stylize.py IMAGE [ARGUMENT]...

The arguments go to `tilegan stylize`. Without `-o` among them the result goes to a temporary Zarr store. One line is
printed: wall seconds from start to end of the process, output megapixels by these seconds, peak resident memory of all
its processes.
"""

import re
import sys
import tempfile
from pathlib import Path

from common import MIB, run_child, tilegan


def main(image: str, *arguments: str) -> None:
    """Run the command once and print the line.

    Args:
        image: to be stylized.
        arguments: for the command, after the image.

    Raises:
        SystemExit: the command failed; it has said why.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [tilegan(), "stylize", image, *arguments]
        if not any(argument.startswith(("-o", "--output")) for argument in arguments):
            command += ["-o", str(Path(folder) / "out.zarr")]
        child = run_child(command)
    height, width = map(int, re.findall(r"(\d+) x (\d+) pixels", child.output)[-1])
    print(
        f"{height} x {width} pixels: {child.seconds:.1f} s, {height * width / 1e6 / child.seconds:.2f} MP/s, "
        f"at most {child.peak / MIB:.0f} MiB: {' '.join(arguments) or 'as it is'}"
    )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
