"""The component that tells the language: by script, by small words, by the shape of syllables, and by py3langid where those do not decide."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
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
SMALL_SHARE: Final = 0.15  # of Vietnamese small words with marks, from which a mixed text is Vietnamese
BARE_SHARE: Final = 0.45  # weight of Vietnamese words, each 1 at most, over the number of words
MIXED_SHARE: Final = 0.3  # the same, where one of them is a small word with marks
SHAPED_BARE_SHARE: Final = 0.2  # the same, where most words at least have the shape of a Vietnamese syllable
SHAPED_SHARE: Final = 0.8
OTHER_SHARE: Final = 0.3  # of another language's small words
OTHER_LEAD: Final = 1.8  # times the next language's
MANY: Final = 3.0  # weight of small words from which half that share is enough
BY_WORDS: Final = {"hi": 0.2, "tl": 0.25}  # the same share for those that py3langid does not know, or not in Latin letters
LIKELY: Final = 0.6  # weight of a word that is Vietnamese more often than not
SHARED: Final = 0.3  # of one that others have as well
TOKENS_JUDGED: Final = 200  # the first of a text; more tell no better

_ONLY_VIETNAMESE = re.compile("[ơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
# A syllable of Vietnamese without its marks: onset, one to three vowels, ending.
_SYLLABLE = re.compile(r"(?:[bcdghklmnprstvx]|[cgknpt]h|gi|ng|ngh|qu|tr)?[aeiouy]{1,3}(?:[cmnpt]|ch|ng|nh)?\Z")
_NOISE = re.compile(r"https?://\S+|@\w[\w.@-]*")
_LETTERS = re.compile(r"[^\W\d_]")
_SCRIPTS: Final = {  # a letter of a script, and the language that is meant where most words are written in it
    "el": "\u0370-\u03ff", "he": "\u0590-\u05ff", "ar": "\u0600-\u06ff", "hi": "\u0900-\u097f", "th": "\u0e00-\u0e7f", "lo": "\u0e80-\u0eff",
    "km": "\u1780-\u17ff", "ja": "\u3040-\u30ff", "ko": "\u1100-\u11ff\uac00-\ud7af", "zh": "\u4e00-\u9fff", "ru": "\u0400-\u04ff",
}  # fmt: skip
_SCRIPT = re.compile("|".join(f"(?P<{language}>[{letters}])" for language, letters in _SCRIPTS.items()))
_JAPANESE_SHARE: Final = 0.1  # of kana among the signs of a text in kana and han
_UKRAINIAN = re.compile("[іїєґ]")


class TellLanguage:
    """Sets `language` and `language_is_sure` of the notes; believes the source's claim where the words do not tell.

    The source is believed last because platforms send the language of the writer's settings, not of the post. A text in Vietnamese and
    another language is Vietnamese where Vietnamese small words hold it together: "order của mình delay rồi" is, "Hà Nội is lovely" is not.
    """

    def __init__(self) -> None:
        self._small, self._weights = _words()

    def __call__(self, doc: Doc) -> Doc:
        """Write the language on the notes of one text."""
        self.tell(notes(doc))
        return doc

    def tell(self, noted: Notes) -> None:
        """The same for notes of which no `Doc` is made yet."""
        noted.language, noted.language_is_sure = self._told(noted)

    def _told(self, noted: Notes) -> tuple[str, bool]:
        said = [token for token in noted.tokens[:TOKENS_JUDGED] if token.prefix != "@" and _LETTERS.search(token.form)]
        words = [token.form for token in said if not token.prefix and not _is_address(token, noted.text)] or [token.form for token in said]
        hint = _known(noted.hint)
        if not words:
            return hint or UNKNOWN_LANGUAGE, False
        found = None if noted.text.isascii() else _by_script(words)
        if found is not None:
            return found, True
        return self._by_words(words) or self._by_letters(noted.text, len(words), hint)

    def _by_words(self, words: Sequence[str]) -> tuple[str, bool] | None:
        """By the words that are known; None where they do not decide."""
        votes: dict[str, float] = defaultdict(float)
        for word in words:
            for language, weight in self._weights.get(word, ()):
                votes[language] += weight
        marked = [word for word in words if not word.isascii() and _ONLY_VIETNAMESE.search(word)]
        small = sum(word in self._small for word in words)
        vietnamese = votes.pop("vi", 0.0) + sum(word not in self._small for word in marked)
        (other, most), (_, next_most) = sorted([*votes.items(), ("", 0.0), ("", 0.0)], key=lambda vote: -vote[1])[:2]
        count = len(words)
        if len(marked) >= MARKED_SHARE * count or (small >= SMALL_SHARE * count and small > 1):
            return "vi", count > 1
        if vietnamese >= max((MIXED_SHARE if small else BARE_SHARE) * count, most) and count > 1:
            return "vi", True
        if vietnamese >= max(SHAPED_BARE_SHARE * count, most) and _shaped(words) >= SHAPED_SHARE:
            return "vi", False
        enough = BY_WORDS.get(other, OTHER_SHARE) if most < MANY else BY_WORDS.get(other, OTHER_SHARE) / 2
        if most > 1 and most >= max(enough * count, OTHER_LEAD * next_most, vietnamese):
            return other, count > 2  # noqa: PLR2004  (two words are the same in too many languages)
        return None

    def _by_letters(self, text: str, count: int, hint: str | None) -> tuple[str, bool]:
        """By py3langid, else the source's claim."""
        guess, probability = _identifier().classify(_NOISE.sub(" ", text[:MAX_JUDGED_CHARS]))
        if probability >= SURE:
            return guess, count > 2  # noqa: PLR2004
        return hint or (guess if probability > 2 / len(LANGUAGES) else UNKNOWN_LANGUAGE), False


def _by_script(words: Sequence[str]) -> str | None:
    """The language of most words' script, None where that is Latin."""
    counts: dict[str, int] = defaultdict(int)
    for word in words:
        script = _SCRIPT.search(word)
        counts[(script and script.lastgroup) or ""] += 1
    most = max(counts, key=lambda script: counts[script])
    if most in ("zh", "ja"):
        return "ja" if counts["ja"] >= _JAPANESE_SHARE * len(words) else "zh"
    if most == "ru":
        return "uk" if any(_UKRAINIAN.search(word) for word in words) else "ru"
    return most or None


def _is_address(token: Token, text: str) -> bool:
    """Whether a token is a piece of a web address."""
    return text.startswith("://", token.end) or text[max(0, token.start - 1) : token.start] == "/"


@cache
def _identifier() -> LanguageIdentifier:
    """Unpacked when it is first asked, which takes half a second: a monitor of Vietnamese hardly ever asks."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier


@cache
def _words() -> tuple[frozenset[str], dict[str, tuple[tuple[str, float], ...]]]:
    """Vietnamese small words with marks, and what each known word counts for which language."""
    listed = {key: str(words).split() for key, words in _read("languages").items()}
    small = frozenset(word for word in listed.pop("vi_small") if not word.isascii())
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    vietnamese = (
        (1.0, (*small, *str(_read("vi_bare")["words"]).split())),
        (LIKELY, listed.pop("vi_likely")),
        (SHARED, listed.pop("vi_shared")),
    )
    for weight, words in vietnamese:
        for word in words:
            weights[word].setdefault("vi", weight)
    holders: dict[str, list[str]] = defaultdict(list)
    for language, words in listed.items():
        for word in words:
            holders[word].append(language)
    for word, languages in holders.items():
        weights[word] |= dict.fromkeys(languages, 1 / len(languages))
    return small, {word: tuple(each.items()) for word, each in weights.items()}


def _read(name: str) -> dict[str, str]:
    text = resources.files("detectors.enrichment").joinpath(f"lexicon/{name}.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))


def _shaped(words: Sequence[str]) -> float:
    return sum(_SYLLABLE.match(bare(word)) is not None for word in words) / len(words)


def _known(hint: str | None) -> str | None:
    short = (hint or "").lower().replace("_", "-").split("-", maxsplit=1)[0]
    return short if short in (*LANGUAGES, *BY_WORDS) else None


@Language.factory("tocsin_language")
def _make_language(nlp: Language, name: str) -> TellLanguage:  # noqa: ARG001
    return TellLanguage()
