"""A Bot API on this machine that checks every call against https://core.telegram.org/bots/api and notes whatever the real one would refuse or ignore.

`faults` holds what no test may do: unknown methods and fields, wrong types, texts that are too long, entities beside the text, buttons that are none.
What the service makes alive by itself in a plain text (links, @names, /commands, addresses) is told by `alive`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

TOKEN = "123456789:AAHkc7wWz_5Q-9dL0vTn3uYxBq2ReSs4mPf"
BOT = {"id": 123456789, "is_bot": True, "first_name": "Tocsin", "username": "tocsin_alerts_bot"}
NOON = 1_795_237_200  # 2026-11-21 05:00 UTC, as of tests/make.py
PNG = b"\x89PNG\r\n\x1a\n"
COMMON = {"chat_id": (int, str), "message_thread_id": int, "disable_notification": bool, "reply_parameters": dict, "reply_markup": dict}
TEXT = {"text": str, "entities": list, "link_preview_options": dict}
CAPTION = {"caption": str, "caption_entities": list}
METHODS: dict[str, tuple[dict[str, Any], set[str]]] = {  # fields with their types, and those that must be there
    "sendMessage": ({**COMMON, **TEXT}, {"chat_id", "text"}),
    "sendPhoto": ({**COMMON, **CAPTION, "photo": bytes}, {"chat_id", "photo"}),
    "editMessageText": ({"chat_id": (int, str), "message_id": int, "reply_markup": dict, **TEXT}, {"chat_id", "message_id", "text"}),
    "editMessageCaption": ({"chat_id": (int, str), "message_id": int, "reply_markup": dict, **CAPTION}, {"chat_id", "message_id"}),
    "getUpdates": ({"offset": int, "limit": int, "timeout": int, "allowed_updates": list}, set()),
    "answerCallbackQuery": ({"callback_query_id": str, "text": str, "show_alert": bool}, {"callback_query_id"}),
    "getMe": ({}, set()),
}
ENTITIES = {"bold", "italic", "code", "pre", "text_link", "blockquote"}
LIVE = re.compile(
    r"https?://\S+|\b(?:[a-z0-9-]+\.)+[a-z]{2,}\b\S*|\b\d{1,3}(?:\.\d{1,3}){3}\b\S*|\b(?:tg|ton|mailto|tel):\S+"
    r"|(?<![\w/<>])/[a-zA-Z0-9_]{1,64}\b|(?<!\w)@\w{3,32}|[\w.+-]+@[\w-]+\.\w+",
    re.IGNORECASE,
)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def alive(text: str, known: str = "") -> list[str]:
    """What the service would make a link, a ping or a command in a plain text, without our own link."""
    return [found[0] for found in LIVE.finditer(text.replace(known, " ") if known else text)]


class Telegram:
    """The server, its chats and what they hold."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.messages: dict[tuple[int, int], dict[str, Any]] = {}
        self.updates: list[dict[str, Any]] = []
        self.refusals: list[tuple[int, str, dict[str, Any]]] = []  # answered next, one a call
        self.always: tuple[int, str, dict[str, Any]] | None = None
        self.moved: dict[int, int] = {}  # groups that became supergroups
        self.webhook = ""
        self.polling = 0
        self.asked = asyncio.Event()  # a long poll waits for something
        self._arrived = asyncio.Event()
        self._next = 100
        app = web.Application(client_max_size=12_000_000)
        app.router.add_post("/bot{token}/{method}", self._take)
        self.server = TestServer(app)

    @property
    def pair(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    @property
    def api(self) -> str:
        return f"http://{self.pair}"

    def sent(self, *methods: str) -> list[dict[str, Any]]:
        """The calls of these methods, refused ones too."""
        return [fields for method, fields in self.calls if method in methods]

    def put(self, update: dict[str, Any]) -> dict[str, Any]:
        """Something happened in a chat."""
        told = {"update_id": 5000 + len(self.updates), **update}
        self.updates.append(told)
        self._arrived.set()
        return told

    def written(
        self, text: str, sender: int, *, chat: dict[str, Any] | None = None, answers: int | None = None, **more: Any
    ) -> dict[str, Any]:
        """A person writes: in private, or in a `chat`, perhaps in answer to a message."""
        self._next += 1
        place = chat or {"id": sender, "type": "private", "first_name": "Lan"}
        who = {"id": sender, "is_bot": False, "first_name": "Lan", "language_code": "vi"}
        message = {"message_id": self._next, "date": NOON + self._next, "chat": place, "from": who, "text": text, **more}
        if answers is not None:
            message["reply_to_message"] = {"message_id": answers, "date": NOON, "chat": place, "from": BOT, "text": "alert"}
        return self.put({"message": message})

    def pressed(self, data: str, sender: int, chat: int, message: int) -> dict[str, Any]:
        """A person presses a button below one of our messages."""
        self._next += 1
        who = {"id": sender, "is_bot": False, "first_name": "Lan", "language_code": "vi"}
        below = {"message_id": message, "date": NOON, "chat": {"id": chat, "type": "private"}, "from": BOT, "text": "alert"}
        return self.put({"callback_query": {"id": f"q{self._next}", "from": who, "message": below, "chat_instance": "7", "data": data}})

    async def _take(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != TOKEN:
            return _no(401, "Unauthorized", {})
        method = request.match_info["method"]
        if method not in METHODS:
            self.faults.append(f"no method {method}")
            return _no(404, "Not Found", {})
        fields = await self._fields(request)
        self.calls.append((method, fields))
        if self.always is not None:
            return _no(*self.always)
        if self.refusals and method != "getUpdates":
            return _no(*self.refusals.pop(0))
        wrong = self._wrong(method, fields)
        if wrong:
            self.faults.append(f"{method}: {wrong}")
            return _no(400, f"Bad Request: {wrong}", {})
        return await self._answer(method, fields)

    async def _fields(self, request: web.Request) -> dict[str, Any]:
        if request.content_type == "application/json":
            found: dict[str, Any] = json.loads(await request.read())
            return found
        if request.content_type != "multipart/form-data":
            self.faults.append(f"content type {request.content_type}")
            return {}
        fields: dict[str, Any] = {}
        async for part in await request.multipart():
            name, kinds = part.name or "", METHODS[request.match_info["method"]][0]
            raw = bytes(await part.read())
            kind = kinds.get(name)
            fields[name] = raw if kind is bytes else raw.decode() if kind is str else json.loads(raw)
        return fields

    def _wrong(self, method: str, fields: dict[str, Any]) -> str:
        kinds, needed = METHODS[method]
        if missing := needed - fields.keys():
            return f"{sorted(missing)} missing"
        if unknown := fields.keys() - kinds.keys():
            return f"{sorted(unknown)} unknown"
        for name, value in fields.items():
            if not isinstance(value, kinds[name]) or (kinds[name] is int and isinstance(value, bool)):
                return f"{name} is {type(value).__name__}"
        return (
            _text_wrong(fields, "text", "entities", 4096, 1)
            or _text_wrong(fields, "caption", "caption_entities", 1024, 0)
            or _markup_wrong(fields.get("reply_markup"))
            or _rest_wrong(fields)
        )

    async def _answer(self, method: str, fields: dict[str, Any]) -> web.Response:
        if method == "getUpdates":
            return await self._poll(fields)
        if method in ("answerCallbackQuery", "getMe"):
            return _yes(BOT if method == "getMe" else True)
        chat = fields["chat_id"]
        if chat in self.moved:
            return _no(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": self.moved[chat]})
        if method.startswith("edit"):
            return self._edit(chat, fields)
        replied = fields.get("reply_parameters", {})
        if replied and (chat, replied["message_id"]) not in self.messages and not replied.get("allow_sending_without_reply"):
            return _no(400, "Bad Request: message to be replied not found", {})
        self._next += 1
        self.messages[chat, self._next] = fields
        told = {
            "message_id": self._next,
            "date": NOON,
            "chat": {"id": chat if isinstance(chat, int) else -1, "type": "private"},
            "from": BOT,
        }
        return _yes(told | ({"photo": [{"file_id": "f", "width": 9, "height": 9}]} if "photo" in fields else {"text": fields["text"]}))

    def _edit(self, chat: int, fields: dict[str, Any]) -> web.Response:
        held = self.messages.get((chat, fields["message_id"]))
        if held is None:
            return _no(400, "Bad Request: message to edit not found", {})
        name = "caption" if "photo" in held else "text"
        if name not in fields:
            return _no(400, "Bad Request: there is no text in the message to edit" if name == "caption" else "Bad Request: no caption", {})
        shown = {key: fields.get(key) for key in (name, "reply_markup")}
        if {key: held.get(key) for key in shown} == shown:
            return _no(400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same", {})
        held.update(shown)
        return _yes({"message_id": fields["message_id"], "date": NOON, "chat": {"id": chat}})

    async def _poll(self, fields: dict[str, Any]) -> web.Response:
        if self.webhook:
            says = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            return _no(409, says, {})
        if self.polling:
            return _no(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", {})
        offset = fields.get("offset", 0)
        self.polling += 1
        try:
            waiting = self._waiting(offset)
            if not waiting and fields.get("timeout"):
                self._arrived.clear()
                self.asked.set()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._arrived.wait(), fields["timeout"])
                waiting = self._waiting(offset)
        finally:
            self.polling -= 1
        return _yes(waiting[: fields.get("limit", 100)])

    def _waiting(self, offset: int) -> list[dict[str, Any]]:
        return self.updates[offset:] if offset < 0 else [one for one in self.updates if one["update_id"] >= offset]


def _text_wrong(fields: dict[str, Any], name: str, marks: str, most: int, least: int) -> str:
    text = fields.get(name)
    if text is None:
        return f"{marks} without {name}" if marks in fields else ""
    if not least <= units(text) <= most or (least and not text.strip()):
        return f"{name} of {units(text)} units"
    for one in fields.get(marks, []):
        if one.keys() - {"type", "offset", "length", "url"} or one["type"] not in ENTITIES:
            return f"entity {one}"
        if one["offset"] < 0 or one["length"] < 1 or one["offset"] + one["length"] > units(text):
            return f"entity outside of the {name}"
        if text.encode("utf-16-le")[2 * one["offset"] :][: 2 * one["length"]].decode("utf-16-le", "strict").strip() == "":
            return "entity over nothing"
    spans = sorted((one["offset"], one["offset"] + one["length"]) for one in fields.get(marks, []))
    crossing = any(a[0] < b[0] < a[1] < b[1] for a in spans for b in spans)
    return "entities cross" if crossing else ""


def _markup_wrong(markup: dict[str, Any] | None) -> str:
    if markup is None:
        return ""
    if markup.keys() != {"inline_keyboard"}:
        return f"reply_markup {sorted(markup)}"
    for row in markup["inline_keyboard"]:
        for key in row:
            if not row or key.keys() not in ({"text", "url"}, {"text", "callback_data"}) or not key["text"].strip():
                return f"button {key}"
            if not 1 <= len(key.get("callback_data", "x").encode()) <= 64:
                return "BUTTON_DATA_INVALID"
            if not re.match(r"(https?|tg)://[^\s/]+\.[^\s/]+", key.get("url", "https://a.example")):
                return "BUTTON_URL_INVALID"
    return ""


def _rest_wrong(fields: dict[str, Any]) -> str:
    if fields.get("link_preview_options", {}).keys() - {"is_disabled"}:
        return "link_preview_options"
    replied = fields.get("reply_parameters")
    if replied is not None and (
        replied.keys() - {"message_id", "allow_sending_without_reply"} or not isinstance(replied["message_id"], int)
    ):
        return "reply_parameters"
    if "photo" in fields and (not fields["photo"].startswith(PNG) or len(fields["photo"]) > 10_000_000):
        return "PHOTO_INVALID"
    if len(fields.get("text", "")) > 200 and "callback_query_id" in fields:
        return "answer to a button longer than 200"
    return ""


def _yes(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _no(status: int, description: str, parameters: dict[str, Any]) -> web.Response:
    told = {"ok": False, "error_code": status, "description": description} | ({"parameters": parameters} if parameters else {})
    return web.json_response(told, status=status)
