"""How fast `tilegan stylize` is on an image, and how much memory it takes at most.

    python benchmarks/stylize.py IMAGE [ARGUMENT]...

The arguments go to `tilegan stylize`. Without `-o` among them the result goes to a temporary Zarr store. One line is
printed: wall seconds from start to end of the process, output megapixels by these seconds, peak resident memory.
"""

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main(image: str, *arguments: str) -> None:
    """Run the command once and print the line.

    Args:
        image: to be stylized.
        arguments: for the command, after the image.

    Raises:
        SystemExit: the command failed; it has said why.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("tilegan")), "stylize", image, *arguments]
        if not any(argument.startswith(("-o", "--output")) for argument in arguments):
            command += ["-o", str(Path(folder) / "out.zarr")]
        started = time.perf_counter()
        process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(process.returncode)
    # The size is taken from the report: a library that reads images would make this process large, and a child's peak
    # counts the memory of its parent at its start.
    height, width = map(int, re.findall(r"(\d+) x (\d+) pixels", process.stdout)[-1])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(
        f"{height} x {width} pixels: {seconds:.1f} s, {height * width / 1e6 / seconds:.2f} MP/s, "
        f"at most {peak / 2**20:.0f} MiB: {' '.join(arguments) or 'as it is'}"
    )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
