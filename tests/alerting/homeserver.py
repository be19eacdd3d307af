"""A Matrix homeserver as small as the tests need: rooms, transactions, relations, sync tokens, each held to the client-server API's words."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from lxml import html as lxml_html

from tests.alerting.strict import AT, Strict, only, said

TOKEN = "syt_dG9jc2lu_secret_1x2y"
ME, LAN, MALLORY = "@tocsin:hs.test", "@lan:hs.test", "@mallory:elsewhere.test"
ROOM, LOCKED, INVITED, ALIAS = "!room:hs.test", "!locked:hs.test", "!invited:hs.test", "#crisis:hs.test"
HTML = {"p", "br", "strong", "a", "div", "span", "html", "body"}  # of what the API lets clients show; the last two are the parser's
CONTENT = (
    "msgtype", "body", "format", "formatted_body", "m.mentions", "m.relates_to", "m.new_content", "url", "info", "filename",
)  # fmt: skip


class Room:
    def __init__(self, *, encrypted: bool = False, joined: bool = True, inviter: str | None = None) -> None:
        self.encrypted = encrypted
        self.joined = joined
        self.inviter = inviter


class Homeserver(Strict):
    """Rooms of one account, ours; others write by `write`."""

    secrets = (TOKEN,)

    def __init__(self) -> None:
        super().__init__()
        self.rooms = {ROOM: Room(), LOCKED: Room(encrypted=True), INVITED: Room(joined=False, inviter=LAN)}
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.transactions: dict[str, str] = {}
        self.uploads: list[bytes] = []
        self.fault: tuple[int, dict[str, Any]] | None = None
        self.largest = 2**20  # bytes of a picture
        self.limit = 100  # events of a room in one answer of sync
        self.forgets: set[str] = set()  # cursors that are not known any more

    @property
    def options(self) -> dict[str, Any]:
        return {"homeserver": self.url, "token": TOKEN, "room": ROOM}

    @property
    def ours(self) -> list[dict[str, Any]]:
        """What we said, the oldest first."""
        return [event["content"] for _, event in self.events if event["sender"] == ME]

    def write(
        self, sender: str, content: dict[str, Any], *, room: str = ROOM, kind: str = "m.room.message", at_ms: int | None = None
    ) -> str:
        identity = f"$event{len(self.events)}"
        at = int(AT.timestamp() * 1000) if at_ms is None else at_ms
        self.events.append((room, {"type": kind, "event_id": identity, "sender": sender, "origin_server_ts": at, "content": content}))
        return identity

    async def answer(self, request: web.Request) -> web.Response:
        assert said(request, "authorization") == f"Bearer {TOKEN}"
        if self.fault is not None:
            return web.json_response(self.fault[1], status=self.fault[0])
        path = request.raw_path.partition("?")[0]
        return await self._route(request, path)

    async def _route(self, request: web.Request, path: str) -> web.Response:  # noqa: PLR0911  # one for each endpoint
        if path == "/_matrix/media/v3/upload":
            return await self._upload(request)
        parts = [unquote(part) for part in path.removeprefix("/_matrix/client/v3/").split("/")]
        match request.method, parts:
            case "PUT", ["rooms", room, "send", "m.room.message", transaction]:
                return self._send(room, transaction, await request.json())
            case "GET", ["rooms", room, "state", "m.room.encryption"]:
                return self._encryption(room)
            case "POST", ["join", named]:
                assert await request.json() == {}
                return self._join(named)
            case "GET", ["account", "whoami"]:
                return web.json_response({"user_id": ME, "is_guest": False})
            case "GET", ["sync"]:
                return self._sync(dict(request.query))
            case "GET", ["rooms", room, "messages"]:
                return self._messages(room, dict(request.query))
        raise AssertionError(f"no such endpoint: {request.method} {path}")

    async def _upload(self, request: web.Request) -> web.Response:
        assert (request.method, request.content_type, request.query["filename"]) == ("POST", "image/png", "chart.png")
        picture = await request.read()
        if len(picture) > self.largest:
            return _error(413, "M_TOO_LARGE")
        self.uploads.append(picture)
        return web.json_response({"content_uri": f"mxc://hs.test/media{len(self.uploads)}"})

    def _encryption(self, room: str) -> web.Response:
        known = self.rooms.get(room)
        if known is None or not known.joined:
            return _error(403, "M_FORBIDDEN")
        return web.json_response({"algorithm": "m.megolm.v1.aes-sha2"}) if known.encrypted else _error(404, "M_NOT_FOUND")

    def _join(self, named: str) -> web.Response:
        room = ROOM if named == ALIAS else named
        known = self.rooms.get(room)
        if known is None or not (known.joined or known.inviter):
            return _error(403, "M_FORBIDDEN")
        known.joined = True
        return web.json_response({"room_id": room})

    def _send(self, room: str, transaction: str, content: dict[str, Any]) -> web.Response:
        if not (self.rooms.get(room) and self.rooms[room].joined):
            return _error(403, "M_FORBIDDEN")
        assert not self.rooms[room].encrypted, "nothing in the clear goes into an encrypted room"
        assert re.fullmatch(r"[A-Za-z0-9._~-]{1,255}", transaction)
        assert len(json.dumps(content, ensure_ascii=False).encode()) < 65_000
        _check(content)
        relation = content.get("m.relates_to", {})
        if "event_id" in relation and not self._may_relate(room, relation):
            return _error(400, "M_UNKNOWN")
        key = f"{room} {transaction}"
        if key not in self.transactions:
            self.transactions[key] = self.write(ME, content, room=room)
        return web.json_response({"event_id": self.transactions[key]})

    def _may_relate(self, room: str, relation: dict[str, Any]) -> bool:
        about = next((event for where, event in self.events if where == room and event["event_id"] == relation["event_id"]), None)
        if about is None or "rel_type" in about["content"].get("m.relates_to", {}):
            return False
        if relation["rel_type"] == "m.replace":
            assert about["sender"] == ME, "an edit of somebody else's message"
        return True

    def _sync(self, query: dict[str, str]) -> web.Response:
        only(query, "filter", "since", "timeout", "set_presence")
        wanted = json.loads(query["filter"])
        assert wanted["room"]["timeline"]["types"] == ["m.room.message"]
        if query.get("since") in self.forgets:
            return _error(400, "M_INVALID_PARAM")
        since = int(query.get("since", "s0")[1:])
        assert ("since" in query) == (query["timeout"] != "0")
        rooms: dict[str, Any] = {"join": {}, "invite": {}}
        most = min(self.limit, wanted["room"]["timeline"]["limit"])
        for room, known in self.rooms.items():
            numbered = [(n, event) for n, (where, event) in enumerate(self.events) if where == room and n >= since]
            shown = [(n, event) for n, event in numbered if event["type"] in wanted["room"]["timeline"]["types"]][-most:]
            if known.joined and shown:
                limited = len(shown) < len(numbered)
                timeline = {"events": [event for _, event in shown], "limited": limited, "prev_batch": f"s{shown[0][0]}"}
                rooms["join"][room] = {"timeline": timeline}
            elif known.inviter and not known.joined:
                member = {"type": "m.room.member", "state_key": ME, "sender": known.inviter, "content": {"membership": "invite"}}
                rooms["invite"][room] = {"invite_state": {"events": [member]}}
        return web.json_response({"next_batch": f"s{len(self.events)}", "rooms": rooms})

    def _messages(self, room: str, query: dict[str, str]) -> web.Response:
        only(query, "dir", "from", "to", "limit", "filter")
        assert query["dir"] == "b"
        start, end = int(query["from"][1:]), int(query["to"][1:])
        found = [(n, event) for n, (where, event) in enumerate(self.events) if where == room and end <= n < start][::-1][:2]
        return web.json_response(
            {"chunk": [event for _, event in found], "start": query["from"]} | ({"end": f"s{found[-1][0]}"} if found else {})
        )


def _check(content: dict[str, Any]) -> None:
    """What the API and its sections on mentions, edits, threads and answers ask of a message."""
    only(content, *CONTENT)
    assert content["m.mentions"] == {}, "somebody would be pinged"
    assert content["body"]
    assert "@room" not in content["body"]
    if content["msgtype"] == "m.image":
        assert content["url"].startswith("mxc://")
        assert content["info"]["mimetype"] == "image/png"
    else:
        assert (content["msgtype"], content["format"]) == ("m.text", "org.matrix.custom.html")
        assert {element.tag for element in lxml_html.fragment_fromstring(content["formatted_body"], create_parent=True).iter()} <= HTML
    relation = content.get("m.relates_to", {})
    only(relation, "rel_type", "event_id", "is_falling_back", "m.in_reply_to")
    assert ("m.new_content" in content) == (relation.get("rel_type") == "m.replace")
    if "m.new_content" in content:
        assert "m.in_reply_to" not in relation
        assert content["body"].startswith("* ")
        _check(content["m.new_content"])


def _error(status: int, code: str) -> web.Response:
    return web.json_response({"errcode": code, "error": f"said of {TOKEN}"}, status=status)
