"""What somebody wrote themselves in an answer: without what they quote, signatures, and what their phone adds. Pure."""

from __future__ import annotations

import re
from typing import Final

from core.text import clean

MAX_CHARS: Final = 4_000  # of an answer that are read
_QUOTED = re.compile(r"\s*(?:>|\|(?=\s))")
_ENDS: Final = re.compile(  # from such a line on nothing is the writer's own
    r"""\s*(?:
        --\s*$                                                                        # a signature (RFC 3676)
        |[-_*=]{5,}\s*(?:original\ message|thư\ gốc|tin\ nhắn\ gốc|forwarded\ message|tin\ nhắn\ đã\ chuyển\ tiếp)?
        |-{2,}\s*(?:original\ message|thư\ gốc|tin\ nhắn\ gốc|forwarded\ message|tin\ nhắn\ đã\ chuyển\ tiếp)
        |(?:on|le|am)\b.{0,300}\b(?:wrote|écrit|schrieb)\b.{0,20}:\s*$
        |(?:vào|ngày|lúc)\b.{0,300}\b(?:đã\ viết|viết)\b.{0,20}:\s*$
        |.{0,200}<[^<>\s]+@[^<>\s]+>\s*(?:đã\ viết|viết|wrote)\s*:\s*$
        |\*?(?:from|từ|người\ gửi|sent|đã\ gửi|gửi\ lúc|to|đến|subject|chủ\ đề|tiêu\ đề)\*?\s*:\*?\s.{0,300}[@<].{0,300}$
        |(?:sent|gửi|được\ gửi|đã\ gửi)\s+(?:from|từ|bằng|by|via|qua)\b.{0,80}$
        |get\ outlook\ for\b.{0,60}$
        |tải\ outlook\b.{0,60}$
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_BEGINS: Final = re.compile(
    r"\s*(?:on|vào|ngày|lúc|le|am)\b.{4,200}$", re.IGNORECASE
)  # "On Mon, 1 Jan 2026 at 10:00, Tocsin" + "<...> wrote:"
_WROTE: Final = re.compile(r".{0,200}\b(?:wrote|đã\ viết|viết|écrit|schrieb)\b\s*:\s*$", re.IGNORECASE)


def own_words(text: str) -> str:
    """The writer's own lines, blank ones left out; empty where they only quote. Time grows with the length alone.

    Where the quotation is marked line by line (">"), what stands below it is the writer's own again.
    """
    lines = [line for line in clean(text[: MAX_CHARS * 4]).splitlines() if line.strip()]
    kept: list[str] = []
    for at, line in enumerate(lines):
        following = lines[at + 1 : at + 3]
        if _ENDS.match(line[:700]) or (_BEGINS.match(line[:300]) and any(_WROTE.match(each[:300]) for each in following[:1])):
            if any(_QUOTED.match(each) for each in following):
                continue
            break
        if not _QUOTED.match(line) and not (at and _WROTE.match(line[:300]) and _BEGINS.match(lines[at - 1][:300])):
            kept.append(" ".join(line.split()))
    return "\n".join(kept)[:MAX_CHARS]
