"""The buttons below an alert, for chats that have some: a label in the reader's language, and the command that pressing it says.

A command is what a person could have typed, so that one grammar reads both. Pure.
"""

from __future__ import annotations

from typing import Final

from alerting.base import Message
from core.messages import translator
from core.records import Record

_LINKS: Final = {"page": "alert.button", "test": "alert.button_test"}
_COMMANDS: Final = (("button.take", "ack"), ("button.escalate", "escalate"), ("button.false_alarm", "false"))


class Button(Record, frozen=True, kw_only=True, gc=False):
    """What stands on it and what it says ("ack 12", at most 40 characters of ASCII)."""

    label: str
    command: str


def buttons(message: Message) -> tuple[Button, ...]:
    """Those of a page: take it, pass it on, call it a false alarm. None for anything else: what was taken or closed asks nothing."""
    if message.kind != "page" or message.incident_id is None:
        return ()
    say = translator(message.language)
    return tuple(Button(label=say(label), command=f"{verb} {message.incident_id}") for label, verb in _COMMANDS)


def link_label(message: Message) -> str:
    """What stands on the button that opens our page: take it, confirm a test, or only look."""
    return translator(message.language)(_LINKS.get(message.kind, "alert.button_look"))
