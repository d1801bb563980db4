"""Lock of a work folder against concurrent runs."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from tilegan.errors import OutputError
from tilegan.files import is_remote
from tilegan.images.output import explained

LOCK = "lock"
# disks without locks are allowed
WITHOUT_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP}


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
    lock = FileLock(journal / LOCK)
    try:
        journal.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise OutputError(f"another run is writing {journal.parent}: wait for it, or name another output") from None
    except OSError as error:
        if error.errno not in WITHOUT_LOCKS:
            raise explained(error, journal.parent.parent, "free some, then begin again") from error
    try:
        yield
    finally:
        lock.release()
