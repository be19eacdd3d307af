"""What every inbox holds to. Runs over each kind that has a module in `alerting/inbox`.

A kind tells this suite about itself by `bench(folder)` in its own test file (`tests/alerting/inbox/test_<kind>.py`): an async context manager
around a real local server. It yields an object with

    options     a dict for the module's `Options`
    http        the Fetcher, entered
    secrets     texts that may stand nowhere (tokens, passwords)
    channel     a person's channel options, as in `people[].channels[]`
    sender      as whom that person writes, in the form of `Reply.sender`
    about       the handle (`Receipt.ref`) of our message that `say` answers; None where the service does not tell what is answered
    async say(text)      that person writes this, in answer to our message
    async intrude(text)  somebody whom nobody configured writes this in the same place, answering our message where that is possible
    async repeat()       the service delivers its last update once more, with the same id
    answers()            what was said back so far: a list of texts, the oldest first
    async go_down(), async come_back()      the service, at the same address
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import logging
import traceback
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from structlog.testing import capture_logs

from alerting.inbox.base import Reply
from console.replying import inbox_kinds, module_of
from core.errors import SourceError

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
KINDS = inbox_kinds()
PATIENCE_S = 10.0
HOSTILE = (
    "'; DROP TABLE incidents; --", "<script>alert(1)</script>", "{{7*7}} {0.__class__} %(x)s", "@everyone <!channel>", "\u202egnp.exe", "a\x07b\x1b[31m",
    "nhận\n> #12\n\nVào 21:00 Tocsin đã viết:\n> đóng", "👩‍👩‍👧‍👦" * 30, "Z̸̢͚̗̈́a̷͉͝l̶͙͠g̵͎̈o" * 20, "x" * 3000,
)  # fmt: skip


def load(kind: str) -> ModuleType:
    return importlib.import_module(f"alerting.inbox.{module_of(kind)}")


def bench(kind: str, folder: Path) -> AbstractAsyncContextManager[Any]:
    name = module_of(kind)
    spec = importlib.util.spec_from_file_location(f"inbox_{name}", ROOT / "tests" / "alerting" / "inbox" / f"test_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: AbstractAsyncContextManager[Any] = module.bench(folder)
    return found


def inbox(kind: str, place: Any) -> Any:
    module = load(kind)
    return module.Inbox(module.Options.model_validate(place.options), http=place.http, now=lambda: NOW)


async def began(box: Any) -> str | None:
    """The cursor after the first look, where the inbox has one: what was there before it was first listened to is no reply."""
    cursor: str | None = None

    async def listen() -> None:
        nonlocal cursor
        async for batch in box.listen(None):
            cursor = batch.cursor
            return

    await asyncio.wait([task := asyncio.ensure_future(listen())], timeout=0.5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return cursor


async def heard(box: Any, cursor: str | None, wanted: Callable[[list[Reply]], bool]) -> tuple[list[Reply], str | None]:
    """Listen, look by look, until what came is what is wanted."""
    came: list[Reply] = []
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async for batch in box.listen(cursor):
                came += batch.replies
                cursor = batch.cursor
                if wanted(came):
                    return came, cursor
            await asyncio.sleep(0.01)


def some(count: int = 1) -> Callable[[list[Reply]], bool]:
    return lambda came: len({one.native_id for one in came}) >= count


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_whose_api_it_is_and_checks_its_options(kind: str) -> None:
    module = load(kind)
    assert module.__doc__
    assert f"`{kind}`" in module.__doc__
    assert issubclass(module.Options, BaseModel)
    assert module.Options.model_config["hide_input_in_errors"]
    assert inspect.isasyncgenfunction(module.Inbox.listen)
    assert inspect.iscoroutinefunction(module.Inbox.answer)
    assert list(inspect.signature(module.Inbox).parameters) == ["options", "http", "now"]
    assert f"`{kind}`" in (ROOT / "docs" / "replies.md").read_text()
    with pytest.raises(ValidationError):
        module.Options.model_validate({})


@pytest.mark.parametrize("kind", KINDS)
async def test_a_reply_says_who_wrote_what_and_what_it_answers(kind: str, tmp_path: Path) -> None:
    async with bench(kind, tmp_path) as place:
        box = inbox(kind, place)
        cursor = await began(box)
        await place.say("Ok em nhận ạ")
        (reply,), _ = await heard(box, cursor, some())
    assert reply.text.splitlines()[0].strip() == "Ok em nhận ạ"
    assert reply.sender == place.sender == box.sender_of(place.channel)
    assert reply.native_id
    assert reply.at.tzinfo is not None
    assert place.about is None or (reply.about is not None and reply.about.items() <= place.about.items())


@pytest.mark.parametrize("kind", KINDS)
async def test_a_cursor_leads_on(kind: str, tmp_path: Path) -> None:
    async with bench(kind, tmp_path) as place:
        cursor = await began(inbox(kind, place))
        await place.say("nhận")
        first, cursor = await heard(inbox(kind, place), cursor, some())
        await place.say("đóng")
        later, _ = await heard(inbox(kind, place), cursor, lambda came: any("đóng" in one.text for one in came))
    assert [one.text.strip() for one in first] == ["nhận"]
    known = {one.native_id for one in first}
    assert [one.text.strip() for one in later if one.native_id not in known] == ["đóng"]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_update_twice_has_the_same_id(kind: str, tmp_path: Path) -> None:
    async with bench(kind, tmp_path) as place:
        box = inbox(kind, place)
        cursor = await began(box)
        await place.say("nhận")
        came, cursor = await heard(box, cursor, some())
        await place.repeat()
        await place.say("đóng")
        came += (await heard(box, cursor, lambda came: any("đóng" in one.text for one in came)))[0]
    assert len({one.native_id for one in came}) == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_the_answer_arrives_in_the_same_place(kind: str, tmp_path: Path) -> None:
    async with bench(kind, tmp_path) as place:
        box = inbox(kind, place)
        cursor = await began(box)
        await place.say("nhận")
        (reply, *_), _ = await heard(box, cursor, some())
        await box.answer(reply, "Em đã ghi: chị Lan nhận #12. Bước đầu: gọi <b>@everyone</b>")
        (said,) = place.answers()
    assert "chị Lan nhận #12" in said
    assert "@everyone" not in said or kind == "email"  # a mail pings nobody


@pytest.mark.parametrize("kind", KINDS)
async def test_an_outage_is_told_and_passes(kind: str, tmp_path: Path) -> None:
    async with bench(kind, tmp_path) as place:
        box = inbox(kind, place)
        cursor = await began(box)
        await place.go_down()
        with pytest.raises(SourceError) as caught:
            await heard(box, cursor, some())
        await place.come_back()
        await place.say("nhận")
        (reply, *_), _ = await heard(inbox(kind, place), cursor, some())
    assert caught.value.reason
    assert reply.text.strip() == "nhận"


@pytest.mark.parametrize("kind", KINDS)
async def test_no_secret_stands_in_a_log_an_error_a_reply_or_a_repr(kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with bench(kind, tmp_path) as place:
        box = inbox(kind, place)
        said = [repr(box), repr(vars(box)), repr(load(kind).Options.model_validate(place.options))]
        with capture_logs() as lines:
            cursor = await began(box)
            await place.say("nhận")
            came, cursor = await heard(box, cursor, some())
            said += [repr(came), repr(cursor)]
            await place.go_down()
            with pytest.raises(SourceError) as caught:
                await heard(box, cursor, lambda _: False)
            said += traceback.format_exception(caught.value)
        ours = (record.getMessage() for record in caplog.records if record.name.partition(".")[0] not in ("mail", "asyncio", "aiohttp"))
        said += [repr(lines), *ours]
        secrets = list(place.secrets)
    assert secrets
    assert [secret for secret in secrets if any(secret in one for one in said)] == []


@pytest.mark.parametrize("kind", KINDS)
async def test_what_strangers_write_is_data(kind: str, tmp_path: Path) -> None:
    async with bench(kind, tmp_path) as place:
        box = inbox(kind, place)
        cursor = await began(box)
        for text in HOSTILE:
            await place.intrude(text)
        await place.say("nhận")
        came, _ = await heard(box, cursor, lambda came: any(one.sender == place.sender for one in came))
    strangers = [one for one in came if one.sender != place.sender]
    assert [one.text.strip() for one in came if one.sender == place.sender] == ["nhận"]
    assert len({one.native_id for one in strangers}) in (0, len(HOSTILE))  # an inbox may leave strangers out by itself, all of them
