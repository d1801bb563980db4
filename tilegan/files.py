"""Names of files here and on object storage, and small files that are whole or not there."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident
from typing import Any, cast

from tilegan.errors import OutputError, SettingError

SCHEMES = ("s3", "gs", "http", "https")
# whose errors are no OSError, though they tell of a file that cannot be reached
_LIBRARIES = {"aiobotocore", "aiohttp", "botocore", "gcsfs", "google", "requests"}


def locate(name: str | Path) -> Path:
    """The path of a file or folder that may be on object storage.

    Args:
        name: a local path, or a URL: ``s3://bucket/key``, ``gs://bucket/key``, ``https://host/path`` (to read only).

    Returns:
        For a URL a ``upath.UPath``, which has the methods of ``Path`` that need no disk but is none: it cannot be
        renamed in one step, its folders are there as long as something is in them, and what its methods raise is best
        caught inside ``os_errors``. ``is_file`` and ``is_dir`` are false also where the host does not answer; ``stat``
        tells.

    Raises:
        SettingError: another kind of URL, or the packages for it are missing.
    """
    if not isinstance(name, str) or "://" not in name:
        return Path(name) if isinstance(name, str) else name
    scheme, _, place = name.partition("://")
    if scheme not in SCHEMES or not place.partition("/")[0]:
        raise SettingError(f"cannot use {name}: a URL is one of {', '.join(f'{known}://...' for known in SCHEMES)}")
    options: dict[str, Any] = {"use_listings_cache": False}  # others write there too
    if scheme == "s3" and os.environ.get("AWS_NO_SIGN_REQUEST", "").upper() in ("YES", "TRUE", "1"):
        options["anon"] = True
    try:
        from upath import UPath

        path = UPath(name, **options)
        _ = path.fs  # paths made from this one share its connections
    except ImportError as error:
        raise SettingError(f"cannot use {name}: install what it needs: pip install 'tilegan[cloud]'") from error
    except ValueError as error:
        raise SettingError(f"cannot use {name}: {first_line(error)}") from error
    return cast(Path, path)


def is_remote(path: Path) -> bool:
    """Whether a path that ``locate`` gave is a URL."""
    return not isinstance(path, Path)


def storage_options(path: Path) -> dict[str, Any] | None:
    """What zarr has to be told beside the URL; None for a local path."""
    return dict(cast(Any, path).storage_options) if is_remote(path) else None


@contextmanager
def os_errors() -> Iterator[None]:
    """Turn what the libraries of object storage raise when they cannot reach it into OSError.

    Raises:
        OSError: in their place, of one line.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) or type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        raise OSError(first_line(error)) from error


def replace_file(path: Path, content: bytes) -> None:
    """Write a file; one of that name is replaced only when the new one is safely on disk.

    Raises:
        OutputError: no room or no permission; what was there is untouched.
    """
    # a name of its own: another thread or process may be writing the same file
    temporary = None if is_remote(path) else path.with_name(f"{path.name}.{os.getpid()}-{get_ident()}.partial")
    try:
        if temporary is None:
            with os_errors():
                cast(Any, path).fs.pipe_file(cast(Any, path).path, content)
            return
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or first_line(error)}: make room or choose another place"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def is_there(path: Path) -> bool:
    """Whether a file or folder exists; unlike ``is_file``, not also false where the host does not answer.

    Raises:
        OSError: it cannot be found out.
    """
    try:
        with os_errors():
            path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def files_below(folder: Path, *, hidden: bool = False) -> list[Path]:
    """The files below a folder of this disk, in order of their names.

    Links are followed, also to folders, but none to a folder that it lies in. Folders that may not be read are empty.

    Args:
        folder: to look into.
        hidden: whether files and folders are meant too whose names begin with a dot.
    """

    def below(place: Path, above: frozenset[Path]) -> Iterator[Path]:
        with suppress(PermissionError):
            for path in place.iterdir():
                if path.name.startswith(".") and not hidden:
                    continue
                if not path.is_dir():
                    yield from (path,) if path.is_file() else ()
                elif (real := path.resolve()) not in above:
                    yield from below(path, above | {real})

    return sorted(below(folder, frozenset({folder.resolve()})))


@contextmanager
def local_copy(path: Path) -> Iterator[Path]:
    """A file as one on this disk, for libraries that read no other: itself, or a copy that is removed afterwards.

    Raises:
        OSError: it cannot be read.
    """
    if not is_remote(path):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        with os_errors():
            copy.write_bytes(path.read_bytes())
        yield copy


def remove_file(path: Path) -> None:
    """Remove a file, here or on object storage; nothing if it is not there.

    Raises:
        OSError: it cannot be removed.
    """
    if not is_remote(path):
        path.unlink(missing_ok=True)
        return
    with suppress(FileNotFoundError), os_errors():
        cast(Any, path).fs.rm_file(cast(Any, path).path)


def remove_tree(folder: Path) -> None:
    """Remove a folder and all that is in it, here or on object storage; nothing if it is not there.

    Raises:
        OSError: it cannot be removed.
    """
    with suppress(FileNotFoundError), os_errors():
        if is_remote(folder):
            cast(Any, folder).fs.rm(cast(Any, folder).path, recursive=True)
        else:
            shutil.rmtree(folder)


def first_line(error: BaseException) -> str:
    """What an exception says, cut to one line; its class where it says nothing."""
    if isinstance(error, KeyError):  # which says no more than the key
        return f"{error} is missing"
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
