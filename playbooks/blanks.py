"""The blanks of a holding statement: their types, what may fill them, and the only template language that we allow.

A statement is plain text with `{{ name }}` in it: no filter, no attribute, no expression, no block. That is checked on the parsed template,
so what the sandbox of `statement.py` would have to stop cannot be written in the first place.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.text import clean

MAX_TEMPLATE_CHARS: Final = 65_536
MAX_VALUE_CHARS: Final = 500

BlankType = Literal["text", "number", "phone", "time", "date", "url"]
_SHAPES: Final[dict[BlankType, tuple[str, str]]] = {
    "text": (r".{1,500}", "one line of words"),
    "number": (r"\d{1,3}([., ]?\d{3})*([.,]\d+)?", "a number, as in 1.200"),
    "phone": (r"(?=(\D*\d){3,15}\D*$)\+?[\d .()-]+", "a phone number, as in 1800 1234"),
    "time": (r"([01]?\d|2[0-3])([:h][0-5]\d|h)", "a time of day, as in 21:30"),
    "date": (r"([0-2]?\d|3[01])/(0?\d|1[0-2])(/\d{4})?|\d{4}-\d\d-\d\d", "a date, as in 21/11/2026"),
    "url": (r"https?://[^\s<>\"']{3,}", "an address that begins with https://"),
}


class Blank(BaseModel):
    """A gap that a person fills before a statement may go out.

    `type` says what may stand in it, `label` asks for it in each language, `example` shows it in each language (or one for all).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: BlankType
    label: Annotated[dict[Literal["vi", "en"], str], Field(min_length=1)]
    example: Annotated[dict[Literal["vi", "en"], str] | str, Field(min_length=1)]

    def example_in(self, language: str) -> str:
        """The example in the language, or the first that there is."""
        if isinstance(self.example, str):
            return self.example
        return {str(tag): text for tag, text in self.example.items()}.get(language) or next(iter(self.example.values()))


def blanks_of(template: str) -> tuple[str, ...]:
    """The names of the blanks of a statement, in the order in which they first stand.

    Raises:
        ValueError: the text is too long, or holds anything but words and `{{ name }}`.
    """
    if len(template) > MAX_TEMPLATE_CHARS:
        raise ValueError(f"longer than {MAX_TEMPLATE_CHARS} characters")
    from jinja2 import Environment, TemplateError, nodes  # a listing of incidents needs no templates

    try:
        tree = Environment(autoescape=False).parse(template)  # noqa: S701 - parsed, never rendered; plain text, not HTML
    except TemplateError as error:
        raise ValueError(f"cannot be read: {error}") from error
    except RecursionError as error:
        raise ValueError("cannot be read: nested too deep") from error
    names: dict[str, None] = {}
    for part in tree.body:
        for piece in part.nodes if isinstance(part, nodes.Output) else [part]:
            if isinstance(piece, nodes.Name) and piece.name != "self":  # what Jinja puts there is not what a person filled in
                names[piece.name] = None
            elif not isinstance(piece, nodes.TemplateData):
                raise ValueError("only words and blanks such as {{ product }} are allowed, no expression, filter or block")
    return tuple(names)


def value_for(name: str, blank: Blank, value: str) -> str:
    """What a person wrote into the blank, tidied; a value is data and never read as a template.

    Raises:
        ValueError: it is empty, too long, or not of the blank's type; the message says how to write it.
    """
    if len(value) > MAX_VALUE_CHARS:
        raise ValueError(f"{name} is longer than {MAX_VALUE_CHARS} characters")
    text = " ".join(clean(value).split())
    shape, hint = _SHAPES[blank.type]
    if re.fullmatch(shape, text) is None:
        raise ValueError(f"{name} wants {hint}, not {text[:40]!r}")
    return text
