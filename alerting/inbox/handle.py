"""One reply -> who wrote it, what it asks for, of which incident -> what became of it and what to say back. In one transaction.

People are known by what a channel of theirs says (`Inbox.sender_of`). The incident is the one that the reply names, else the one of the message that it
answers, else the only open one that this person was told of; where there are several they are asked, never guessed. A stranger is refused
politely once a day and learns nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from msgspec.structs import replace

from alerting.inbox.base import Reply
from alerting.inbox.carry import Carrier
from alerting.inbox.command import Command, Hint
from alerting.inbox.grammar import named, read
from alerting.inbox.vocabulary import Verb
from alerting.policy import Roster
from alerting.settings import AlertingSettings, PersonSettings
from alerting.weekly_test import answered
from core.errors import NotFound, Refused
from core.messages import translator
from core.records import Record, Words
from store import audit, replies, swaps, told
from store.database import Tx

log = structlog.get_logger()

REFUSED_AGAIN: Final = timedelta(days=1)
ASKED_FOR: Final = timedelta(minutes=15)  # how long "#12 hay #13?" waits for a bare number
ANSWERABLE: Final = timedelta(days=30)  # how old a message may be that is answered
CLOSED_LATELY: Final = timedelta(days=1)
TOO_OLD: Final = timedelta(hours=6)  # written so long before it was heard, a reply does nothing any more
WITHOUT_INCIDENT: Final = frozenset({"help", "on_call", "swap", "cover", "agree", "disagree"})
OF_CLOSED: Final = frozenset({"reopen", "real", "false_alarm", "note"})  # these make sense of what was closed lately too
YES_OR_NO: Final[Mapping[Verb, Verb]] = {"acknowledge": "agree", "agree": "agree", "decline": "disagree"}
REFUSED: Final = "refused"


class Handled(Record, frozen=True, kw_only=True, gc=False):
    """What became of a reply: whose it is, what it asked for, of which incident, and what is said back."""

    person: str | None
    command: str | None
    incident_id: int | None = None
    answer: Words | None = None


class Handler:
    """Carries replies out.

    Args:
        settings: people, their names and how they are spoken to.
        senders: by kind of inbox, whose id it is as whom somebody writes.
        roster: who can be told now.
        carrier: does what commands ask for.
    """

    def __init__(
        self, settings: AlertingSettings, senders: Mapping[str, Mapping[str, str]], *, roster: Callable[[Tx], Roster], carrier: Carrier
    ) -> None:
        self._people = {person.id: person for person in settings.people}
        self._names = {person.id: person.display_name for person in settings.people}
        self._senders = senders
        self._roster = roster
        self._carrier = carrier

    def handle(self, tx: Tx, kind: str, reply: Reply, now: datetime) -> Handled | None:
        """Let a reply do what it asks for, and keep what to say back; None where it was handled before, or is nobody's business here."""
        person = self._senders.get(kind, {}).get(reply.sender)
        answers = None if reply.about is None else told.about(tx, reply.about, now - ANSWERABLE)
        if answers is None and not reply.proven:
            log.warning("reply left alone: anybody may have written it, and it answers none of our messages", inbox=kind)
            return None
        if person is None and not self._is_to_refuse(tx, kind, reply, now):
            return None
        row = replies.add(tx, kind, reply.native_id, now, reply.sender)
        if row is None:
            return None
        if person is not None and (one := self._roster(tx).people.get(person)) is not None:
            answered(tx, one, kind, now)
        handled = (
            self._refuse(tx, kind, row, reply.sender, now)
            if person is None
            else self._of_person(tx, kind, row, person, reply, answers, now)
        )
        keep = handled.command is not None and handled.command != REFUSED
        self._settle(tx, row, reply, handled, text=reply.text if keep else "")
        return handled

    def fail(self, tx: Tx, kind: str, reply: Reply, now: datetime) -> None:
        """Keep that a reply could not be handled, so that it does not come again, and tell whoever wrote it."""
        row = replies.add(tx, kind, reply.native_id, now, reply.sender)
        if row is not None:
            person = self._senders.get(kind, {}).get(reply.sender)
            answer = None if person is None else Words(key="reply.failed")
            self._settle(tx, row, reply, Handled(person=person, command="failed", answer=answer), text="")

    def answer(self, row: replies.ReplyRow) -> tuple[Reply, str]:
        """To whom and where to say the answer of a row, and the words."""
        answer = row.answer or {}
        place: dict[str, Any] = answer.get("to", {})
        back = place.get("back", {}) | ({"stranger": True} if row.person is None else {})  # some chats can say it so that only they see it
        reply = Reply(native_id=row.native_id, sender=row.sender, at=row.at, text=row.text, about=place.get("about"), back=back)
        return reply, self.words(row.person, Words(key=answer.get("key", ""), args=answer.get("args", {})))

    def words(self, person_id: str | None, words: Words) -> str:
        """An answer in the words of the person, as they are spoken to."""
        person = self._people.get(person_id or "")
        say = translator((person and person.language) or "vi", zone=ZoneInfo((person and person.timezone) or "UTC"))
        own = words.key.replace("answer.", "reply.", 1)  # how a chat says it, where that differs
        return say(own if say.knows(own) else words.key, **{**_spoken_to(person), **words.args})

    def _settle(self, tx: Tx, row: int, reply: Reply, handled: Handled, *, text: str) -> None:
        values: dict[str, Any] = {"person": handled.person, "command": handled.command, "incident_id": handled.incident_id, "text": text}
        if handled.answer is not None:
            place = {"about": reply.about, "back": reply.back}
            values["answer"] = {"key": handled.answer.key, "args": handled.answer.args, "to": place}
        replies.settle(tx, row, values)

    def _is_to_refuse(self, tx: Tx, kind: str, reply: Reply, now: datetime) -> bool:
        """Whether a stranger wants something of us, and was not refused today."""
        wants = reply.pressed or reply.about is not None or isinstance(read(reply.text), Command)
        lately = replies.of_sender(tx, kind, reply.sender, now - REFUSED_AGAIN) if wants else []
        return wants and not any(row.command == REFUSED for row in lately)

    def _refuse(self, tx: Tx, kind: str, row: int, sender: str, now: datetime) -> Handled:
        log.warning("reply of a stranger refused", inbox=kind, reply=row)
        audit.add(tx, now, "stranger", "reply", "refused", f"reply:{row}", {"inbox": kind})
        return Handled(person=None, command=REFUSED, answer=Words(key="reply.stranger", args={"sender": sender}))

    def _of_person(self, tx: Tx, kind: str, row: int, person: str, reply: Reply, answers: int | None, now: datetime) -> Handled:
        command = self._chosen(tx, kind, row, reply, now) or read(reply.text, self._names)
        incident = None if answers is None else told.incident_of(tx, answers)
        if isinstance(command, Command) and command.verb == "resolve" and not command.firm and answers is None:
            return self._ask_for_number(tx, person)
        if not isinstance(command, Command) or not (command.firm or answers is not None):
            asks = isinstance(command, Hint | Command) or answers is not None
            return self._hint(tx, kind, row, person, reply, incident, now) if asks else Handled(person=person, command=None)
        command = self._of_swap(tx, person, command, answers, now)
        if now - reply.at > TOO_OLD:
            return Handled(person=person, command=command.verb, answer=Words(key="reply.too_old", args={"at": reply.at.isoformat()}))
        return self._carry(tx, kind, person, command, command.incident_id or incident, now)

    def _of_swap(self, tx: Tx, person: str, command: Command, answers: int | None, now: datetime) -> Command:
        """Yes or no to a swap of duty, where the message that is answered asks for one, or nothing else can be refused."""
        if command.verb not in YES_OR_NO:
            return command
        swap = None if answers is None else told.swap_of(tx, answers)
        waiting = swaps.unanswered(tx, now, person) if command.verb == "decline" and answers is None else []
        if swap is None and (not waiting or told.open_for(tx, person)):
            return command
        return replace(command, verb=YES_OR_NO[command.verb], incident_id=swap)

    def _chosen(self, tx: Tx, kind: str, row: int, reply: Reply, now: datetime) -> Command | None:
        """The command that we asked about a moment ago ("#12 hay #13?"), of the incident that is named now."""
        number = named(reply.text)
        if number is None:
            return None
        before = next(iter(replies.of_sender(tx, kind, reply.sender, now - ASKED_FOR, before=row)), None)
        if before is None or before.answer is None or number not in before.answer.get("args", {}).get("ids", ()):
            return None
        command = read(before.text, self._names)
        return command.about(number) if isinstance(command, Command) else None

    def _carry(self, tx: Tx, kind: str, person: str, command: Command, incident: int | None, now: datetime) -> Handled:
        if command.verb not in WITHOUT_INCIDENT and incident is None:
            found = told.open_for(tx, person)
            if not found and command.verb in OF_CLOSED:
                found = told.closed_for(tx, person, now - CLOSED_LATELY)
            if command.verb == "merge":
                found = [number for number in found if number != command.number]
            if len(found) != 1:
                asked = Words(key="reply.nothing_open")
                if found:
                    asked = Words(key="reply.which", args={"ids": found, "choice": _either(found)})
                return Handled(person=person, command=command.verb, answer=asked)
            incident = found[0]
        try:
            with tx.begin_nested():
                answer = self._carrier.carry_out(tx, command, incident, person, now, self._roster(tx), via=kind)
        except (NotFound, Refused) as error:
            answer = Words(key="reply.refused", args={"reason": str(error)})
        about = None if command.verb in WITHOUT_INCIDENT else incident
        return Handled(person=person, command=command.verb, incident_id=about, answer=answer)

    def _ask_for_number(self, tx: Tx, person: str) -> Handled:
        """What may be about anything closes nothing; whoever has an incident open reads how to say it."""
        found = told.open_for(tx, person)
        answer = Words(key="reply.add_number", args={"choice": _either(found), "number": found[0]}) if found else None
        return Handled(person=person, command=None, answer=answer)

    def _hint(self, tx: Tx, kind: str, row: int, person: str, reply: Reply, incident: int | None, now: datetime) -> Handled:
        """Ask once whether they take what waits for somebody; nothing is asked where nothing waits."""
        waiting = self._carrier.untaken(tx, [incident] if incident is not None else told.open_for(tx, person))
        asked = {
            number
            for one in replies.of_sender(tx, kind, reply.sender, now - CLOSED_LATELY, before=row)
            if one.answer is not None and one.answer.get("key") == "reply.hint"
            for number in one.answer["args"]["ids"]
        }
        if not set(waiting) - asked:
            return Handled(person=person, command=None)
        typed = "" if len(waiting) == 1 else f" #{waiting[0]}"
        return Handled(
            person=person, command=None, answer=Words(key="reply.hint", args={"ids": waiting, "choice": _either(waiting), "typed": typed})
        )


def _either(numbers: Sequence[int]) -> dict[str, Any]:
    """One of them, as words within words: "#12 hay #13"."""
    *first, last = (f"#{number}" for number in numbers)
    return {"key": "reply.or" if first else "reply.one", "args": {"first": ", ".join(first), "last": last}}


def _spoken_to(person: PersonSettings | None) -> dict[str, str]:
    """How a person is spoken to in Vietnamese, and what we call ourselves then."""
    address = (person.address if person else "").strip().lower()
    name = person.display_name if person else ""
    me = "Mình" if address in ("em", "bạn") else "Em"
    return {
        "you": address or "anh/chị",
        "You": (address or "anh/chị").capitalize(),
        "called": f"{address} {name}".strip(),
        "I": me,
        "me": me.lower(),
    }
