"""An alert in the blocks of Slack: a header, the text in sections, and below them what can be pressed. Pure.

Text stands in `mrkdwn` objects with `verbatim`, so that Slack makes neither links nor pings of it; the one link is ours and written out.

Source: https://docs.slack.dev/reference/block-kit/blocks (50 a message; a header of at most 150 characters, a section of 3,000),
https://docs.slack.dev/reference/block-kit/block-elements/button-element (label 75, value 2,000),
https://docs.slack.dev/messaging/formatting-message-text (escapes, `verbatim`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from alerting.base import Message, fitted, headed
from alerting.buttons import Button, buttons
from alerting.inert import shorten
from alerting.slack_web import BUTTON, escaped
from core.messages import translator
from core.tidy import cut

MAX_TEXT: Final = 10_000  # characters, escaped; beyond some 13,000 Slack answers msg_blocks_too_long, whatever its tables say
MAX_HEADER: Final = 150
MAX_SECTION: Final = 3_000
MAX_LABEL: Final = 75
_MAX_LINE: Final = 600  # characters that fit a section whatever escaping makes of them (&amp; is five)

Block = dict[str, Any]


def line(message: Message) -> str:
    """What a phone's notification shows; with blocks it stands nowhere else."""
    return escaped(message.short)


def plain(message: Message) -> str:
    """The whole alert without blocks."""
    return escaped(headed(message, MAX_TEXT, _size))


def text_blocks(message: Message, *, names: str | None = None) -> list[Block]:
    """Header and sections; `names` is a member who is pinged above the text, for a channel tells nobody by itself."""
    header = {"type": "header", "text": {"type": "plain_text", "text": shorten(message.subject, MAX_HEADER), "emoji": False}}
    ping = [] if names is None else [_section(f"<@{names}>")]
    return [header, *ping, *(_section(text) for text in _sections(message))]


def button_blocks(message: Message) -> list[Block]:
    """How to answer, and the buttons; nothing where nothing can be pressed."""
    keys = [_button(one) for one in buttons(message)]
    if not keys:
        return []
    keys[0]["style"] = "primary"
    hint = {"type": "plain_text", "text": translator(message.language)("alert.answer_below"), "emoji": False}
    return [{"type": "context", "elements": [hint]}, {"type": "actions", "elements": keys}]


def _button(button: Button) -> Block:
    label = {"type": "plain_text", "text": shorten(button.label, MAX_LABEL), "emoji": False}
    return {"type": "button", "action_id": f"{BUTTON}{button.command.partition(' ')[0]}", "text": label, "value": button.command}


def _section(mrkdwn: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}}


def _sections(message: Message) -> Iterator[str]:
    """The text in pieces that fit a section each, cut between lines; our link is one."""
    link = escaped(message.link) if message.link else None
    piece = ""
    for number, raw in enumerate(fitted(message, MAX_TEXT, _size).split("\n")):
        between = "\n" if number else ""
        for part in _parts(raw):
            shown = escaped(part)
            if link:
                shown = shown.replace(link, f"<{link}>")
            if len(piece) + len(between) + len(shown) > MAX_SECTION:
                yield piece
                piece = shown
            else:
                piece += between + shown
            between = ""
    if piece.strip():
        yield piece


def _parts(raw: str) -> Iterator[str]:
    """A line in parts that fit, cut where a character as people see it ends."""
    while len(raw) > _MAX_LINE:
        part = cut(raw, _MAX_LINE) or raw[:_MAX_LINE]
        yield part
        raw = raw[len(part) :]
    yield raw


def _size(text: str) -> int:
    return len(escaped(text))
