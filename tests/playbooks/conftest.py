"""A small playbook to bend: `playbook_file(...)` writes it with changes, `playbook` is it as a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks.playbook import Playbook

BOTH = {"vi": "Một việc", "en": "A thing"}
SMALL: dict[str, Any] = {
    "id": "small",
    "version": 1,
    "owner": "lan",
    "last_reviewed": "2026-11-01",
    "languages": ["vi", "en"],
    "title": {"vi": "Nhỏ", "en": "Small"},
    "triggers": {"risks": ["recall"]},
    "cluster": "accidental",
    "posture": "inform",
    "verify_first": [BOTH],
    "roles": [{"id": "lead", "title": {"vi": "Trưởng nhóm", "en": "Lead"}, "does": BOTH}],
    "first_15_minutes": [{"id": "take", "text": {"vi": "Nhận", "en": "Take it"}, "role": "lead", "due_min": 5, "blocking": True}],
    "first_hour": [{"id": "speak", "text": {"vi": "Nói", "en": "Speak"}, "role": "lead", "due_min": 30, "after": ["take"]}],
    "blanks": {"product": {"type": "text", "label": BOTH, "example": "Acme"}},
    "holding_statements": [
        {"id": tag, "language": tag, "channel": "reply", "posture": "inform", "approver": "lead", "valid_until": "2026-12-31", "use_within": "6h",
         "text": "To you who use {{ product }}: we are here."}
        for tag in ("vi", "en")
    ],
    "do_not": [BOTH],
    "close_criteria": [BOTH],
    "after": [{"id": "learn", "text": {"vi": "Học", "en": "Learn"}, "role": "lead", "due_min": 7200}],
}  # fmt: skip


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """`SMALL` with values set by dotted path ("roles.0.id"); None takes the key out."""
    value = json.loads(json.dumps(SMALL))
    for path, new in changes.items():
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        at: Any = value
        for part in way:
            at = at[part]
        if new is None:
            at.pop(last, None)
        else:
            at[last] = new
    return value


@pytest.fixture
def make_playbook() -> Callable[..., Playbook]:
    return lambda **changes: Playbook.model_validate(changed({path.replace("__", "."): new for path, new in changes.items()}))


@pytest.fixture
def playbook(make_playbook: Callable[..., Playbook]) -> Playbook:
    return make_playbook()


@pytest.fixture
def write_playbook(tmp_path: Path) -> Callable[..., Path]:
    def write(changes: dict[str, Any] | None = None, *, name: str = "small.yaml", folder: str = "local") -> Path:
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(changed(changes or {}), allow_unicode=True, sort_keys=False), "utf-8")
        return path

    return write
