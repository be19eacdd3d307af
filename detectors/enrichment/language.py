"""The component that tells the language: Vietnamese by rules that hold on short and unmarked text, the rest by py3langid."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final

import yaml
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from spacy.language import Language
from spacy.tokens import Doc

from core.tokens import Token, bare
from detectors.enrichment.doc import MAX_JUDGED_CHARS, UNKNOWN_LANGUAGE, Notes, notes

LANGUAGES: Final = ("ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it", "ja", "km", "ko", "lo", "ms", "nl", "no", "pl", "pt", "ro",
    "ru", "sv", "th", "tr", "uk", "vi", "zh")  # fmt: skip
SURE: Final = 0.5  # probability from which py3langid is believed against the source's claim
MARKED_SHARE: Final = 0.3  # of words with letters that only Vietnamese has
BARE_SHARE: Final = 0.45  # of words that are frequent Vietnamese syllables without marks, or teencode
SHAPED_BARE_SHARE: Final = 0.2  # the same, where most words at least have the shape of a Vietnamese syllable
SHAPED_SHARE: Final = 0.8

_ONLY_VIETNAMESE = re.compile("[ơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
# A syllable of Vietnamese without its marks: onset, one to three vowels, ending.
_SYLLABLE = re.compile(r"(?:[bcdghklmnprstvx]|[cgknpt]h|gi|ng|ngh|qu|tr)?[aeiouy]{1,3}(?:[cmnpt]|ch|ng|nh)?\Z")
_NOISE = re.compile(r"https?://\S+|[@#]\w[\w.@-]*")
_LETTERS = re.compile(r"[^\W\d_]")


class TellLanguage:
    """Sets `language` and `language_is_sure` of the notes; believes the source's claim where the words do not tell.

    The source is believed last because platforms send the language of the writer's settings, not of the post.
    """

    def __init__(self) -> None:
        self._identifier = _identifier()
        self._bare = _bare_vietnamese()

    def __call__(self, doc: Doc) -> Doc:
        """Write the language on the notes of one text."""
        noted = notes(doc)
        noted.language, noted.language_is_sure = self._tell(noted)
        return doc

    def _tell(self, noted: Notes) -> tuple[str, bool]:
        words = [token for token in noted.tokens if token.end <= MAX_JUDGED_CHARS and not token.prefix and _LETTERS.search(token.form)]
        hint = _known(noted.hint)
        if not words:
            return hint or UNKNOWN_LANGUAGE, False
        marked, plain = self._vietnamese(words)
        if marked >= MARKED_SHARE or (len(words) > 1 and marked + plain >= BARE_SHARE):
            return "vi", len(words) > 1
        if marked + plain >= SHAPED_BARE_SHARE and _shaped(words) >= SHAPED_SHARE:
            return "vi", False
        guess, probability = self._identifier.classify(_NOISE.sub(" ", noted.text[:MAX_JUDGED_CHARS]))
        if probability >= SURE:
            return guess, len(words) > 2  # noqa: PLR2004  (two words are the same in too many languages)
        return hint or (guess if probability > 2 / len(LANGUAGES) else UNKNOWN_LANGUAGE), False

    def _vietnamese(self, words: list[Token]) -> tuple[float, float]:
        """The shares of words with Vietnamese letters, and of other words that Vietnamese often has without them."""
        marked = [_ONLY_VIETNAMESE.search(token.form) is not None for token in words]
        plain = sum(not has_marks and token.form in self._bare for token, has_marks in zip(words, marked, strict=True))
        return sum(marked) / len(words), plain / len(words)


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier


@cache
def _bare_vietnamese() -> frozenset[str]:
    text = resources.files("detectors.enrichment").joinpath("lexicon/vi_bare.yaml").read_text("utf-8")
    return frozenset(str(yaml.safe_load(text)["words"]).split())


def _shaped(words: list[Token]) -> float:
    return sum(_SYLLABLE.match(bare(word.form)) is not None for word in words) / len(words)


def _known(hint: str | None) -> str | None:
    short = (hint or "").lower().replace("_", "-").split("-", maxsplit=1)[0]
    return short if short in LANGUAGES else None


@Language.factory("tocsin_language")
def _make_language(nlp: Language, name: str) -> TellLanguage:  # noqa: ARG001
    return TellLanguage()
