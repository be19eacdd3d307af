"""What Slack would refuse of a message or show otherwise than it was meant, by https://docs.slack.dev/reference/block-kit and
https://docs.slack.dev/messaging/formatting-message-text; and what people see of one."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from tests.alerting.strict import only

ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
TAG = re.compile(r"<([^<>]*)>")
TOO_LONG = 13_000  # characters of all blocks


def check(arguments: dict[str, Any]) -> str | None:
    """What Slack would refuse of a message: the error's code; raises for what it would show otherwise than it was meant."""
    if not arguments.get("text"):
        return "no_text"
    if len(arguments["text"]) > 40_000:
        return "msg_too_long"
    check_escapes(arguments["text"])
    blocks = arguments.get("blocks", [])
    if len(json.dumps(blocks, ensure_ascii=False)) > TOO_LONG:
        return "msg_blocks_too_long"
    return None if len(blocks) <= 50 and all(_block_is_fine(block) for block in blocks) else "invalid_blocks"


def check_escapes(text: str) -> None:
    assert not ENTITY.search(text), text
    for tag in TAG.findall(text):
        assert re.fullmatch(r"https?://[^|>\s]+|@[UW][A-Z0-9]+", tag), tag
    assert "<" not in TAG.sub("", text)
    assert ">" not in TAG.sub("", text)


def _block_is_fine(block: dict[str, Any]) -> bool:
    match block:
        case {"type": "header", "text": {"type": "plain_text", "text": str(text)}}:
            return 1 <= len(text) <= 150
        case {"type": "section", "text": {"type": "mrkdwn", "text": str(text), "verbatim": True}}:
            check_escapes(text)
            return 1 <= len(text) <= 3_000
        case {"type": "context", "elements": [*elements]}:
            return 1 <= len(elements) <= 10 and all(one["type"] == "plain_text" and 1 <= len(one["text"]) <= 3_000 for one in elements)
        case {"type": "actions", "elements": [*elements]}:
            names = [one["action_id"] for one in elements]
            return 1 <= len(elements) <= 25 and len(set(names)) == len(names) and all(_button_is_fine(one) for one in elements)
    return False


def _button_is_fine(button: dict[str, Any]) -> bool:
    only(button, "type", "action_id", "text", "value", "style")
    assert button["type"] == "button"
    assert button["text"]["type"] == "plain_text"
    assert button.get("style", "primary") in ("primary", "danger")
    return len(button["text"]["text"]) <= 75 and len(button["value"]) <= 2_000 and len(button["action_id"]) <= 255


def what_people_see(message: dict[str, Any], link: str) -> dict[str, Any]:
    """What people see of a message: its first line, its text, its buttons, and what is alive in it but for `link`."""
    blocks = message.get("blocks") or []
    if not blocks:
        subject, _, rest = html.unescape(message["text"]).partition("\n")
        return {"subject": subject, "text": rest, "whole": f"{subject}\n{rest}", "buttons": [], "alive": []}
    sections = [block["text"]["text"] for block in blocks if block["type"] == "section"]
    shown = [html.unescape(one.replace(f"<{link}>", link)) for one in sections if not re.fullmatch(r"<@\w+>", one)]
    tags = TAG.findall("".join(sections))
    return {
        "subject": blocks[0]["text"]["text"],
        "text": "\n".join(shown),
        "whole": "".join(shown),
        "buttons": [one["text"]["text"] for block in blocks if block["type"] == "actions" for one in block["elements"]],
        "alive": [html.unescape(tag) for tag in tags],
    }
