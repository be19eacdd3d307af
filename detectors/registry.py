"""Who speaks: the author registry, and our own campaigns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from core.records import Author, AuthorRole, Mention, Record
from core.text import normalise
from core.tokens import tokens

OURS: Final[frozenset[AuthorRole]] = frozenset({"staff"})  # roles whose posts are our own: class "own", never in a baseline


class Known(Record, frozen=True, kw_only=True, gc=False):
    """Somebody whom the operator knows.

    `accounts`: an author's key ("mastodon.social/@ngoc"), a handle on one platform or source ("facebook:ngoc.vlog"), or a handle anywhere ("@ngoc").
    `names`: as shown. `reach`: people, where the platform tells no number of followers.
    """

    id: str
    name: str
    role: AuthorRole
    accounts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    reach: int | None = None


class Campaign(Record, frozen=True, kw_only=True, gc=False):
    """Posts of our own making: those that carry one of the `marks` (words, hashtags) from `since` to `until`, both days included, in `zone`."""

    marks: tuple[str, ...]
    since: date
    until: date
    zone: str


class Registry:
    """Finds a mention's author among the known, by account before name; and tells our own posts.

    Args:
        known: the entries; of two that fit, the first counts.
        campaigns: marks of our own campaigns.
        kinds: source id -> its kind, for accounts written as "facebook:ngoc.vlog".
    """

    def __init__(self, known: Sequence[Known] = (), campaigns: Sequence[Campaign] = (), kinds: dict[str, str] | None = None) -> None:
        self._accounts: dict[str, Known] = {}
        self._names: dict[str, Known] = {}
        self._kinds = dict(kinds or {})
        self._campaigns = [(campaign, ZoneInfo(campaign.zone), [_words(mark) for mark in campaign.marks]) for campaign in campaigns]
        for entry in known:
            for account in entry.accounts:
                self._accounts.setdefault(normalise(account), entry)
            for name in entry.names:
                self._names.setdefault(normalise(name), entry)

    def find(self, mention: Mention) -> Known | None:
        """The entry of the mention's author."""
        author = mention.author
        if author is None or not (self._accounts or self._names):
            return None
        found = (self._accounts.get(account) for account in self._accounts_of(author, mention.source_id))
        named = self._names.get(normalise(author.name)) if author.name else None
        return next((entry for entry in found if entry is not None), named)

    def kind_of(self, source_id: str) -> str:
        """The kind of a source, "" where it is not known."""
        return self._kinds.get(source_id, "")

    def is_own(self, mention: Mention, entry: Known | None) -> bool:
        """Whether we posted it ourselves: an account of ours, or a campaign's mark within its days."""
        if mention.kind == "own" or (entry is not None and entry.role in OURS):
            return True
        return any(
            campaign.since <= mention.at.astimezone(zone).date() <= campaign.until and _carries(mention, marks)
            for campaign, zone, marks in self._campaigns
        )

    def _accounts_of(self, author: Author, source_id: str) -> list[str]:
        """What the registry may call this author, the most exact first."""
        key = normalise(author.key)
        place, _, rest = key.rpartition("/")
        handle = normalise(author.handle or rest).lstrip("@")
        kind = normalise(self._kinds.get(source_id, ""))
        platforms = [kind, kind.partition("_")[0], normalise(source_id), place, *place.split(".")]
        return [key, *(f"{platform}:{handle}" for platform in platforms if platform), f"@{handle}"]


def _words(mark: str) -> tuple[str, tuple[str, ...]]:
    found = tokens(mark)
    return (found[0].prefix if found else "", tuple(token.form for token in found))


def _carries(mention: Mention, marks: Sequence[tuple[str, tuple[str, ...]]]) -> bool:
    found = tokens(f"{mention.title}\n{mention.text}")
    forms = [token.form for token in found]
    return any(
        forms[at : at + len(wanted)] == list(wanted) and (not prefix or found[at].prefix == prefix)
        for prefix, wanted in marks
        if wanted
        for at in range(len(forms) - len(wanted) + 1)
    )
