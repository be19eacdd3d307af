"""Discord's HTTP API, as much of it as notifier, inbox and gateway share: a request with the bot's token, and what its answer means.

Errors are 4xx with a JSON body `{"code", "message"}`; limits of rate are 429, whose body says in `retry_after` how many seconds to wait, to the
millisecond.

Source: https://docs.discord.com/developers/reference (authentication, errors), https://docs.discord.com/developers/topics/rate-limits,
https://docs.discord.com/developers/topics/opcodes-and-status-codes (JSON error codes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from pydantic import BaseModel, ConfigDict, SecretStr

from alerting.posting import Service, is_fine, multipart, post, refused, told
from core.errors import DeliveryFailed
from core.http import Answer, Fetcher

API: Final = "https://discord.com/api/v10"
PLACE: Final = "discord"
QUIET: Final[dict[str, list[str]]] = {"parse": []}  # `allowed_mentions`: nothing in a text rings anybody
MAX_CONTENT: Final = 2_000
SUPPRESS_EMBEDS: Final = 1 << 2
EPHEMERAL: Final = 1 << 6
INVALID_FORM, NO_HISTORY = 50035, 160002  # what of a message can be left out
UNAUTHORIZED: Final = 401
CHART: Final = "chart.png"
BUTTON: Final = "tocsin:"  # begins the custom_id of a button of ours
_MENDS: Final = {
    10003: "no such channel: write its id, and let the bot see it",
    10004: "no such server",
    10013: "no such user: write the id, not the name",
    10015: "the webhook was deleted",
    40001: "the token is not the bot's",
    50001: "the bot does not see the channel (View Channel)",
    50007: "the person takes no direct messages, or shares no server with the bot",
    50013: "the bot needs Send Messages, and Attach Files for charts",
}
_MARKUP: Final = re.compile(r"([\\*_~|`\[\]])")
_LINE_MARKUP: Final = re.compile(r"^(\s*)(#{1,3}\s|-#\s|>|[-+]\s)", re.MULTILINE)
_MAX_SNOWFLAKE: Final = 20  # digits


class DiscordRefused(DeliveryFailed):
    """An error of Discord's own: `code` as its table lists them, 0 where it named none."""

    def __init__(self, answer: Answer) -> None:
        found = told(answer)
        code, asked = found.get("code"), found.get("retry_after")
        self.status = answer.status
        self.code = code if isinstance(code, int) else 0
        says = _MENDS.get(self.code, "the bot's token is refused" if answer.status == UNAUTHORIZED else "")
        says = f"error {self.code} {says}".strip() if self.code else says
        wait_s = float(asked) if isinstance(asked, int | float) else answer.retry_after_s
        meant = refused(PLACE, answer.status, wait_s=wait_s, says=says)
        super().__init__(meant.reason, permanent=meant.permanent, ambiguous=meant.ambiguous, retry_after_s=meant.retry_after_s)


class DiscordOptions(BaseModel):
    """What all channels of the kind share, and the inbox too.

    `token` of the bot; `replies` says whether replies and buttons are heard; `message_content` asks for the privileged intent of that name: without it only
    what names the bot, answers it with a ping or comes as a direct message can be read. `api` where a proxy stands in between.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr | None = None
    replies: bool = True
    message_content: bool = False
    api: Service = API


class DiscordWeb:
    """The HTTP API with one bot's token."""

    def __init__(self, token: SecretStr | None, *, api: str, http: Fetcher) -> None:
        self._token = token
        self._api = api
        self._http = http

    async def call(
        self, method: str, path: str, payload: Mapping[str, Any] | None = None, *, picture: bytes | None = None, named: bool = True
    ) -> dict[str, Any]:
        """Make a request; returns the object that came back, an empty one for a 204.

        Args:
            method: GET, POST or PATCH.
            path: below the API, from "/"; it may hold a token, so no error tells it.
            payload: sent as JSON.
            picture: a PNG to go with the message, the first of its `attachments`.
            named: whether the bot's token goes along; not where the path is the key.

        Raises:
            DiscordRefused: Discord answered with an error.
            DeliveryFailed: no answer.
        """
        headers = {"authorization": f"Bot {self._token.get_secret_value()}"} if self._token is not None and named else {}
        body = None
        if picture is not None:
            form = {"payload_json": msgspec.json.encode(payload).decode()}
            body, kind = multipart(form, {"files[0]": (CHART, "image/png", picture)})
            headers, payload = headers | kind, None
        answer = await post(self._http, f"{self._api}{path}", place=PLACE, payload=payload, body=body, headers=headers, method=method)
        if not is_fine(answer):
            raise DiscordRefused(answer)
        return told(answer)


def escaped(text: str, link: str | None = None) -> str:
    """A text in which Discord reads no markup; our own link stays as it is, for an address with a backslash leads nowhere."""
    if link and link in text:
        return link.join(escaped(part) for part in text.split(link))
    return _LINE_MARKUP.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", text))


def is_snowflake(found: object) -> bool:
    """Whether it is an id of Discord's."""
    return isinstance(found, str) and found.isascii() and found.isdigit() and len(found) <= _MAX_SNOWFLAKE
