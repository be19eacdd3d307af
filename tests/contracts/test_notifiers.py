"""What every kind of notifier holds to. Runs over each module found in `alerting/notifiers`.

A kind tells this suite about itself by `bench(folder)` in its own test file: an async context manager around a real local server. It yields
an object with `options` (a dict), `http`, `secrets` (texts that may stand nowhere), `received()` (a dict of "subject", "text" and, where
there are some, "html", "buttons" (their labels), "whole" (all that is shown as text) and "alive" (what the service itself makes a link, a ping or a command)
for each delivery as it stands now), `fails` (whether the kind can fail), and where it does `refuse()` (from now on the server refuses for
good), `permanent` (whether the kind can tell so) and `go_down()`; `begins` where a page begins otherwise there than by its subject.
"""

from __future__ import annotations

import base64
import importlib
import importlib.util
import inspect
import logging
import re
import traceback
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from lxml import html as lxml_html
from msgspec.structs import replace
from pydantic import BaseModel, ValidationError
from structlog.testing import capture_logs

from alerting.base import Message, Receipt
from alerting.buttons import buttons
from alerting.coverage import Coverage, SourceCoverage
from alerting.message import Briefing, Reader, compose
from core.errors import DeliveryFailed
from core.records import Incident, Notification, Words
from playbooks.quote import Quote
from tests.contracts.hostile import PAYLOADS

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # one of Apprise's plugins, not ours

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
LINK = "http://127.0.0.1:8765/i/WyJhYmMi.sig-nature"
KINDS = sorted(path.stem for path in (ROOT / "alerting" / "notifiers").glob("*.py") if path.stem != "__init__")
LIVE = re.compile(
    r"https?:|://|[@﹫<>`＜＞]|\b(?:javascript|data|mailto|tel):|[^\s.…“(][.。．｡․﹒][^\W\d_]|\]\(|&#|&\w+;|(?<![\w/])/[a-z0-9_]|\\\\\w"
    r"|[\x00-\x09\x0b-\x1f\u200b\u202a-\u202e]",
    re.IGNORECASE,
)
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=")
EACH = 9  # payloads of one page
LETTERS = ("👩\u200d👩\u200d👧", "x\u0323\u0309", "🇻🇳")  # as people see them, each of several code points
BUTTONS = {
    one.label
    for one in buttons(
        Message(kind="page", subject="", body="", short="", language="vi", idempotency_key="", thread_key="", incident_id=12)
    )
}


def load(kind: str) -> ModuleType:
    return importlib.import_module(f"alerting.notifiers.{kind}")


def bench(kind: str, folder: Path) -> AbstractAsyncContextManager[Any]:
    spec = importlib.util.spec_from_file_location(f"bench_{kind}", ROOT / "tests" / "alerting" / "notifiers" / f"test_{kind}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: AbstractAsyncContextManager[Any] = module.bench(folder)
    return found


def notifier(kind: str, place: Any) -> Any:
    module = load(kind)
    return module.Notifier(module.Options.model_validate(place.options), http=place.http, now=lambda: NOW)


def page(*said: str) -> Message:
    """A page with what strangers said (up to `EACH`): its title, three quotes with their authors and sources, and why a source is not heard."""
    texts = said or ("Ấm Acme nổ", "an")
    note, person, why = (texts[n % len(texts)] for n in range(3))
    incident = Incident(
        key="topic:acme|attention|-", kind="missed", severity="major", opened_at=NOW, last_signal_at=NOW, id=12, topic_id="acme",
        words=Words(key="signal.missed", args={"topic": "Acme", "note": note, "person": person}),
    )  # fmt: skip
    notification = Notification(key="a1" * 32, incident_id=12, kind="page", person="lan", channel="x", due_at=NOW, planned_at=NOW)
    three = ([texts[(3 * n + place) % len(texts)] for place in range(3)] for n in range(3))
    quotes = tuple(
        Quote(mention_id=n, at=NOW, source_id=source, author=author, text=text) for n, (text, author, source) in enumerate(three)
    )
    lost = SourceCoverage(source_id=person, state="blind", since=NOW, why=why)
    deaf = Coverage(start=NOW, end=NOW, sources=(lost,))
    return compose(
        Briefing(incident=incident, quotes=quotes, coverage=deaf),
        notification,
        Reader(person="lan", name="Lan"),
        link=LINK,
        ack_code="K7P2",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_whose_api_it_is_and_checks_its_options(kind: str) -> None:
    module = load(kind)
    assert module.__doc__
    assert f"`{kind}`" in module.__doc__
    assert issubclass(module.Options, BaseModel)
    assert module.Options.model_config["extra"] == "forbid"
    assert module.Options.model_config["hide_input_in_errors"]
    assert inspect.iscoroutinefunction(module.Notifier.send)
    assert list(inspect.signature(module.Notifier).parameters) == ["options", "http", "now"]
    assert kind in (ROOT / "docs" / "notifiers.md").read_text()
    with pytest.raises(ValidationError):
        module.Options.model_validate({"no such option": "sesame"})


@pytest.mark.parametrize("kind", KINDS)
async def test_it_delivers_once_and_gives_a_receipt(kind: str, tmp_path: Path) -> None:
    async with bench(kind, tmp_path) as place:
        receipt = await notifier(kind, place).send(page())
        received = place.received()
    assert isinstance(receipt, Receipt)
    assert receipt.detail
    assert len(received) == 1
    assert received[0]["subject"].startswith(getattr(place, "begins", "[NGHIÊM TRỌNG] SỰ CỐ #12 Acme"))
    assert received[0]["text"] in ("", page().body)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_refusal_is_told(kind: str, tmp_path: Path) -> None:
    async with bench(kind, tmp_path) as place:
        if not place.fails:
            pytest.skip(f"{kind} cannot fail")
        await place.refuse()
        with pytest.raises(DeliveryFailed) as caught:
            await notifier(kind, place).send(page())
    assert caught.value.permanent is place.permanent
    assert caught.value.permanent or caught.value.ambiguous  # who cannot tell says that it may have arrived


@pytest.mark.parametrize("kind", KINDS)
async def test_an_outage_passes(kind: str, tmp_path: Path) -> None:
    async with bench(kind, tmp_path) as place:
        if not place.fails:
            pytest.skip(f"{kind} cannot fail")
        sender = notifier(kind, place)
        options_while_up = place.options
        await place.go_down()
        assert options_while_up
        with pytest.raises(DeliveryFailed) as caught:
            await sender.send(page())
    assert not caught.value.permanent
    assert caught.value.reason


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", ["up", "refusing", "down"])
async def test_no_secret_stands_in_a_log_an_error_a_receipt_or_a_repr(
    kind: str, state: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with bench(kind, tmp_path) as place:
        if state != "up" and not place.fails:
            pytest.skip(f"{kind} cannot fail")
        sender = notifier(kind, place)
        said = [repr(sender), repr(vars(sender)), repr(load(kind).Options.model_validate(place.options))]
        if state != "up":
            await (place.refuse() if state == "refusing" else place.go_down())
        with capture_logs() as lines:
            try:
                said.append(repr(await sender.send(page())))
            except DeliveryFailed as error:
                said += traceback.format_exception(error)
        said += [
            repr(lines),
            *(record.getMessage() for record in caplog.records if record.name.partition(".")[0] not in ("mail", "asyncio", "aiohttp")),
        ]
        secrets = [*place.secrets, "sig-nature"]
    assert [secret for secret in secrets if any(secret in one for one in said)] == []


@pytest.mark.parametrize("kind", KINDS)
async def test_what_strangers_write_arrives_dead(kind: str, tmp_path: Path) -> None:
    assert len(set(PAYLOADS)) >= 200
    payloads = [PAYLOADS[at : at + EACH] for at in range(0, len(PAYLOADS), EACH)]
    async with bench(kind, tmp_path) as place:
        sender = notifier(kind, place)
        for one in payloads:
            await sender.send(page(*one))
        received = place.received()
    assert len(received) == len(payloads)
    for payload, one in zip(payloads, received, strict=True):
        for part in (one["subject"], one["text"].replace(LINK, "")):
            assert LIVE.search(part) is None, (payload, part)
        assert [each for each in one.get("alive", ()) if LINK not in each] == [], payload
        if "html" in one:
            tree = lxml_html.document_fromstring(one["html"])
            assert {element.tag for element in tree.iter()} <= {"html", "head", "meta", "body", "h1", "p", "br", "a", "strong"}
            assert {link for _, _, link, _ in tree.iterlinks()} == {LINK}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if load(kind).LIMITS.chars is not None and not load(kind).LIMITS.rings])
async def test_a_text_that_is_too_long_keeps_its_link_and_code_and_no_character_is_cut_in_two(kind: str, tmp_path: Path) -> None:
    async with bench(kind, tmp_path) as place:
        for letter in LETTERS:
            await notifier(kind, place).send(replace(page(), body=f"{letter * 4000}\n{LINK}\nK7P2"))
        received = [one.get("whole") or one["text"] or one["subject"] for one in place.received()]
    assert len(received) == len(LETTERS)
    for said, letter in zip(received, LETTERS, strict=True):
        assert LINK in said
        assert "K7P2" in said
        assert len(said) <= load(kind).LIMITS.chars
        assert not set(said.replace(letter, "")) & set("👩👧\u200d\u0323\u0309")


@pytest.mark.parametrize("kind", KINDS)
async def test_what_its_limits_promise_it_does(kind: str, tmp_path: Path) -> None:
    module = load(kind)
    limits = module.LIMITS
    async with bench(kind, tmp_path) as place:
        sender = notifier(kind, place)
        receipt = await sender.send(page())
        sent = place.received()[-1]
        assert hasattr(sender, "edit") is limits.edits
        assert limits.initiates or limits.answers  # who cannot speak first is there to answer
        if limits.buttons:
            assert set(sent["buttons"]) >= BUTTONS
        if limits.edits:
            taken = replace(page(), kind="update", subject="SỰ CỐ #12: Lan đang lo", body="Lan đang lo", short="SỰ CỐ #12: Lan đang lo")
            assert receipt.ref is not None
            assert msgspec.json.decode(msgspec.json.encode(receipt.ref)) == receipt.ref  # it is kept as JSON
            await sender.edit(taken, receipt.ref)
            now = place.received()[-1]
            assert "Lan đang lo" in now["subject"] + now["text"]
            assert "Ấm Acme nổ" not in now["text"]
            assert not BUTTONS & set(now.get("buttons", ()))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if load(kind).LIMITS.pictures])
async def test_a_page_with_a_picture_arrives_with_all_its_words(kind: str, tmp_path: Path) -> None:
    async with bench(kind, tmp_path) as place:
        receipt = await notifier(kind, place).send(replace(page(), picture=PNG, picture_says="Lượt nhắc theo giờ"))
        shown = [one.get("whole") or one["text"] for one in place.received()]
    assert receipt.detail
    assert any(LINK in one and "K7P2" in one and "Ấm Acme nổ" in one for one in shown)
