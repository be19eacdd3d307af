"""What a reply was read as."""

from __future__ import annotations

from datetime import time, timedelta

from msgspec.structs import replace

from alerting.inbox.vocabulary import Verb
from core.records import Record, Severity


class Command(Record, frozen=True, kw_only=True, gc=False):
    """What is wanted. `text` is what was said beside it, as it was written: a reason, a note, a name that nobody has. `reason` a key of `reason.*`.

    `people`: the ids of those whose name stands there; several where it is shared. `number`: a step, or the incident to merge into. `firm` is
    false for words of everyday talk, which count only where an incident is named or one of our messages is answered.
    """

    verb: Verb
    incident_id: int | None = None
    text: str = ""
    reason: str | None = None
    people: tuple[str, ...] = ()
    number: int | None = None
    length: timedelta | None = None
    clock: time | None = None
    severity: Severity | None = None
    firm: bool = True

    def about(self, incident_id: int) -> Command:
        """The same, of this incident."""
        return replace(self, incident_id=incident_id)


class Hint(Record, frozen=True, kw_only=True, gc=False):
    """Somebody has read it, and has said no more."""
