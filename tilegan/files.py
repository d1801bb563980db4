"""Paths of files on disk and on object storage, and atomic writes of small files."""

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
# whose errors for unreachable files are no OSError
_LIBRARIES = {"aiobotocore", "aiohttp", "botocore", "gcsfs", "google", "requests"}


def locate(name: str | Path) -> Path:
    """Return the path of a file or folder, which may be on object storage.

    Args:
        name: a local path, or a URL: ``s3://bucket/key``, ``gs://bucket/key``, ``https://host/path`` (read-only).

    Returns:
        For a URL a ``upath.UPath``, which has the methods of ``Path`` that need no disk, but with differences: it
        cannot be
        renamed atomically, folders exist only while they contain something, and errors of its methods should be caught
        inside ``os_errors``. ``is_file`` and ``is_dir`` are also false if the host does not answer; ``stat`` raises.

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
    """Return whether a path from ``locate`` is a URL."""
    return not isinstance(path, Path)


def storage_options(path: Path) -> dict[str, Any] | None:
    """Return the storage options of zarr for a URL; None for a local path."""
    return dict(cast(Any, path).storage_options) if is_remote(path) else None


@contextmanager
def os_errors() -> Iterator[None]:
    """Convert errors of the libraries of object storage to OSError.

    Raises:
        OSError: replaces them, with a message of one line.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) or type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        raise OSError(first_line(error)) from error


def replace_file(path: Path, content: bytes) -> None:
    """Write a file; an existing one is replaced only when the new one is on disk.

    Raises:
        OutputError: no space or no permission; an existing file is unchanged.
    """
    # a unique name: another thread or process may be writing the same file
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
    """Return whether a file or folder exists; unlike ``is_file``, raise if the host does not answer.

    Raises:
        OSError: it cannot be determined.
    """
    try:
        with os_errors():
            path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def files_below(folder: Path, *, hidden: bool = False) -> list[Path]:
    """Return the files below a local folder, in order of names.

    Links are followed, also to folders, except to a folder that contains them. Folders without read permission count as
    empty.

    Args:
        folder: the folder to search.
        hidden: whether to include files and folders whose names begin with a dot.
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
    """Provide a file on local disk, for libraries that need one: itself, or a copy that is removed afterward.

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
    """Remove a file, on disk or on object storage, if it exists.

    Raises:
        OSError: it cannot be removed.
    """
    if not is_remote(path):
        path.unlink(missing_ok=True)
        return
    with suppress(FileNotFoundError), os_errors():
        cast(Any, path).fs.rm_file(cast(Any, path).path)


def remove_tree(folder: Path) -> None:
    """Remove a folder and its contents, on disk or on object storage, if it exists.

    Raises:
        OSError: it cannot be removed.
    """
    with suppress(FileNotFoundError), os_errors():
        if is_remote(folder):
            cast(Any, folder).fs.rm(cast(Any, folder).path, recursive=True)
        else:
            shutil.rmtree(folder)


def first_line(error: BaseException) -> str:
    """Return the first line of the message of an exception; its class if there is no message."""
    if isinstance(error, KeyError):  # whose message is only the key
        return f"{error} is missing"
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
