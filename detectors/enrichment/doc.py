"""The spaCy side of a text: our tokens as a `Doc`, and the notes that the components write on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from spacy import blank as blank_language
from spacy.attrs import NORM  # type: ignore[import-not-found]  # compiled, without stubs
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from core.records import Risk, Sentiment, TopicMatch, Triage
from core.text import MAX_TEXT_CHARS, clean
from core.tokens import Token, bare, tokens
from detectors.enrichment.records import Heard

MAX_JUDGED_CHARS: Final = 5_000  # of a text that language and sentiment look at; topics and risks look at all of it
UNKNOWN_LANGUAGE: Final = "und"
_NOTES: Final = "tocsin"


@dataclass(slots=True)
class Notes:
    """What is known of one text while it passes through the components; spans count tokens, end excluded."""

    text: str
    tokens: list[Token]
    heard: Heard = field(default_factory=Heard)
    hint: str | None = None
    brand_context: tuple[str, ...] = ()
    language: str = UNKNOWN_LANGUAGE
    language_is_sure: bool = False
    topics: tuple[TopicMatch, ...] = ()
    topic_spans: list[tuple[int, int]] = field(default_factory=list)
    place_id: str | None = None
    risks: tuple[Risk, ...] = ()
    offence: float | None = None
    offensive_word: str | None = None
    sentiment: Sentiment | None = None
    triage: Triage | None = None

    def quote(self, start: int, end: int) -> str:
        """The tokens from `start` up to `end` as they stand in the text."""
        return self.text[self.tokens[start].start : self.tokens[end - 1].end]


def notes(doc: Doc) -> Notes:
    """The notes of a `Doc` that our tokenizer made."""
    found = doc.user_data[_NOTES]
    assert isinstance(found, Notes)
    return found


def blank(language: str = "xx") -> Language:
    """A blank spaCy pipeline with our tokens: ORTH is a token's form, NORM the same without marks (cached by spaCy per word)."""
    nlp = blank_language(language, config={"nlp": {"tokenizer": {"@tokenizers": "tocsin_tokens.v1"}}})
    nlp.vocab.lex_attr_getters[NORM] = bare  # type: ignore[attr-defined]  # missing in the stubs
    return nlp


def noted(heard: Heard, text: str) -> Notes:
    """The notes of a mention before anything is known of it; `text` is all of its words (`Heard.whole`), clean."""
    return Notes(text, tokens(text), heard, heard.lang, heard.brand_context)


def document(vocab: Vocab, of: Notes) -> Doc:
    """The `Doc` that the components take: a text's tokens, with the notes on it."""
    return Doc(vocab, words=[token.form for token in of.tokens], user_data={_NOTES: of})


def phrase(vocab: Vocab, forms: tuple[str, ...]) -> Doc:
    """A pattern for spaCy's PhraseMatcher."""
    return Doc(vocab, words=list(forms))


class _Tokenizer:
    """Makes a `Doc` of `core.tokens`; the text is cleaned and cut at `MAX_TEXT_CHARS` first."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        text = clean(text, MAX_TEXT_CHARS)
        return document(self.vocab, Notes(text, tokens(text)))


@registry.tokenizers("tocsin_tokens.v1")  # type: ignore[untyped-decorator]  # by catalogue, which has no types
def _make_tokenizer() -> object:
    return lambda nlp: _Tokenizer(nlp.vocab)
