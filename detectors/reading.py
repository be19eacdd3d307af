"""A batch of mentions, read: what each says, in the context of its source and its thread, and who says it. Pure but for the pipeline's caches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from core.records import Mention, MentionClass, Sentiment, Tier, TopicMatch
from detectors.bylines import byline, comes_from, is_collected
from detectors.enrichment.correction import Correction
from detectors.enrichment.records import Heard, Understood
from detectors.registry import Known, Registry
from detectors.sketch import Sketch, sketch


class Understands(Protocol):
    """What is asked of a pipeline."""

    version: str

    def enrich(self, texts: Sequence[Heard]) -> list[Understood]:
        """What the mentions say, in order."""


class Read(NamedTuple):
    """A mention with what it says; `sketch` None where it is about nothing of ours; `credit`: whom it says it comes from; `entry`: its author."""

    mention: Mention
    said: Understood
    sketch: Sketch | None
    credit: str | None
    entry: Known | None


def heard(mention: Mention, source_kind: str = "", *, about: tuple[str, ...] = ()) -> Heard:
    """A mention as the pipeline hears it; `about`: ids of topics that its source or thread is about."""
    return Heard(
        title=mention.title,
        text=mention.text,
        lang=mention.lang,
        brand_context=about,
        url=mention.url,
        author=mention.author,
        source_id=mention.source_id,
        source_kind=source_kind,
        is_repost=mention.kind == "repost" or mention.repost_of is not None,
        in_full=mention.edited_at is not None,  # it may have been about a topic before the edit
    )


def text_of(mention: Mention) -> str:
    """All that a mention says."""
    return f"{mention.title}\n{mention.text}"


class Reader:
    """Reads mentions. `corrections` (by topic) are what the team's labels taught; of a mention in several topics the first that has one decides.

    Args:
        pipeline: what understands texts.
        brand_context: source id -> ids of topics that everything in the source is about.
        tiers: source id -> its weight.
        registry: who is known.
    """

    def __init__(
        self, pipeline: Understands, brand_context: Mapping[str, tuple[str, ...]], tiers: Mapping[str, Tier], registry: Registry
    ) -> None:
        self._pipeline = pipeline
        self._brand_context = dict(brand_context)
        self._tiers = dict(tiers)
        self._registry = registry
        self.corrections: Mapping[str, Correction] = {}

    @property
    def version(self) -> str:
        """The version of models, lexicons and topics; without corrections."""
        return self._pipeline.version

    def is_of(self, model: str) -> bool:
        """Whether the models and lexicons in use now understood what carries this version (`model_of`), whatever the topics were."""
        return model.partition("-")[0] == self.version.partition("-")[0]

    def model_of(self, topics: Sequence[TopicMatch]) -> str:
        """The version of all that judged a mention of these topics."""
        correction = self._correction(topics)
        return self.version if correction is None else f"{self.version}+{correction.version}"

    def uncorrected(self, batch: Sequence[Mention]) -> list[Sentiment]:
        """What the model by itself says of how they feel, in order."""
        return [said.sentiment for said in self._pipeline.enrich([replace(self._text(mention, {}), in_full=True) for mention in batch])]

    def read(self, batch: Sequence[Mention], parents: Mapping[bytes, tuple[str, ...]]) -> list[Read]:
        """The mentions read, in order. `parents`: topics by the key of a mention that was understood before; its replies inherit them.

        A reply whose parent stands in the same batch is read after it, so that how mentions are cut into batches makes no difference.
        """
        topics, waiting, done = dict(parents), list(batch), dict[bytes, Read]()
        while waiting:
            keys = {mention.key for mention in waiting}
            ready = [mention for mention in waiting if mention.parent_key not in keys or mention.parent_key == mention.key] or waiting
            for mention, said in zip(ready, self._pipeline.enrich([self._text(mention, topics) for mention in ready]), strict=True):
                done[mention.key] = self._read(mention, said)
                topics[mention.key] = tuple(match.topic_id for match in done[mention.key].said.topics)
            waiting = [mention for mention in waiting if mention.key not in done]
        return [done[mention.key] for mention in batch]

    def who(self, mention: Mention) -> Known | None:
        """Who wrote it, where we know them."""
        return self._registry.find(mention)

    def class_of(self, read: Read, first_source: str | None) -> MentionClass:
        """Original, repost, copy of another's piece ("wire") or our own; `first_source`: where its story was first heard, None for the first.

        A piece is a wire where it says so itself, and where a press source repeats what another press source had. An entry of a site that
        collects other papers' pieces stands for the paper, so it is a wire only once its story was heard.
        """
        mention = read.mention
        if self._registry.is_own(mention, read.entry):
            return "own"
        if mention.kind != "original":
            return mention.kind
        if is_collected(mention.url):
            return "original" if first_source is None else "wire"
        if comes_from(read.credit, url=mention.url, source_id=mention.source_id) is not None:
            return "wire"
        copied = first_source not in (None, mention.source_id) and {
            self._tiers.get(first_source or ""),
            self._tiers.get(mention.source_id),
        } == {"press"}
        return "wire" if copied else "original"

    def _text(self, mention: Mention, topics: Mapping[bytes, tuple[str, ...]]) -> Heard:
        own = self._brand_context.get(mention.source_id, ())
        inherited = topics.get(mention.parent_key, ()) if mention.parent_key is not None else ()
        return heard(mention, self._registry.kind_of(mention.source_id), about=tuple(dict.fromkeys((*own, *inherited))))

    def _correction(self, topics: Sequence[TopicMatch]) -> Correction | None:
        return next((self.corrections[match.topic_id] for match in topics if match.topic_id in self.corrections), None)

    def _read(self, mention: Mention, said: Understood) -> Read:
        correction = self._correction(said.topics)
        if correction is not None:
            said = replace(said, sentiment=correction.apply(text_of(mention), said.sentiment))
        said = replace(said, topics=tuple(replace(self._weighed(mention, match), place_id=said.place_id) for match in said.topics))
        entry, credit = self._registry.find(mention), byline(mention.title, mention.text).credit
        if not said.topics:
            return Read(mention, said, None, credit, entry)
        words = [term for match in said.topics for term in match.terms]
        found = sketch(mention.title, mention.text, said.language, words)
        if found is None and said.fingerprint:  # nothing but emoji or links: a copy is what has just the same
            found = Sketch(said.language, {}, frozenset(), (), 0, (said.fingerprint,))
        return Read(mention, said, found, credit, entry)

    def _weighed(self, mention: Mention, match: TopicMatch) -> TopicMatch:
        """A topic that only the thread tells is weak, unless the place is ours: a reply may have gone elsewhere."""
        of_source = match.topic_id in self._brand_context.get(mention.source_id, ())
        if match.terms or of_source or mention.parent_key is None or self._tiers.get(mention.source_id) == "owned":
            return match
        return replace(match, weak=True)
