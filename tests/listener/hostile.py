"""What a parser could be made to do, for the tests of its confinement."""

from __future__ import annotations

import os
import re
import signal
import time
from datetime import datetime
from pathlib import Path

import msgspec

from core.errors import SourceUnreadable


class Read(msgspec.Struct, frozen=True):
    words: tuple[str, ...]
    at: datetime | None = None


def well(text: str, raw: bytes, at: str) -> Read:
    return Read((text.upper(), raw.decode()), datetime.fromisoformat(at))


def pid() -> int:
    return os.getpid()


def unreadable(text: str) -> Read:
    raise SourceUnreadable("somewhere", f"no feed: {len(text)} characters")


def stumbles() -> Read:
    raise KeyError("x")


def spins() -> Read:
    re.match(r"(a+)+$", "a" * 60 + "!")
    return Read(())


def hangs() -> Read:
    time.sleep(60)
    return Read(())


def swells() -> Read:
    return Read((str(len(bytearray(800_000_000))),))


def crashes() -> Read:
    os.kill(os.getpid(), signal.SIGSEGV)
    return Read(())


def lies() -> Read:
    return ("not", "a", "record")  # type: ignore[return-value]


def chatters() -> Read:
    print("warning: odd feed")
    return Read(("fine",))


def environment() -> list[str]:
    return sorted(os.environ)


def writes(path: str) -> Read:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    Path(path).write_text("x" * 10_000)
    return Read(())
