"""Every error and warning of the project, and how their texts count; each error is also the builtin that fits it."""


class TileganError(Exception):
    """Root of all errors that a user can cause or mend; its text is one line."""


class ImageError(TileganError, OSError):
    """An image cannot be found, opened or decoded."""


class ModelError(TileganError, ValueError):
    """A file is not a tilegan model, or it cannot do what is asked of it."""


class SettingError(TileganError, ValueError):
    """A setting has a value that cannot work."""


class DatasetError(TileganError, ValueError):
    """A folder holds no image that can be trained on."""


class OutputError(TileganError, OSError):
    """A result cannot be written: no room, no permission, an unknown format."""


class OutputExistsError(OutputError, FileExistsError):
    """A result is there already and may not be replaced unasked."""


class ResumeError(TileganError, ValueError):
    """What is to be resumed was begun with another source, model or setting."""


class TooLittleMemoryError(TileganError, MemoryError):
    """Not even the least window fits."""


class WorkerError(TileganError, RuntimeError):
    """A cluster has no workers, or they die."""


class TrainingError(TileganError, RuntimeError):
    """Training cannot go on, such as when a loss is no longer a number."""


class TileganWarning(UserWarning):
    """Root of all warnings."""


class SkippedImageWarning(TileganWarning):
    """An image of a training folder is left out."""


class CollapseWarning(TileganWarning):
    """A training has lost the variety of its sources."""


def ordinal(number: int) -> str:
    """A whole number, 0 or more, as it is said of a place: 1st, 2nd, 3rd, 4th, 11th, 21st."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"
