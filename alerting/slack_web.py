"""Slack's Web API, as much of it as notifier and inbox share: a method called with a token, and what its answer means.

Slack answers errors with status 200 and `"ok": false`; limits of rate come as 429 with Retry-After. What an error says of a delivery: refused for good
(credentials, scopes, a channel that is gone or that the app is not in), to be tried again (limits, a service that is down), or ambiguous: of
`fatal_error` and `internal_error` Slack itself says that some of it may have happened. An error that we do not know is tried again.

Source: https://docs.slack.dev/apis/web-api/using-the-slack-web-api, https://docs.slack.dev/apis/web-api/rate-limits,
https://docs.slack.dev/reference/methods/chat.postMessage (its table of errors).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, SecretStr

from alerting.posting import MAX_WAIT_S, Service, is_fine, post, refused, told
from core.errors import DeliveryFailed
from core.http import Answer, Fetcher

API: Final = "https://slack.com/api"
PLACE: Final = "slack"
BUTTON: Final = "tocsin:"  # begins the action_id of a button of ours; one that opens a link has another
_ERROR: Final = re.compile(r"[a-z_]{1,60}")  # an error of Slack's is a code, so nothing else is repeated
_SCOPES: Final = re.compile(r"[a-z:._,\- ]{1,200}")
_BROKEN: Final = 500
_MAX_CODE: Final = 100  # bytes
_AMBIGUOUS: Final = frozenset({"fatal_error", "internal_error"})
_CREDENTIALS: Final = frozenset({
    "access_denied", "account_inactive", "ekm_access_denied", "enterprise_is_restricted", "forbidden_team", "invalid_auth", "missing_scope",
    "no_permission", "not_allowed_token_type", "not_authed", "team_access_not_granted", "token_expired", "token_revoked", "two_factor_setup_required",
})  # fmt: skip
_REFUSED: Final = _CREDENTIALS | frozenset({
    "accesslimited", "action_prohibited", "cannot_dm_bot", "cant_update_message", "channel_is_archived", "channel_not_found", "deprecated_endpoint",
    "edit_window_closed", "invalid_app_id", "invalid_arguments", "invalid_blocks", "invalid_blocks_format", "invalid_channel", "invalid_payload",
    "invalid_token", "invalid_users", "is_archived", "is_inactive", "message_not_found", "messages_tab_disabled", "method_deprecated",
    "msg_blocks_too_long", "msg_too_long", "no_active_hooks", "no_service", "no_service_id", "no_team", "no_text", "not_in_channel",
    "posting_to_channel_denied", "posting_to_general_channel_denied", "restricted_action", "restricted_action_non_threadable_channel",
    "restricted_action_read_only_channel", "restricted_action_thread_only_channel", "team_disabled", "user_disabled", "user_not_found",
    "user_not_in_channel", "user_not_visible", "users_not_found",
})  # fmt: skip
_MENDS: Final = {
    "not_in_channel": "invite the app to the channel (/invite)",
    "channel_not_found": "write the channel's id (C...), and invite the app to a private channel",
    "messages_tab_disabled": "switch the Messages tab on (App Home)",
}


class SlackRefused(DeliveryFailed):
    """An error of Slack's own: `error` is its code, `credentials` whether somebody has to mend the token or its scopes."""

    def __init__(self, method: str, error: str, *, needed: str = "", broken: bool = False, wait_s: float | None = None) -> None:
        mend = f"the app needs the scope {needed}" if needed else _MENDS.get(error, "")
        super().__init__(
            f"{PLACE}: {method} answered {error}" + (f" ({mend})" if mend else ""),
            permanent=error in _REFUSED,
            ambiguous=broken or error in _AMBIGUOUS,
            retry_after_s=None if wait_s is None else min(wait_s, MAX_WAIT_S),
        )
        self.error = error
        self.credentials = error in _CREDENTIALS


class SlackOptions(BaseModel):
    """What all channels of the kind share, and the inbox too.

    `token` of the bot ("xoxb-"); `app_token` of the app ("xapp-", scope connections:write), with which replies and buttons are heard; `api` where
    Slack is not at slack.com.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr | None = None
    app_token: SecretStr | None = None
    api: Service = API


class SlackWeb:
    """The Web API with one token."""

    def __init__(self, token: SecretStr, *, api: str, http: Fetcher) -> None:
        self._token = token
        self._api = api
        self._http = http

    async def call(self, method: str, arguments: Mapping[str, Any] | None = None, *, form: bool = False) -> dict[str, Any]:
        """Call a method with JSON arguments, or `form` for one that reads nothing else; returns what it answered.

        Raises:
            SlackRefused: Slack answered with an error.
            DeliveryFailed: no answer, or one that is none of Slack's.
        """
        headers = {"authorization": f"Bearer {self._token.get_secret_value()}"}
        body = None
        if form:
            headers["content-type"] = "application/x-www-form-urlencoded"
            body = urlencode(arguments or {}).encode()
        else:
            headers["content-type"] = "application/json; charset=utf-8"  # Slack warns where the charset is missing
        payload = None if form else arguments or {}
        answer = await post(self._http, f"{self._api}/{method}", place=PLACE, payload=payload, body=body, headers=headers)
        return checked(method, answer)


def checked(method: str, answer: Answer) -> dict[str, Any]:
    """What a method answered; errors as `SlackWeb.call` raises them."""
    found = told(answer)
    if is_fine(answer) and found.get("ok") is True:
        return found
    error = found.get("error")
    if isinstance(error, str) and _ERROR.fullmatch(error):
        needed = found.get("needed")
        scopes = needed if isinstance(needed, str) and _SCOPES.fullmatch(needed) else ""
        raise SlackRefused(method, error, needed=scopes, broken=answer.status >= _BROKEN, wait_s=answer.retry_after_s)
    if is_fine(answer):
        raise DeliveryFailed(f"{PLACE}: {method} answered what cannot be read", ambiguous=True)
    raise refused(PLACE, answer.status, wait_s=answer.retry_after_s)


def check_webhook(answer: Answer) -> None:
    """Raise what an incoming webhook answered other than "ok": a status, and an error's code as plain text; errors as `SlackWeb.call`."""
    if is_fine(answer):
        return
    error = answer.body[:_MAX_CODE].decode("ascii", "replace").strip()
    if _ERROR.fullmatch(error):
        raise SlackRefused("webhook", error, broken=answer.status >= _BROKEN, wait_s=answer.retry_after_s)
    raise refused(PLACE, answer.status, wait_s=answer.retry_after_s)


def escaped(text: str) -> str:
    """A text in which Slack reads no link, ping or command: its three control characters as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(text: str) -> str:
    """What somebody wrote, of what Slack delivers."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
