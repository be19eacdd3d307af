"""Text of strangers, made inert for any channel: nothing in it is a link, a ping, a tag or a command any more. Pure.

Mentions are hostile by trade. `@everyone` in a quote must not ring a whole company, `<!channel>` neither, a phishing link must not be one
click away in our own alert, and a stray `<b>` must not make a chat refuse the page. Whatever the channel escapes comes on top of this.
"@" is replaced, not split by an invisible character: chats strip those before they look for names.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

from core.tidy import clean, cut

_BLANKS = re.compile(r"\s+")
_HTTP = re.compile(r"http(?=s?\s*:)", re.IGNORECASE)
_SLASHES = re.compile(r":(?=//)")
_SCHEME = re.compile(  # what apps open without slashes
    r"\b(javascript|data|vbscript|mailto|xmpp|tel|sms|callto|sip|file|geo|magnet|intent|tg|ton|slack|msteams|matrix|zalo|viber|whatsapp|skype|facetime"
    r"|bitcoin|ethereum|search-ms|ms-[a-z]{1,20})\s*:",
    re.IGNORECASE,
)
_DOTS = "[.\u3002\uff0e\uff61\u2024\ufe52]"  # those of which a browser makes a dot in a name
_DOT = re.compile(rf"(?<=[^\s.…]){_DOTS}(?=[^\W\d_])|(?<=[^\W\d]){_DOTS}(?=\w)")
_COMMAND = re.compile(r"(?<![\w/])/(?=[A-Za-z0-9_])")  # Telegram makes a word of this kind run when it is tapped
_SHARE = re.compile(r"\\{2,}(?=\w)")  # Outlook makes a link of it, and opening one gives a password's hash away
_OCTET = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"  # 1.500.000.000 is a sum of money, not an address
_IPV4 = re.compile(rf"\b{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}\b")
_ENTITY = re.compile(r"&(?=#?\w{1,31};|#\w|(?:lt|gt|amp|quot|apos|commat)\b)", re.IGNORECASE)  # browsers forgive a missing semicolon
_SWAP = str.maketrans(
    {"@": "\uff20", "\ufe6b": "\uff20", "`": "'"} | dict.fromkeys("<\uff1c\ufe64", "\u2039") | dict.fromkeys(">\uff1e\ufe65", "\u203a")
)
_ELLIPSIS = "…"


def inert(text: str, limit: int = 1000) -> str:
    """One line of at most `limit` characters in which nothing is alive any more; what was cut off ends in "…".

    Links are shown but dead ("hxxps[:]//evil[.]example"), "@" becomes U+FF20, angle brackets become guillemets, a word that begins
    with "/" is no command, characters that nobody sees are gone. Idempotent.

    Example:
        >>> inert("<b>@everyone</b> https://evil.example/login")
        '‹b›＠everyone‹∕b› hxxps[:]//evil[.]example/login'
    """
    line = _BLANKS.sub(" ", clean(text, 4 * limit)).strip()
    line = _HTTP.sub("hxxp", line)
    line = _SCHEME.sub(r"\1[:]", _SLASHES.sub("[:]", line))
    line = _IPV4.sub(r"\1[.]\2[.]\3[.]\4", line)
    line = _COMMAND.sub("\u2215", _SHARE.sub("\uff3c\uff3c", _DOT.sub("[.]", line)))
    line = _ENTITY.sub("\uff06", line).replace("](", "] (").translate(_SWAP)
    return shorten(line, limit)


def shorten(text: str, limit: int, size: Callable[[str], int] = len) -> str:
    """At most `limit` characters, cut where a character as people see it ends, with "…" where something was cut.

    `size` counts as the channel does (UTF-16 units, bytes, a text message's septets) and never falls as a text grows.
    """
    if size(text) <= limit:
        return text
    if size is len:
        return cut(text, max(0, limit - 1)).rstrip() + _ELLIPSIS
    most = bisect_right(range(len(text)), limit, key=lambda length: size(cut(text, length).rstrip() + _ELLIPSIS)) - 1
    return cut(text, max(0, most)).rstrip() + _ELLIPSIS


def utf16_units(text: str) -> int:
    """How long a text is as Telegram and JavaScript count: letters beyond the first 65,536 of Unicode, most emoji among them, are two."""
    return len(text) + sum(character > "\uffff" for character in text)
