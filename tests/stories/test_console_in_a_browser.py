"""The console in a real browser: hostile posts do nothing, a phone's button works, no page is wider than a phone.

A page that opens a dialog, runs a script of a stranger, or breaks its own Content-Security-Policy fails the test.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Dialog, Page, Request

from store import dead_letters, sources
from tests.console.web.place import Place, console

PHONE = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 800}
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'-alert(1)-'",
    "</title></style></textarea><iframe src=javascript:alert(1)>",
    "{{ 7*7 }}{% raw %}${7*7}",
    "[Acme](javascript:alert(1)) **b** <b>&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example><form action=https://evil.example><button>Tôi nhận</button>",
    "<style>body{display:none}</style><link rel=stylesheet href=https://evil.example/x.css>",
    "Ấm" + "x" * 3_000,
]

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


class Watched:
    """A page that remembers what should not happen on it."""

    def __init__(self, page: Page, home: str) -> None:
        self.page = page
        self.home = home
        self.wrongs: list[str] = []
        page.on("console", self._said)
        page.on("dialog", self._asked)
        page.on("pageerror", lambda error: self.wrongs.append(f"error: {error}"))
        page.on("request", self._wanted)

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.home}{path}")
        wide, room = await self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        if wide > room:
            self.wrongs.append(f"{path} is {wide} wide in {room}")
        if await self.page.evaluate("document.querySelectorAll('script, iframe, object, embed, img, base, svg').length"):
            self.wrongs.append(f"{path} holds an element that none of our pages has")

    def _said(self, message: ConsoleMessage) -> None:
        self.wrongs.append(f"console: {message.text}")

    async def _asked(self, dialog: Dialog) -> None:
        self.wrongs.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def _wanted(self, request: Request) -> None:
        if not request.url.startswith(self.home):
            self.wrongs.append(f"request: {request.url}")


@pytest_asyncio.fixture(loop_scope="session")
async def place(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Place]:
    async with console(tmp_path, sqlite_template) as built:
        yield built


async def watched(browser: Browser, place: Place, size: dict[str, int]) -> Watched:
    page = await browser.new_page(viewport={"width": size["width"], "height": size["height"]})
    return Watched(page, str(place.client.make_url("/")).rstrip("/"))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_what_strangers_wrote_stays_text_on_every_page(place: Place, browser: Browser, size: dict[str, int]) -> None:
    for number, text in enumerate(HOSTILE):
        await place.incident(f"{text} {number}", title=text, url="javascript:alert(1)", author=text)
    number = place.incidents()[0].id
    await place.press("note", number, text=HOSTILE[0])
    await place.database.write(dead_letters.add, place.now, "enricher", HOSTILE[0], HOSTILE[1], {})
    attempt = place.database.read_now(sources.get, "forum").attempt
    await place.database.write(sources.save, "forum", attempt, {"failures": 1, "last_error": HOSTILE[1]})
    seen = await watched(browser, place, size)
    pages = ["/", f"/incidents/{number}", f"/incidents/{number}/review", "/sources", "/dead-letters", "/drill", place.link()]
    for path in pages:
        await seen.open(path)
        await seen.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert seen.wrongs == []
    await seen.open(f"/incidents/{number}")
    assert HOSTILE[0] in await seen.page.inner_text("body")


async def test_the_button_behind_an_alerts_link_takes_the_incident(place: Place, browser: Browser) -> None:
    await place.incident()
    seen = await watched(browser, place, PHONE)
    await seen.open(place.link())
    assert place.incidents()[0].status == "open"
    button = seen.page.get_by_role("button", name="Tôi nhận")
    box = await button.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < PHONE["height"], "the button has to be seen without scrolling"
    assert box["height"] >= 44
    await button.click()
    assert "Bạn đã nhận sự cố #1 lúc 12:00" in await seen.page.inner_text("body")
    assert place.incidents()[0].acknowledged_by == "ana"
    await seen.page.reload()
    assert "Bạn đã nhận" in await seen.page.inner_text("body")
    assert place.kinds(1).count("acknowledged") == 1
    assert seen.wrongs == []


async def test_an_incident_is_handled_with_the_buttons_of_its_page(place: Place, browser: Browser) -> None:
    await place.incident()
    seen = await watched(browser, place, DESK)
    await seen.open("/incidents/1")
    page = seen.page
    await page.select_option("select[name=who]", label="Ben")
    await page.get_by_role("button", name="Tôi nhận").click()
    assert "Đã ghi nhận" in await page.inner_text("[role=status]")
    await page.locator(".steps button").first.click()
    assert await page.locator(".steps .done").count() == 1
    await page.locator("form summary").first.click()
    await page.fill("textarea[name=text]", "đã gọi nhà máy")
    await page.get_by_role("button", name="Ghi chú", exact=True).click()
    await page.locator("form summary").first.click()
    await page.select_option("select[name=reason]", "fixed")
    await page.get_by_role("button", name="Đóng sự cố", exact=True).click()
    assert place.incidents()[0].status == "resolved"
    kinds = [kind for kind in place.kinds(1) if kind in ("acknowledged", "step_ticked", "noted", "resolved")]
    assert kinds == ["acknowledged", "step_ticked", "noted", "resolved"]
    assert {entry.actor for entry in place.timeline(1) if entry.kind in kinds} == {"ben"}
    assert seen.wrongs == []


async def test_a_page_of_another_site_presses_no_button(place: Place, browser: Browser, tmp_path: Path) -> None:
    await place.incident()
    before = place.dump()
    home = str(place.client.make_url("/")).rstrip("/")
    evil = tmp_path / "evil.html"
    evil.write_text(
        f'<form method="post" action="{home}/incidents/1/take"><input name="who" value="ana"><button>x</button></form>', encoding="utf-8"
    )
    page = await browser.new_page()
    await page.goto(f"file://{evil}")
    await page.click("button")
    assert page.url == f"{home}/incidents/1/take"
    assert "không đến từ trang của Tocsin" in await page.inner_text("body")
    assert place.dump() == before
