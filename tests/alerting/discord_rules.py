"""What Discord would refuse of a message or show otherwise than it was meant, by https://docs.discord.com/developers/resources/message and
https://docs.discord.com/developers/components/reference; and what people see of one."""

from __future__ import annotations

import re
from typing import Any

from tests.alerting.strict import only

FLAGS = 1 << 2 | 1 << 12
ESCAPE = re.compile(r"\\([\\*_~|`\[\]#>+-])")
PING = re.compile(r"@everyone|@here|<@[!&]?\d+>")
LIVE = re.compile(r"https?://[^\s>]+|<(?:#|/|:|a:|t:|id:)[^>]*>|\[[^\]]*\]\([^)]*\)")


class Refusal(Exception):
    """An error of Discord's."""

    def __init__(self, status: int, code: int, **more: Any) -> None:
        self.status, self.body = status, {"code": code, "message": f"error {code}", **more}


def check(payload: dict[str, Any], files: dict[str, bytes], *allowed: str, flags: int = FLAGS) -> dict[str, Any]:
    """Refuse what Discord would; raise for a ping that was not meant."""
    only(payload, *allowed)
    embeds = payload.get("embeds", [])
    told = [embed.get("title", "") + embed.get("description", "") for embed in embeds]
    if not payload.get("content") and not embeds:
        raise Refusal(400, 50006)
    fits = len(payload.get("content", "")) <= 2_000 and len(embeds) <= 10 and sum(map(len, told)) <= 6_000
    if not fits or any(len(embed.get("description", "")) > 4_096 or len(embed.get("title", "")) > 256 for embed in embeds):
        raise Refusal(400, 50035, errors={"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH"}]}})
    for embed in embeds:
        only(embed, "title", "description")
    assert payload.get("flags", 0) & ~flags == 0
    assert not (embeds and payload["flags"] & 1 << 2), "an embed that is suppressed"
    assert len(payload.get("nonce", "")) <= 25
    mentions = payload["allowed_mentions"]
    only(mentions, "parse", "users")
    assert mentions["parse"] == []
    pinged = PING.findall(" ".join([payload.get("content", ""), *told]))
    assert [ping.strip("<@>") for ping in pinged] == mentions.get("users", []), pinged
    assert {f"files[{one['id']}]" for one in payload.get("attachments", [])} == set(files)
    for attachment in payload.get("attachments", []):
        only(attachment, "id", "filename", "description")
        assert len(attachment["description"]) <= 1024
    _check_components(payload.get("components", []))
    return payload


def _check_components(rows: list[dict[str, Any]]) -> None:
    assert len(rows) <= 5
    names = [key["custom_id"] for row in rows for key in row["components"]]
    assert len(names) == len(set(names))
    for row in rows:
        only(row, "type", "components")
        assert row["type"] == 1
        assert 1 <= len(row["components"]) <= 5
        for key in row["components"]:
            only(key, "type", "style", "label", "custom_id")
            assert key["type"] == 2
            assert key["style"] in (1, 2, 3, 4)
            assert 1 <= len(key["label"]) <= 80
            assert 1 <= len(key["custom_id"]) <= 100


def what_people_see(message: dict[str, Any], link: str) -> dict[str, Any]:
    """What people see of a message: its first line, its text, its buttons, and what is alive in it but for `link`."""
    content = message["content"]
    first, _, rest = content.partition("\n")
    described = "".join(embed["description"] for embed in message.get("embeds", []))
    lines = [line for line in (described or rest).replace(f"<{link}>", link).split("\n") if not line.startswith("-# ")]
    text = plain("\n".join(lines))
    subject = plain(re.sub(r"^(<@\d+> )?\*\*(.*)\*\*$", r"\2", first))
    return {
        "subject": subject,
        "text": text,
        "whole": text if described or rest else plain(content),
        "buttons": [key["label"] for row in message.get("components", []) for key in row["components"]],
        "alive": LIVE.findall(f"{first}\n{described or rest}"),
    }


def plain(text: str) -> str:
    """A text without the backslashes that keep markup from being read."""
    return ESCAPE.sub(r"\1", text)
