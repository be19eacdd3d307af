"""The flag's form and the page behind a question for counters, in a real browser on a narrow phone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from store import flags, mentions, readings
from tests.console.web.place import HOSTILE, Place, console

PHONE = {"width": 320, "height": 640}
WORDS = "Sữa Acme có dị vật, con em uống xong nôn."

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def png() -> bytes:
    """A picture of four grey dots."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\x00\x80\x80" * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest_asyncio.fixture(loop_scope="session")
async def place(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Place]:
    async with console(tmp_path, sqlite_template) as built:
        yield built


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser) -> AsyncIterator[Page]:
    page = await browser.new_page(viewport={"width": PHONE["width"], "height": PHONE["height"]})
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    yield page
    await page.close()


async def fits(page: Page) -> bool:
    wide = await page.evaluate("document.documentElement.scrollWidth")
    return int(wide) <= PHONE["width"]


async def test_a_moderator_flags_with_a_thumb_and_counts_again_by_the_link(place: Place, phone: Page, tmp_path: Path) -> None:
    home = str(place.client.make_url("/")).rstrip("/")
    shot = tmp_path / "chup.png"
    shot.write_bytes(png())
    await phone.goto(f"{home}/flag")
    assert await fits(phone)
    await phone.fill("textarea[name=text]", f"{WORDS} {HOSTILE}")
    await phone.get_by_label("Thích").fill("1,2k")
    await phone.set_input_files("input[type=file]", shot)
    await phone.select_option("select[name=who]", label="Ben")
    button = await phone.get_by_role("button", name="Gửi cờ").bounding_box()
    assert button is not None
    assert button["height"] >= 44
    await phone.get_by_role("button", name="Gửi cờ").click()
    assert "Đã ghi, tính là 1 bài (#1)" in await phone.inner_text("[role=status] >> nth=0")
    assert await phone.evaluate("[...document.images].every(each => each.complete && each.naturalWidth === 2)"), "the picture is seen"
    assert await fits(phone)
    assert HOSTILE in place.database.read_now(mentions.get, [1])[0].text

    await place.incident(evidence=(1,))
    await place.simulation.run_until(place.now + timedelta(minutes=16))
    link = next(message.link for _, to, _, message in place.simulation.sent if to == "ben" and message.link and "/f/" in message.link)
    await phone.goto(f"{home}{link.removeprefix('http://127.0.0.1:8765')}")
    assert await fits(phone)
    await phone.get_by_label("Bình luận").fill("90")
    await phone.get_by_role("button", name="Ghi số mới").click()
    assert "Đã ghi số của bài #1" in await phone.inner_text("[role=status]")
    assert [(one.likes, one.replies, one.by) for one in place.database.read_now(readings.of, [1])[1]] == [
        (1200, None, "ben"),
        (1200, 90, "ben"),
    ]
    await phone.goto(f"{home}/incidents/1")
    assert await fits(phone)
    assert await phone.locator("svg.curve polyline").count() == 1
    assert place.database.read_now(flags.get, 1).by == "ben"
