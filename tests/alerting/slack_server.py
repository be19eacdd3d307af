"""Slack on this machine: its Web API, incoming webhooks and Socket Mode, each call held to what https://docs.slack.dev says of it.

Blocks and their sizes, escapes, tokens, content types, envelopes confirmed within 3 seconds and sent again where they are not. Whatever it does not expect is a
complaint (`tests/alerting/strict.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

from tests.alerting.slack_rules import check, check_escapes
from tests.alerting.strict import Strict, only, said

BOT_TOKEN, APP_TOKEN = "xoxb-1-bot-sesame", "xapp-1-app-sesame"
BOT, LAN, STRANGER = "U0TOCSIN", "U0LAN", "U0STRANGER"
ROOM, DIRECT = "C0CRISIS", "D0LAN"
ENVELOPE_S = 3.0
POSTED = ("channel", "text", "blocks", "thread_ts", "unfurl_links", "unfurl_media", "mrkdwn")


class Slack(Strict):
    """A workspace with one room, and one person whose direct messages the app may open."""

    secrets = (BOT_TOKEN, APP_TOKEN, "ticket-", "upload-sesame", "response-sesame")

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[tuple[str, str], dict[str, Any]] = {}
        self.ephemeral: list[dict[str, Any]] = []
        self.responses: list[dict[str, Any]] = []  # what came to a response_url
        self.files: dict[str, dict[str, Any]] = {}
        self.by_webhook: list[dict[str, Any]] = []
        self.refusals: list[str | tuple[int, dict[str, str]]] = []  # answered next: an error's code, or status and headers
        self.refuses: str | None = None
        self.room_is_ours = True
        self.greets = True
        self.tickets: set[str] = set()
        self.sockets: list[web.WebSocketResponse] = []
        self.waiting: dict[str, dict[str, Any]] = {}  # envelopes that were not confirmed
        self.confirmed: dict[str, float] = {}  # seconds that it took
        self._sent_at: dict[str, float] = {}
        self.handshake: int | None = None  # the status with which a websocket is refused
        self._serial = 100

    @property
    def api(self) -> str:
        return f"{self.url}/api"

    def number(self) -> int:
        self._serial += 1
        return self._serial

    async def answer(self, request: web.Request) -> web.StreamResponse:  # type: ignore[override]
        area, _, rest = request.path.removeprefix("/").partition("/")
        if area == "link":
            return await self._link(request)
        assert request.method == "POST"
        if area == "upload":
            return await self._upload(rest, await request.read())
        assert said(request, "Content-Type").startswith(("application/json", "application/x-www-form-urlencoded"))
        if area == "response":
            self.responses.append(_response(await request.json()))
            return web.Response(text="ok")
        if area == "services":
            return self._webhook(await request.json())
        assert area == "api"
        return await self._method(request, rest)

    async def _method(self, request: web.Request, method: str) -> web.Response:
        wanted = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        token = said(request, "Authorization").removeprefix("Bearer ")
        body = await request.text()
        if said(request, "Content-Type").startswith("application/json"):
            assert "charset=utf-8" in said(request, "Content-Type")
            arguments = json.loads(body or "{}")
        else:
            arguments = dict(parse_qsl(body, strict_parsing=bool(body)))
        if (refusal := self._refusal()) is not None:
            return refusal
        if token != wanted:
            return _no("invalid_auth" if token not in (BOT_TOKEN, APP_TOKEN) else "not_allowed_token_type")
        found = getattr(self, "_" + method.replace(".", "_"))(arguments)
        return _no(found) if isinstance(found, str) else web.json_response({"ok": True, **found})

    def _refusal(self) -> web.Response | None:
        refusal = self.refusals.pop(0) if self.refusals else self.refuses
        if refusal is None or isinstance(refusal, str):
            return None if refusal is None else _no(refusal)
        return web.Response(status=refusal[0], headers=refusal[1], text="")

    def _reaches(self, channel: str) -> str | None:
        if channel == ROOM:
            return None if self.room_is_ours else "not_in_channel"
        return None if channel == DIRECT else "channel_not_found"

    def _chat_postMessage(self, arguments: dict[str, Any]) -> dict[str, Any] | str:  # noqa: N802 - as Slack calls it
        only(arguments, *POSTED)
        channel = {"#crisis": ROOM}.get(arguments["channel"], arguments["channel"])
        error = self._reaches(channel) or check(arguments)
        thread = arguments.get("thread_ts")
        if error or (thread is not None and (channel, thread) not in self.messages):
            return error or "thread_not_found"
        assert arguments["unfurl_links"] is False
        assert arguments["unfurl_media"] is False
        ts = f"1763694{self.number():03d}.000200"
        self.messages[channel, ts] = arguments
        return {"channel": channel, "ts": ts, "message": {"ts": ts, "bot_id": "B0TOCSIN"}}

    def _chat_update(self, arguments: dict[str, Any]) -> dict[str, Any] | str:
        only(arguments, "channel", "ts", "text", "blocks")
        place = arguments["channel"], arguments["ts"]
        if place not in self.messages:
            return "message_not_found"
        error = check(arguments)
        if error is None:
            self.messages[place] = arguments
        return error or {"channel": place[0], "ts": place[1]}

    def _chat_postEphemeral(self, arguments: dict[str, Any]) -> dict[str, Any] | str:  # noqa: N802 - as Slack calls it
        only(arguments, "channel", "user", "text", "thread_ts", "unfurl_links", "unfurl_media")
        self.ephemeral.append(arguments)
        return self._reaches(arguments["channel"]) or check(arguments) or {"message_ts": "1763694000.000300"}

    def _conversations_open(self, arguments: dict[str, Any]) -> dict[str, Any] | str:
        only(arguments, "users")
        return {"channel": {"id": DIRECT}} if arguments["users"] == LAN else "user_not_found"

    def _files_getUploadURLExternal(self, arguments: dict[str, Any]) -> dict[str, Any] | str:  # noqa: N802 - as Slack calls it
        only(arguments, "filename", "length", "alt_txt")
        assert int(arguments["length"]) > 0
        assert len(arguments.get("alt_txt", "")) <= 1000
        identity = f"F{self.number()}"
        self.files[identity] = {**arguments, "bytes": None, "shared": None}
        return {"upload_url": f"{self.url}/upload/upload-sesame/{identity}", "file_id": identity}

    async def _upload(self, path: str, content: bytes) -> web.Response:
        held = self.files[path.removeprefix("upload-sesame/")]
        assert held["bytes"] is None
        assert len(content) == int(held["length"])
        held["bytes"] = content
        return web.Response(text=f"OK - {len(content)}")

    def _files_completeUploadExternal(self, arguments: dict[str, Any]) -> dict[str, Any] | str:  # noqa: N802 - as Slack calls it
        only(arguments, "files", "channel_id", "thread_ts")
        assert (arguments["channel_id"], arguments["thread_ts"]) in self.messages
        for file in arguments["files"]:
            only(file, "id", "title")
            assert self.files[file["id"]]["bytes"] is not None
            self.files[file["id"]]["shared"] = arguments["thread_ts"]
        return {"files": arguments["files"]}

    def _webhook(self, payload: dict[str, Any]) -> web.Response:
        only(payload, "text", "blocks", "mrkdwn", "unfurl_links", "unfurl_media")
        refusal = self.refusals.pop(0) if self.refusals else self.refuses
        if refusal is not None:
            status, headers = (400, {}) if isinstance(refusal, str) else refusal
            return web.Response(status=status, headers=headers, text=refusal if isinstance(refusal, str) else "")
        error = check(payload)
        assert error is None, error
        self.by_webhook.append(payload)
        return web.Response(text="ok")

    # Socket Mode

    def _apps_connections_open(self, arguments: dict[str, Any]) -> dict[str, Any] | str:
        only(arguments)
        ticket = f"ticket-{self.number()}"
        self.tickets.add(ticket)
        return {"url": f"ws://{self.pair}/link/?ticket={ticket}&app_id=A0TOCSIN"}

    async def _link(self, request: web.Request) -> web.StreamResponse:
        self.tickets.remove(request.query["ticket"])  # each is good for once
        if self.handshake is not None:
            return web.Response(status=self.handshake)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.greets:
            await socket.send_json({"type": "hello", "num_connections": len(self.sockets) + 1, "connection_info": {"app_id": "A0TOCSIN"}})
        self.sockets.append(socket)
        for identity, envelope in list(self.waiting.items()):
            await self._send(identity, envelope | {"retry_attempt": 1, "retry_reason": "timeout"})
        try:
            async for message in socket:
                assert message.type is WSMsgType.TEXT
                self._confirmed(json.loads(message.data))
        finally:  # also where the other side was killed
            self.sockets.remove(socket)
        return socket

    def _confirmed(self, confirmation: dict[str, Any]) -> None:
        only(confirmation, "envelope_id")
        identity = confirmation["envelope_id"]
        assert self.waiting.pop(identity, None) is not None, "confirmed what is not waiting"
        self.confirmed[identity] = asyncio.get_running_loop().time() - self._sent_at[identity]
        assert self.confirmed[identity] <= ENVELOPE_S, "confirmed too late"

    async def happen(self, kind: str, payload: dict[str, Any]) -> str:
        """Something happened: an envelope goes to the newest connection, or waits for one."""
        identity = f"e{self.number()}"
        self.waiting[identity] = {
            "type": kind,
            "envelope_id": identity,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if self.sockets:
            await self._send(identity, self.waiting[identity])
        return identity

    async def _send(self, identity: str, envelope: dict[str, Any]) -> None:
        self._sent_at[identity] = asyncio.get_running_loop().time()
        with contextlib.suppress(ConnectionError):  # just gone: it goes out again on the next connection
            await self.sockets[-1].send_json(envelope)

    async def disconnect(self, reason: str, *, close: bool = False) -> None:
        """Tell the oldest connection that it will end; and end it."""
        socket = self.sockets[0]
        await socket.send_json({"type": "disconnect", "reason": reason})
        if close:
            await socket.close()

    async def go_down(self) -> None:
        for socket in list(self.sockets):
            await socket.close()
        await super().go_down()


def _response(payload: dict[str, Any]) -> dict[str, Any]:
    only(payload, "text", "response_type", "replace_original")
    assert payload["response_type"] == "ephemeral"
    assert payload["replace_original"] is False
    check_escapes(payload["text"])
    return payload


def _no(error: str) -> web.Response:
    more = {"needed": "im:write", "provided": "chat:write"} if error == "missing_scope" else {}
    if error in ("ratelimited", "rate_limited"):
        return web.json_response({"ok": False, "error": error}, status=429, headers={"Retry-After": "30"})
    return web.json_response({"ok": False, "error": error, **more})
