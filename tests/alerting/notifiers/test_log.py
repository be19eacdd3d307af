"""The last resort writes down what there is to write, and no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import structlog
from structlog.testing import capture_logs

from alerting.base import Message
from alerting.notifiers.log import Notifier, Options
from core.http import Fetcher

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
LINK = "http://127.0.0.1:8765/i/secret-token"


class Bench:
    """What the contract suite asks of this kind."""

    options: ClassVar[dict[str, Any]] = {}
    secrets = ("secret-token",)
    fails = False
    permanent = False
    http = Fetcher(now=lambda: AT)

    def __init__(self, lines: list[Any]) -> None:
        self._lines = lines

    def received(self) -> list[dict[str, str]]:
        return [{"subject": line["subject"], "text": ""} for line in self._lines if line["event"] == "alert"]


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    structlog.reset_defaults()
    with capture_logs() as lines:
        yield Bench(lines)


async def test_the_subject_is_a_warning_the_text_is_debug_and_the_link_is_nowhere() -> None:
    message = Message(
        kind="page",
        subject="[MAJOR] INCIDENT #12",
        body=f"quote\n{LINK}",
        short="s",
        language="en",
        idempotency_key="k",
        thread_key="t",
        link=LINK,
        incident_id=12,
    )
    with capture_logs() as lines:
        receipt = await Notifier(Options(), http=Bench.http, now=lambda: AT).send(message)
    assert [(line["log_level"], line.get("subject"), line.get("body")) for line in lines] == [
        ("warning", "[MAJOR] INCIDENT #12", None), ("debug", None, "quote\n(link)"),
    ]  # fmt: skip
    assert receipt.detail == "written to the log"
