"""Any HTTP gateway of text messages or calls, as the operator describes it: what to ask, and how its answer says yes.

Only fixed fields are filled in, each in the form that its place needs: in an address percent-encoded, in a mapping as a value of JSON or of a form, in a
text as its content type escapes. So no number, text or code can break out of where it stands, and a value that looks like a field is not one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Self
from urllib.parse import quote, quote_plus, urlencode, urlsplit

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from alerting.base import Receipt
from alerting.posting import post, refused, said
from core.errors import DeliveryFailed
from core.http import Answer, Fetcher
from core.records import Record

FIELDS: Final = ("to", "digits", "local", "text", "code", "link", "key", "unicode")
_FIELD: Final = re.compile(r"\{([a-z_]{1,20})\}")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,60}")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_HOME: Final = "+84"  # a number that begins with 0 is one of Vietnam
FORM: Final = "application/x-www-form-urlencoded"
_ESCAPES: Final[dict[str, Callable[[str], str]]] = {
    "application/json": lambda text: msgspec.json.encode(text).decode()[1:-1],
    FORM: quote_plus,
    "application/xml": html.escape,
    "text/xml": html.escape,
    "application/soap+xml": html.escape,
    "text/plain": lambda text: text,
}


def _phone(number: SecretStr) -> SecretStr:
    plain = re.sub(r"[\s().-]", "", number.get_secret_value())
    found = _HOME + plain[1:] if re.fullmatch(r"0[1-9][0-9]{8,9}", plain) else plain
    if not _NUMBER.fullmatch(found):
        raise ValueError("write the number as +84901234567 (a plus sign, the country, no first zero) or, in Vietnam, as 0901234567")
    return SecretStr(found)


Phone = Annotated[SecretStr, AfterValidator(_phone)]


class Section(BaseModel):
    """What all parts share: no unknown key, no change after reading, no value shown in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class RequestSettings(Section):
    """What to ask: `method`, `url`, `headers`, `body`.

    A mapping as `body` goes out as JSON, or as a form where the header `content-type` says so; a text as it stands, its fields escaped for JSON, a
    form, XML or plain text. Fields: {to} is the number as +84901234567, {digits} without the plus, {local} as 0901234567 in Vietnam; {text}; {code} and
    {link}, which stand in {text} too; {key} is the same for a repeat; {unicode} 1 where the text needs more than the GSM alphabet, else 0.
    """

    method: Annotated[str, Field(pattern=r"^(GET|POST|PUT)$")] = "POST"
    url: SecretStr
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    body: dict[str, Any] | str | None = Field(default=None, repr=False, exclude=True)

    @model_validator(mode="after")
    def _can_be_filled(self) -> Self:
        parts = urlsplit(self.url.get_secret_value())
        if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.netloc:
            raise ValueError("url: write an address that begins with http:// or https://, with no field in its host")
        in_headers = [value.get_secret_value() for value in self.headers.values()]
        named = _named([self.url.get_secret_value(), self.body, *in_headers])
        if unknown := sorted(named - set(FIELDS)):
            raise ValueError(f"unknown field {{{unknown[0]}}}; there are: {', '.join(f'{{{field}}}' for field in FIELDS)}")
        if not named & {"to", "digits", "local"} or "text" not in named:
            raise ValueError("the request has to say whom and what: {to} (or {digits}, {local}) and {text}")
        if "text" in _named(in_headers) or not all(_HEADER.fullmatch(name) for name in self.headers):
            raise ValueError("a header has a plain name, and no {text} in it")
        if isinstance(self.body, str) and self.kind not in _ESCAPES:
            raise ValueError(f"no way is known to fill a text of type {self.kind!r} safely; write `body` as a mapping")
        if isinstance(self.body, dict) and self.kind not in ("application/json", FORM):
            raise ValueError(f"a mapping goes out as application/json or {FORM}, not as {self.kind!r}")
        return self

    @property
    def kind(self) -> str:
        """The body's content type, without parameters."""
        given = next(
            (value.get_secret_value() for name, value in self.headers.items() if name.lower() == "content-type"), "application/json"
        )
        return given.partition(";")[0].strip().lower()


class YesSettings(Section):
    """How the answer says yes: its `status` (none: any of success), and what stands at `pointer` (JSON pointer, RFC 6901) `equals` one of these.

    `refused`: values there for which trying again cannot help. `id`: pointer to the gateway's own id of it.
    """

    status: tuple[int, ...] = ()
    pointer: str | None = Field(default=None, pattern=r"^(/[^/]*)+$")
    equals: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    id: str | None = Field(default=None, pattern=r"^(/[^/]*)+$")

    @model_validator(mode="after")
    def _says_what_is_yes(self) -> Self:
        if (self.pointer is None) != (not self.equals):
            raise ValueError("pointer and equals come together: where to look, and which values mean yes")
        return self


class Call(Record, frozen=True, kw_only=True, gc=False):
    """One request, ready to go out. Holds secrets."""

    method: str = "POST"
    url: str
    headers: dict[str, str]
    body: bytes | None


class Yes(Record, frozen=True, kw_only=True, gc=False):
    """`YesSettings`, and what the gateways that we know tell besides.

    `code` points to a number that tells why not (`pointer` where None), `reasons` are its meanings; `uncertain` codes leave open whether it went out;
    `none_at` points to a list that has to be empty, of the numbers that it did not take.
    """

    status: tuple[int, ...] = ()
    pointer: str | None = None
    equals: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    id: str | None = None
    code: str | None = None
    reasons: dict[str, str] = {}  # noqa: RUF012  # msgspec copies it
    none_at: str | None = None


def filled(request: RequestSettings, fields: Mapping[str, str]) -> Call:
    """The request with its fields filled in."""
    headers = {name.lower(): _one_line(_fill(value.get_secret_value(), fields, str)) for name, value in request.headers.items()}
    url = _fill(request.url.get_secret_value(), fields, lambda text: quote(text, safe=""))
    if request.body is None:
        return Call(method=request.method, url=url, headers=headers, body=None)
    if isinstance(request.body, str):
        body = _fill(request.body, fields, _ESCAPES[request.kind]).encode()
    else:
        whole = _deep(request.body, fields)
        body = urlencode(whole).encode() if request.kind == FORM else msgspec.json.encode(whole)
    return Call(method=request.method, url=url, headers={"content-type": request.kind} | headers, body=body)


async def ask(http: Fetcher, call: Call, yes: Yes, *, place: str) -> Receipt:
    """Send the request once, and read whether the gateway took it.

    Raises:
        DeliveryFailed: it did not, or may not have; says why where the gateway tells.
    """
    answer = await post(http, call.url, place=place, body=call.body, headers=call.headers, method=call.method)
    told = _told(answer)
    code = _at(told, yes.code or yes.pointer)
    why = yes.reasons.get(code, "") or (f"it says {said(code)}" if code else "")
    if answer.status not in (yes.status or range(200, 300)):
        failed = refused(place, answer.status, wait_s=answer.retry_after_s, says=why)
        raise DeliveryFailed(
            failed.reason, permanent=failed.permanent or code in yes.refused, ambiguous=failed.ambiguous, retry_after_s=failed.retry_after_s
        )
    if yes.pointer is not None and _at(told, yes.pointer) not in yes.equals:
        doubt = code in yes.uncertain
        raise DeliveryFailed(
            f"{place} did not take it: {why or 'its answer says no'}", permanent=doubt or code in yes.refused, ambiguous=doubt
        )
    if yes.none_at is not None and _found(told, yes.none_at):
        raise DeliveryFailed(f"{place} did not take the number", permanent=True)
    identity = said(_at(told, yes.id))
    return Receipt(id=identity, detail=f"{place} took it (status {answer.status})", ref={"id": identity} if identity else None)


def numbers(number: str) -> dict[str, str]:
    """A number of E.164 in the forms that gateways ask for."""
    return {"to": number, "digits": number[1:], "local": "0" + number[3:] if number.startswith(_HOME) else number[1:]}


def _fill(template: str, fields: Mapping[str, str], escape: Callable[[str], str]) -> str:
    return _FIELD.sub(lambda found: escape(fields[found[1]]), template)


def _deep(value: Any, fields: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _fill(value, fields, str)
    if isinstance(value, dict):
        return {name: _deep(one, fields) for name, one in value.items()}
    return [_deep(one, fields) for one in value] if isinstance(value, list) else value


def _named(value: Any) -> set[str]:
    """The names of the fields in a template, however deep."""
    if isinstance(value, str):
        return set(_FIELD.findall(value))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {name for one in inner for name in _named(one)}


def _one_line(text: str) -> str:
    return "".join(character for character in text if character.isascii() and character.isprintable())


def _told(answer: Answer) -> Any:
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _found(told: Any, pointer: str | None) -> Any:
    for part in (pointer or "").split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(told, list):
            told = told[int(key)] if key.isdigit() and int(key) < len(told) else None
        else:
            told = told.get(key) if isinstance(told, dict) else None
    return told if pointer else None


def _at(told: Any, pointer: str | None) -> str:
    """What stands there as text; empty where nothing does."""
    value = _found(told, pointer)
    return "" if value is None or isinstance(value, dict | list) else msgspec.json.encode(value).decode().strip('"')
