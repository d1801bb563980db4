"""Small files that are whole or not there."""

import os
from pathlib import Path

from tilegan.errors import OutputError


def replace_file(path: Path, content: bytes) -> None:
    """Write a file; one of that name is replaced only when the new one is safely on disk.

    Raises:
        OutputError: no room or no permission; what was there is untouched.
    """
    temporary = path.with_name(f"{path.name}.partial")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}: make room or choose another place"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
