"""What real files broke once: each situation tried on the command, a line each.

    python benchmarks/field.py [NAME...]

A situation is a function that makes its input in a temporary folder, runs the command on it, in this process and with a
model that changes nothing, and tells what came out and whether that is right; what is expected is its docstring. Names
choose some of them; the exit code is 1 if any is not right.
"""

import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import field_keeping
import field_reading
import field_working
from field_common import SITUATIONS

PLACES = (field_reading, field_keeping, field_working)  # each lists its own


def main() -> None:
    """Try all situations, or those that are named."""
    wrong = 0
    chosen = [function for function in SITUATIONS if not sys.argv[1:] or function.__name__ in sys.argv[1:]]
    for function in chosen:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                told, right = function(Path(folder))
            except Exception:
                told, right = traceback.format_exc().strip().splitlines()[-1], False
            told = told.replace(f"{folder}/", "").replace("\n", " ")
        expected = str(function.__doc__).splitlines()[0]
        print(f"{'ok   ' if right else 'fails'} {function.__name__} | {expected} | {told}", flush=True)
        wrong += not right
    print(f"{len(chosen) - wrong} of {len(chosen)} are right")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
