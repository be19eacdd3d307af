"""What is known of a source besides its configuration."""

from __future__ import annotations

from datetime import datetime

from core.records import Record


class SourceState(Record, frozen=True, kw_only=True, gc=False):
    """What is known of a source besides its configuration; it is paused while the operator has to mend something.

    `usual_gap_s`: seconds between its mentions; `usual_delay_s`: from publication to hearing; None until learnt. `failures`: polls in a row.
    `every_s`: the interval in force, learnt within what the operator allows. `missed`: the last look was "capped" or "partial".
    """

    id: str
    kind: str
    cursor: str | None = None
    first_poll_at: datetime | None = None
    next_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_mention_at: datetime | None = None
    failures: int = 0
    last_error: str | None = None
    paused_because: str | None = None
    usual_gap_s: float | None = None
    usual_delay_s: float | None = None
    mentions: int = 0
    claimed_until: datetime | None = None
    attempt: int = 0
    every_s: float | None = None
    missed: str | None = None
    quota_left: float | None = None
    quota_resets_at: datetime | None = None
    hub: str | None = None
