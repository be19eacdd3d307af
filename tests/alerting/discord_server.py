"""Discord on this machine: its HTTP API (v10), a channel's webhook and the gateway, each call held to what https://docs.discord.com/developers says of it.

Sizes, components, flags, mentions, nonces, tokens; hello, identify, heartbeats in time and with the last sequence number, resume with what was missed, interactions
confirmed within 3 seconds. Whatever it does not expect is a complaint (`tests/alerting/strict.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import BodyPartReader, WSCloseCode, WSMsgType, web

from tests.alerting.discord_rules import FLAGS, Refusal, check
from tests.alerting.strict import Strict, only, said

TOKEN = "MTA1.G-sesame.discord"
HOOK_TOKEN = "hook-sesame"
BOT, APPLICATION, LAN, STRANGER = "700000000000000001", "700000000000000002", "800000000000000001", "800000000000000009"
GUILD, ROOM, DIRECT, HOOK = "600000000000000001", "610000000000000001", "620000000000000001", "630000000000000001"
NOON_MS = 1_763_694_000_000  # 2025-11-21 03:00 UTC
EPOCH_MS = 1_420_070_400_000
CONFIRM_S = 3.0
CREATED = ("content", "embeds", "allowed_mentions", "components", "message_reference", "flags", "nonce", "enforce_nonce", "attachments")
EDITED = ("content", "embeds", "allowed_mentions", "components", "flags", "attachments")


def snowflake(number: int) -> str:
    return str((NOON_MS - EPOCH_MS + number) << 22)


class Discord(Strict):
    """A server with one channel, and one person who takes direct messages."""

    secrets = (TOKEN, HOOK_TOKEN, "interaction-sesame")
    interval_ms = 41_250
    message_content = False

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, dict[str, Any]] = {}
        self.nonces: dict[str, str] = {}
        self.followed_up: list[dict[str, Any]] = []
        self.confirmed: dict[str, float] = {}
        self.refusals: list[Refusal] = []  # answered next
        self.refuses: Refusal | None = None
        self.remaining = 999
        self.sessions: dict[str, list[dict[str, Any]]] = {}  # dispatched events by session
        self.sockets: list[web.WebSocketResponse] = []
        self.identified = 0
        self.resumed = 0
        self.beats: list[int | None] = []
        self.answers_heartbeats = True
        self.left_with: list[int | None] = []
        self.closes_with: int | None = None  # instead of a ready
        self.resumes = True
        self._asked_at: dict[str, float] = {}
        self.handshake: int | None = None  # the status with which a websocket is refused
        self._serial = 100

    @property
    def api(self) -> str:
        return f"{self.url}/api/v10"

    def number(self) -> int:
        self._serial += 1
        return self._serial

    async def answer(self, request: web.Request) -> web.StreamResponse:  # type: ignore[override]
        if request.path == "/gateway/":
            return await self._gateway(request)
        try:
            return web.json_response(await self._method(request))
        except Refusal as refusal:
            return web.json_response(refusal.body, status=refusal.status)

    async def _method(self, request: web.Request) -> dict[str, Any]:
        path = request.path.removeprefix("/api/v10")
        payload, files = await _read(request)
        refusal = self.refusals.pop(0) if self.refusals else self.refuses
        if refusal is not None:
            raise refusal
        parts = path.strip("/").split("/")
        if parts[0] in ("interactions", "webhooks", "api"):  # the path is the key
            assert not said(request, "Authorization")
            return self._by_key(request, parts, payload, files)
        if said(request, "Authorization") != f"Bot {TOKEN}":
            raise Refusal(401, 0)
        return self._by_bot(request.method, parts, payload, files)

    def _by_key(self, request: web.Request, parts: list[str], payload: dict[str, Any], files: dict[str, bytes]) -> dict[str, Any]:
        match request.method, parts:
            case "POST", ["interactions", identity, "interaction-sesame", "callback"]:
                return self._confirm(identity, payload)
            case "POST", ["webhooks", application, "interaction-sesame"]:
                assert application == APPLICATION
                self.followed_up.append(check(payload, {}, "content", "allowed_mentions", "flags", flags=FLAGS | 1 << 6))
                return {"id": snowflake(self.number()), "channel_id": ROOM}
            case "POST", ["api", "webhooks", hook, token]:
                assert (hook, token, request.query_string) == (HOOK, HOOK_TOKEN, "wait=true")
                return self._create(ROOM, payload, files, by_hook=True)
            case "PATCH", ["api", "webhooks", hook, token, "messages", message]:
                assert (hook, token) == (HOOK, HOOK_TOKEN)
                return self._edit(message, payload)
        raise AssertionError("no such method")

    def _by_bot(self, method: str, parts: list[str], payload: dict[str, Any], files: dict[str, bytes]) -> dict[str, Any]:
        match method, parts:
            case "GET", ["gateway", "bot"]:
                limit = {"total": 1000, "remaining": self.remaining, "reset_after": 60_000, "max_concurrency": 1}
                return {"url": f"ws://{self.pair}/gateway", "shards": 1, "session_start_limit": limit}
            case "POST", ["users", "@me", "channels"]:
                only(payload, "recipient_id")
                if payload["recipient_id"] != LAN:
                    raise Refusal(400, 50007)
                return {"id": DIRECT, "type": 1}
            case "POST", ["channels", channel, "messages"]:
                if channel not in (ROOM, DIRECT):
                    raise Refusal(404, 10003)
                return self._create(channel, payload, files)
            case "PATCH", ["channels", _, "messages", message]:
                return self._edit(message, payload)
        raise AssertionError("no such method")

    def _create(self, channel: str, payload: dict[str, Any], files: dict[str, bytes], *, by_hook: bool = False) -> dict[str, Any]:
        check(payload, files, *(name for name in CREATED if not (by_hook and name in ("nonce", "enforce_nonce", "message_reference"))))
        nonce = payload.get("nonce")
        if nonce in self.nonces and payload.get("enforce_nonce"):
            return {"id": self.nonces[nonce], "channel_id": channel}
        reference = payload.get("message_reference")
        if reference is not None:
            only(reference, "message_id", "fail_if_not_exists")
            assert reference["fail_if_not_exists"] is False
        identity = snowflake(self.number())
        self.messages[identity] = {**payload, "channel_id": channel, "files": files}
        if nonce is not None:
            self.nonces[nonce] = identity
        return {"id": identity, "channel_id": channel}

    def _edit(self, message: str, payload: dict[str, Any]) -> dict[str, Any]:
        check(payload, {}, *EDITED, flags=1 << 2)
        if message not in self.messages:
            raise Refusal(404, 10008)
        self.messages[message] |= payload
        return {"id": message, "channel_id": self.messages[message]["channel_id"]}

    def _confirm(self, identity: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert payload == {"type": 6}
        assert identity not in self.confirmed, "confirmed twice"
        self.confirmed[identity] = asyncio.get_running_loop().time() - self._asked_at[identity]
        assert self.confirmed[identity] <= CONFIRM_S
        return {}

    # the gateway

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        assert dict(request.query) == {"v": "10", "encoding": "json"}
        if self.handshake is not None:
            return web.Response(status=self.handshake)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": self.interval_ms}, "s": None, "t": None})
        try:
            await self._talk(socket)
        finally:  # also where the other side was killed
            if socket in self.sockets:  # it was not us who ended it
                self.sockets.remove(socket)
                self.left_with.append(socket.close_code)
                if socket.close_code in (WSCloseCode.OK, WSCloseCode.GOING_AWAY):
                    self.complaints.append("left in a way that ends the session")
        return socket

    async def _talk(self, socket: web.WebSocketResponse) -> None:
        began = asyncio.get_running_loop().time()
        session: str | None = None
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            assert len(message.data.encode()) <= 4096
            payload = json.loads(message.data)
            only(payload, "op", "d")
            match payload["op"]:
                case 1:
                    await self._beat(socket, payload["d"], session, began)
                case 2:
                    assert session is None, "identified twice"
                    session = await self._identify(socket, payload["d"])
                case 6:
                    assert session is None
                    session = await self._resume(socket, payload["d"])
                case _:
                    raise AssertionError(f"opcode {payload['op']}")

    async def _beat(self, socket: web.WebSocketResponse, seq: int | None, session: str | None, began: float) -> None:
        sent = self.sessions.get(session or "", [])
        assert seq == (sent[-1]["s"] if sent else None), "a heartbeat with another sequence number than the last"
        waited = asyncio.get_running_loop().time() - began
        assert waited <= self.interval_ms / 1000 * (len(self.beats) + 1) + 0.5, "a late heartbeat"
        self.beats.append(seq)
        if self.answers_heartbeats:
            await socket.send_json({"op": 11})

    async def _identify(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> str:
        only(data, "token", "intents", "properties")
        only(data["properties"], "os", "browser", "device")
        self.identified += 1
        if data["token"] != TOKEN or self.closes_with is not None:
            await self._end(socket, self.closes_with or 4004)
            return ""
        assert data["intents"] == 1 << 9 | 1 << 12 | (1 << 15 if self.message_content else 0)
        session = f"session-{self.number()}"
        self.sessions[session] = []
        ready = {
            "v": 10, "user": {"id": BOT, "bot": True}, "session_id": session, "resume_gateway_url": f"ws://{self.pair}/gateway",
            "application": {"id": APPLICATION, "flags": 0}, "guilds": [{"id": GUILD, "unavailable": True}],
        }  # fmt: skip
        await self.dispatch("READY", ready)
        return session

    async def _resume(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> str:
        only(data, "token", "session_id", "seq")
        if not self.resumes or data["session_id"] not in self.sessions:
            await socket.send_json({"op": 9, "d": False})
            return ""
        assert data["token"] == TOKEN
        self.resumed += 1
        session: str = data["session_id"]
        for event in [one for one in self.sessions[session] if one["s"] > data["seq"]]:
            await socket.send_json(event)
        await self.dispatch("RESUMED", {})
        return session

    async def dispatch(self, name: str, data: dict[str, Any]) -> None:
        """Something happened in the newest session; what cannot be sent now is replayed when it is resumed."""
        session = list(self.sessions)[-1]
        event = {"op": 0, "t": name, "s": len(self.sessions[session]) + 1, "d": data}
        self.sessions[session].append(event)
        if self.sockets:
            await self.tell(event)

    async def tell(self, payload: dict[str, Any]) -> None:
        """Say something over the newest connection."""
        with contextlib.suppress(ConnectionError):
            await self.sockets[-1].send_json(payload)

    async def interact(self, data: dict[str, Any]) -> None:
        """Somebody pressed a button."""
        self._asked_at[data["id"]] = asyncio.get_running_loop().time()
        await self.dispatch("INTERACTION_CREATE", data)

    async def go_down(self) -> None:
        for socket in list(self.sockets):
            await self._end(socket, WSCloseCode.SERVICE_RESTART)
        await super().go_down()

    async def _end(self, socket: web.WebSocketResponse, code: int) -> None:
        self.sockets.remove(socket)
        await socket.close(code=code)


async def _read(request: web.Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Payload and files of a request."""
    if request.method == "GET":
        return {}, {}
    if request.content_type == "application/json":
        return await request.json(), {}
    assert request.content_type == "multipart/form-data"
    payload: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        if part.name == "payload_json":
            payload = json.loads(await part.read())
        else:
            assert part.name is not None
            assert part.headers["Content-Type"] == "image/png"
            files[part.name] = bytes(await part.read())
    return payload, files
