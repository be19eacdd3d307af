"""A refresh token that works once is exchanged once, whoever asks, and never lost; the collector of a Zalo account tells the rest."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from pydantic import SecretStr

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.token_file import TokenFile
from tests.core.site import NOW, SMALL, Site, fetcher, serving


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as found:
        yield found


def tokens(site: Site, folder: Path, **held: str) -> TokenFile:
    path = folder / "tokens.json"
    if held or not path.exists():
        path.write_text(json.dumps({"refresh_token": "r0", **held}))
        path.chmod(0o600)
    return TokenFile(path, source="acme", url=site.url("/token"), form={"app_id": "7"}, headers={"secret_key": SecretStr("sesame")})


async def test_two_who_share_a_file_exchange_once_and_the_new_tokens_are_kept(site: Site, tmp_path: Path) -> None:
    asked: list[dict[str, list[str]]] = []

    async def login(request: web.Request) -> web.Response:
        asked.append(parse_qs((await request.read()).decode()))
        await asyncio.sleep(0.01)
        return web.json_response({"access_token": f"a{len(asked)}", "refresh_token": f"r{len(asked)}", "expires_in": "90000"})

    site.answer = login
    one, other = tokens(site, tmp_path), tokens(site, tmp_path)
    async with fetcher(allow=[site.pair], limits=SMALL) as http:
        first, second = await asyncio.gather(one.access(http, NOW), other.access(http, NOW), return_exceptions=True)
        assert [first, await other.access(http, NOW)] == ["a1", "a1"]
        assert isinstance(second, SourceUnavailable)  # that file is locked: it comes again in ten seconds
        assert await one.access(http, NOW + timedelta(hours=25)) == "a2"
        assert await one.access(http, NOW, refused="a2") == "a3"
    assert asked[0] == {"app_id": ["7"], "refresh_token": ["r0"], "grant_type": ["refresh_token"]}
    assert [each["refresh_token"] for each in asked] == [["r0"], ["r1"], ["r2"]]
    assert site.asked[0].headers["secret_key"] == "sesame"
    assert (tmp_path / "tokens.json").stat().st_mode & 0o077 == 0
    assert "sesame" not in repr(vars(one))


@pytest.mark.parametrize(
    ("answer", "status", "kind"),
    [
        ({"error": -14014, "error_name": "Invalid refresh token"}, 200, SourceRejected),
        ({"error": "invalid_grant", "error_description": "used"}, 400, SourceRejected),
        ({"hello": 1}, 200, SourceUnreadable),
        ({}, 502, SourceUnavailable),
    ],
)
async def test_a_login_that_fails_says_what_to_do_and_leaves_the_file(
    site: Site, tmp_path: Path, answer: dict[str, object], status: int, kind: type[Exception]
) -> None:
    site.answer = lambda _: web.json_response(answer, status=status)
    file = tokens(site, tmp_path)
    async with fetcher(allow=[site.pair], limits=SMALL) as http:
        with pytest.raises(kind) as caught:
            await file.access(http, NOW)
    assert "sesame" not in "".join(traceback.format_exception(caught.value))
    assert json.loads((tmp_path / "tokens.json").read_text()) == {"refresh_token": "r0"}


async def test_a_login_that_cannot_be_reached_or_is_forbidden_tells_no_secret(site: Site, tmp_path: Path) -> None:
    file = tokens(site, tmp_path)
    async with fetcher(allow=[], limits=SMALL) as http:
        with pytest.raises(SourceRejected, match="not allowed") as caught:
            await file.access(http, NOW)
    assert "sesame" not in "".join(traceback.format_exception(caught.value))
    assert site.asked == []
