"""The kind `log`: an alert as a line of the program's own log. For a first start, and the last resort when nobody else can be told.

Nobody is woken by it. The subject stands at level info, the whole text, which quotes strangers, at debug; the link stands nowhere,
because it is one person's key and logs are read by many: `tocsin incident ID` shows the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from pydantic import BaseModel, ConfigDict

from alerting.base import Limits, Message, Receipt
from core.http import Fetcher

LIMITS = Limits()

log = structlog.get_logger()


class Options(BaseModel):
    """It has none."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Notifier:
    """Writes alerts to the log; never fails."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        del options, http, now

    async def send(self, message: Message) -> Receipt:
        """Write it down."""
        log.warning("alert", kind=message.kind, subject=message.subject, incident=message.incident_id, severity=message.severity)
        log.debug(
            "alert text",
            incident=message.incident_id,
            body=message.body if message.link is None else message.body.replace(message.link, "(link)"),
        )
        return Receipt(detail="written to the log")
