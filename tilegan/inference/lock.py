"""One run at a time on one work folder."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tilegan.errors import OutputError
from tilegan.files import is_remote
from tilegan.images.output import explained

LOCK = "lock"


@contextmanager
def locked(journal: Path) -> Iterator[None]:
    """Keep other runs out of a work folder; the system lets go of it when the process ends, however it ends.

    Nobody lets go of an object for a killed run, so that on object storage there is no lock: there two runs on one
    output are not kept apart.

    Args:
        journal: the journal's folder in it, where the lock file lies; made if it is not there.

    Raises:
        OutputError: another run holds it, or it cannot be written.
    """
    if is_remote(journal):
        yield
        return
    try:
        journal.mkdir(parents=True, exist_ok=True)
        file = (journal / LOCK).open("w")
    except OSError as error:
        raise explained(error, journal.parent.parent, "free some, then begin again") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lost = not os.fstat(file.fileno()).st_nlink  # its last holder has just removed it
        except OSError as error:
            # other errors: a disk that knows no locks is no reason not to work
            lost = error.errno in (errno.EWOULDBLOCK, errno.EACCES)
        if lost:
            raise OutputError(f"another run is writing {journal.parent}: wait for it, or name another output")
        yield
