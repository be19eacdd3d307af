"""A page in Zalo, by a bot and by an Official Account, to a Zalo that checks every call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from alerting.base import Message
from alerting.notifiers.zalo import LIMITS, Notifier, Options
from core.errors import DeliveryFailed
from core.http import Fetcher, Limits
from tests.alerting.telegram_server import alive
from tests.alerting.zalo_server import APP, SECRET, TOKEN, Zalo, units

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
LAN = "6ede9afa66b88fe6d6a9"
LINK = "https://tocsin.acme.example/i/abc.def"
MESSAGE = Message(
    kind="page", subject="[KHẨN CẤP] SỰ CỐ #12 Acme 🔥", body=f"Ấm Acme nổ\nXem: {LINK}\nMã: K7P2", short=f"[KHẨN CẤP] SỰ CỐ #12 Acme 🔥 {LINK} K7P2",
    language="vi", idempotency_key="k" * 64, thread_key="t", link=LINK, ack_code="K7P2", incident_id=12, severity="critical",
)  # fmt: skip


class Bench:
    """What the contract suite asks of this kind."""

    secrets = (TOKEN, TOKEN.partition(":")[2], SECRET)
    fails = True
    permanent = True

    def __init__(self, folder: Path) -> None:
        self.zalo = Zalo()
        self.http: Fetcher
        self.tokens = folder / "zalo.json"

    @property
    def options(self) -> dict[str, Any]:
        return {"token": TOKEN, "user": LAN, "api": self.zalo.api}

    @property
    def account(self) -> dict[str, Any]:
        if not self.tokens.exists():
            self.tokens.write_text(json.dumps({"refresh_token": "r0"}))
            self.tokens.chmod(0o600)
        return {
            "app_id": int(APP),
            "secret_key": SECRET,
            "tokens_file": str(self.tokens),
            "user": 4572947693969771653,
            "api": self.zalo.api,
            "oauth": self.zalo.api,
        }

    def received(self) -> list[dict[str, Any]]:
        found = []
        for one in self.zalo.phones:
            subject, _, rest = one["text"].partition("\n")
            found.append({"subject": subject, "text": rest, "whole": one["text"], "alive": alive(one["text"])})
        return found

    async def refuse(self) -> None:
        self.zalo.always = (200, 401, "Unauthorized")

    async def go_down(self) -> None:
        await self.zalo.server.close()


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    place = Bench(folder)
    async with place.zalo.server, Fetcher(now=lambda: AT, allow=[place.zalo.pair], limits=Limits(total_s=5)) as place.http:
        yield place
    assert place.zalo.faults == []


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as found:
        yield found


def by_bot(place: Bench, **options: Any) -> Notifier:
    return Notifier(Options.model_validate(place.options | options), http=place.http, now=lambda: AT)


def by_account(place: Bench) -> Notifier:
    return Notifier(Options.model_validate(place.account), http=place.http, now=lambda: AT)


async def test_a_bot_sends_the_whole_text_with_a_bold_first_line(place: Bench) -> None:
    receipt = await by_bot(place).send(MESSAGE)
    assert place.zalo.calls == [
        (
            "sendMessage",
            {
                "chat_id": LAN,
                "text": f"{MESSAGE.subject}\n{MESSAGE.body}",
                "text_styles": [{"start": 0, "len": units(MESSAGE.subject), "st": ["b"]}],
            },
        )
    ]
    assert receipt.ref == {"chat": LAN, "message": "s1"}
    assert receipt.id == "s1"


@pytest.mark.parametrize("way", [by_bot, by_account])
async def test_a_text_that_is_too_long_is_cut_and_keeps_link_and_code(place: Bench, way: Any) -> None:
    await way(place).send(replace(MESSAGE, body="👨‍👩‍👧‍👦" * 1500))
    (said,) = place.received()
    assert 1989 <= units(said["whole"]) <= 2000
    assert LINK in said["whole"]
    assert "K7P2" in said["whole"]


async def test_a_bad_request_goes_out_once_more_as_plain_text(place: Bench) -> None:
    place.zalo.refusals = [(200, 400, "text_styles is invalid")]
    receipt = await by_bot(place).send(MESSAGE)
    assert [sorted(fields) for _, fields in place.zalo.calls] == [["chat_id", "text", "text_styles"], ["chat_id", "text"]]
    assert receipt.id == "s1"


@pytest.mark.parametrize(
    ("status", "code", "permanent", "ambiguous", "calls"),
    [
        (200, 401, True, False, 1), (401, 401, True, False, 1), (200, 404, True, False, 1), (200, 400, True, False, 2), (200, 429, False, False, 1),
        (200, 403, False, True, 1), (200, 408, False, True, 1), (502, 502, False, True, 1), (200, 200, False, True, 1),
    ],
)  # fmt: skip
async def test_each_code_of_the_bot_platform_means_what_its_table_says(
    place: Bench, status: int, code: int, permanent: bool, ambiguous: bool, calls: int
) -> None:
    place.zalo.always = (status, code, "said by Zalo")
    with pytest.raises(DeliveryFailed) as caught:
        await by_bot(place).send(MESSAGE)
    assert (caught.value.permanent, caught.value.ambiguous) == (permanent, ambiguous)
    assert len(place.zalo.calls) == calls
    assert ("ask Zalo Bot Manager" if code == 401 else "said by Zalo") in caught.value.reason


async def test_an_account_exchanges_its_tokens_and_keeps_the_new_ones(place: Bench) -> None:
    first = await by_account(place).send(MESSAGE)
    await by_account(place).send(MESSAGE)
    assert [name for name, _ in place.zalo.calls] == ["login", "advise", "advise"]
    assert place.zalo.calls[1][1] == {
        "recipient": {"user_id": "4572947693969771653"},
        "message": {"text": f"{MESSAGE.subject}\n{MESSAGE.body}"},
    }
    assert json.loads(place.tokens.read_text())["refresh_token"] == "r1"
    assert first.id == "s1"


@pytest.mark.parametrize("code", [-216, -220, -124])
async def test_a_token_that_is_taken_no_more_is_exchanged_once(place: Bench, code: int) -> None:
    sender = by_account(place)
    place.zalo.codes = [code]
    assert (await sender.send(MESSAGE)).id == "s1"
    place.zalo.codes = [code, code]
    with pytest.raises(DeliveryFailed, match="log in again") as caught:
        await sender.send(MESSAGE)
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("code", "says", "permanent", "waits"),
    [
        (-230, "has not written to the account for 7 days", True, None),
        (-232, "must write to it first", True, None),
        (-213, "does not follow", True, None),
        (-211, "quota is used up", True, None),
        (-32, "said by Zalo", False, 60.0),
        (-100, "said by Zalo", False, None),
    ],
)
async def test_an_error_inside_an_answer_of_status_200_is_one(
    place: Bench, code: int, says: str, permanent: bool, waits: float | None
) -> None:
    place.zalo.codes = [code]
    with pytest.raises(DeliveryFailed, match=says) as caught:
        await by_account(place).send(MESSAGE)
    assert (caught.value.permanent, caught.value.ambiguous, caught.value.retry_after_s) == (permanent, False, waits)
    assert place.received() == []


async def test_an_account_that_must_log_in_again_says_so_and_shows_no_secret(place: Bench) -> None:
    sender = by_account(place)
    place.zalo.refresh = "r9"
    with pytest.raises(DeliveryFailed, match="log in again and put the new one into `tokens_file`") as caught:
        await sender.send(MESSAGE)
    assert caught.value.permanent
    assert caught.value.__context__ is None
    assert SECRET not in repr(vars(sender)) + repr(Options.model_validate(place.account))


async def test_a_gateway_that_answers_for_the_account_is_ambiguous(place: Bench) -> None:
    sender = by_account(place)
    await sender.send(MESSAGE)
    place.zalo.always = (502, 0, "")
    with pytest.raises(DeliveryFailed) as caught:
        await sender.send(MESSAGE)
    assert caught.value.ambiguous


def test_it_is_never_the_only_way_to_a_person() -> None:
    assert not LIMITS.initiates
    assert LIMITS.free_hours == 48


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"user": "a"}, "set `token`"),
        ({"user": "a", "token": TOKEN, "app_id": APP}, "set `token`"),
        ({"user": "a", "app_id": APP, "secret_key": SECRET}, "set `token`"),
        ({"user": "a", "token": "no"}, "as Zalo Bot Manager gives it"),
        ({"token": TOKEN}, "Field required"),
        ({"user": "a", "token": TOKEN, "api": "ftp://x"}, "http or https"),
    ],
)
def test_wrong_options_say_how_to_mend_them(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Options.model_validate(options)
