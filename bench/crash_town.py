"""What surrounds the monitor in `bench.crash`: forums that grow, a receiver of webhooks and a mail server, all real and local, in the bench's own process."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiohttp import web

from core.messages import translator
from tests.stories.servers import PASSWORD, Background, Mails, text_of

FORUMS: Final = 20
NUMBER: Final = re.compile(r"#(\d+)\b")
REPEAT: Final = translator("en")("alert.possible_repeat")
TEAM: Final = 3  # brands that one team looks after: few enough that no page is held back as one of a storm
CROWD: Final = 12  # brands of the first team: what is too much for it stands in a digest
FIRST: Final = ("ana", "lan")  # of each team, paged at once: the one by webhook, the other by mail
SECOND: Final = "ben"  # paged where nobody took it
CHATTER: Final = (
    "my {brand} is nice so far, day {number}",
    "I bought a {brand} near the station for {number} friends",
    "saw a {brand} at a friend's, number {number} of the day",
    "the green {brand} stands on page {number} now",
)
FIRES: Final = (
    "{brand} kettle caught fire and burned my son, order {number}",
    "{brand} customer data exposed, they leaked my phone number, order {number}",
)


class Copy(NamedTuple):
    """One message that arrived: to whom, which (`key` is the same for a repeat), of which incidents, and whether it says that it may be a repeat."""

    person: str
    key: str
    incidents: frozenset[int]
    says_repeat: bool


class Town:
    """Twenty forums; a receiver of webhooks; a mail server.

    Args:
        background: where the servers run.
        folder: for the mail server's certificate.
    """

    def __init__(self, background: Background, folder: Path) -> None:
        self.posts: list[list[tuple[str, str, str]]] = [[] for _ in range(FORUMS)]
        self.burning: list[str] = []  # brands, in order
        self._got: list[Copy] = []
        self._background = background
        self._random = random.Random(6)
        self._mails = Mails(background, folder)
        self._runner: web.AppRunner | None = None
        self.port = background.do(self._start())

    def chat(self, brands: Sequence[str], posts: int) -> None:
        """Harmless posts about some of the brands."""
        for _ in range(posts):
            self._say(self._random.choice(CHATTER), self._random.choice(brands))

    def burn(self, brand: str) -> None:
        """Somebody posts what pages by itself."""
        self.burning.append(brand)
        self._say(self._random.choice(FIRES), brand)

    def offered(self) -> list[str]:
        """Every post's own id."""
        return [name for forum in self.posts for name, _, _ in forum]

    def copies(self) -> list[Copy]:
        """Every message that arrived, webhooks in order, then mails in order."""
        return [*self._got, *(_of_mail(mail) for mail in list(self._mails.received))]

    def config(self, folder: Path, brands: Sequence[str]) -> dict[str, Any]:
        """The monitor's configuration: each team's Ana and Lan are paged at once, its Ben where nobody took it for 5 s."""
        address = f"http://127.0.0.1:{self.port}"
        teams = teams_of(brands)
        return {
            "name": "Town",
            "language": "en",
            "store": {"database": f"sqlite:///{folder}/tocsin.db"},
            "topics": [{"id": brand, "name": brand.title(), "kind": "brand", "query": brand} for brand in brands],
            "listener": {
                "allow_private_hosts": [f"127.0.0.1:{self.port}", f"localhost:{self._mails.port}"],
                "sources": [
                    {"id": f"forum-{number}", "kind": "rss", "url": f"{address}/{number}.xml", "every": "10s", "tier": "forum"}
                    for number in range(FORUMS)
                ],
            },
            "alerting": {
                "notifiers": {"email": self._smtp()},
                "people": [person for team in teams for person in _people(team, address)],
                "policies": [_policy(team) for team in teams],
                "routes": [{"match": {"topic": looked_after}, "policy": f"team-{team}"} for team, looked_after in teams.items()],
            },
        }

    def close(self) -> None:
        """Take the servers down."""
        if self._runner is not None:
            self._background.do(self._runner.cleanup())
        self._mails.close()

    def _smtp(self) -> dict[str, Any]:
        sender = {"from": "tocsin@acme.example", "username": "tocsin", "password": PASSWORD}
        return {"host": "localhost", "port": self._mails.port, "ca_file": str(self._mails.ca_file), **sender}

    def _say(self, template: str, brand: str) -> None:
        forum = self._random.randrange(FORUMS)
        name = f"post-{forum}-{len(self.posts[forum])}"
        text = template.format(brand=brand.title(), number=self._random.randrange(10_000, 100_000))
        self.posts[forum].append((name, text, format_datetime(datetime.now(UTC))))

    async def _start(self) -> int:
        app = web.Application()
        app.router.add_get("/{forum}.xml", self._forum)
        app.router.add_post("/{person}", self._webhook)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return int(self._runner.addresses[0][1])

    async def _forum(self, request: web.Request) -> web.Response:
        forum = int(request.match_info["forum"])
        posts = list(self.posts[forum])
        if request.headers.get("if-none-match") == f'"{len(posts)}"':
            return web.Response(status=304)
        items = "".join(
            f"<item><guid isPermaLink='false'>{name}</guid><title>{text}</title>"
            f"<link>http://127.0.0.1:{self.port}/{name}</link><pubDate>{at}</pubDate></item>"
            for name, text, at in reversed(posts)
        )
        body = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Forum {forum}</title>{items}</channel></rss>'
        return web.Response(text=body, content_type="application/rss+xml", headers={"ETag": f'"{len(posts)}"'})

    async def _webhook(self, request: web.Request) -> web.Response:
        data = (await request.json())["data"]
        key = request.headers["idempotency-key"]
        self._got.append(Copy(request.match_info["person"], key, _numbers(data["subject"] + data["text"]), data["possible_repeat"]))
        return web.Response()


def teams_of(brands: Sequence[str]) -> dict[int, list[str]]:
    """Team -> the brands that it looks after."""
    rest = brands[CROWD:]
    return {0: list(brands[:CROWD])} | {1 + at // TEAM: list(rest[at : at + TEAM]) for at in range(0, len(rest), TEAM)}


def _people(team: int, address: str) -> list[dict[str, Any]]:
    by_webhook = [(name, {"kind": "webhook", "url": f"{address}/{name}-{team}"}) for name in (FIRST[0], SECOND)]
    channels = [*by_webhook, (FIRST[1], {"kind": "email", "to": f"{FIRST[1]}-{team}@example.org"})]
    return [{"id": f"{name}-{team}", "language": "en", "channels": [channel]} for name, channel in channels]


def _policy(team: int) -> dict[str, Any]:
    first = {"notify": [f"{name}-{team}" for name in FIRST], "after": "0m"}
    return {"id": f"team-{team}", "steps": [first, {"notify": [f"{SECOND}-{team}"], "after": "5s"}], "again_after": "5s"}


def _of_mail(mail: Any) -> Copy:
    text = text_of(mail)
    return Copy(mail["To"].partition("@")[0], str(mail["Message-ID"]), _numbers(mail["Subject"] + text), REPEAT in text)


def _numbers(text: str) -> frozenset[int]:
    """The incidents that a text names."""
    return frozenset(map(int, NUMBER.findall(text)))


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    """The town, with its servers up."""
    background = Background()
    place = Town(background, folder)
    try:
        yield place
    finally:
        place.close()
        background.close()
