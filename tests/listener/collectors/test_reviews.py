"""Reviews from exports and by Google's APIs; every sample is of our own making after the documented shape."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher
from listener.base import Page
from listener.collectors.reviews import Collector, Options

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
LOCATION = "accounts/1/locations/2"
SECRETS = {"client_id": "app", "client_secret": "s3cret-of-app", "refresh_token": "1//refresh-me"}


def review(number: int, **fields: Any) -> dict[str, Any]:
    at = (NOW - timedelta(hours=5) + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")
    known = {
        "reviewId": f"AbF{number}", "name": f"{LOCATION}/reviews/AbF{number}", "starRating": "TWO", "comment": f"Nước nguội, phục vụ chậm {number}",
        "createTime": at, "updateTime": at, "reviewer": {"displayName": "Thu Trang", "isAnonymous": False},
        "reviewReply": {"comment": "Acme xin lỗi chị", "updateTime": at},
    }  # fmt: skip
    return known | fields


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""

    async def serve(request: web.Request, answer: str) -> web.StreamResponse:
        if request.path.endswith("/token"):
            return web.json_response({"access_token": "ya29.an-hour", "expires_in": 3599, "token_type": "Bearer"})
        answers: dict[str, Any] = {
            "good": {"reviews": [review(2), review(1)], "totalReviewCount": 2},
            "empty": {},
            "malformed": {"reviews": "none"},
        }
        return web.json_response(answers[answer])

    options = Options(api="google_business", locations=(LOCATION,), address=url, token_address=f"{url}/token", **SECRETS)
    return {"options": options, "serve": serve}


async def look(options: Options, cursor: str | None = None, *, allow: tuple[str, ...] = (), now: datetime = NOW) -> list[Page]:
    async with Fetcher(now=lambda: now, allow=allow) as http:
        return [page async for page in Collector(options, source_id="danh-gia", http=http, now=lambda: now).listen(cursor)]


def heard(pages: list[Page]) -> list[Any]:
    return [mention for page in pages for mention in page.mentions]


SHOPEEFOOD = """Báo cáo đánh giá quán,,,,\r
Mã đơn hàng,Tên quán,Số sao,Nội dung đánh giá,Thời gian đánh giá,Phản hồi của quán\r
2111-001,Acme Quận 1,1,"Trà có ruồi, gọi quán không ai nghe",21/11/2026 09:30,Dạ quán xin lỗi\r
2111-002,Acme Quận 7,5,,21/11/2026 09:10,\r
2111-003,Acme Quận 1,2,,21/11/2026,\r
,Acme Quận 1,,,21/11/2026 08:00,\r
"""


async def test_a_merchant_export_in_vietnamese_is_read_with_its_branches(tmp_path: Path) -> None:
    path = tmp_path / "danh-gia.csv"
    path.write_bytes(SHOPEEFOOD.encode("utf-8-sig"))
    (page,) = await look(Options(path=path, preset="shopeefood"))
    fly, silent, today = sorted(page.mentions, key=lambda one: one.native_id)
    assert (fly.title, fly.text) == ("★1/5 · Acme Quận 1", "Trà có ruồi, gọi quán không ai nghe")
    assert fly.published_at == datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
    assert "xin lỗi" not in f"{fly.title}{fly.text}"
    assert (silent.title, silent.text) == ("★5/5 · Acme Quận 7", ""), "stars without words are a mention too"
    assert (today.title, today.published_at, today.at) == ("★2/5 · Acme Quận 1", None, NOW), "a day alone counts when it is heard"
    assert (page.skipped, page.problem) == (1, "danh-gia.csv: line 6: neither a rating nor words")


async def test_a_changed_rating_is_a_revision_and_what_stands_is_no_news(tmp_path: Path) -> None:
    path = tmp_path / "danh-gia.csv"
    path.write_text(SHOPEEFOOD, encoding="utf-8")
    first = await look(Options(path=path))
    (same,) = await look(Options(path=path), first[-1].cursor)
    assert (same.mentions, same.unchanged) == ((), True)
    path.write_text(SHOPEEFOOD.replace("Quận 1,1,", "Quận 1,3,"), encoding="utf-8")
    changed = heard(await look(Options(path=path), same.cursor))
    assert [one.title for one in changed] == ["★3/5 · Acme Quận 1"]
    assert changed[0].key in {one.key for one in heard(first)}


PLAY = (
    "Package Name,App Version Code,App Version Name,Reviewer Language,Device,Review Submit Date and Time,Review Submit Millis Since Epoch,"
    "Review Last Update Date and Time,Review Last Update Millis Since Epoch,Star Rating,Review Title,Review Text,Developer Reply Date and Time,"
    "Developer Reply Millis Since Epoch,Developer Reply Text,Review Link\n"
    "vn.acme.app,12,1.2,vi,a52,2026-11-20T19:00:01Z,1795201201000,2026-11-20T20:00:01Z,1795204801000,1,,App bị văng hoài,,,Xin lỗi bạn,"
    "http://play.google.com/console/review-details?reviewId=a-b-c\n"
    "vn.acme.app,12,1.2,en,pixel6,2026-11-20T21:00:01Z,1795208401000,2026-11-20T21:00:01Z,1795208401000,4,,,,,,\n"
)


async def test_google_plays_own_export_is_utf_16_and_tells_its_zone(tmp_path: Path) -> None:
    path = tmp_path / "reviews_vn.acme.app_202611.csv"
    path.write_bytes(PLAY.encode("utf-16"))
    crash, silent = sorted(heard(await look(Options(path=path, preset="google_play", name="Acme"))), key=lambda one: one.at)
    assert (crash.title, crash.text, crash.lang) == ("★1/5 · vn.acme.app", "App bị văng hoài", "vi")
    assert crash.published_at == datetime(2026, 11, 20, 19, 0, 1, tzinfo=UTC)
    assert crash.edited_at == datetime(2026, 11, 20, 20, 0, 1, tzinfo=UTC)
    assert crash.native_id.endswith("reviewId=a-b-c")
    assert silent.title == "★4/5 · vn.acme.app"


async def test_own_columns_an_old_excel_and_american_dates(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("khi;Diem;Loi\n11/05/2026 10:00;4 sao;Kh\u00f4ng ngon l\u0103\u0301m\n".encode("cp1258"))
    options = Options(
        path=path, columns={"at": "khi", "rating": "Diem", "text": "Loi"}, day_first=False, timezone="UTC", name="Acme Hà Nội"
    )
    (one,) = heard(await look(options))
    assert (one.title, one.text, one.published_at) == ("★4/5 · Acme Hà Nội", "Không ngon lắm", datetime(2026, 11, 5, 10, tzinfo=UTC))


async def test_a_folder_is_read_file_by_file_and_overlapping_exports_count_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(SHOPEEFOOD, encoding="utf-8")
    (tmp_path / "b.csv").write_text(SHOPEEFOOD + "2111-009,Acme Quận 1,4,ổn,21/11/2026 09:50,\n", encoding="utf-8")
    (tmp_path / "c.csv").write_text("one,two\n1,2\n")
    (tmp_path / "notes.pdf").write_text("no table")
    for number, name in enumerate(("a.csv", "b.csv", "c.csv")):
        os.utime(tmp_path / name, (1_000_000 + number, 1_000_000 + number))
    pages = await look(Options(path=tmp_path))
    assert [len(page.mentions) for page in pages] == [3, 1, 0]
    assert (pages[2].missed, pages[2].skipped) == ("partial", 1)
    assert "c.csv: no column for rating or text" in (pages[2].problem or "")
    again = await look(Options(path=tmp_path), pages[0].cursor)
    assert [len(page.mentions) for page in again] == [1, 0], "resumed after the first file"
    assert [page.unchanged for page in await look(Options(path=tmp_path), pages[-1].cursor)] == [True]


async def test_anonymous_ratings_of_one_day_stay_apart_by_all_they_say(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("branch,rating,comment,date\nQ1,1,tệ,2026-11-20\nQ1,2,,2026-11-20\nQ7,1,tệ,2026-11-20\n")
    assert len({one.key for one in heard(await look(Options(path=path)))}) == 3


async def test_a_file_that_is_missing_or_no_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="cannot read the exports"):
        await look(Options(path=tmp_path / "none.csv"))
    (tmp_path / "x.csv").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(SourceUnreadable, match="no column for rating or text"):
        await look(Options(path=tmp_path / "x.csv"))
    (tmp_path / "empty").mkdir()
    (page,) = await look(Options(path=tmp_path / "empty"))
    assert page.mentions == ()


class Google:
    """A small Google: a token endpoint, reviews of a place in pages, reviews of an app."""

    def __init__(self) -> None:
        self.reviews: list[dict[str, Any]] = []
        self.apps: list[dict[str, Any]] = []
        self.forms: list[dict[str, Any]] = []
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.shown: set[str | None] = set()
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.Response:
        if request.path == "/token":
            self.forms.append(dict(await request.post()))
            status, body = self.refusal or (200, {"access_token": "ya29.an-hour", "expires_in": 3599})
            return web.json_response(body, status=status)
        self.shown.add(request.headers.get("Authorization"))
        if "/applications/" in request.path:
            return web.json_response({"reviews": self.apps} if self.apps else {})
        newest = sorted(self.reviews, key=lambda one: one["updateTime"], reverse=True)
        start = int(request.query.get("pageToken", 0))
        page: dict[str, Any] = {"reviews": newest[start : start + 50]}
        return web.json_response(page | ({"nextPageToken": str(start + 50)} if start + 50 < len(newest) else {}))

    def options(self, **changes: Any) -> Options:
        here = str(self.server.make_url("")).rstrip("/")
        known = {
            "api": "google_business",
            "locations": (LOCATION,),
            "names": {LOCATION: "Acme Quận 1"},
            "address": here,
            "token_address": f"{here}/token",
        }
        return Options(**{**known, **SECRETS, **changes})

    async def look(self, cursor: str | None = None, **changes: Any) -> list[Page]:
        return await look(self.options(**changes), cursor, allow=(f"127.0.0.1:{self.server.port}",))


@pytest.fixture
async def google() -> AsyncIterator[Google]:
    google, app = Google(), web.Application()
    app.router.add_route("*", "/{path:.*}", google.handle)
    google.server = TestServer(app)
    await google.server.start_server()
    yield google
    await google.server.close()


async def test_reviews_of_a_place_by_api_with_stars_branch_and_pages(google: Google) -> None:
    google.reviews = [review(number) for number in range(120)]
    first = await google.look()
    assert len(heard(first)) == 120
    assert len(first) == 3
    one = heard(first)[0]
    assert one.title == "★2/5 · Acme Quận 1"
    assert "xin lỗi" not in one.text
    assert google.forms == [{"grant_type": "refresh_token", **SECRETS}]
    assert google.shown == {"Bearer ya29.an-hour"}
    google.reviews[3] |= {"starRating": "FIVE", "comment": "Đã được đền", "updateTime": NOW.isoformat()}
    google.reviews.append(review(200, comment=None, reviewer={"displayName": "Ai đó", "isAnonymous": True}))
    news = heard(await google.look(first[-1].cursor))
    assert {(mention.native_id, mention.title, mention.edited_at) for mention in news} == {
        ("AbF3", "★5/5 · Acme Quận 1", NOW), ("AbF200", "★2/5 · Acme Quận 1", None),
    }  # fmt: skip
    assert next(mention for mention in news if mention.native_id == "AbF200").author is None


async def test_more_than_one_look_may_take_says_so_and_goes_on(google: Google) -> None:
    google.reviews = [review(number) for number in range(120)]
    (first,) = await google.look(pages=1)
    assert (len(first.mentions), first.missed) == (50, "capped")
    (second,) = await google.look(first.cursor, pages=1)
    assert len(second.mentions) == 50


async def test_a_refresh_token_that_was_withdrawn_pauses_and_says_the_mend(google: Google) -> None:
    google.refusal = (400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
    with pytest.raises(SourceRejected, match="make a new refresh token") as caught:
        await google.look()
    assert not any(secret in str(caught.value) for secret in ("s3cret", "1//refresh"))
    google.refusal = (400, {"error": "invalid_request"})
    with pytest.raises(SourceUnavailable):
        await google.look()


def service_account(folder: Path) -> Path:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    path = folder / "account.json"
    path.write_text(json.dumps({"type": "service_account", "client_email": "tocsin@acme.iam.gserviceaccount.com", "private_key": pem}))
    return path


async def test_reviews_of_an_app_by_a_service_account(google: Google, tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    google.apps = [
        {
            "reviewId": "gp:1", "authorName": "Bình",
            "comments": [
                {"userComment": {"text": "Lỗi\tKhông đăng nhập được", "lastModified": {"seconds": "1795200000", "nanos": 0}, "starRating": 1,
                                 "reviewerLanguage": "vi", "thumbsUpCount": 7}},
                {"developerComment": {"text": "Acme xin lỗi bạn", "lastModified": {"seconds": "1795203600"}}},
            ],
        },
        {"reviewId": "gp:2", "comments": []},
    ]  # fmt: skip
    options = {"api": "google_play", "package": "vn.acme.app", "service_account": service_account(tmp_path), "name": "Acme"}
    (page,) = await google.look(**options)
    (one,) = page.mentions
    assert (one.title, one.text, one.engagement.likes, one.lang) == ("★1/5 · Acme · Lỗi", "Không đăng nhập được", 7, "vi")
    assert page.skipped == 1
    assertion = google.forms[0]["assertion"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(assertion[1] + "=="))
    assert (claims["iss"], claims["aud"][-6:], claims["exp"] - claims["iat"]) == ("tocsin@acme.iam.gserviceaccount.com", "/token", 600)


async def test_a_key_file_that_is_none_pauses_without_telling_it(google: Google, tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    for content in ('{"client_email": "x", "private_key": "-----BEGIN s3cret"}', "[]", "\x00"):
        path.write_text(content)
        with pytest.raises(SourceRejected) as caught:
            await google.look(api="google_play", package="vn.acme.app", service_account=path)
        assert "s3cret" not in str(caught.value)
    with pytest.raises(SourceRejected, match="cannot read"):
        await google.look(api="google_play", package="vn.acme.app", service_account=tmp_path / "none")


@pytest.mark.parametrize("given", [{}, {"path": "a", "api": "google_play"}, {"api": "google_business"}, {"api": "google_play", "package": "x"},
    {"path": "a", "timezone": "Mars"}, {"path": "a", "columns": {"stars": "x"}}, {"path": "a", "locations": ["1"]}])  # fmt: skip
def test_a_slip_in_the_options_is_told(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**given)
