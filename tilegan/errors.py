"""All errors and warnings of the project, and parts of messages; errors also derive from builtin ones."""


class TileganError(Exception):
    """Base class of all errors that a user can cause or fix; the message is one line."""


class ImageError(TileganError, OSError):
    """An image cannot be found, opened or decoded."""


class ModelError(TileganError, ValueError):
    """A file is not a tilegan model, or the model does not support the request."""


class SettingError(TileganError, ValueError):
    """A setting has an invalid value."""


class DatasetError(TileganError, ValueError):
    """A folder has no usable training images."""


class OutputError(TileganError, OSError):
    """A result cannot be written: no space, no permission, an unknown format."""


class OutputExistsError(OutputError, FileExistsError):
    """A result exists already and may not be replaced without request."""


class ResumeError(TileganError, ValueError):
    """The work to be resumed was started with another source, model or setting."""


class TooLittleMemoryError(TileganError, MemoryError):
    """Not even the smallest window fits into memory."""


class WorkerError(TileganError, RuntimeError):
    """A cluster has no workers, or they die."""


class TrainingError(TileganError, RuntimeError):
    """Training cannot continue, for example because a loss is not finite."""


class TileganWarning(UserWarning):
    """Base class of all warnings."""


class SkippedImageWarning(TileganWarning):
    """An image of a training folder is skipped."""


class CollapseWarning(TileganWarning):
    """The outputs of a training have lost the variety of the sources."""


def ordinal(number: int) -> str:
    """Return a non-negative integer as an ordinal: 1st, 2nd, 3rd, 4th, 11th, 21st."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def shown(value: object) -> str:
    """Return a name or text of a file as one line can show it: unprintable characters are escaped."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(value))
