"""People of ours (ambassadors, partners, VIPs): the query that finds what is said of one, what one says oneself, and whose brand both concern. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from msgspec.structs import replace

from core.records import AuthorRole, MentionClass, Record, Risk, Sentiment, TopicKind, Triage, Words
from core.text import normalise
from detectors.base import Finding

CLOSE: Final[frozenset[AuthorRole]] = frozenset({"ambassador", "partner", "vip"})  # roles of people whose trouble is ours
LEAST_HANDLE: Final = 3  # characters
MOST_NAMES: Final = 50  # of one person
MOST_WORDS: Final = 10  # of a name
_TITLES: Final = frozenset(
    ["anh", "chị", "em", "cô", "chú", "bác", "ông", "bà", "thầy", "ca", "sĩ", "mc", "dj", "bé", "mr", "mrs", "ms", "miss", "dr"]
)


class Person(Record, frozen=True, kw_only=True, gc=False):
    """Somebody who is watched: `topic_id` is the brand on which trouble about this person stands, `brand` how people call it."""

    id: str
    name: str
    role: AuthorRole
    topic_id: str
    brand: str


class Voice(Record, frozen=True, kw_only=True, gc=False):
    """One mention of a topic by somebody whom we know.

    `weak`: the topic was matched by an ambiguous term only. `kind` "repost" where others' words are passed on. `author` is the author's key.
    """

    at: datetime
    topic_id: str
    topic_kind: TopicKind
    person: str
    name: str
    role: AuthorRole
    source_id: str
    sentiment: Sentiment
    risks: tuple[Risk, ...] = ()
    triage: Triage | None = None
    weak: bool = False
    kind: MentionClass = "original"
    author: str | None = None
    place_id: str | None = None
    mention_id: int = 0


class VoiceDetector(Protocol):
    """A signal that one mention by somebody whom we know can raise, with a risk or without; the Enricher asks at once."""

    version: str

    def attend(self, voice: Voice) -> Finding | None:
        """Judge one mention about one topic. Pure."""

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding, from its frozen input alone."""


def person_queries(names: Iterable[str], accounts: Iterable[str]) -> tuple[str, str]:
    """The queries that find a person: by names and handles that are theirs alone, and by names that many bear, which mean them beside the brand only.

    Either is empty where there is nothing to look for.

    Example:
        >>> person_queries(["Ngọc Vlog", "Ngọc", "chị Ngọc"], ["facebook:ngoc.vlog"])
        ('"Ngọc Vlog" OR @ngoc.vlog', '"Ngọc" OR "chị Ngọc"')
    """
    said = list(dict.fromkeys(_plain(name) for name in names if any(map(str.isalnum, name)) and not name.startswith("@")))[:MOST_NAMES]
    handles = dict.fromkeys(handle for account in (*accounts, *names) for handle in _handle(account))
    surely = [f'"{name}"' for name in said if not is_common(name)]
    return " OR ".join([*surely, *handles][:MOST_NAMES]), " OR ".join(f'"{name}"' for name in said if is_common(name))


def is_common(name: str) -> bool:
    """Whether a name may be anybody's: one word after the forms of address, and not made up ("PewPew", "J97").

    Example:
        >>> [is_common(name) for name in ("Ngọc", "chị Lan", "BINZ", "Sơn Tùng", "PewPew", "J97")]
        [True, True, True, False, False, False]
    """
    words = [word for word in name.split() if normalise(word) not in _TITLES] or name.split()
    inner = words[0][1:] if len(words) == 1 else ""
    made_up = any(map(str.isdigit, words[0])) or (inner != inner.lower() and inner != inner.upper())
    return len(words) == 1 and not made_up


def about_person(finding: Finding, person: Person, *, heard_in: str, beside: float) -> Finding:
    """A finding about a person, to stand on their brand: it names both, and freezes who it is.

    Args:
        finding: what was found in the person's own topic.
        person: about whom.
        heard_in: the id of that topic, in which its figures are counted.
        beside: share of what is said that names the brand too, 0 to 1; from one half on it is the brand's own burst rather than another cause.
    """
    named = Words(key=finding.words.key, args={**finding.words.args, "topic": person.brand, "person": person.name})
    who = {"id": person.id, "name": person.name, "role": person.role, "beside": round(beside, 2)}
    return replace(finding, words=named, about=f"person:{person.id}", frozen={**finding.frozen, "person": who, "heard_in": heard_in})


def _plain(name: str) -> str:
    return " ".join(name.replace('"', " ").split()[:MOST_WORDS])


def _handle(account: str) -> Iterator[str]:
    """The handle of an account, as people write it to call somebody; none of a mere number."""
    handle = account.rpartition("/")[2].rpartition(":")[2].lstrip("@")
    called = account != handle and len(handle) >= LEAST_HANDLE and any(map(str.isalpha, handle))
    if called and not set(handle) & set(' ()"'):
        yield f"@{handle}"
