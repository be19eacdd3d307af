"""What a playbook that can be read may still do wrong: words that make a crisis worse, approvals that nobody can give, people whom nobody named. Pure.

`load.py` refuses what is no playbook; this tells what is no good one. An error must be mended before the playbook is relied on (a statement that
blames, or that has expired); a warning is for its owner. Empathy first, and no silence about the next update, as the guide of the United States'
Centers for Disease Control asks ("Crisis and Emergency Risk Communication", 2018).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, Literal

from core.records import Record, Words
from playbooks.blanks import blanks_of
from playbooks.playbook import Playbook, Role, Statement
from playbooks.sections import Language
from playbooks.statement import fill

Grade = Literal["error", "warning"]

REVIEW_EVERY: Final = timedelta(days=365)
EXPIRES_SOON: Final = timedelta(days=30)
PUBLIC: Final = ("facebook", "website")  # where people come back to look for the next words
NEXT_UPDATE: Final = "next_update"

# Words of blame, of threat and of the counter clerk.
COLD: Final[dict[Language, tuple[str, ...]]] = {
    "vi": (
        "theo quy định", "nếu có", "pháp luật", "khởi kiện", "pháp lý", "cá biệt", "hiểu lầm", "lỗi của khách", "dùng sai", "sử dụng sai",
        "thế lực", "đối thủ", "bôi nhọ", "thiếu thiện chí", "một số ít", "đáng tiếc", "rất tiếc", "lấy làm tiếc", "bảo lưu quyền",
    ),
    "en": (
        "according to regulations", "if any", "legal action", "lawyer", "lawyers", "isolated", "misunderstanding", "misuse", "user error", "alleged",
        "competitor", "competitors", "defamation", "defamatory", "regret any", "apologise if", "apologize if", "sorry if", "inconvenience", "reserve the right",
    ),
}  # fmt: skip
PEOPLE: Final[dict[Language, re.Pattern[str]]] = {
    "vi": re.compile(
        r"\b(anh chị|anh/chị|chị/anh|quý khách|khách hàng|gia đình|những ai|các bạn|bạn|cô chú|bà con|thành viên|người dùng|đồng nghiệp"
        r"|hành khách|học viên|phụ huynh|bệnh nhân|người lao động)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(you|your|everyone|everybody|customers?|families|family|members?|colleagues?|passengers?|patients?|parents?)\b", re.IGNORECASE
    ),
}


class Finding(Record, frozen=True, kw_only=True, gc=False):
    """One thing to mend: where (`holding_statements.0.text`), which rule, how grave, and what to do (`lint.<rule>` in the catalogues)."""

    place: str
    rule: str
    grade: Grade
    words: Words


def lint(playbook: Playbook, today: date) -> tuple[Finding, ...]:
    """All that is to be mended in a playbook on that day, in the order in which it stands; empty where all is well."""
    return (
        *_review(playbook, today),
        *_verification(playbook),
        *_owners(playbook),
        *(finding for at, one in enumerate(playbook.holding_statements) for finding in _statement(playbook, at, one, today)),
        *_channels(playbook),
        *_approval(playbook),
        *_macros(playbook),
    )


def _found(grade: Grade, place: str, rule: str, **args: object) -> Finding:
    return Finding(place=place, rule=rule, grade=grade, words=Words(key=f"lint.{rule}", args=args))


def _review(playbook: Playbook, today: date) -> Iterator[Finding]:
    if today - playbook.last_reviewed > REVIEW_EVERY:
        yield _found("warning", "last_reviewed", "not_reviewed", date=playbook.last_reviewed.isoformat(), owner=playbook.owner)


def _verification(playbook: Playbook) -> Iterator[Finding]:
    if playbook.verifier is None:
        yield _found("warning", "verifier", "nobody_verifies")


def _owners(playbook: Playbook) -> Iterator[Finding]:
    """The shipped plans name no people, which is told once; a copy that names some is asked for everyone whom a blocking step waits for."""
    if not any(role.primary for role in playbook.roles):
        yield _found("warning", "roles", "nobody_named")
        return
    waited_for = {step.role for _, step in playbook.steps() if step.blocking}
    for at, role in enumerate(playbook.roles):
        if role.id in waited_for and not _has_backup(role):
            step = next(step for _, step in playbook.steps() if step.blocking and step.role == role.id)
            yield _found("warning", f"roles.{at}", "no_backup", role=role.id, step=step.id)


def _has_backup(role: Role) -> bool:
    return role.primary is not None and role.backup is not None and role.backup != role.primary


def _statement(playbook: Playbook, at: int, statement: Statement, today: date) -> Iterator[Finding]:
    place = f"holding_statements.{at}"
    if statement.valid_until < today:
        yield _found("error", f"{place}.valid_until", "expired", date=statement.valid_until.isoformat())
    elif statement.valid_until - today < EXPIRES_SOON:
        yield _found("warning", f"{place}.valid_until", "expires_soon", date=statement.valid_until.isoformat())
    first = _first_sentence(playbook, statement)
    if PEOPLE[statement.language].search(first) is None:
        yield _found("error", f"{place}.text", "names_nobody", sentence=first)
    for phrase in _cold(statement.language, statement.text):
        yield _found("error", f"{place}.text", "cold", phrase=phrase)
    if statement.channel in PUBLIC and NEXT_UPDATE not in blanks_of(statement.text):
        yield _found("error", f"{place}.text", "no_next_update")


def _first_sentence(playbook: Playbook, statement: Statement) -> str:
    examples = {name: playbook.blanks[name].example_in(statement.language) for name in blanks_of(statement.text)}
    return re.split(r"(?<=[.?!])\s|\n\n", fill(statement.text, examples))[0]


def _cold(language: Language, text: str) -> list[str]:
    words = " ".join(text.lower().split())
    return [phrase for phrase in COLD[language] if re.search(rf"\b{phrase}\b", words)]


def _channels(playbook: Playbook) -> Iterator[Finding]:
    answered = {one.language for one in playbook.holding_statements if one.channel == "reply"}
    for language in playbook.languages:
        if language not in answered:
            yield _found("warning", "holding_statements", "no_reply", language=language)


def _approval(playbook: Playbook) -> Iterator[Finding]:
    if not playbook.approval:
        yield _found("warning", "approval", "no_approval")
    for at, one in enumerate(playbook.approval):
        people = {getattr(playbook.role(name), "primary", None) or name for name in (one.approver, one.backup)}
        if len(people) == 1:
            yield _found("error", f"approval.{at}.backup", "approves_alone", who=next(iter(people)))


def _macros(playbook: Playbook) -> Iterator[Finding]:
    for at, macro in enumerate(playbook.speaking.macros):
        for phrase in _cold(macro.language, macro.text):
            yield _found("warning", f"speaking.macros.{at}.text", "cold", phrase=phrase)
