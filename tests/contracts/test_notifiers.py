"""What every kind of notifier holds to. Runs over each module found in `alerting/notifiers`.

A kind tells this suite about itself by `bench(folder)` in its own test file: an async context manager around a real local server. It yields
an object with `options` (a dict), `http`, `secrets` (texts that may stand nowhere), `received()` (a dict of "subject", "text" and, where
there is one, "html" for each delivery), `fails` (whether the kind can fail), and where it does `refuse()` (from now on the server refuses for
good), `permanent` (whether the kind can tell so) and `go_down()`; `begins` where a page begins otherwise there than by its subject.
"""

from __future__ import annotations

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

import pytest
from lxml import html as lxml_html
from pydantic import BaseModel, ValidationError
from structlog.testing import capture_logs

from alerting.base import Message, Receipt
from alerting.coverage import Coverage, SourceCoverage
from alerting.message import Briefing, Reader, compose
from core.errors import DeliveryFailed
from core.records import Incident, Notification, Words
from playbooks.quote import Quote

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # one of Apprise's plugins, not ours

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
LINK = "http://127.0.0.1:8765/i/WyJhYmMi.sig-nature"
KINDS = sorted(path.stem for path in (ROOT / "alerting" / "notifiers").glob("*.py") if path.stem != "__init__")
LIVE = re.compile(
    r"https?:|://|[@<>`]|\b(?:javascript|data|mailto|tel):|(?<![0-9])\w\.[a-z]|\]\(|&#?\w+;|[\x00-\x09\x0b-\x1f\u200b\u202a-\u202e]",
    re.IGNORECASE,
)
HOSTILE = (
    "@everyone", "@here", "@channel", "@room", "@all", "@\u202eeveryone", "@\u200beveryone", "\uff20everyone", "<@123456>", "<@!123456>", "<@&987>", "<#4321>",
    "<!channel>", "<!here|here>", "<!subteam^S1|team>", "<https://evil.example|https://bank.example>", "[bank](https://evil.example)",
    "![x](https://evil.example/p.png)", "https://evil.example/login", "HTTPS://EVIL.EXAMPLE", "hTtP://1.2.3.4/x", "//evil.example/x", "www.evil.example",
    "evil.example", "evil。example", "evil．example", "javascript:alert(1)", "JaVaScRiPt :alert(1)", "data:text/html,x", "mailto:a@evil.example",
    "tel:+84900000000", "tg://resolve?domain=evil", "file:///etc/passwd", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href='https://evil.example'>x</a>",
    "<b>unclosed", "</p></body></html>", "&lt;script&gt;alert(1)&lt;/script&gt;", "&#64;everyone", "&commat;here", "```\ncode\n```", "`x`", "*bold* _it_ ~no~",
    "{{7*7}} ${7*7} %(x)s {0.__class__}", "a\r\nSubject: spoofed\r\nBcc: all@evil.example\r\n\r\nx", "\r\n.\r\nMAIL FROM:<a@evil.example>", "\x00\x07\x1b[31mred",
    "/everyone", "!important", "\u202egnp.exe", "Z̸̢͚̗̈́a̷͉͝l̶͙͠g̵͎̈o" * 20, "👩‍👩‍👧‍👦" * 30, "'; DROP TABLE incidents; --", "x" * 5000,
)  # fmt: skip


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


def page(quote: str = "Ấm Acme nổ", author: str = "an") -> Message:
    incident = Incident(
        key="topic:acme|attention|-", kind="missed", severity="major", opened_at=NOW, last_signal_at=NOW, id=12, topic_id="acme",
        words=Words(key="signal.missed", args={"topic": "Acme", "note": quote, "person": author}),
    )  # fmt: skip
    notification = Notification(key="a1" * 32, incident_id=12, kind="page", person="lan", channel="x", due_at=NOW, planned_at=NOW)
    quotes = tuple(Quote(mention_id=n, at=NOW, source_id=author, author=author, text=quote) for n in range(3))
    lost = SourceCoverage(source_id=author, state="blind", since=NOW, why=quote)
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
    async with bench(kind, tmp_path) as place:
        sender = notifier(kind, place)
        for payload in HOSTILE:
            await sender.send(page(quote=payload, author=payload))
        received = place.received()
    assert len(received) == len(HOSTILE)
    for payload, one in zip(HOSTILE, received, strict=True):
        for part in (one["subject"], one["text"].replace(LINK, "")):
            assert LIVE.search(part) is None, (payload, part)
        if "html" in one:
            tree = lxml_html.document_fromstring(one["html"])
            assert {element.tag for element in tree.iter()} <= {"html", "head", "meta", "body", "h1", "p", "br", "a"}
            assert [link for _, _, link, _ in tree.iterlinks()] == [LINK]
