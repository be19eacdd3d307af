"""Connections to Slack: opened, followed, confirmed in time; and what is told when they cannot be."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from alerting import slack_socket
from alerting.inbox.base import Batch
from alerting.inbox.slack import Inbox, Options
from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from tests.alerting.slack_people import Workspace
from tests.alerting.strict import AT, running


@pytest.fixture
async def place() -> AsyncIterator[Workspace]:
    async with running(Workspace()) as found:
        yield found


def inbox(place: Workspace) -> Inbox:
    return Inbox(Options.model_validate(place.options), http=place.http, now=lambda: AT)


async def heard(place: Workspace) -> list[Batch]:
    """The next batches with a reply in them, up to a direct message that is the last."""
    await place.write("hết", channel="D0LAN")
    came: list[Batch] = []
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for batch in batches:
            if any(reply.text == "hết" for reply in batch.replies):
                break
            came += [batch] if batch.replies else []
    return came


async def test_an_envelope_is_confirmed_when_its_reply_is_in_good_hands_and_comes_again_when_it_is_not(place: Workspace) -> None:
    await place.say("nhận")
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for batch in batches:
            if batch.replies:
                break
    assert len(place.waiting) == 1  # whoever had it went away before it was kept
    (again,) = await heard(place)
    assert again == batch
    assert len(place.waiting) == 1  # the last message of `heard`


async def test_a_slow_hand_does_not_make_an_envelope_late(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_socket, "CONFIRM_S", 0.05)
    await place.say("nhận")
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for batch in batches:
            if batch.replies:
                await place.settle()
                break
    assert place.confirmed


async def test_what_is_not_for_us_is_confirmed_too(place: Workspace) -> None:
    await place.write("trưa nay ăn gì?")
    await place.happen("something_new", {})
    await heard(place)
    assert len(place.confirmed) == 2


async def test_a_connection_that_will_end_is_followed_before_it_does(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_socket, "BETWEEN_S", 0.0)
    came: list[Batch] = []
    async with asyncio.timeout(5), aclosing(inbox(place).listen("c")) as batches:
        async for batch in batches:
            came.append(batch)
            if len(came) == 1:
                await place.disconnect("warning")
            elif len(came) == 2:
                assert len(place.sockets) == 2
                await place.disconnect("refresh_requested", close=True)
                await place.say("nhận")
            elif batch.replies:
                break
    assert [one.text for batch in came for one in batch.replies] == ["nhận"]
    assert {one.cursor for one in came} == {"c"}


async def test_a_connection_that_breaks_early_is_told_and_a_good_one_is_replaced(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken_after_hello() -> None:
        async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
            async for batch in batches:
                if batch.replies:
                    return
                await place.sockets[0].close(code=1011)
                await place.say("nhận")

    with pytest.raises(SourceUnavailable, match="1011"):
        await broken_after_hello()
    monkeypatch.setattr(slack_socket, "GOOD_S", 0.0)
    monkeypatch.setattr(slack_socket, "BETWEEN_S", 0.0)
    await broken_after_hello()


async def test_socket_mode_switched_off_is_for_a_human_to_mend(place: Workspace) -> None:
    async def listen() -> None:
        async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
            async for _ in batches:
                await place.disconnect("link_disabled")

    with pytest.raises(SourceRejected, match="Socket Mode is switched off"):
        await listen()


@pytest.mark.parametrize(
    ("refusal", "kind", "says"),
    [
        ("invalid_auth", SourceRejected, "connections:write"),
        ("not_allowed_token_type", SourceRejected, "connections:write"),
        ("internal_error", SourceUnavailable, "internal_error"),
        ((429, {"Retry-After": "7"}), SourceUnavailable, "429"),
    ],
)
async def test_why_no_connection_opens_is_told(place: Workspace, refusal: Any, kind: type[Exception], says: str) -> None:
    place.refusals = [refusal]
    with pytest.raises(kind, match=says):
        await heard(place)


async def test_a_place_that_does_not_say_hello_is_not_slack(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_socket, "HELLO_S", 0.05)
    place.greets = False
    with pytest.raises(SourceUnreadable, match="hello"):
        await heard(place)


@pytest.mark.parametrize("status", [403, 503])
async def test_a_handshake_that_fails_passes(place: Workspace, status: int) -> None:
    place.handshake = status
    with pytest.raises(SourceUnavailable, match=str(status)) as caught:
        await heard(place)
    assert "ticket-" not in "".join(traceback.format_exception(caught.value))
