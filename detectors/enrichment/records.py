"""What goes into the pipeline and what comes out of it."""

from __future__ import annotations

from core.records import Author, Record, Risk, Sentiment, TopicMatch, Triage


class TopicSpec(Record, frozen=True, kw_only=True, gc=False):
    """A topic to find: its id and its query (`core.query`). `languages` (two letters) limits it to texts surely in one of them; none is all.

    `beside`: the id of a topic beside which alone it is found, and then weakly: the query is a name that many bear. Another spec of the same id may find it surely.
    """

    id: str
    query: str
    languages: tuple[str, ...] = ()
    beside: str | None = None


class PlaceSpec(Record, frozen=True, kw_only=True, gc=False):
    """A branch to find: its id, and every name it goes by."""

    id: str
    names: tuple[str, ...]


class Heard(Record, frozen=True, kw_only=True, gc=False):
    """The words of one mention, and what queries may ask of it besides.

    `lang` is what the source claims; `brand_context` the ids of topics that everything in the source is about. `source_kind` is the source's kind
    ("rss"), "" where the source is not configured. `in_full`: it is understood whatever it is about, else only if it is about a topic.
    """

    title: str = ""
    text: str = ""
    lang: str | None = None
    brand_context: tuple[str, ...] = ()
    url: str | None = None
    author: Author | None = None
    source_id: str = ""
    source_kind: str = ""
    is_repost: bool = False
    in_full: bool = False

    @property
    def whole(self) -> str:
        """Title and text in one; feeds often repeat the title as the text's first line."""
        return self.text if self.text.startswith(self.title) else f"{self.title}\n{self.text}"


class Understood(Record, frozen=True, kw_only=True, gc=False):
    """What the pipeline makes of one `Heard`.

    `language` is two letters, "und" where nobody could tell. `topics` follow the order of the specs. `risks` holds each family once, with
    its gravest level. `fingerprint` (8 bytes) is shared by near-copies. `sentiment` is neutral and not confident where there are no words.
    `place_id` is the branch that is named, None where none is. Of a mention that is about no topic nothing else is told, unless it was heard
    `in_full`. `triage`: what the mention wants of us, None where nothing is sure.
    """

    language: str
    topics: tuple[TopicMatch, ...]
    sentiment: Sentiment
    risks: tuple[Risk, ...]
    fingerprint: bytes
    place_id: str | None = None
    triage: Triage | None = None
