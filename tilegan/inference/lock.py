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
    """Lock a work folder against other runs; the system releases the lock when the process ends, in any way.

    There is no lock on object storage, since nothing would release it after a kill: two runs on one output are not
    detected there.

    Args:
        journal: folder of the journal, for the lock file; created if it does not exist.

    Raises:
        OutputError: another run holds the lock, or the lock file cannot be written.
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
            raise explained(error, journal.parent.parent, "free some, then start again") from error
    try:
        yield
    finally:
        lock.release()
