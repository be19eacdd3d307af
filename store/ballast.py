"""Sixteen megabytes in hand: a file beside the database that is given up when the disk is full, so that what must be written still can be (R18)."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from typing import Final

SIZE: Final = 16 * 1024 * 1024
_ERRORS: Final = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
)  # full; a quota or limit; mounted read-only by then
_PRIMARY: Final = 0xFF  # of an extended error code
_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


class Ballast:
    """The file, `NAME.ballast` beside a database.

    Args:
        database: the database's file.
        size: in bytes.
    """

    def __init__(self, database: Path, size: int = SIZE) -> None:
        self.folder = database.parent
        self._path = database.with_name(f"{database.name}.ballast")
        self._size = size

    @property
    def is_laid(self) -> bool:
        """Whether it is there, whole."""
        try:
            return self._path.stat().st_size >= self._size
        except OSError:
            return False

    def lay(self) -> bool:
        """Make it, of real blocks, where it is missing; False where there is no room for it."""
        if self.is_laid:
            return True
        try:
            with self._path.open("wb") as file:
                for _ in range(0, self._size, 1024 * 1024):
                    file.write(bytes(1024 * 1024))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self._path.unlink(missing_ok=True)
            return False
        return True

    def give_up(self) -> bool:
        """Give its room back to the disk; whether there was any to give."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True


def is_out_of_room(error: BaseException | None) -> bool:
    """Whether something failed because nothing more can be written: the disk is full, a quota or a limit is reached, it is read-only."""
    error = getattr(error, "orig", None) or error
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _ERRORS
    return isinstance(error, OSError) and error.errno in _ERRNOS
