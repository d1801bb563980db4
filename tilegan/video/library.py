"""PyAV, the library that reads and writes videos (extra ``video``): imported here, at first use."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from tilegan.errors import ImageError, OutputError, SettingError
from tilegan.files import first_line


def library() -> ModuleType:
    """Return PyAV, silent on stderr.

    Raises:
        SettingError: the extra is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise SettingError("videos need the extra video: pip install 'tilegan[video]'") from error
    av.logging.set_level(None)
    return av


@contextmanager
def errors_of_reading(what: str, invalid: str = "") -> Iterator[None]:
    """Convert errors of PyAV while a clip is read.

    Args:
        what: beginning of the message: what could not be done with which file.
        invalid: end of the message if data are invalid; PyAV's if empty.

    Raises:
        ImageError: replaces them, as one line.
    """
    with _converted(ImageError, what, invalid):
        yield


@contextmanager
def errors_of_writing(what: str) -> Iterator[None]:
    """Convert errors of PyAV while a video is written; those of the disk are left to who knows the folder.

    Raises:
        OutputError: replaces them, as one line.
    """
    with _converted(OutputError, what):
        yield


@contextmanager
def _converted(kind: type[ImageError] | type[OutputError], what: str, invalid: str = "") -> Iterator[None]:
    from av.error import FFmpegError, InvalidDataError

    try:
        yield
    except FFmpegError as error:
        reason = (error.strerror or first_line(error)).lower()
        raise kind(f"{what}: {invalid if invalid and isinstance(error, InvalidDataError) else reason}") from error
