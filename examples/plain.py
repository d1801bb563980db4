"""Plain Python: load a model once, stylize many images, show progress, cancel from another thread.

    python plain.py OUT_DIR MODEL IMAGE...

Ctrl-C, or a line on stdin that says "stop", ends the run. Repeat the same command to continue: finished images are
recognized and skipped, an unfinished one continues where it stopped.
"""

import sys
import threading
from pathlib import Path

import tilegan
from tilegan.errors import ImageError, OutputError, ResumeError, TileganError
from tilegan.pipelines import stylize


class CancelledError(Exception):
    """The run was asked to stop; deliberately no TileganError, so that nothing handles it by accident."""


def stylize_all(images: list[Path], folder: Path, model: str, stop: threading.Event) -> list[str]:
    """Stylize images one after another, and return one line for each that failed.

    Raises:
        CancelledError: ``stop`` was set; finished images stay, the current one can be resumed.
        ModelError, SettingError: nothing can be done at all.
    """
    # float32 gives the same bytes on all machines; a translator can be used from several threads
    translator = tilegan.load(model, precision="float32")
    folder.mkdir(parents=True, exist_ok=True)
    failed = []

    def progress(phase: str, done: int, total: int) -> None:
        """Report a finished shard. Called in the thread that called ``stylize``; an exception ends the work."""
        print(f"  {phase}: {done / total:.0%}")
        if stop.is_set():
            raise CancelledError

    for image in images:
        print(image.name)
        output = folder / f"{image.stem}.png"
        try:
            # resume: go on with unfinished work, do nothing if the result is there, begin otherwise;
            # shard: the smaller it is, the sooner a cancellation takes effect
            result = stylize(image, output, translator, resume=True, shard=512, progress=progress)
        except ImageError as error:  # missing, damaged, or no image: the others may be fine
            failed.append(f"{image}: {error}")
        except ResumeError as error:  # the result or unfinished work is of another image, model or setting
            failed.append(f"{image}: {error}")
        except OutputError:  # a full disk, no permission: the others would fail, too
            raise
        else:
            print(f"  {result.output}: {result.width} x {result.height} pixels in {result.seconds:.1f} s")
    return failed


def main() -> int:
    """Run the example; the exit codes are those of the command ``tilegan``."""
    folder, model, *images = sys.argv[1:]
    stop = threading.Event()

    def listen() -> None:
        """Wait for the request to stop, in a thread of its own, as a button or a web request would be."""
        for line in sys.stdin:
            if line.strip() == "stop":
                stop.set()

    threading.Thread(target=listen, daemon=True).start()
    try:
        failed = stylize_all([Path(image) for image in images], Path(folder), model, stop)
    except (CancelledError, KeyboardInterrupt):
        print("cancelled: repeat the command to continue", file=sys.stderr)
        return 130
    except TileganError as error:  # all errors of the package, each of one line
        print(f"Error: {error}", file=sys.stderr)
        return 1
    for line in failed:
        print(f"Failed: {line}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
