"""The table of routes, crawled: every route and method is in it, reading changes nothing, strangers stay outside."""

import re
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from console.web.answer import HEADERS
from console.web.routes import ROUTES, Route
from tests.console.web.place import Place, field_of

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
LOCAL = [route for route in ROUTES if route.who == "local"]
OPEN = {
    "/i/{token}",
    "/f/{token}",
    "/t/{token}",
    "/hooks/{source}",
    "/hooks/websub/{token}",
    "/healthz",
    "/readyz",
    "/static/{name}",
    "/on-call/{token}.ics",
}


def address(route: Route, place: Place) -> str:
    """A path that leads somewhere."""
    if route.pattern == "/on-call/{token}.ics":
        return f"/on-call/{place.simulation.monitor.signer.calendar('ana')}.ics"
    number = str(place.flagged) if route.pattern.startswith("/flag/") else "1"
    path = (
        route.pattern.replace("{sha256}", place.picture)
        .replace("{id}", number)
        .replace("{source}", "care")
        .replace("{name}", "console.css")
    )
    return path if "{token}" not in path else place.link()


def crawl(place: Place, *methods: str) -> Iterator[tuple[str, str, Route]]:
    for route in ROUTES:
        for method in methods:
            yield method, address(route, place), route


async def test_every_route_of_the_application_is_in_the_table(place: Place) -> None:
    served = {(route.method, route.resource.canonical) for route in place.app.router.routes() if route.resource is not None}
    in_table = {(route.method, route.pattern) for route in ROUTES}
    assert {pair for pair in served if pair[0] != "HEAD"} == in_table
    assert {("GET", path) for method, path in served if method == "HEAD"} <= in_table
    assert len({(route.method, route.pattern) for route in ROUTES}) == len(ROUTES)


def test_only_what_has_a_token_a_signature_or_nothing_to_hide_is_for_anyone() -> None:
    assert {route.pattern for route in ROUTES if route.who == "anyone"} == OPEN


def test_whatever_changes_something_is_a_post_with_a_proof() -> None:
    assert all((route.method == "POST") == (route.proof != "none") for route in ROUTES)


async def test_reading_changes_nothing(place: Place, letter: int) -> None:
    await place.incident()
    await place.flag()
    before = place.dump()
    for method, path, route in crawl(place, "GET", "HEAD", "OPTIONS"):
        response = await place.client.request(method, path, headers={"User-Agent": "mail scanner"})
        if method != "OPTIONS" and route.method == "GET":
            assert response.status == 200, (method, path)
        elif method == "OPTIONS":
            assert response.status == 405, (method, path)
    assert place.dump() == before


async def test_other_methods_are_refused_and_change_nothing(place: Place) -> None:
    await place.incident()
    before = place.dump()
    for method, path, route in crawl(place, "PUT", "PATCH", "DELETE", "TRACE"):
        response = await place.client.request(method, path)
        assert response.status == 405, (method, path)
        assert route.method in response.headers["Allow"]
    assert place.dump() == before


@pytest.mark.parametrize("headers", [{"Host": "tocsin.evil.example"}, {"Host": "127.0.0.1", "X-Forwarded-For": "192.0.2.7"}, {"Host": ""}])
async def test_a_foreign_name_and_a_proxy_stay_outside(place: Place, headers: dict[str, str]) -> None:
    await place.incident()
    before = place.dump()
    for route in LOCAL:
        for method in METHODS:
            response = await place.client.request(method, address(route, place), headers=headers)
            assert response.status == 403, (method, route.pattern)
            if method != "HEAD":
                assert len((await response.text()).splitlines()) == 1
    assert place.dump() == before


async def test_a_peer_that_is_not_on_loopback_stays_outside(place: Place, tmp_path: Path) -> None:
    await place.incident()
    runner = place.client.server.runner
    assert runner is not None
    socket = str(tmp_path / "s")
    await web.UnixSite(runner, socket).start()  # the other end of it has no address, and so none on loopback
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(socket)) as outside:
        for route in ROUTES:
            response = await outside.request(route.method, f"http://localhost{address(route, place)}")
            assert (response.status == 403) == (route.who == "local"), route.pattern


async def test_a_form_needs_our_token_and_our_origin(place: Place) -> None:
    await place.incident()
    token = await place.token("/incidents/1")
    before = place.dump()
    for route in (route for route in ROUTES if route.proof == "token"):
        path = address(route, place)
        for form in ({}, {"token": ""}, {"token": token + "x"}):
            assert (await place.client.post(path, data={"who": "ana", **form})).status == 403, path
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert (await place.client.post(path, data={"token": token, "who": "ana"}, headers=headers)).status == 403, path
        assert (await place.client.post(path, json={"token": token})).status == 403, path
    assert place.dump() == before
    assert place.played == []


async def test_every_answer_carries_the_headers(place: Place) -> None:
    await place.incident()
    for method, path, route in crawl(place, "GET", "POST", "DELETE"):
        response = await place.client.request(method, path)
        for name, value in HEADERS.items():
            if not (name == "Cache-Control" and route.pattern.startswith("/static") and response.status == 200):
                assert response.headers[name] == value, (method, path, name)


async def test_pages_hold_no_script_no_inline_style_and_nothing_from_elsewhere(place: Place) -> None:
    await place.incident()
    for _, path, route in crawl(place, "GET"):
        if route.speaks == "page" and not path.startswith("/static"):
            page = await (await place.client.get(path)).text()
            assert not re.search(r"<script|<style|\sstyle=|\son\w+=|<iframe|src=", page), path


async def test_the_log_names_the_route_and_never_the_token(place: Place) -> None:
    await place.incident()
    link = place.link()
    nonce = field_of(await (await place.client.get(link)).text(), "nonce")
    with capture_logs() as logs:
        await place.client.get(link)
        await place.client.post(link, data={"nonce": nonce})
        await place.client.get(f"{link}x")
        await place.client.get(f"/nothing{link}")
    assert {line["route"] for line in logs if line["event"] == "answered"} == {"/i/{token}", "-"}
    assert link.removeprefix("/i/") not in repr(logs)
    assert nonce not in repr(logs)


def test_every_route_is_documented_with_who_may() -> None:
    page = (Path(__file__).parents[3] / "docs" / "console.md").read_text("utf-8")
    assert [route.pattern for route in ROUTES if f"| `{route.pattern}` | {route.method} | {route.who} |" not in page] == []
