"""Every error and warning of the project; each error is also the builtin that fits it."""


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
