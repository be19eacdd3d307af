"""Zalo's Bot Platform, Official Account and login on this machine, checking every call against https://docs.zaloplatforms.com/docs/BOT and /docs/OA.

`faults` holds what no test may do: unknown methods and fields, wrong types, texts that are too long, styles that are none.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web
from aiohttp.test_utils import TestServer

TOKEN = "1459232241454765289:HcapvQPPTFJvrEXqZKzNvJQwkrXeYJAt"
APP, SECRET = "431234567890123456", "Zp9Secret1Key"
NOON = 1_795_237_200_000  # milliseconds; as of tests/make.py
METHODS: dict[str, dict[str, Any]] = {
    "sendMessage": {"chat_id": str, "text": str, "text_styles": list},
    "getUpdates": {"timeout": int},
    "getWebhookInfo": {},
}
STYLE = re.compile(r"[bius]|f_(13|15|18|20)|c_[0-9a-f]{6}|lst_[12]|ind_[1-5]")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class Zalo:
    """The server, and what arrived on phones."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.phones: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.always: tuple[int, int, str] | None = None  # status, code, description
        self.refusals: list[tuple[int, int, str]] = []  # answered next to what is sent
        self.codes: list[int] = []  # of the account, answered next; 0 is success
        self.webhook = ""
        self.access, self.refresh = "a0", "r0"
        self.asked = asyncio.Event()  # a long poll waits for something
        self._arrived = asyncio.Event()
        self._waiting: list[Any] = []
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._bot)
        app.router.add_post("/v3.0/oa/message/cs", self._advise)
        app.router.add_post("/v4/oa/access_token", self._login)
        self.server = TestServer(app)

    @property
    def pair(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    @property
    def api(self) -> str:
        return f"http://{self.pair}"

    def written(self, text: str, sender: str, *, kind: str = "PRIVATE", event: str = "message.text.received", **more: Any) -> None:
        """A person writes to the bot."""
        number = f"m{len(self.events):012d}"
        who = {"id": sender, "display_name": "Lan", "is_bot": False}
        message = {"from": who, "chat": {"id": sender, "chat_type": kind}, "text": text, "message_id": number, "date": NOON + 1, **more}
        self.put({"message": message, "event_name": event})

    def put(self, event: Any) -> None:
        """Something happened."""
        self.events.append(event)
        self._waiting.append(event)
        self._arrived.set()

    async def _bot(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if request.match_info["token"] != TOKEN:
            return _no(200, 401, "Unauthorized")
        if method not in METHODS or request.content_type != "application/json":
            self.faults.append(f"{method} as {request.content_type}")
            return _no(404, 404, "Not found")
        fields: dict[str, Any] = json.loads(await request.read())
        self.calls.append((method, fields))
        if self.always is not None:
            return _no(*self.always)
        wrong = self._wrong(method, fields)
        if wrong:
            self.faults.append(f"{method}: {wrong}")
            return _no(200, 400, wrong)
        return await self._poll(request, fields["timeout"]) if method == "getUpdates" else self._at_once(method, fields)

    def _at_once(self, method: str, fields: dict[str, Any]) -> web.Response:
        if method == "getWebhookInfo":
            return web.json_response({"ok": True, "result": {"url": self.webhook, "updated_at": NOON}})
        if self.refusals:
            return _no(*self.refusals.pop(0))
        self.phones.append(fields)
        return web.json_response({"ok": True, "result": {"message_id": f"s{len(self.phones)}", "date": NOON}})

    def _wrong(self, method: str, fields: dict[str, Any]) -> str:
        kinds = METHODS[method]
        if unknown := fields.keys() - kinds.keys():
            return f"{sorted(unknown)} unknown"
        for name, value in fields.items():
            if not isinstance(value, kinds[name]):
                return f"{name} is {type(value).__name__}"
        if method != "sendMessage":
            return ""
        text = fields.get("text", "")
        if not 1 <= units(text) <= 2000 or not fields.get("chat_id"):
            return f"text of {units(text)} units to {fields.get('chat_id')}"
        for style in fields.get("text_styles", []):
            fits = style.keys() == {"start", "len", "st"} and style["len"] > 0 and 0 <= style["start"] <= units(text) - style["len"]
            if not fits or not all(STYLE.fullmatch(one) for one in style["st"]):
                return f"style {style}"
        return ""

    async def _poll(self, request: web.Request, wait_s: int) -> web.Response:
        if self.webhook:
            return _no(200, 400, "Bad request")
        if not self._waiting:
            self._arrived.clear()
            self.asked.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), wait_s)
        gone = request.transport is None or request.transport.is_closing()
        if gone or not self._waiting:
            return _no(200, 408, "Request timeout")
        return web.json_response({"ok": True, "result": self._waiting.pop(0)})

    async def _advise(self, request: web.Request) -> web.Response:
        fields: dict[str, Any] = json.loads(await request.read())
        self.calls.append(("advise", fields))
        if self.always is not None:
            return web.json_response({"error": self.always[1], "message": self.always[2]}, status=self.always[0])
        if request.headers.get("access_token") != self.access:
            return web.json_response({"error": -216, "message": "Access token is invalid"})
        text = fields.get("message", {}).get("text", "")
        shape = (
            fields.keys() == {"recipient", "message"} and fields["recipient"].keys() == {"user_id"} and fields["message"].keys() == {"text"}
        )
        if not shape or not isinstance(fields["recipient"]["user_id"], str) or not 1 <= units(text) <= 2000:
            self.faults.append(f"advise: {sorted(fields)} of {units(text)} units")
            return web.json_response({"error": -201, "message": "message is invalid!"})
        code = self.codes.pop(0) if self.codes else 0
        if code:
            return web.json_response({"error": code, "message": "said by Zalo"})
        self.phones.append({"chat_id": fields["recipient"]["user_id"], "text": text})
        data = {
            "message_id": f"s{len(self.phones)}",
            "user_id": fields["recipient"]["user_id"],
            "sent_time": str(NOON),
            "quota": {"quota_type": "reply"},
        }
        return web.json_response({"data": data, "error": 0, "message": "Success"})

    async def _login(self, request: web.Request) -> web.Response:
        form = {name: values[0] for name, values in parse_qs((await request.read()).decode()).items()}
        self.calls.append(("login", form))
        good = (
            form == {"app_id": APP, "refresh_token": self.refresh, "grant_type": "refresh_token"}
            and request.headers.get("secret_key") == SECRET
        )
        if not good:
            return web.json_response({"error": -14014, "error_name": "Invalid refresh token", "error_reason": "used"})
        turn = int(self.refresh[1:]) + 1
        self.access, self.refresh = f"a{turn}", f"r{turn}"
        return web.json_response({"access_token": self.access, "refresh_token": self.refresh, "expires_in": "90000"})


def _no(status: int, code: int, description: str) -> web.Response:
    return web.json_response({"ok": False, "error_code": code, "description": description}, status=status)
