"""One account on a Matrix homeserver: rooms are joined, messages put into them, pictures uploaded. Shared by the notifier and the inbox.

The API is the client-server one, v1.11 and later: https://spec.matrix.org/v1.16/client-server-api/ (sections "Sending events to a room", "Joining rooms",
"Content repository", "User and room mentions", "Event replacements", "Threading", "Rich replies"). Rooms that are encrypted end-to-end are refused: this
program holds no keys, and what it wrote there in the clear every client would show as a fault.
"""

from __future__ import annotations

import html
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from alerting.posting import is_fine, post, refused, told
from core.errors import DeliveryFailed
from core.http import Answer, Fetcher

PLACE: Final = "matrix"
_CLIENT: Final = "/_matrix/client/v3"
_MS: Final = 1000.0
_FORBIDDEN, _NOT_FOUND = 403, 404
_REASONS: Final = {
    "M_FORBIDDEN": "the account is not in the room, was not invited, or may not write there",
    "M_UNKNOWN_TOKEN": "the access token is not valid any more",
    "M_MISSING_TOKEN": "the access token is missing",
    "M_LIMIT_EXCEEDED": "too many requests",
    "M_NOT_FOUND": "there is no such room",
    "M_TOO_LARGE": "too large",
    "M_USER_DEACTIVATED": "the account was deactivated",
}


def _homeserver(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise ValueError("write the homeserver's address, such as https://matrix.example.org")
    return url.rstrip("/")


class MatrixOptions(BaseModel):
    """`homeserver` is the address of its client API, `token` the access token of an account of its own.

    `invited_by`: whose invitations the inbox accepts besides those of the channels' users ("@lan:example.org").
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    homeserver: Annotated[str, AfterValidator(_homeserver)]
    token: SecretStr
    invited_by: tuple[str, ...] = ()


class MatrixAccount:
    """What the account can do. Every method raises `DeliveryFailed`, permanent where trying again cannot help."""

    def __init__(self, options: MatrixOptions, *, http: Fetcher) -> None:
        self._base = options.homeserver
        self._token = options.token
        self._http = http

    @property
    def authorization(self) -> dict[str, str]:
        """The header that says who asks. Holds a secret."""
        return {"authorization": f"Bearer {self._token.get_secret_value()}"}

    def address(self, path: str, **query: str) -> str:
        """The full address of a path of the client API, each part of it quoted already."""
        return f"{self._base}{_CLIENT}{path}" + (f"?{urlencode(query)}" if query else "")

    async def put(self, room: str, transaction: str, content: dict[str, Any]) -> str:
        """Put a message into a room; the same transaction twice is one message. Returns its event id."""
        path = f"/rooms/{quote(room, safe='')}/send/m.room.message/{quote(transaction, safe='')}"
        return str(self._fine(await self._ask("PUT", self.address(path), content)).get("event_id", ""))

    async def join(self, room: str) -> str:
        """Be in the room: accept an invitation, or come into a public one; nothing changes for who is in it. Takes id or alias, returns the id."""
        return str(self._fine(await self._ask("POST", self.address(f"/join/{quote(room, safe='')}"), {})).get("room_id", room))

    async def is_encrypted(self, room: str) -> bool | None:
        """Whether what is said there is encrypted end-to-end; None where the account is not in the room."""
        answer = await self._ask("GET", self.address(f"/rooms/{quote(room, safe='')}/state/m.room.encryption"))
        if answer.status == _NOT_FOUND:
            return False
        if answer.status == _FORBIDDEN:
            return None
        self._fine(answer)
        return True

    async def upload(self, picture: bytes) -> str:
        """Store a PNG; returns its mxc:// address."""
        url = f"{self._base}/_matrix/media/v3/upload?filename=chart.png"
        answer = await post(self._http, url, place=PLACE, body=picture, headers={"content-type": "image/png"} | self.authorization)
        return str(self._fine(answer).get("content_uri", ""))

    async def whoami(self) -> str:
        """The account's own user id."""
        return str(self._fine(await self._ask("GET", self.address("/account/whoami"))).get("user_id", ""))

    async def _ask(self, method: str, url: str, payload: dict[str, Any] | None = None) -> Answer:
        return await post(self._http, url, place=PLACE, payload=payload, headers=self.authorization, method=method)

    def _fine(self, answer: Answer) -> dict[str, Any]:
        if not is_fine(answer):
            raise failure(answer)
        return told(answer)


def failure(answer: Answer) -> DeliveryFailed:
    """What an answer other than success means, in our words (https://spec.matrix.org/v1.16/client-server-api/#standard-error-response)."""
    found = told(answer)
    code, wait = found.get("errcode"), found.get("retry_after_ms")
    wait_s = answer.retry_after_s if answer.retry_after_s is not None else wait / _MS if isinstance(wait, int | float) else None
    return refused(PLACE, answer.status, wait_s=wait_s, says=_REASONS.get(str(code), ""))


def text_content(text: str, markup: str) -> dict[str, Any]:
    """A text with its HTML, which mentions nobody: without `m.mentions` old push rules would look for names in the text."""
    return {
        "msgtype": "m.text", "body": unrung(text), "format": "org.matrix.custom.html", "formatted_body": unrung(markup), "m.mentions": {},
    }  # fmt: skip


def unrung(text: str) -> str:
    """The text without the word by which old clients ring a whole room."""
    return text.replace("@room", "\uff20room")


def markup(subject: str, body: str, link: str | None) -> str:
    """The subject and the text as HTML in which nothing is alive but our own link."""
    lines = html.escape(body)
    if link is not None and link.startswith(("http://", "https://")):
        ours = html.escape(link)
        lines = lines.replace(ours, f'<a href="{ours}">{ours}</a>')
    paragraphs = "".join(f"<p>{part.replace(chr(10), '<br>')}</p>" for part in lines.split("\n\n"))
    return f"<p><strong>{html.escape(subject)}</strong></p>{paragraphs}"


def below(root: str) -> dict[str, Any]:
    """The relation of a message in the thread that begins with `root`; clients without threads show it as an answer to it."""
    return {"m.relates_to": {"rel_type": "m.thread", "event_id": root, "is_falling_back": True, "m.in_reply_to": {"event_id": root}}}
