"""Message key and arguments -> words in the reader's language. Nothing stored holds a rendered sentence (rule 10).

The sentences stand in `core/locale/<language>.po`, one key each, and are read into memory once. A sentence holds fields: `{topic}` puts
an argument in as it is, `{at:time}` through one of the kinds of `_KINDS`, and `{level:severity}` looks up the key `severity.<value>`.
Arguments are data: braces in them are never read as fields. A message that cannot be rendered well is rendered badly, never not at all,
because a slip in a sentence must not keep a page from going out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

from core.po_file import Sentences, read_po
from core.records import Words

LANGUAGES: Final = ("vi", "en")
_FALLBACK: Final = "en"
_FOLDER: Final = Path(__file__).parent / "locale"
_BESIDE: Final = "with_occasions"
_DEEPEST: Final = 4  # messages within messages; deeper ones show their key
_DURATIONS: Final = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))
_UNRENDERABLE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class Translator:
    """Says messages in one language and one time zone.

    Args:
        language: one of `LANGUAGES`.
        zone: where times are told; None tells UTC and says so.

    Example:
        >>> translator("en")("severity.critical")
        'critical'
    """

    language: str
    zone: tzinfo | None = None
    depth: int = 0

    def __call__(self, key: str, /, **args: Any) -> str:
        """The sentence of `key` with its arguments filled in; the key itself where there is none. Never raises.

        `occasions` among the arguments, names of days on which more or less was expected, are said behind the sentence.
        """
        template = _sentence(self.language, key, args.get("count"))
        if template is None:
            return " ".join([key, *(f"{name}={value}" for name, value in args.items())])
        said = "".join(literal if name is None else literal + self._field(name, kind, args) for literal, name, kind in _parts(template))
        return self(_BESIDE, said=said, occasions=args["occasions"]) if args.get("occasions") and key != _BESIDE else said

    def render(self, words: Words) -> str:
        """The sentence of a stored message."""
        return self(words.key, **{name: value for name, value in words.args.items() if isinstance(name, str)})

    def knows(self, key: str) -> bool:
        """Whether this language has a sentence for `key`."""
        return _sentence(self.language, key, None) is not None

    def _field(self, name: str, kind: str, args: Mapping[str, Any]) -> str:
        if name not in args:
            return f"{{{name}}}"
        try:
            return self._value(args[name], kind)
        except _UNRENDERABLE:
            return str(args[name])

    def _value(self, value: Any, kind: str) -> str:
        if value is None:
            return self("unknown")
        if isinstance(value, Mapping) and self.language in value:  # what the operator wrote in several languages
            return str(value[self.language])
        if kind in _KINDS:
            return _KINDS[kind](self, value)
        if kind and self.knows(f"{kind}.{value}"):
            return self(f"{kind}.{value}")
        return str(value)


def render(words: Words, language: str, *, zone: tzinfo | None = None) -> str:
    """A stored message in the reader's language and time zone (None: UTC). An unknown language reads English. Never raises."""
    return translator(language, zone=zone).render(words)


@lru_cache(maxsize=64)
def translator(language: str, *, zone: tzinfo | None = None) -> Translator:
    """A `Translator` for a language tag ("vi", "vi-VN", "en"); an unknown language gives English."""
    short = language.replace("_", "-").partition("-")[0].lower()
    return Translator(short if short in LANGUAGES else _FALLBACK, zone)


def catalogue(language: str) -> Sentences:
    """All keys of one of `LANGUAGES` with their sentences: one, or one per plural form."""
    return _load(language)[0]


@cache
def _load(language: str) -> tuple[Sentences, Callable[[int], int]]:
    return read_po(_FOLDER / f"{language}.po")


def _sentence(language: str, key: str, count: Any) -> str | None:
    sentences, form_of = _load(language)
    forms = sentences.get(key)
    if forms is None:
        return None
    if len(forms) == 1:
        return forms[0]
    return forms[form_of(int(count) if isinstance(count, (int, float)) else 0)]


@lru_cache(maxsize=1024)
def _parts(template: str) -> tuple[tuple[str, str | None, str], ...]:
    try:
        return tuple((literal, name, kind or "") for literal, name, kind, _ in Formatter().parse(template))
    except ValueError:  # a lone brace: the sentence as it stands is better than none
        return ((template, None, ""),)


def _local(say: Translator, value: Any, shape: str) -> str:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    text: str = at.astimezone(say.zone or UTC).strftime(shape)
    return text if say.zone is not None else f"{text} UTC"


def _time(say: Translator, value: Any) -> str:
    return _local(say, value, "%H:%M")


def _datetime(say: Translator, value: Any) -> str:
    return _local(say, value, "%H:%M %d/%m/%Y" if say.language == "vi" else "%Y-%m-%d %H:%M")


def _date(say: Translator, value: Any) -> str:
    return _local(say, value, "%d/%m/%Y" if say.language == "vi" else "%Y-%m-%d")


def _number(say: Translator, value: Any) -> str:
    text = f"{float(value):,.1f}".removesuffix(".0")
    return text.translate(str.maketrans(",.", ".,")) if say.language == "vi" else text


def _percent(say: Translator, value: Any) -> str:
    return f"{_number(say, round(float(value) * 100))}%"


def _duration(say: Translator, value: Any) -> str:
    """Seconds as the two largest units that matter: "1 giờ 30 phút"; no seconds beyond a minute."""
    seconds = round(value.total_seconds() if hasattr(value, "total_seconds") else float(value))
    rest, parts = abs(seconds), list[str]()
    for unit, width in _DURATIONS:
        count, rest = divmod(rest, width)
        if count and not (unit == "seconds" and parts):
            parts.append(say(f"duration.{unit}", count=count))
    return " ".join(parts[:2]) or say("duration.seconds", count=0)


def _words(say: Translator, value: Any) -> str:
    if isinstance(value, str):
        return value
    key, args = (value.key, value.args) if isinstance(value, Words) else (value["key"], value.get("args", {}))
    if say.depth >= _DEEPEST:
        return str(key)
    return Translator(say.language, say.zone, say.depth + 1)(key, **args)


def _list(say: Translator, value: Any) -> str:
    items = [_words(say, item) if isinstance(item, (Words, dict)) else str(item) for item in value]
    if len(items) < 2:  # noqa: PLR2004
        return "".join(items)
    return say("list.last", first=", ".join(items[:-1]), last=items[-1])


_KINDS: Final[Mapping[str, Callable[[Translator, Any], str]]] = {
    "time": _time,
    "datetime": _datetime,
    "date": _date,
    "number": _number,
    "percent": _percent,
    "duration": _duration,
    "words": _words,
    "list": _list,
}
